"""Reference semantics: what a delivery does at an occurrence, given how each job and each approval ends."""

from pipegen.simulation.occurrences import (
    ActionStarted,
    Occurrence,
    PullRequestOpened,
    Pushed,
    TagPushed,
    TimerFired,
)
from pipegen.simulation.outcomes import Answer, Ending, Fault, Outcomes
from pipegen.simulation.run import simulate
from pipegen.simulation.starting import Start, started
from pipegen.simulation.trace import (
    ApprovalResult,
    ApprovalTrace,
    Entry,
    JobResult,
    JobTrace,
    LockTrace,
    RunResult,
    StepTrace,
    Trace,
)

__all__ = [
    "ActionStarted",
    "Answer",
    "ApprovalResult",
    "ApprovalTrace",
    "Ending",
    "Entry",
    "Fault",
    "JobResult",
    "JobTrace",
    "LockTrace",
    "Occurrence",
    "Outcomes",
    "PullRequestOpened",
    "Pushed",
    "RunResult",
    "Start",
    "StepTrace",
    "TagPushed",
    "TimerFired",
    "Trace",
    "simulate",
    "started",
]
