"""Rules about names that the plan makes up: none of them is made twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipegen.config import Config
from pipegen.delivery import VERDICT, Delivery, Pipeline, Run
from pipegen.diagnostics import Finding, KeyPath
from pipegen.rules.runs import deployments
from pipegen.spec.model import ModelSpec

CODES = {
    "PG284": "two parts of a pipeline get the same name",
    "PG285": "two pipelines get the same name",
    "PG286": "two approvals or locks get the same name",
    "PG289": "a job is called like the check of the repository",
}


def pipeline_names(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG285: the pipelines of a model have names of their own."""
    named = ((pipeline.id, pipeline.origin) for pipeline in delivery.pipelines)
    yield from _collisions(spec, named, "PG285", "a pipeline")


def part_names(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG284: the phases and jobs of a pipeline and the steps of a job have names of their own."""
    reported: set[tuple[KeyPath, str]] = set()
    for pipeline in delivery.pipelines:
        for named, what in _parts(pipeline):
            for finding in _collisions(spec, named, "PG284", f"{what} of {pipeline.id}"):
                # Pipelines of other events have the same parts.
                place = (finding.path, finding.message.removesuffix(pipeline.id))
                if place not in reported:
                    yield finding
                reported.add(place)


def verdict_name(_: ModelSpec, delivery: Delivery, __: Config) -> Iterator[Finding]:
    """PG289: hosts know a check by its name, so the success of such a job could stand in for the repository's check."""
    called = {job.origin for pipeline in delivery.pipelines for job in pipeline.jobs if job.title.casefold() == VERDICT}
    for origin in sorted(called, key=str):
        message = f"its job would be called {VERDICT!r}, like the check that the host requires before a merge"
        yield Finding(origin, "PG289", message, "give the stage another `title`")


def _parts(pipeline: Pipeline) -> Iterator[tuple[list[tuple[str, KeyPath]], str]]:
    yield [(phase.id, phase.origin) for phase in pipeline.phases], "a phase"
    yield [(job.id, job.origin) for job in pipeline.jobs], "a job"
    for job in pipeline.jobs:
        steps = [(step.id, step.origin or job.origin) for step in job.steps if isinstance(step, Run)]
        yield steps, f"a step of job {job.id}"


def _collisions(spec: ModelSpec, named: Iterable[tuple[str, KeyPath]], code: str, what: str) -> Iterator[Finding]:
    first: dict[str, tuple[str, KeyPath]] = {}
    for name, origin in named:
        key = name.casefold().replace("-", "_")
        if key in first:
            message = f"{_described(spec, first[key][1])} and {_described(spec, origin)} both become {name!r}, {what}"
            yield Finding(origin, code, message, "rename one of them")
        first.setdefault(key, (name, origin))


def _described(spec: ModelSpec, origin: KeyPath) -> str:
    match origin:
        case ("stages", int(index), *_):
            return f"stage {spec.stages[index].id!r}"
        case ("flow", int(index), *_) if spec.flow:
            return f"{spec.flow[index].branch or spec.flow[index].tags!r} of the flow"
        case ("environments" | "schedules" | "actions" as kind, str(name), *_):
            return f"{kind.removesuffix('s')} {name!r}"
        case ("stages",):
            return "what comes before the deployments"
        case (str(key), *_):
            return f"what pipegen makes of {key!r}"
    return "the flow"


def control_names(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG286: an approval or a lock is that of one environment and one place in the spec."""
    environments = {name: ("environments", name) for name in spec.environments}
    first: dict[str, KeyPath] = {}
    for pipeline in delivery.pipelines:
        for approval in pipeline.approvals:
            other = first.setdefault(approval.id, approval.origin)
            if other != approval.origin or (approval.id != approval.environment and approval.id in environments):
                taken = other if other != approval.origin else environments[approval.id]
                message = f"the approval {approval.id!r} has the name of {_described(spec, taken)}"
                yield Finding(approval.origin, "PG286", message, "rename the environment or the step")
        for unit in deployments(pipeline):
            if unit.lock.name != unit.environment and unit.lock.name in environments:
                message = f"environment {unit.lock.name!r} has the name of the rollback of {unit.environment!r}"
                yield Finding(environments[unit.lock.name], "PG286", message, "rename the environment")
