"""Where GitLab's limits stand in the way of a delivery."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.delivery import Capability, Change, Delivery, Fidelity, Job, Merged, Pipeline, Review, Run
from pipegen.targets.gitlab.events import MOST_PATTERNS, filtered
from pipegen.targets.gitlab.values import published_of

_MOST_NEEDS = 50
_MOST_VALUES = 20
_LARGEST_FILE = 2 * 1024 * 1024
_ROOM_OF_A_STEP = 700


def limit_capabilities(delivery: Delivery, pipeline: Pipeline) -> Iterator[Capability]:
    yield from _paths(delivery, pipeline)
    yield from _needs(pipeline)
    yield from _values(pipeline)
    if pipeline is delivery.pipelines[0]:
        yield from _size(delivery)


def _paths(delivery: Delivery, pipeline: Pipeline) -> Iterator[Capability]:
    if not pipeline.paths or not isinstance(pipeline.event, Change | Merged | Review):
        return
    subject = f"path filter {pipeline.id}"
    if not filtered(delivery, pipeline):
        how = f"left out, as GitLab takes {MOST_PATTERNS} patterns: the pipeline runs whatever was touched"
    elif isinstance(pipeline.event, Review):
        how = "all that the merge request changes; past 50000 comparisons of files GitLab takes all for touched"
    else:
        how = "the first push of a new branch touches everything for GitLab, as do more than 50000 comparisons of files"
    yield Capability(subject, Fidelity.APPROXIMATED, how, pipeline.origin)


def _needs(pipeline: Pipeline) -> Iterator[Capability]:
    most = max(
        (len(wave) + len({each.job for each in published_of(job)}) for wave, job in _followers(pipeline)), default=0
    )
    if most > _MOST_NEEDS:
        reason = f"a job waits for at most {_MOST_NEEDS} others, and one would wait for {most}"
        yield Capability(f"jobs of {pipeline.id}", Fidelity.UNSUPPORTED, reason, pipeline.origin)


def _followers(pipeline: Pipeline) -> Iterator[tuple[tuple[Job, ...], Job]]:
    """Each job with the jobs right before it."""
    ends: dict[str, tuple[Job, ...]] = {}
    for phase in pipeline.phases:
        before = tuple(job for needed in phase.needs for job in ends[needed])
        for wave in phase.waves:
            yield from ((before, job) for job in wave)
            before = wave
        if phase.deployment:
            inside = tuple(each.job for each in phase.deployment.jobs)
            yield before, inside[0]
            before = inside[-1:]
        ends[phase.id] = before


def _values(pipeline: Pipeline) -> Iterator[Capability]:
    for job in pipeline.jobs:
        if len(job.publishes) > _MOST_VALUES:
            what = (
                f"{len(job.publishes)} values go through a dotenv report: raise the instance's limits of 5 KB and "
                f"{_MOST_VALUES} variables for it"
            )
            yield Capability(f"values of {pipeline.id}/{job.id}", Fidelity.WITH_SETTINGS, what, job.origin)


def _size(delivery: Delivery) -> Iterator[Capability]:
    """A file that GitLab refuses to read, measured roughly: writing it to measure it takes longer than all the rest."""
    steps = [step for pipeline in delivery.pipelines for job in pipeline.jobs for step in job.steps]
    size = _ROOM_OF_A_STEP * len(steps) + sum(len(step.script) for step in steps if isinstance(step, Run))
    if size > _LARGEST_FILE:
        reason = f"GitLab reads files of at most {_LARGEST_FILE // 1024} KiB, and this takes about {size // 1024}"
        yield Capability("size of the pipelines", Fidelity.UNSUPPORTED, reason, delivery.pipelines[0].origin)
