"""The neutral form: what one model's delivery is, said without naming any CI system.

Every pipeline answers exactly one event, and inside it nothing depends on an event any more: whatever the spec says
with `at` is decided when the pipeline is planned. No generated job therefore carries an event condition, and skipping
cannot spread differently on different systems.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from pipegen.diagnostics import KeyPath

CONTEXT_VARIABLES = (
    "PIPEGEN_BRANCH",
    "PIPEGEN_TARGET_BRANCH",
    "PIPEGEN_COMMIT",
    "PIPEGEN_RUN_ID",
    "PIPEGEN_ATTEMPT",
    "PIPEGEN_RUN_URL",
    "PIPEGEN_ACTOR",
)
"""What every target sets for every `Run` from the run itself.

PIPEGEN_BRANCH is the branch or tag without refs/heads/ or refs/tags/; in a review it is the source branch, prefixed by
`<owner>:` or `fork:` when it lives in another repository, and PIPEGEN_TARGET_BRANCH is the target, else empty.
PIPEGEN_ATTEMPT counts from 1 and grows when a run's jobs run again.
"""

HOME = ".pipegen"
"""The folder below the checkout that holds pipegen's files of a job; `Prepare` empties it and git ignores it."""

PATH_VARIABLES = {
    "PIPEGEN_HOME": HOME,
    "PIPEGEN_ARTIFACTS": f"{HOME}/artifacts",
    "PIPEGEN_OUTPUTS": f"{HOME}/outputs",
    "PIPEGEN_SUMMARY": f"{HOME}/summary.md",
}
"""What every target sets for every `Run` to the absolute form of these paths, which are relative to the checkout."""


# ---------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class Change:
    """A push to a feature branch; `*` in a pattern stands for any characters, also `/`."""

    label: ClassVar = "change"
    branches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewTarget:
    """A branch that pull requests go into, and the patterns of branches they may come from."""

    branch: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A pull request into one of the branches was opened or updated."""

    label: ClassVar = "review"
    targets: tuple[ReviewTarget, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """A commit arrived on a protected branch."""

    label: ClassVar = "merged"
    branch: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag that matches `pattern` was pushed; the first job checks that its commit is reachable from `branch`."""

    label: ClassVar = "tagged"
    pattern: str
    branch: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A timer fired; `cron` has five numeric fields and is in UTC; the run takes place on `branch`."""

    name: str
    cron: str
    branch: str

    @property
    def label(self) -> str:
        return f"scheduled:{self.name}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed value of an action, which the first job checks against `pattern` and bounds.

    `pattern` is an extended regular expression for the whole value. `choices` is set for `choice` alone; `minimum` and
    `maximum` for numbers alone; `default` is text in every case ("" for none).
    """

    name: str
    type: Literal["string", "integer", "number", "boolean", "choice"]
    description: str
    default: str
    choices: tuple[str, ...]
    pattern: str
    minimum: str
    maximum: str
    origin: KeyPath

    @property
    def variable(self) -> str:
        return f"PIPEGEN_PARAM_{self.name.upper()}"


@dataclass(frozen=True, slots=True)
class Action:
    """A person or a program started it from one of `branches` (patterns may name tags), which the first job checks.

    `places` are the branches of each value of the parameter `environment`; empty where all are for all.
    """

    name: str
    parameters: tuple[Parameter, ...]
    branches: tuple[str, ...]
    places: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def label(self) -> str:
        return f"action:{self.name}"


Event = Change | Review | Merged | Tagged | Scheduled | Action


# ---------------------------------------------------------------- values that reach scripts


@dataclass(frozen=True, slots=True)
class Text:
    """Text from the spec."""

    text: str


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A secret kept on the CI system: `environment` is None for one of the whole repository.

    type file: the variable holds the path of a file with the secret. type username-password: two variables,
    <name>_USERNAME and <name>_PASSWORD. `credential` is its id where credentials have ids.
    """

    name: str
    type: Literal["string", "file", "username-password"]
    environment: str | None
    credential: str


@dataclass(frozen=True, slots=True)
class TokenValue:
    """A short-lived token that the CI system signs for this job."""

    name: str
    audience: str
    environment: str
    credential: str


@dataclass(frozen=True, slots=True)
class PublishedValue:
    """A value that an earlier job of the same pipeline published under `name`."""

    job: str
    name: str


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """The value of an action's parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class ApprovedBy:
    """Who approved the job's phase, in lower case and joined by commas; empty where the CI system tells no script."""

    approval: str


JobValue = Text | PublishedValue | ParameterValue | ApprovedBy
StepValue = JobValue | SecretValue | TokenValue


@dataclass(frozen=True, slots=True)
class JobVariable:
    """A variable of every `Run` of a job."""

    name: str
    value: JobValue


@dataclass(frozen=True, slots=True)
class StepVariable:
    """A variable of one `Run`; it wins over the job's."""

    name: str
    value: StepValue


# ---------------------------------------------------------------- steps


