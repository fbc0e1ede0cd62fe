"""What a Jenkinsfile says, as values: every decision is made when they are built, the templates only lay them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipegen.targets.jenkins.statements import Method, Value

# ---------------------------------------------------------------- when a pipeline runs


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be true of the run: its branch or tag, the target of its pull request, its cause; or what it is not."""

    kind: Literal["branch", "tag", "target", "cause", "not cause", "not"]
    text: str
    comparator: Literal["EQUALS", "REGEXP"] = "EQUALS"


@dataclass(frozen=True, slots=True)
class Guard:
    """The one event that a file answers: of each group, one condition holds."""

    comment: str
    groups: tuple[tuple[Condition, ...], ...]


@dataclass(frozen=True, slots=True)
class Timer:
    """A cron line in UTC that only the job of `branch` may have."""

    branch: str
    cron: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter of the form; `default` is text for strings alone."""

    kind: Literal["string", "boolean", "choice"]
    name: str
    description: str
    default: str
    checked: bool
    choices: tuple[str, ...]


# ---------------------------------------------------------------- stages


@dataclass(frozen=True, slots=True)
class Agent:
    """Where a job runs."""

    label: str
    image: str | None


@dataclass(frozen=True, slots=True)
class Ask:
    """An approval in the words of the method that asks for it: each entry of `approvers` says who may give one yes."""

    id: str
    title: str
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """A lock; `newest` lets the newest waiting run go first.

    `approved` says that an approval comes before it, `prompts` that it is kept while people are asked whether to go on,
    and `rollback` that it keeps rollbacks apart but no deployment.
    """

    resource: str
    newest: bool
    approved: bool
    prompts: bool
    rollback: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage with exactly one of `calls`, `ask`, `stages` and `parallel`; the first two have a limit in minutes.

    `only` is a parameter and the value that it must have, `closes` the method that runs however the stage ended.
    """

    name: str
    calls: str | None = None
    ask: Ask | None = None
    minutes: int = 0
    stages: tuple[Stage, ...] = ()
    parallel: tuple[Stage, ...] = ()
    agent: Agent | None = None
    hold: Hold | None = None
    guard: Guard | None = None
    only: tuple[str, str] | None = None
    concerned: bool = False
    closes: str | None = None


# ---------------------------------------------------------------- the file


@dataclass(frozen=True, slots=True)
class Jenkinsfile:
    """One pipeline.

    `constants` are variables of every script, `compare` the script that looks for a change of the model. `uses` are the
    kinds of statements in it, and `ask` if it asks for approvals: what the shared methods must offer. `failed` is the
    method that runs after a run that failed. `model` is set for a review, which shares a run with others.
    """

    keep_runs: str
    keep_artifacts: str | None
    supersede: bool
    review: bool
    timer: Timer | None
    parameters: tuple[Asked, ...]
    stages: tuple[Stage, ...]
    constants: tuple[Value, ...]
    compare: str | None
    methods: tuple[Method, ...]
    uses: frozenset[str]
    libraries: tuple[str, ...] = ()
    failed: str | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one run that judges a pull request.

    `agent` runs the check for at most `minutes`; `patience` in minutes bounds the wait for that agent, and how long the
    reviews may take. The methods that its scripts share are those of every file.
    """

    libraries: tuple[str, ...]
    agent: Agent
    minutes: int
    patience: int
    models_file: str
    method: Method
    uses: frozenset[str]
    review: bool = True
    constants: tuple[Value, ...] = ()
    parameters: tuple[Asked, ...] = ()
    compare: str | None = None
    model: str = ""

    @property
    def methods(self) -> tuple[Method, ...]:
        return (self.method,)
