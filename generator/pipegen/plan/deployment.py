"""The unit of deployment: rollout, verification, restore and the approvals in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipegen.delivery import (
    Approval,
    Begin,
    Complete,
    Deployment,
    DeploymentJob,
    Job,
    Lock,
    PublishSummary,
    PublishTests,
    Run,
    Step,
    When,
)
from pipegen.plan import admitting, artifacts, judging, recording, registering
from pipegen.plan.artifacts import Available, is_evidence
from pipegen.plan.commands import in_model, stage_steps
from pipegen.plan.flow import environments
from pipegen.plan.jobs import Setting, consumed, job_minutes, named_texts, opening, origin_of, preparation, stage_run
from pipegen.plan.variables import job_variables
from pipegen.spec.flow import DeploymentApprovals, RolloutApprovals
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import RolloutStep, Stage

ROLLBACK = "rollback"
_WHOLE_HISTORY = 0


def phase_approval(spec: ModelSpec, environment: str, *, rollback: bool = False) -> Approval | None:
    """Who must say yes before anything happens in the environment."""
    asked = environments(spec)[environment].approvals
    if asked is None:
        return None
    name = f"{environment}-{ROLLBACK}" if rollback else environment
    title = (
        f"Roll back {spec.model.name} in {environment}" if rollback else f"Deploy {spec.model.name} to {environment}"
    )
    return _approval(asked, name, title, environment, ("environments", environment, "approvals"))


def _approval(
    asked: DeploymentApprovals | RolloutApprovals,
    name: str,
    title: str,
    environment: str,
    origin: tuple[str | int, ...],
) -> Approval:
    return Approval(name, title, environment, asked.count, asked.approvers, asked.expires, origin)


def lock(spec: ModelSpec, environment: str, *, rollback: bool = False) -> Lock:
    """One holder at a time in an environment; a rollback queues behind rollbacks alone, never behind a deployment."""
    name = f"{environment}-{ROLLBACK}" if rollback else environment
    return Lock(name, environments(spec)[environment].waiting)


# ---------------------------------------------------------------- the deployment


@dataclass(frozen=True, slots=True)
class _Unit:
    """A deployment by a stage to an environment; `stages` are those of its pipeline.

    `by_version` takes its artifacts from the store under $PIPEGEN_VERSION.
    """

    setting: Setting
    stage: Stage
    environment: str
    available: Available
    stages: tuple[Stage, ...]
    by_version: bool

    @property
    def segments(self) -> tuple[tuple[RolloutStep, ...], ...]:
        """The rollout cut before each step that people approve; a first one that they do has an empty piece before."""
        cut: list[tuple[RolloutStep, ...]] = []
        gathered: list[RolloutStep] = []
        for step in self.stage.rollout or ():
            if asks(self.setting.spec, step, self.environment):
                cut.append(tuple(gathered))
                gathered = []
            gathered.append(step)
        return (*cut, tuple(gathered))

    def commands(self, step_id: str, title: str, texts: Sequence[str], when: When = When.SUCCESS) -> Iterator[Run]:
        if texts:
            yield self.run(step_id, title, "\n".join(text.rstrip("\n") for text in texts), when)

    def run(self, step_id: str, title: str, text: str, when: When = When.SUCCESS) -> Run:
        return stage_run(self.setting, self.stage, self.environment, step_id, title, text, when)

    def job(self, job_id: str, title: str, steps: Sequence[Step]) -> Job:
        setting = self.setting
        published = self.available.published()
        return Job(
            id=job_id,
            title=title,
            steps=tuple(steps),
            environment=self.environment,
            variables=job_variables(setting.spec, self.environment, setting.extra, published, setting.parameters),
            runner=setting.runner_of(self.stage),
            image=setting.spec.runtime.image,
            timeout_minutes=job_minutes(steps),
            origin=origin_of(setting.spec, self.stage),
        )


def deployment(
    setting: Setting,
    stage: Stage,
    environment: str,
    available: Available,
    stages: Sequence[Stage],
    *,
    by_version: bool = False,
) -> Deployment:
    """The unit in one environment, after `stages` of its pipeline; `by_version` deploys a recorded version again."""
    unit = _Unit(setting, stage, environment, available, tuple(stages), by_version)
    jobs = tuple(_deployment_job(unit, number) for number in range(len(unit.segments)))
    closing = None if len(jobs) == 1 else _closing(unit)
    return Deployment(environment, jobs, closing, lock(setting.spec, environment), origin_of(setting.spec, stage))


def asks(spec: ModelSpec, step: RolloutStep, environment: str) -> bool:
    """Whether people approve this step of a rollout in this environment."""
    if step.approvals is None:
        return False
    if step.approvals.environments is not None:
        return environment in step.approvals.environments
    return environments(spec)[environment].approvals is not None


def _deployment_job(unit: _Unit, number: int) -> DeploymentJob:
    stage, environment, segment = unit.stage, unit.environment, unit.segments[number]
    first, last, alone = number == 0, number == len(unit.segments) - 1, len(unit.segments) == 1
    steps: list[Step] = [*_preparation(unit, first=first, last=last), *_inputs(unit)]
    steps += _evidence(unit) if first or last else []
    steps += _opening_work(unit) if first else []
    steps += _rollout(unit, segment)
    steps += _completion(unit) if last else []
    steps += _undoing(unit) if alone else []
    steps.append(PublishSummary())
    opener = segment[0] if segment else None
    job_id = f"{stage.id}-{environment}" if alone else f"{stage.id}-{environment}-{opener.id if opener else number}"
    title = f"{stage.title or stage.id} to {environment}"
    job = unit.job(job_id, title if alone or opener is None else f"{title}: {opener.title or opener.id}", steps)
    asked = _rollout_approval(unit.setting.spec, stage, environment, opener) if opener and not first else None
    return DeploymentJob(job, asked)


def _preparation(unit: _Unit, *, first: bool, last: bool) -> Iterator[Step]:
    """The record is asked with the whole history at hand; the registry is only for who completes or undoes."""
    setting = unit.setting
    depth = _WHOLE_HISTORY if first and setting.ledger else None
    with_registry = last and registering.uses_registry(setting.spec, setting.config)
    yield from preparation(setting, (unit.stage,), unit.environment, depth=depth, with_registry=with_registry)


def _rollout_approval(spec: ModelSpec, stage: Stage, environment: str, step: RolloutStep) -> Approval | None:
    if step.approvals is None:
        return None
    position = [each.id for each in stage.rollout or ()].index(step.id)
    origin = (*origin_of(spec, stage), "rollout", position, "approvals")
    title = f"Go on with {spec.model.name} in {environment}: {step.title or step.id}"
    return _approval(step.approvals, f"{environment}-{step.id}", title, environment, origin)


def _inputs(unit: _Unit) -> Iterator[Step]:
    setting, available = unit.setting, unit.available
    if unit.by_version:
        variables = registering.store_variables(setting.spec, setting.config, unit.environment)
        for name in artifacts_of(setting.spec, unit.stage):
            yield artifacts.fetch(setting.spec, name, variables, version=True)
        return
    for name in consumed(setting, unit.stage, unit.environment, available):
        yield from artifacts.obtain(name, available.artifacts[name])


def _evidence(unit: _Unit) -> Iterator[Step]:
    """What is compared before the deployment begins, and entered once it is done; undoing it needs none of this."""
    setting, available = unit.setting, unit.available
    there = consumed(setting, unit.stage, unit.environment, available)
    for name, job in available.artifacts.items() if setting.recording and not unit.by_version else ():
        if is_evidence(name) and name not in there:
            yield from artifacts.obtain(name, job)


def artifacts_of(spec: ModelSpec, stage: Stage) -> tuple[str, ...]:
    """The artifacts that a deployment needs, by what the spec says alone."""
    position = [each.id for each in spec.stages].index(stage.id)
    before = tuple(each.name for earlier in spec.stages[:position] for each in earlier.produces)
    return before if stage.consumes is None else stage.consumes


def _opening_work(unit: _Unit) -> Iterator[Step]:
    """What may still stop the deployment, then its beginning."""
    setting, stage = unit.setting, unit.stage
    for position, (title, text) in enumerate(named_texts(stage.steps_before), start=1):
        yield unit.run(f"before-{position}", title, text)
    if setting.config.pin:
        origin = origin_of(setting.spec, stage)
        yield from judging.steps(setting.spec, stage, setting.occasion, (), unit.environment, origin)
    yield from admitting.admission(
        setting, stage, unit.environment, unit.stages, unit.available, by_version=unit.by_version
    )
    yield Begin()


def _rollout(unit: _Unit, segment: Sequence[RolloutStep]) -> Iterator[Run]:
    if not segment:
        for position, (title, text) in enumerate(stage_steps(unit.stage), start=1):
            yield unit.run("rollout" if position == 1 else f"rollout-{position}", title, text)
    for step in segment:
        yield from unit.commands(f"rollout-{step.id}", step.title or step.id, step.run)


def _completion(unit: _Unit) -> Iterator[Step]:
    stage = unit.stage
    yield from unit.commands("verify", "Verify", stage.verify)
    for position, (title, text) in enumerate(named_texts(stage.steps_after), start=1):
        yield unit.run(f"after-{position}", title, text)
    yield from recording.recorded(unit.setting, stage, unit.environment, unit.available, by_version=unit.by_version)
    yield Complete()
    if stage.reports.junit:
        yield PublishTests(
            f"{stage.id}-results", stage.title or stage.id, in_model(unit.setting.spec, stage.reports.junit)
        )


def _undoing(unit: _Unit) -> Iterator[Step]:
    stage, notify = unit.stage, unit.setting.spec.notify
    told = bool(unit.setting.ledger) or (notify is not None and "restored" in notify.moments)
    texts = (*stage.restore, recording.RESTORED_MARK) if told and stage.restore else stage.restore
    yield from unit.commands("restore", "Restore what ran before", texts, When.UNDO)
    yield from recording.restored(unit.setting, stage, unit.environment)
    yield from unit.commands("finally", "Clean up", stage.finally_, When.ALWAYS)


def _closing(unit: _Unit) -> Job | None:
    undoing = tuple(_undoing(unit))
    if not undoing:
        return None
    inputs = () if unit.by_version else _inputs(unit)
    steps = (*_preparation(unit, first=False, last=True), *inputs, *undoing, PublishSummary())
    title = f"Close {unit.stage.id} in {unit.environment}"
    return unit.job(f"{unit.stage.id}-{unit.environment}-closing", title, steps)


# ---------------------------------------------------------------- the rollback


def rollback(setting: Setting, stage: Stage, environment: str) -> Deployment:
    """Back to $PIPEGEN_VERSION by the spec's commands, with nothing of the model installed, trained or built.

    The registry comes last: a rollback never waits for it.
    """
    bare = stage.model_copy(update={"install": False, "retries": 0})
    unit = _Unit(setting, bare, environment, artifacts.NOTHING, (), by_version=False)
    spec = setting.spec
    depth = _WHOLE_HISTORY if setting.ledger else None
    steps: list[Step] = [*opening(spec, (*spec.runtime.requires, *stage.requires), depth)]
    steps += [*recording.installed(setting), *admitting.rollback_admission(setting, stage, environment), Begin()]
    steps += unit.commands(ROLLBACK, "Roll back", stage.rollback or stage.restore)
    if not stage.install:
        steps += unit.commands("verify", "Verify", stage.verify)
    steps += [*recording.rolled_back(setting, stage, environment), Complete()]
    steps += recording.rolled_back_in_registry(setting, stage, environment)
    steps.append(PublishSummary())
    job = unit.job(f"{ROLLBACK}-{environment}", f"Roll back {environment}", steps)
    return Deployment(
        environment, (DeploymentJob(job, None),), None, lock(spec, environment, rollback=True), origin_of(spec, stage)
    )
