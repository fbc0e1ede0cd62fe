"""What happens in the world: pushes, pull requests, tags, timers and people who start an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pushed:
    """Commits arrived on a branch, by a push or a merge."""

    branch: str

    @property
    def label(self) -> str:
        return f"push to {self.branch}"


@dataclass(frozen=True, slots=True)
class PullRequestOpened:
    """A pull request from `source` into `target` was opened or updated; that of a fork begins with `<owner>:`."""

    source: str
    target: str

    @property
    def label(self) -> str:
        return f"pull request from {self.source} into {self.target}"


@dataclass(frozen=True, slots=True)
class TagPushed:
    """A tag was pushed; `reachable`: the branch that the spec names holds its commit."""

    tag: str
    reachable: bool = True

    @property
    def label(self) -> str:
        return f"tag {self.tag}"


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The timer of that name fired, on the branch that it belongs to."""

    name: str

    @property
    def label(self) -> str:
        return f"timer {self.name}"


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """Somebody started an action from a branch or tag; parameters that are not given have their defaults."""

    name: str
    branch: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"action {self.name} from {self.branch}"


Occurrence = Pushed | PullRequestOpened | TagPushed | TimerFired | ActionStarted
