"""What starts a workflow, and the jobs that let a timer's run take place on its branch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import assert_never

from pipegen.config import Config
from pipegen.delivery import Action, Change, Merged, Parameter, Pipeline, Review, Scheduled, Tagged
from pipegen.quoting import github_text
from pipegen.scripts import STRICT
from pipegen.targets.github.machines import runs_on
from pipegen.targets.github.names import CHECK_REF, RELAY, branch_filter, path_filter
from pipegen.targets.github.variables import expression, label, plain_label
from pipegen.yaml_text import Commented, Flow, Node, Section, present

PULL_REQUEST = "pull_request"
INTO = "into"

_ON_GITHUB = {
    "string": "string",
    "choice": "choice",
    "boolean": "boolean",
    "integer": "number",
    "number": "number",
}


def triggers(pipeline: Pipeline, files: Sequence[str]) -> Node:
    """The events of a workflow; `files` are the workflow files whose change concerns it too."""
    event = pipeline.event
    match event:
        case Change():
            return {"push": _push(event.branches, pipeline, files)}
        case Merged():
            return {"push": _push((event.branch,), pipeline, files)}
        case Tagged():
            return {"push": {"tags": Flow((branch_filter(event.pattern),))}}
        case Review():
            return {"pull_request": _pull_request(event, pipeline, files), "workflow_dispatch": _request()}
        case Scheduled():
            return {"schedule": [{"cron": event.cron}], "workflow_dispatch": None}
        case Action():
            inputs = {each.name: _input(each) for each in event.parameters}
            return {"workflow_dispatch": {"inputs": inputs} if inputs else None}
        case _:
            assert_never(event)


def _push(branches: Sequence[str], pipeline: Pipeline, files: Sequence[str]) -> Node:
    filters = Flow(tuple(branch_filter(each) for each in branches))
    return present({"branches": filters, "paths": _paths(pipeline, files)})


def _paths(pipeline: Pipeline, files: Sequence[str]) -> list[str]:
    return [path_filter(each) for each in (*pipeline.paths, *files)] if pipeline.paths else []


def _pull_request(event: Review, pipeline: Pipeline, files: Sequence[str]) -> Node:
    branches = Flow(tuple(each.branch for each in event.targets))
    return present({"branches": branches, "types": review_types(), "paths": _paths(pipeline, files)})


def review_types() -> Node:
    comment = "An edited one may now lead into another branch, for which other rules hold."
    return Section(Flow(("opened", "synchronize", "reopened", "edited")), comment)


def _request() -> Node:
    """The inputs by which the verdict starts a review that GitHub did not start."""
    inputs: Node = {
        PULL_REQUEST: {"description": "The number of the pull request", "type": "string", "required": True},
        INTO: {"description": "The branch that it goes into", "type": "string", "required": True},
    }
    comment = "GitHub looks at the first 300 changed files alone; what it leaves out, pipegen.yml starts so."
    return Section({"inputs": inputs}, comment)


def _input(parameter: Parameter) -> Node:
    return present(
        {
            "description": plain_label(parameter.description) or None,
            "type": input_type(parameter),
            "options": Flow(parameter.choices),
            "default": _default(parameter),
            "required": None if parameter.default else True,
        }
    )


def input_type(parameter: Parameter, *, called: bool = False) -> str:
    """GitHub's type of a parameter; where workflows call each other there are no choices."""
    given = _ON_GITHUB[parameter.type]
    return "string" if called and given == "choice" else given


def _default(parameter: Parameter) -> str | int | float | bool | None:
    text = parameter.default
    if not text:
        return None
    match parameter.type:
        case "boolean":
            return text == "true"
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "string" | "choice":
            return text
        case _:
            assert_never(parameter.type)


# ---------------------------------------------------------------- timers


def relays(event: Scheduled, config: Config) -> bool:
    """Whether the timer's run belongs on another branch than the one on which GitHub's timers run."""
    return event.branch != config.default_branch


def timer_nodes(event: Scheduled, config: Config, file: str) -> Iterator[tuple[str, Node]]:
    """The jobs before all others of a timer's workflow: the run takes place on its branch or not at all."""
    if relays(event, config):
        comment = (
            f"GitHub's timers run on the default branch alone. This job starts the same workflow on {event.branch},\n"
            "so that the run has that branch's commit, its environments and its identity."
        )
        yield RELAY, Section(_relay(event, file, config), comment)
    yield CHECK_REF, _check_ref(event, config)


def _relay(event: Scheduled, file: str, config: Config) -> Node:
    lines = [
        STRICT,
        'printf \'header = "Authorization: Bearer %s"\\n\' "$GITHUB_TOKEN" |',
        "  curl --config - --silent --show-error --fail-with-body --max-time 60 \\",
        "    --header 'Accept: application/vnd.github+json' --data \"$REQUEST\" \\",
        f'    "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/workflows/{file}/dispatches"',
    ]
    request = github_text(json.dumps({"ref": event.branch}))
    step: Node = {
        "name": "Start this workflow there",
        "env": {"GITHUB_TOKEN": expression("github.token"), "REQUEST": request},
        "run": "\n".join(lines) + "\n",
    }
    return {
        "name": label(f"Start on {event.branch}"),
        "if": "github.event_name == 'schedule'",
        "runs-on": runs_on(None, config),
        "timeout-minutes": 10,
        "permissions": {"actions": Commented("write", "starts this workflow")},
        "steps": [step],
    }


def _check_ref(event: Scheduled, config: Config) -> Node:
    lines = [
        STRICT,
        'if [ "$GITHUB_REF" != "refs/heads/$BRANCH" ]; then',
        '  echo "::error::started from $GITHUB_REF_NAME; start it from $BRANCH" >&2',
        "  exit 1",
        "fi",
    ]
    step: Node = {
        "name": "Check the branch",
        "env": {"BRANCH": github_text(event.branch)},
        "run": "\n".join(lines) + "\n",
    }
    condition = {"if": "github.event_name != 'schedule'"} if relays(event, config) else {}
    return {
        "name": label(f"Only on {event.branch}"),
        **condition,
        "runs-on": runs_on(None, config),
        "timeout-minutes": 10,
        "permissions": {},
        "steps": [step],
    }
