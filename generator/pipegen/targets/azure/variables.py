"""Variables: the run's context for every job, and what one job gets besides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from pipegen.delivery import (
    PATH_VARIABLES,
    Action,
    ApprovedBy,
    Cache,
    Job,
    JobValue,
    Parameter,
    ParameterValue,
    Pipeline,
    PublishedValue,
    Text,
)
from pipegen.targets.azure.places import OUTPUTS, Place, Places, output, read_values
from pipegen.targets.azure.texts import exported, is_plain, is_taken, value
from pipegen.yaml_text import Node

CACHES = {
    "pip": ("PIP_CACHE_DIR", "$(Pipeline.Workspace)/.pip"),
    "conda": ("CONDA_PKGS_DIRS", "$(Pipeline.Workspace)/.conda"),
}
"""The variable that says where an installer keeps its cache, and the folder."""

# A ref holds no colon, so a colon before it marks its beginning: `replace` would also find `refs/heads/` further on.
_MARKED = "replace(format(':{{0}}', variables['{0}']), ':refs/heads/', '')"
_BRANCH_OR_TAG = f"replace({_MARKED.format('Build.SourceBranch')}, ':refs/tags/', '')"
_SOURCE = f"replace({_MARKED.format('System.PullRequest.SourceBranch')}, ':', '')"
_TARGET = f"replace({_MARKED.format('System.PullRequest.TargetBranch')}, ':', '')"
_FORK = "replace(replace(lower(variables['System.PullRequest.IsFork']), 'true', 'fork:'), 'false', '')"
# An agent expands the macros in what a variable holds: a branch may be called `x$(System.AccessToken)`.
_COMPUTED = "$[ replace({}, '$(', '$ (') ]"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run says on whose behalf it takes place, and on which branches."""

    branch: str
    target: str = ""
    actor: str = _COMPUTED.format("variables['Build.RequestedFor']")


PUSHED = Origin(_COMPUTED.format(_BRANCH_OR_TAG))
PULL_REQUEST = Origin(_COMPUTED.format(f"format('{{0}}{{1}}', {_FORK}, {_SOURCE})"), _COMPUTED.format(_TARGET))
TOLD_PARAMETERS = ("branch", "target", "actor")
"""What a run is told that itself knows of no pull request."""
TOLD = Origin(*(f"${{{{ replace(parameters.{name}, '$', '$ ') }}}}" for name in TOLD_PARAMETERS))


def pipeline_variables(constants: Sequence[tuple[str, str]], origin: Origin) -> list[Node]:
    """What every script of the pipeline sees. Read-only: nothing that a step prints can change it."""
    named = {
        **{name: value(text) for name, text in constants},
        "PIPEGEN_BRANCH": origin.branch,
        "PIPEGEN_TARGET_BRANCH": origin.target,
        "PIPEGEN_COMMIT": "$(Build.SourceVersion)",
        "PIPEGEN_RUN_ID": "$(Build.BuildId)",
        "PIPEGEN_ATTEMPT": "$(System.JobAttempt)",
        "PIPEGEN_RUN_URL": "$(System.CollectionUri)$(System.TeamProjectId)/_build/results?buildId=$(Build.BuildId)",
        "PIPEGEN_ACTOR": origin.actor,
        **{name: f"$(Build.SourcesDirectory)/{path}" for name, path in PATH_VARIABLES.items()},
    }
    return [{"name": name, "value": text, "readonly": True} for name, text in named.items()]


def parameter_text(parameter: Parameter) -> str:
    """A parameter as the value of a variable, pasted when the run is compiled.

    What people type must not become a macro or an expression; the space prevents that, and bash takes it away again
    where the guard may let a `$` through.
    """
    reference = f"parameters.{parameter.name}"
    match parameter.type:
        case "string":
            return f"${{{{ replace({reference}, '$', '$ ') }}}}"
        case "boolean":
            return f"${{{{ lower({reference}) }}}}"
        case "integer" | "number" | "choice":
            return f"${{{{ {reference} }}}}"
        case _:
            assert_never(parameter.type)


