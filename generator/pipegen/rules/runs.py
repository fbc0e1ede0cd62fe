"""Where the plan runs the stages of a spec: the bridge from a delivery back to what it was planned from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipegen.delivery import (
    Action,
    Change,
    Delivery,
    Deployment,
    Download,
    Event,
    Job,
    Merged,
    Pipeline,
    Review,
    Run,
    Scheduled,
    Tagged,
)
from pipegen.plan.flow import Occasion

BUILT_IN = frozenset({"action-deploy", "action-rollback"})
"""Pipelines that no key of a spec asks for."""


@dataclass(frozen=True, slots=True)
class StageRun:
    """One script of a stage, in a job of a pipeline."""

    stage: int
    pipeline: Pipeline
    job: Job
    run: Run

    @property
    def occasion(self) -> Occasion:
        return occasion_of(self.pipeline.event)


def stage_runs(delivery: Delivery) -> Iterator[StageRun]:
    for pipeline in delivery.pipelines:
        for job in pipeline.jobs:
            for step in job.steps:
                match step:
                    case Run(origin=("stages", int(index))):
                        yield StageRun(index, pipeline, job, step)
                    case _:
                        pass


def occasion_of(event: Event) -> Occasion:
    """The event in the words of `at`."""
    match event:
        case Change():
            return Occasion("change")
        case Review():
            return Occasion("review")
        case Merged(branch):
            return Occasion("merged", branch)
        case Tagged(pattern, _):
            return Occasion("tagged", pattern)
        case Scheduled(name):
            return Occasion("scheduled", name)
        case Action(name):
            return Occasion("action", name)


def deployments(pipeline: Pipeline) -> Iterator[Deployment]:
    yield from (phase.deployment for phase in pipeline.phases if phase.deployment)


def has_artifact(job: Job, name: str) -> bool:
    """Whether the job gets an artifact from another job or out of the store."""
    return any(
        (isinstance(step, Download) and step.name == name) or (isinstance(step, Run) and step.id == f"fetch-{name}")
        for step in job.steps
    )


def place(environment: str | None) -> str:
    return f"in environment {environment!r}" if environment else "outside of any environment"