class When(StrEnum):
    """When a step runs, given how the job went so far."""

    SUCCESS = "success"
    ALWAYS = "always"
    UNDO = "undo"
    """A deployment had begun (`Begin` ran) and did not complete (`Complete` did not), for whatever reason, cancellation
    included.
    """


@dataclass(frozen=True, slots=True)
class Checkout:
    """The repository at the run's commit. `depth` counts commits, 0 for all. No credentials stay behind."""

    depth: int = 1
    lfs: bool = False


@dataclass(frozen=True, slots=True)
class Prepare:
    """Empties and lays out `HOME` and makes git ignore it, by `script`, portable bash; and sets `PATH_VARIABLES`."""

    script: str


@dataclass(frozen=True, slots=True)
class UsePython:
    """A Python interpreter of this version, first on PATH as `python` or checked to be there as `python<version>`."""

    version: str


@dataclass(frozen=True, slots=True)
class Cache:
    """What an installer keeps between runs, keyed by files (relative to the checkout).

    Only in pipelines of change and review.
    """

    kind: Literal["pip", "conda"]
    key_files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A bash script, whose exit code is its result. It sets `-euo pipefail` and runs at the root of the checkout.

    An advisory step that fails is shown and changes no result. `tests` names a JUnit file (relative to the checkout)
    that it writes.
    """

    id: str
    title: str
    script: str
    variables: tuple[StepVariable, ...] = ()
    timeout_minutes: int = 60
    advisory: bool = False
    when: When = When.SUCCESS
    origin: KeyPath = ()


@dataclass(frozen=True, slots=True)
class PublishTests:
    """JUnit results for people (`file` is relative to the checkout); runs always and never decides a job's result."""

    id: str
    title: str
    file: str
    advisory: bool = False


@dataclass(frozen=True, slots=True)
class CollectOutputs:
    """Reads the NAME=value lines of $PIPEGEN_OUTPUTS, refuses what is not declared, hands the values to later jobs."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishSummary:
    """Shows $PIPEGEN_SUMMARY on the run's page, if anything was written; runs always."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Hands a file to later jobs as `<name>-$PIPEGEN_ATTEMPT`, so that a further attempt does not collide.

    `file` is relative to the checkout.
    """

    name: str
    file: str
    retention_days: int = 30


@dataclass(frozen=True, slots=True)
class Download:
    """Fetches what `job` uploaded into `file`, relative to the checkout; `remote_name` publishes its exact name."""

    name: str
    job: str
    file: str
    remote_name: PublishedValue


@dataclass(frozen=True, slots=True)
class Begin:
    """From here on the deployment changes its environment."""


@dataclass(frozen=True, slots=True)
class Complete:
    """The deployment is done and verified."""


Step = (
    Checkout
    | Prepare
    | UsePython
    | Cache
    | Run
    | PublishTests
    | CollectOutputs
    | PublishSummary
    | Upload
    | Download
    | Begin
    | Complete
)


# ---------------------------------------------------------------- jobs, approvals, phases


@dataclass(frozen=True, slots=True)
class Job:
    """Steps that run in order on one agent.

    `id` is unique in its pipeline, lower-case letters, digits and hyphens. `runner` None is the target's ordinary one.
    `environment` is the one whose secrets and tokens the steps name; None for none. `publishes` are the names that
    `CollectOutputs` hands on. `timeout_minutes` is above the sum of what its steps may take in order, so that a step's
    own limit is met first.
    """

    id: str
    title: str
    steps: tuple[Step, ...]
    environment: str | None = None
    variables: tuple[JobVariable, ...] = ()
    runner: str | None = None
    image: str | None = None
    timeout_minutes: int = 60
    publishes: tuple[str, ...] = ()
    origin: KeyPath = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """People say yes: `count` distinct ones out of `approvers`, within `expires_minutes`.

    None of them is the one who started the run. `id` is unique in a delivery and names the settings of the approval:
    the environment's name, `<environment>-<step>` inside a rollout, or `<environment>-rollback`. An approver is a team,
    or a person with a leading `@`.
    """

    id: str
    title: str
    environment: str
    count: int
    approvers: tuple[str, ...]
    expires_minutes: int
    origin: KeyPath


@dataclass(frozen=True, slots=True)
class Lock:
    """At most one holder at a time among all models; `all` waiting runs go in order, or only the `newest` is kept."""

    name: str
    waiting: Literal["all", "newest"]


@dataclass(frozen=True, slots=True)
class DeploymentJob:
    """A stretch of the deployment that runs without asking anybody; `approval` comes before it (None for the first)."""

    job: Job
    approval: Approval | None


@dataclass(frozen=True, slots=True)
class Deployment:
    """The unit of deployment: one environment, one lock, one way back.

    With a single job everything is inside it: admission, `Begin`, rollout, verify, `Complete`, then restore
    (`When.UNDO`) and finally (`When.ALWAYS`). With several jobs `Begin` opens the first, `Complete` ends the last, and
    `closing` holds the steps of restore and finally: it runs however the others ended once the first has started,
    without another approval, and its `When.UNDO` steps only if the deployment had begun and not completed. The lock
    covers all of it, `closing` included.
    """

    environment: str
    jobs: tuple[DeploymentJob, ...]
    closing: Job | None
    lock: Lock
    origin: KeyPath


@dataclass(frozen=True, slots=True)
class Phase:
    """Jobs that share an environment, an approval, a lock and a way back.

    `needs` are the phases that must have succeeded. `approval` is asked once, before anything in the phase starts. Then
    the waves run in order: the jobs of a wave side by side, each wave only if all jobs of the one before succeeded;
    then the deployment. `only` restricts the phase to runs whose parameter has that value; it and its jobs are skipped
    otherwise, and no other phase needs it.
    """

    id: str
    title: str
    environment: str | None
    approval: Approval | None
    waves: tuple[tuple[Job, ...], ...]
    deployment: Deployment | None
    needs: tuple[str, ...]
    only: tuple[str, str] | None
    origin: KeyPath

    @property
    def jobs(self) -> Iterator[Job]:
        """All jobs, in the order in which they may start."""
        for wave in self.waves:
            yield from wave
        if self.deployment is not None:
            yield from (each.job for each in self.deployment.jobs)
            if self.deployment.closing is not None:
                yield self.deployment.closing


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What happens at one event.

    `id` is unique in the delivery and never holds a dot: change, review, deliver-<branch>, archive-<branch>,
    schedule-<name> or action-<name>. `paths` are the globs (relative to the repository's root, `**` for any depth) of
    which a push or a pull request must touch one, or else the pipeline's own files; empty for no filter. `variables`
    are constants of every job. `failed` runs once, after all else, if a job of the run failed; not if the run was
    cancelled, and its own result changes nothing.
    """

    id: str
    title: str
    event: Event
    paths: tuple[str, ...]
    phases: tuple[Phase, ...]
    variables: tuple[tuple[str, str], ...]
    origin: KeyPath
    failed: Job | None = None

    @property
    def jobs(self) -> Iterator[Job]:
        """All jobs, in the order in which they may start."""
        for phase in self.phases:
            yield from phase.jobs
        if self.failed is not None:
            yield self.failed

    @property
    def approvals(self) -> Iterator[Approval]:
        """All that people are asked, in the order in which they are asked in each phase."""
        for phase in self.phases:
            parts = phase.deployment.jobs if phase.deployment else ()
            yield from (each for each in (phase.approval, *(part.approval for part in parts)) if each)


