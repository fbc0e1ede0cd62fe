"""Whether a reference into `dependencies` or `stageDependencies` of an Azure pipeline finds something.

A wrong path is not an error to Azure but an empty value, so that a gate quietly passes or never runs. Sources:
learn.microsoft.com/azure/devops/pipelines/process/{expressions,deployment-jobs,variables}; that `stageDependencies`
needs the stage itself in `dependsOn`: MicrosoftDocs/azure-devops-docs issues 9748, 9856 and 12005.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from .azure_expressions import Reference
from .azure_pipeline import Job, Stage
from .document import KeyPath

_OUTPUT = re.compile(r"##vso\[task\.setvariable variable=([^;\]]+);[^\]]*isOutput=true", re.IGNORECASE)
_Named = TypeVar("_Named", Stage, Job)
_CHOSEN_BY_SCRIPT = frozenset("$%{")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands, and so what it sees: in a job, or, without one, on the level of a stage."""

    stage: Stage
    job: Job | None
    stages: Sequence[Stage]

    @property
    def path(self) -> KeyPath:
        return (self.job or self.stage).path

    @property
    def data(self) -> dict[str, Any]:
        return (self.job or self.stage).data

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (self.job or self.stage).depends_on


def unresolved(reference: Reference, scope: Scope, *, condition: bool) -> str:
    """Why a run-time reference is empty; '' if it is not."""
    match reference.context:
        case "parameters":
            return "parameters exist at compile time alone: ${{ parameters.x }}"
        case "dependencies" if scope.job:
            return _in_stage(reference.keys, scope)
        case "dependencies":
            return _in_stage_condition(reference.keys, scope) if condition else "stage variables see stageDependencies"
        case "stageDependencies":
            return (
                "stage conditions see dependencies" if condition and not scope.job else _across(reference.keys, scope)
            )
    return ""


def _in_stage(keys: tuple[str, ...], scope: Scope) -> str:
    """`dependencies.<job>` in a job."""
    job = _find(scope.stage.jobs, keys[0])
    return _waits(keys[0], scope.depends_on) or (_missing(job, keys[1:]) if job else "")


def _across(keys: tuple[str, ...], scope: Scope) -> str:
    """`stageDependencies.<stage>.<job>` in a job or in the variables of a stage."""
    stage = _find(scope.stages, keys[0])
    job = _find(stage.jobs, keys[1]) if stage and len(keys) > 1 else None
    return _waits(keys[0], scope.stage.depends_on) or (
        _missing(job, keys[2:]) if job else f"no job of {keys[0]!r} is named"
    )


def _in_stage_condition(keys: tuple[str, ...], scope: Scope) -> str:
    """`dependencies.<stage>` in the condition of a stage, where the key of an output starts with its job."""
    stage = _find(scope.stages, keys[0])
    waits = _waits(keys[0], scope.depends_on)
    if waits or keys[1:] == ("result",) or not stage:
        return waits
    name, _, rest = keys[-1].partition(".")
    job = _find(stage.jobs, name)
    return _missing(job, (*keys[1:-1], rest)) if job else f"stage {stage.name!r} has no job {name!r}"


def _waits(name: str, depends_on: tuple[str, ...]) -> str:
    return "" if name in depends_on else f"{name!r} is not in dependsOn"


def _missing(job: Job, keys: tuple[str, ...]) -> str:
    """A deployment job's outputs carry its own name once more before the step."""
    if keys == ("result",):
        return ""
    if len(keys) != 2 or keys[0] != "outputs":
        return f"a job has a result and outputs['step.name'], not {'.'.join(keys)!r}"
    parts = keys[1].split(".")
    if job.deployment and parts.pop(0) != job.name:
        return f"the outputs of deployment job {job.name!r} start with its name"
    if len(parts) != 2:
        return f"{keys[1]!r} does not name a step and a variable"
    return _unset(job, *parts)


def _unset(job: Job, name: str, variable: str) -> str:
    steps = [step for step in job.steps if step.text("name") == name and step.hook in {"", "deploy"}]
    if not steps:
        return f"job {job.name!r} has no step {name!r}"
    set_here = _OUTPUT.findall(steps[0].script)
    if not set_here or variable in set_here or any(_CHOSEN_BY_SCRIPT & set(one) for one in set_here):
        return ""
    return f"step {name!r} sets {', '.join(set_here)}, not {variable!r}"


def _find(found: Sequence[_Named], name: str) -> _Named | None:
    return next((one for one in found if one.name == name), None)
