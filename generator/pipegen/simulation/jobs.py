"""A job of a simulated run: which of its scripts run, what it can reach, and what it hands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipegen.delivery import (
    Begin,
    CollectOutputs,
    Complete,
    Download,
    Job,
    Phase,
    PublishedValue,
    Run,
    SecretValue,
    Step,
    TokenValue,
    Upload,
    When,
)
from pipegen.simulation.outcomes import Ending, Fault
from pipegen.simulation.trace import JobResult, JobTrace, StepTrace

_SUCCESS = "success"


@dataclass
class Progress:
    """How far the deployment is that a job belongs to."""

    started: bool = False
    begun: bool = False
    completed: bool = False


def main_step(job: Job) -> Run | None:
    """The script that the job exists for: the first behind `Begin`, else the last that only success leads to."""
    runs = [step for step in job.steps if isinstance(step, Run) and step.when is When.SUCCESS]
    if Begin() in job.steps:
        behind = job.steps[job.steps.index(Begin()) :]
        runs = [step for step in runs if step in behind][:1] or runs
    firm = [step for step in runs if not step.advisory]
    return next(reversed(firm or runs), None)


def skipped(job: Job, phase: Phase, reason: str) -> JobTrace:
    return JobTrace(job.id, phase.id, JobResult.SKIPPED, reason, ())


def carried_out(job: Job, phase: Phase, after: Sequence[str], fault: Fault | None, progress: Progress) -> JobTrace:
    """The job with at most one thing that goes wrong in it."""
    progress.started = True
    work = _Work(job, fault, progress)
    for step in job.steps:
        work.take(step)
    return JobTrace(
        id=job.id,
        phase=phase.id,
        result=work.result,
        reason=work.reason,
        after=tuple(after),
        environment=job.environment,
        secrets=tuple(dict.fromkeys(_secrets(job))),
        tokens=tuple(dict.fromkeys(_tokens(job))),
        steps=tuple(work.steps),
        receives=tuple(dict.fromkeys(_receives(job))),
        gives=tuple(work.gives),
    )


class _Work:
    """A job under way."""

    def __init__(self, job: Job, fault: Fault | None, progress: Progress) -> None:
        self._job = job
        self._fault = fault
        self._at = fault and (fault.step or getattr(main_step(job), "id", None))
        self._progress = progress
        self.result = JobResult.SUCCESS
        self.reason = ""
        self.steps: list[StepTrace] = []
        self.gives: list[str] = []

    def take(self, step: Step) -> None:
        match step:
            case Run():
                if self._is_due(step):
                    self._run(step)
            case _ if self.result is not JobResult.SUCCESS:
                return
            case Begin():
                self._progress.begun = True
            case Complete():
                self._progress.completed = True
            case Upload(name):
                self.gives.append(f"{self._job.id}.{name}")
            case CollectOutputs(names):
                self.gives += [f"{self._job.id}.{name}" for name in names]
            case _:
                return

    def _is_due(self, step: Run) -> bool:
        match step.when:
            case When.ALWAYS:
                return True
            case When.UNDO:
                return self._progress.begun and not self._progress.completed
            case When.SUCCESS:
                return self.result is JobResult.SUCCESS

    def _run(self, step: Run) -> None:
        fault = self._fault if self._at == step.id else None
        self.steps.append(StepTrace(step.id, fault.ending if fault else _SUCCESS))
        if fault is None or (step.advisory and fault.ending is not Ending.CANCELLED):
            return
        self.reason = self.reason or fault.reason or f"{step.id} {_ended(fault.ending)}"
        if self.result is not JobResult.CANCELLED:
            self.result = JobResult.CANCELLED if fault.ending is Ending.CANCELLED else JobResult.FAILED


def _ended(ending: Ending) -> str:
    return "was cancelled" if ending is Ending.CANCELLED else ending.value


def _values(job: Job) -> Iterator[object]:
    yield from (each.value for each in job.variables)
    for step in job.steps:
        if isinstance(step, Run):
            yield from (each.value for each in step.variables)


def _secrets(job: Job) -> Iterator[str]:
    for value in _values(job):
        if isinstance(value, SecretValue):
            yield f"{value.environment}/{value.name}" if value.environment else value.name


def _tokens(job: Job) -> Iterator[str]:
    yield from (f"{value.environment}/{value.name}" for value in _values(job) if isinstance(value, TokenValue))


def _receives(job: Job) -> Iterator[str]:
    yield from (f"{step.job}.{step.name}" for step in job.steps if isinstance(step, Download))
    yield from (f"{value.job}.{value.name}" for value in _values(job) if isinstance(value, PublishedValue))
