"""What starts a pipeline, in Azure's words: triggers, typed parameters and the condition of its first stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from pipegen.config import Host
from pipegen.delivery import (
    Action,
    Change,
    Event,
    Merged,
    Parameter,
    Phase,
    Pipeline,
    Review,
    Scheduled,
    Tagged,
)
from pipegen.targets.azure.texts import label
from pipegen.yaml_text import Commented, Flow, Node, present

PULL_REQUEST_HOSTS: tuple[Host, ...] = ("github", "bitbucket")
"""Hosts where the file says which pull requests start it; on Azure Repos a branch policy does."""
_PUSHED = ("IndividualCI", "BatchedCI", "Manual")
"""A manual run counts as a run of the same event again, on the right branch alone."""


NOTHING: dict[str, Node] = {"trigger": "none", "pr": "none"}
"""What is left out would mean every branch and every pull request."""


def triggers(pipeline: Pipeline, path: str) -> dict[str, Node]:
    """`trigger`, `pr` and `schedules`."""
    nothing = NOTHING
    match pipeline.event:
        case Change(branches):
            return nothing | {"trigger": _pushes(branches, pipeline, path)}
        case Merged(branch):
            batch = Commented(value=False, comment="every merge is a run of its own")
            return nothing | {"trigger": {"batch": batch, **_pushes((branch,), pipeline, path)}}
        case Tagged(pattern):
            return nothing | {"trigger": {"branches": {"exclude": Flow(["*"])}, "tags": {"include": Flow([pattern])}}}
        case Scheduled():
            return nothing | {"schedules": [_schedule(pipeline.event)]}
        case Action() | Review():
            return nothing
        case _:
            assert_never(pipeline.event)


def _pushes(branches: Sequence[str], pipeline: Pipeline, path: str) -> dict[str, Node]:
    paths = {"include": [*map(_path, pipeline.paths), path]} if pipeline.paths else None
    return present({"branches": {"include": Flow(branches)}, "paths": paths})


def _path(glob: str) -> str:
    """A folder stands for all that is in it; elsewhere `*` also stands for slashes on Azure."""
    return glob.removesuffix("/**")


def pull_requests(host: Host) -> dict[str, Node]:
    """All of them, into any branch."""
    if host in PULL_REQUEST_HOSTS:
        return NOTHING | {"pr": {"branches": {"include": Flow(["*"])}}}
    return NOTHING | {"pr": Commented("none", "a build validation policy starts it")}


def _schedule(event: Scheduled) -> Node:
    return {
        "cron": Commented(event.cron, "UTC"),
        "displayName": label(event.name),
        "branches": {"include": Flow([event.branch])},
        "always": Commented(value=True, comment="also when nothing was pushed since the last run"),
    }


# ---------------------------------------------------------------- conditions


def condition(phase: Phase, event: Event) -> str | None:
    """When the stage runs. Only the first ones ask for the event: the others need them and are skipped with them."""
    terms = [] if phase.needs else _allowed(event)
    if phase.only is not None:
        parameter, wanted = phase.only
        terms.append(f"eq('${{{{ parameters.{parameter} }}}}', '{wanted}')")
    return f"and({', '.join(('succeeded()', *terms))})" if terms else None


def _allowed(event: Event) -> list[str]:
    match event:
        case Change(branches):
            return [_reason(*_PUSHED), _ref("refs/heads/", branches)]
        case Merged(branch):
            return [_reason(*_PUSHED), _ref("refs/heads/", (branch,))]
        case Tagged(pattern):
            return [_reason(*_PUSHED), _ref("refs/tags/", (pattern,))]
        case Review():
            return [_reason("Manual")]
        case Scheduled(branch=branch):
            return [_reason("Schedule", "Manual"), _ref("refs/heads/", (branch,))]
        case Action():
            return [_reason("Manual")]
        case _:
            assert_never(event)


def _reason(*reasons: str) -> str:
    quoted = ", ".join(f"'{each}'" for each in reasons)
    return f"{'in' if len(reasons) > 1 else 'eq'}(variables['Build.Reason'], {quoted})"


def _ref(kind: str, patterns: Sequence[str]) -> str:
    tests = [_matches(kind + pattern) for pattern in patterns]
    return tests[0] if len(tests) == 1 else f"or({', '.join(tests)})"


def _matches(pattern: str) -> str:
    """The ref against a pattern, as far as Azure's functions go: its beginning, its end and what is in between."""
    ref = "variables['Build.SourceBranch']"
    first, *middle = pattern.split("*")
    if not middle:
        return f"eq({ref}, '{pattern}')"
    last = middle.pop()
    tests = [f"startsWith({ref}, '{first}')"]
    tests += [f"contains({ref}, '{part}')" for part in middle if part]
    tests += [f"endsWith({ref}, '{last}')"] if last else []
    return tests[0] if len(tests) == 1 else f"and({', '.join(tests)})"


# ---------------------------------------------------------------- parameters


def parameters(event: Event) -> list[Node]:
    """The typed form of an action; `values` holds what a choice may be. Without a default a value has to be given."""
    return [_parameter(each) for each in event.parameters] if isinstance(event, Action) else []


def _parameter(parameter: Parameter) -> Node:
    kinds = {"string": "string", "choice": "string", "boolean": "boolean", "integer": "number", "number": "number"}
    return present(
        {
            "name": parameter.name,
            "displayName": label(parameter.description) or None,
            "type": kinds[parameter.type],
            "default": _default(parameter),
            "values": list(parameter.choices),
        }
    )


def _default(parameter: Parameter) -> Node:
    match parameter.type:
        case "boolean":
            return parameter.default == "true"
        case "integer" | "number" if parameter.default:
            return float(parameter.default) if "." in parameter.default else int(parameter.default)
        case _:
            return parameter.default or None
