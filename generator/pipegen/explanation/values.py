"""The explanation of a delivery as values; their field names are the keys of the JSON form."""

from __future__ import annotations

from dataclasses import dataclass

from pipegen.delivery import Fidelity


@dataclass(frozen=True, slots=True)
class AskedApproval:
    """People who are asked: `count` distinct ones of `approvers`. `before` says what waits for them."""

    id: str
    count: int
    approvers: tuple[str, ...]
    expires_minutes: int
    before: str


@dataclass(frozen=True, slots=True)
class HeldLock:
    """What keeps other runs out of the environment; `waiting` is `all` or `newest`."""

    name: str
    waiting: str


@dataclass(frozen=True, slots=True)
class ExplainedJob:
    """A job: what it holds, judges, gets and passes on.

    `wave` counts from 1 in its phase: the jobs of a wave run side by side. `part` is `stage`, or `deployment` or
    `closing` for the parts of a deployment. `secrets` and `tokens` are those that at least one of its steps sees.
    """

    id: str
    title: str
    part: str
    wave: int
    environment: str | None
    runner: str | None
    secrets: tuple[str, ...]
    tokens: tuple[str, ...]
    gates: tuple[str, ...]
    gets: tuple[str, ...]
    makes: tuple[str, ...]
    publishes: tuple[str, ...]
    advisory: tuple[str, ...]
    approval: AskedApproval | None


@dataclass(frozen=True, slots=True)
class ExplainedPhase:
    """A phase; `only` is the (parameter, value) with which alone it takes place."""

    id: str
    title: str
    environment: str | None
    needs: tuple[str, ...]
    only: tuple[str, str] | None
    approval: AskedApproval | None
    lock: HeldLock | None
    restores: bool
    cleans_up: bool
    jobs: tuple[ExplainedJob, ...]

    @property
    def approvals(self) -> tuple[AskedApproval, ...]:
        """Whom the phase asks, in order."""
        asked = (self.approval, *(job.approval for job in self.jobs))
        return tuple(each for each in asked if each is not None)


@dataclass(frozen=True, slots=True)
class Prompts:
    """What one run asks of people: how many prompts, and how many answers they need.

    `choice` is the environment that the person who starts the run chooses, "" where there is none to choose.
    """

    choice: str
    prompts: int
    answers: int


@dataclass(frozen=True, slots=True)
class ExplainedParameter:
    """What the form of an action asks for."""

    name: str
    type: str
    description: str
    default: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplainedPipeline:
    """What one event brings about; `event` is its kind and name, `occasion` the same in people's words."""

    id: str
    event: str
    occasion: str
    paths: tuple[str, ...]
    verdict: bool
    merge_approvals: int
    parameters: tuple[ExplainedParameter, ...]
    prompts: tuple[Prompts, ...]
    cancelled_by: str
    phases: tuple[ExplainedPhase, ...]


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """An action that exists by itself; `reason` says why it is not offered."""

    name: str
    offered: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedMerge:
    """Who must approve a pull request into `branch`, and from where it may come."""

    branch: str
    sources: tuple[str, ...]
    approvals: int


@dataclass(frozen=True, slots=True)
class ExplainedEnvironment:
    """An environment: from where it is reached and what must be stored for it."""

    name: str
    title: str
    branches: tuple[str, ...]
    tags: tuple[str, ...]
    deployed_to: bool
    approvals: tuple[str, ...]
    secrets: tuple[str, ...]
    tokens: tuple[str, ...]
    waiting: str


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """What a branch archives; `keeper` is the job that does, `command` whether the spec's own command keeps it too."""

    branch: str
    keeper: str
    command: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """How true a target is to one item; `allowed` is the reason for which the spec lets it be weaker."""

    subject: str
    fidelity: Fidelity
    detail: str
    weakens: bool
    allowed: str


@dataclass(frozen=True, slots=True)
class ExplainedTarget:
    """What a target keeps of the delivery, weaker items first, and what must be set before the first run."""

    name: str
    items: tuple[Kept, ...]
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that one spec brings about."""

    spec: str
    model: str
    title: str
    owner: str
    path: str
    pipelines: tuple[ExplainedPipeline, ...]
    built_in_actions: tuple[BuiltIn, ...]
    merges: tuple[ExplainedMerge, ...]
    environments: tuple[ExplainedEnvironment, ...]
    shared_secrets: tuple[str, ...]
    archive: tuple[KeptRecord, ...]
    targets: tuple[ExplainedTarget, ...]
