"""How a local run is started and what it leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Result = Literal["success", "failed", "skipped"]


@dataclass(frozen=True)
class Started:
    """How a run came about, and whom people refused: `refused` are ids of approvals."""

    branch: str
    target_branch: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    run_id: str = "1"
    attempt: int = 1


@dataclass(frozen=True)
class Ran:
    """A script that ran: where, how it ended, what it said and exactly which variables it had."""

    job: str
    step: str
    code: int
    output: str
    variables: Mapping[str, str]


@dataclass
class Trace:
    """What happened, in order."""

    jobs: dict[str, Result] = field(default_factory=dict)
    phases: dict[str, Result] = field(default_factory=dict)
    ran: list[Ran] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    published: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return "failed" not in self.phases.values() and "success" in self.phases.values()

    @property
    def started(self) -> list[str]:
        return [job for job, result in self.jobs.items() if result != "skipped"]

    def step(self, name: str) -> Ran:
        """The script called `<job>/<step>`, which ran exactly once."""
        (found,) = self.steps(name)
        return found

    def steps(self, name: str) -> list[Ran]:
        return [each for each in self.ran if f"{each.job}/{each.step}" == name]

    def names(self, *, job: str = "") -> list[str]:
        return [each.step for each in self.ran if not job or each.job == job]
