"""How jobs and approvals end in a simulated run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    """How a step ends that does not succeed."""

    FAILED = "failed"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    """A person ends the run while the step is at work."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong in a job: the step of that id ends so, for a reason if one is known.

    None is the step that the job exists for.
    """

    ending: Ending
    step: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What people say to an approval: the names of those who approve, in order, and who rejects it after them.

    `expires`: nobody says more until the time is over. Otherwise an approval that lacks people waits.
    """

    approved_by: tuple[str, ...] = ()
    rejected_by: str | None = None
    expires: bool = False


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All that a run meets: faults by the id of the job, answers by the id of the approval, and who started it.

    What is not named succeeds; an approval that is not named waits.
    """

    faults: Mapping[str, Fault] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    starter: str = ""