# Of a pattern what surely matches no `$`: escaped characters, and lists of characters and of ranges without it.
_NO_DOLLAR = re.compile(r"\\[^$WS]|\[(?:[A-Za-z]-[A-Za-z]|[0-9]-[0-9]|[^]^$[-])+-?\]")


def may_hold_dollars(parameter: Parameter) -> bool:
    """Whether a value that fits may hold a `$`, as far as its pattern tells."""
    return parameter.type == "string" and re.search(r"[.$[\\]", _NO_DOLLAR.sub("", parameter.pattern)) is not None


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the values that a job reads are found: published value -> job variable, parameter -> itself."""

    published: Mapping[PublishedValue, str]
    parameters: Mapping[str, Parameter]

    def text(self, given: JobValue) -> str:
        """What YAML says for the value."""
        match given:
            case Text(text):
                return value(text)
            case ParameterValue(name):
                return parameter_text(self.parameters[name])
            case PublishedValue():
                return f"$({self.published[given]})"
            case ApprovedBy():
                return value("")
            case _:
                assert_never(given)

    def line(self, name: str, given: JobValue) -> str:
        """What bash says for a variable that YAML cannot set."""
        match given:
            case Text(text):
                return exported(name, text)
            case ParameterValue(parameter):
                return f'export {name}="${self.parameters[parameter].variable}"'
            case PublishedValue():
                return f'export {name}="${self.published[given]}"'
            case ApprovedBy():
                return exported(name, "")
            case _:
                assert_never(given)

    def as_typed(self, name: str, given: JobValue) -> str:
        """What bash says for a variable that YAML could set with a space behind every `$` alone; '' for any other."""
        if isinstance(given, ParameterValue) and may_hold_dollars(self.parameters[given.name]):
            return f'export {name}="${{{name}//\\$ /\\$}}"'
        return ""


def fits_yaml(name: str, given: JobValue) -> bool:
    """Whether the variable can be set in YAML, where its value is expanded and its name may be taken."""
    return not is_taken(name) and (not isinstance(given, Text) or is_plain(given.text))


@dataclass(frozen=True, slots=True)
class JobScope:
    """What a job's scripts see: by `variables`, or else by lines of bash (name -> line) before each of them."""

    place: Place
    sources: Sources
    variables: Mapping[str, Node]
    exports: Mapping[str, str]


def job_scope(job: Job, pipeline: Pipeline, places: Places) -> JobScope:
    parameters = pipeline.event.parameters if isinstance(pipeline.event, Action) else ()
    sources = Sources(_published_names(job), {each.name: each for each in parameters})
    set_here = {each.name: each.value for each in job.variables if fits_yaml(each.name, each.value)}
    read = {
        name: output(places[job.id], places[each.job], OUTPUTS, each.name) for each, name in sources.published.items()
    }
    caches = dict(CACHES[step.kind] for step in job.steps if isinstance(step, Cache))
    exports = {
        each.name: (sources.as_typed if each.name in set_here else sources.line)(each.name, each.value)
        for each in job.variables
    }
    return JobScope(
        place=places[job.id],
        sources=sources,
        variables={**{name: sources.text(each) for name, each in set_here.items()}, **read, **caches},
        exports={name: line for name, line in exports.items() if line},
    )


def _published_names(job: Job) -> dict[PublishedValue, str]:
    """The job variable for each value that the job reads: of the same name, unless that is taken or means another."""
    own = {each.name: each.value for each in job.variables}
    found: dict[PublishedValue, str] = {}
    for each in read_values(job):
        is_free = not is_taken(each.name) and own.get(each.name, each) == each and each.name not in found.values()
        found[each] = each.name if is_free else f"PIPEGEN_FROM_{each.job.upper().replace('-', '_')}_{each.name}"
    return found


def variables_node(groups: Sequence[str], variables: Mapping[str, Node]) -> Node:
    """A job's `variables`: a mapping, or the list that variable groups ask for."""
    if not groups:
        return variables
    imported: list[Node] = [{"group": name} for name in groups]
    return [*imported, *({"name": name, "value": text} for name, text in variables.items())]
