"""What an executor says of a run, and how that differs from what the run must do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipegen.simulation import ApprovalResult, JobResult, JobTrace, Trace


@dataclass(frozen=True)
class Script:
    """A script that was carried out, by its id in the neutral form, and what it found in its environment.

    `result` is `success` or the value of an `Ending`.
    """

    id: str
    result: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class ObservedJob:
    """A job that took place, by its id in the neutral form; `after` are the jobs that were over when it began."""

    id: str
    result: JobResult
    scripts: tuple[Script, ...]
    after: tuple[str, ...]
    secrets: tuple[str, ...]
    """What it could read: `<environment>/<NAME>`, or the name alone for a secret of the whole repository."""


@dataclass(frozen=True)
class ObservedApproval:
    """An approval that was asked, and how it ended."""

    id: str
    result: ApprovalResult


@dataclass(frozen=True)
class Observed:
    """A run of the pipeline of that id. Jobs that did not take place are left out; `told`: people hear of a failure."""

    pipeline: str
    jobs: tuple[ObservedJob, ...]
    approvals: tuple[ObservedApproval, ...]
    told: bool

    @property
    def by_id(self) -> Mapping[str, ObservedJob]:
        return {each.id: each for each in self.jobs}


def differences(expected: Sequence[Trace], observed: Sequence[Observed]) -> list[str]:
    """In words, what a CI system does otherwise than the reference; empty where it means the same."""
    wanted, found = sorted(each.pipeline for each in expected), sorted(each.pipeline for each in observed)
    if wanted != found:
        return [f"it runs {found or 'nothing'} and not {wanted or 'nothing'}"]
    runs = {each.pipeline: each for each in observed}
    return [line for trace in expected for line in _of_run(trace, runs[trace.pipeline])]


def _of_run(trace: Trace, run: Observed) -> Iterator[str]:
    yield from _of_approvals(trace, run)
    wanted = {each.id: each for each in trace.jobs if each.result is not JobResult.SKIPPED}
    for name in sorted(wanted.keys() ^ run.by_id.keys()):
        yield f"{name} {'does not run' if name in wanted else 'runs'}"
    for name in wanted.keys() & run.by_id.keys():
        yield from _of_job(wanted[name], run.by_id[name])
    if trace.told != run.told:
        yield f"people are {'not ' if trace.told else ''}told of a failure"


def _of_approvals(trace: Trace, run: Observed) -> Iterator[str]:
    wanted = {each.id: each.result for each in trace.approvals}
    found = {each.id: each.result for each in run.approvals}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            yield f"approval {name} is {found.get(name, 'not asked')} and not {wanted.get(name, 'not asked')}"


def _of_job(wanted: JobTrace, found: ObservedJob) -> Iterator[str]:
    if wanted.result != found.result:
        yield f"{wanted.id} ends {found.result} and not {wanted.result}"
    scripts = [(each.id, each.result) for each in wanted.steps]
    ran = [(each.id, each.result) for each in found.scripts]
    if scripts != ran:
        yield f"{wanted.id} runs {ran} and not {scripts}"
    if missing := {each for each in wanted.after if " " not in each} - set(found.after):
        yield f"{wanted.id} does not wait for {', '.join(sorted(missing))}"
    if set(wanted.secrets) != set(found.secrets):
        yield f"{wanted.id} holds {sorted(found.secrets)} and not {sorted(wanted.secrets)}"
