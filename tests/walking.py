"""Ways through a delivery: its jobs, scripts and approvals, and what is done when something starts."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.delivery import Approval, Delivery, Event, Job, Merged, Phase, Pipeline, Run, Scheduled, Tagged
from pipegen.diagnostics import KeyPath


def all_jobs(delivery: Delivery) -> Iterator[Job]:
    yield from (job for pipeline in delivery.pipelines for job in pipeline.jobs)


def all_runs(delivery: Delivery) -> Iterator[tuple[Job, Run]]:
    yield from ((job, step) for job in all_jobs(delivery) for step in job.steps if isinstance(step, Run))


def all_approvals(delivery: Delivery) -> Iterator[Approval]:
    for pipeline in delivery.pipelines:
        yield from pipeline.approvals


def ancestors_of(pipeline: Pipeline, phase: Phase) -> list[Phase]:
    """The phases that are done when this one starts."""
    known = {each.id: each for each in pipeline.phases}
    found: dict[str, Phase] = {}
    waiting = list(phase.needs)
    while waiting:
        before = known[waiting.pop()]
        if before.id not in found:
            found[before.id] = before
            waiting += before.needs
    return list(found.values())


def jobs_with_ancestors(pipeline: Pipeline) -> Iterator[tuple[Job, dict[str, Job]]]:
    """Each job with those that have succeeded when it starts."""
    for phase in pipeline.phases:
        done = {job.id: job for before in ancestors_of(pipeline, phase) for job in before.jobs}
        for wave in phase.waves:
            yield from ((job, dict(done)) for job in wave)
            done |= {job.id: job for job in wave}
        for job in [job for job in phase.jobs if job.id not in done]:
            yield job, dict(done)
            done[job.id] = job


def is_place(data: object, origin: KeyPath) -> bool:
    """An environment that the default flow implies is not in the spec; a reader is led to where it would be."""
    if origin[:1] == ("environments",) and isinstance(data, dict) and origin[1] not in data["environments"]:
        return len(origin) == 2
    for key in origin:
        known = dict(enumerate(data)) if isinstance(data, list | tuple) else data
        if not isinstance(known, dict) or key not in known:
            return False
        data = known[key]
    return True


def place_of(event: Event) -> str | None:
    """The one branch or pattern of tags that runs at this event take place on."""
    match event:
        case Merged(branch) | Scheduled(branch=branch):
            return branch
        case Tagged(pattern):
            return pattern
        case _:
            return None