# ---------------------------------------------------------------- all models together

VERDICT = "pipegen"
"""What the host calls the one result that it requires before a merge, on every CI system."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a pull request into any branch brings about before its models' reviews.

    `job` compares the generated files with their specs and writes the models whose reviews the change asks for to
    `models_file` (relative to the checkout), one in a line; none is an empty file. The verdict is a success if the job
    is one and the reviews of these models all succeed, which the target sees to within `wait_minutes`. Reviews of other
    models do not run at all.
    """

    job: Job
    models_file: str
    wait_minutes: int


# ---------------------------------------------------------------- what lives in settings


@dataclass(frozen=True, slots=True)
class MergeRule:
    """Who must approve a pull request into `branch`, and from where it may come."""

    branch: str
    sources: tuple[str, ...]
    approvals: int
    origin: KeyPath


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """What must exist on the CI system for an environment, and from which branches and tags it is reached."""

    name: str
    title: str
    branches: tuple[str, ...]
    tags: tuple[str, ...]
    approvals: tuple[Approval, ...]
    secrets: tuple[SecretValue, ...]
    tokens: tuple[TokenValue, ...]
    waiting: Literal["all", "newest"]
    deployed_to: bool
    origin: KeyPath


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that one model gets. `spec` is the spec's path from the repository's root."""

    spec: str
    model: str
    title: str
    owner: str
    path: str
    pipelines: tuple[Pipeline, ...]
    merge_rules: tuple[MergeRule, ...]
    environments: tuple[EnvironmentSettings, ...]
    shared_secrets: tuple[SecretValue, ...]
    allowed_weaker: tuple[tuple[str, str, str], ...]
    """(target, control, reason)"""

    @property
    def people_wanted(self) -> frozenset[str]:
        """The approvals of which scripts ask who gave them."""
        steps = (step for each in self.pipelines for job in each.jobs for step in job.steps if isinstance(step, Run))
        return frozenset(it.value.approval for run in steps for it in run.variables if isinstance(it.value, ApprovedBy))


# ---------------------------------------------------------------- what a target says about itself


class Fidelity(StrEnum):
    """How true a target is to an item of the delivery."""

    EXACT = "exact"
    WITH_SETTINGS = "with settings"
    APPROXIMATED = "approximated"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Capability:
    """What a target makes of one item.

    `weakens`: a control (approval, gate, secret scope, lock) would be weaker than the spec asks for. `subject` names
    the item the same way on every target, for example `approval prod` or `lock prod`; `detail` is the reason, or what
    must be set.
    """

    subject: str
    fidelity: Fidelity
    detail: str
    origin: KeyPath
    weakens: bool = False
