"""The organisation's own steps in every job of a model that checks out the repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipegen.config import CompanyStep, Config
from pipegen.delivery import Deployment, Job, Pipeline, Prepare, PublishSummary, Run, Step, When
from pipegen.scripts import STRICT


def with_company_steps(config: Config, pipeline: Pipeline) -> Pipeline:
    """The pipeline with the steps of pipegen.toml around those of each of its jobs."""
    if not config.steps_before and not config.steps_after:
        return pipeline
    phases = tuple(
        replace(
            phase,
            waves=tuple(tuple(_around(config, job) for job in wave) for wave in phase.waves),
            deployment=_deployment(config, phase.deployment) if phase.deployment else None,
        )
        for phase in pipeline.phases
    )
    return replace(pipeline, phases=phases)


def _deployment(config: Config, unit: Deployment) -> Deployment:
    jobs = tuple(replace(each, job=_around(config, each.job)) for each in unit.jobs)
    return replace(unit, jobs=jobs, closing=_around(config, unit.closing) if unit.closing else None)


def _around(config: Config, job: Job) -> Job:
    """The first steps right after the checkout is laid out, the last ones whatever became of the job."""
    places = [place for place, step in enumerate(job.steps) if isinstance(step, Prepare)]
    if not places:
        return job
    start, end = places[0] + 1, len(job.steps) - isinstance(job.steps[-1], PublishSummary)
    before = tuple(_runs("company-before", config.steps_before, When.SUCCESS))
    after = tuple(_runs("company-after", config.steps_after, When.ALWAYS))
    steps: tuple[Step, ...] = (*job.steps[:start], *before, *job.steps[start:end], *after, *job.steps[end:])
    minutes = sum(each.timeout_minutes for each in (*before, *after))
    return replace(job, steps=steps, timeout_minutes=job.timeout_minutes + minutes)


def _runs(name: str, steps: Sequence[CompanyStep], when: When) -> Iterator[Run]:
    for number, step in enumerate(steps, start=1):
        text = f"{STRICT}\n{step.run.rstrip(chr(10))}\n"
        yield Run(f"{name}-{number}", step.title, text, (), step.timeout_minutes, when=when)
