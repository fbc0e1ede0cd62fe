"""What a simulated run did, in order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class JobResult(StrEnum):
    """How a job ended."""

    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class ApprovalResult(StrEnum):
    """How an approval ended."""

    GRANTED = "granted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WAITING = "waiting"


class RunResult(StrEnum):
    """How a run ended; one that waits has not."""

    SUCCESS = "success"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class StepTrace:
    """A script that ran: its id and how it ended (`success`, or the value of an `Ending`)."""

    id: str
    result: str


@dataclass(frozen=True, slots=True)
class JobTrace:
    """A job: how it ended and why, what it waited for, what it could reach, and what it handed on.

    `after` are jobs, approvals (`approval <id>`) and locks (`lock <name>`). `secrets` and `tokens` are
    `<environment>/<NAME>`, or the name alone for one of the whole repository; of a job that is skipped there are none.
    `receives` and `gives` are artifacts and values: `<job>.<name>`.
    """

    id: str
    phase: str
    result: JobResult
    reason: str
    after: tuple[str, ...]
    environment: str | None = None
    secrets: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    steps: tuple[StepTrace, ...] = ()
    receives: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalTrace:
    """An approval that was asked: `count` people out of `approvers`; `counted` are those who count, once each."""

    id: str
    environment: str
    count: int
    approvers: tuple[str, ...]
    result: ApprovalResult
    counted: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class LockTrace:
    """The lock of an environment was taken; `waiting` says what becomes of runs that wait for it."""

    name: str
    waiting: str


Entry = ApprovalTrace | LockTrace | JobTrace


@dataclass(frozen=True, slots=True)
class Trace:
    """A run of one pipeline. `restored` are the environments whose way back ran, `told`: people hear of a failure."""

    pipeline: str
    entries: tuple[Entry, ...]
    result: RunResult
    restored: tuple[str, ...]
    told: bool

    @property
    def jobs(self) -> tuple[JobTrace, ...]:
        return tuple(each for each in self.entries if isinstance(each, JobTrace))

    @property
    def approvals(self) -> tuple[ApprovalTrace, ...]:
        return tuple(each for each in self.entries if isinstance(each, ApprovalTrace))

    def job(self, job_id: str) -> JobTrace:
        return next(each for each in self.jobs if each.id == job_id)
