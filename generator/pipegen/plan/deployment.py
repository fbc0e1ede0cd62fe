"""The unit of deployment: rollout, verification, restore and the approvals in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from pipegen.plan import artifacts, gates
from pipegen.plan.artifacts import Available
from pipegen.plan.commands import in_model, stage_steps
from pipegen.plan.flow import environments
from pipegen.plan.jobs import Setting, consumed, job_minutes, named_texts, opening, origin_of, preparation, stage_run
from pipegen.plan.variables import job_variables
from pipegen.spec.flow import DeploymentApprovals, RolloutApprovals
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import RolloutStep, Stage

ROLLBACK = "rollback"
RESTORED_MARK = ': > "$PIPEGEN_HOME/restored"'
"""The last line of a restore, by which the message about it knows how it ended."""


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


def deployment(
    setting: Setting, stage: Stage, environment: str, available: Available, *, by_version: bool = False
) -> Deployment:
    """The unit in one environment; `by_version` takes its artifacts from the store under $PIPEGEN_VERSION."""
    segments = tuple(_segments(setting.spec, stage, environment))
    jobs = tuple(
        _deployment_job(setting, stage, environment, available, number, segments, by_version=by_version)
        for number in range(len(segments))
    )
    closing = None if len(jobs) == 1 else _closing(setting, stage, environment, available)
    return Deployment(environment, jobs, closing, lock(setting.spec, environment), origin_of(setting.spec, stage))


def asks(spec: ModelSpec, step: RolloutStep, environment: str) -> bool:
    """Whether people approve this step of a rollout in this environment."""
    if step.approvals is None:
        return False
    if step.approvals.environments is not None:
        return environment in step.approvals.environments
    return environments(spec)[environment].approvals is not None


def _segments(spec: ModelSpec, stage: Stage, environment: str) -> Iterator[tuple[RolloutStep, ...]]:
    """The rollout cut before each step that people approve; an empty piece comes before a first one that they do."""
    gathered: list[RolloutStep] = []
    for step in stage.rollout or ():
        if asks(spec, step, environment):
            yield tuple(gathered)
            gathered = []
        gathered.append(step)
    yield tuple(gathered)


def _deployment_job(
    setting: Setting,
    stage: Stage,
    environment: str,
    available: Available,
    number: int,
    segments: Sequence[tuple[RolloutStep, ...]],
    *,
    by_version: bool,
) -> DeploymentJob:
    first, last, alone = number == 0, number == len(segments) - 1, len(segments) == 1
    steps: list[Step] = [*preparation(setting, (stage,), environment)]
    steps += _inputs(setting, stage, environment, available, by_version=by_version)
    steps += _opening_work(setting, stage, environment) if first else []
    steps += _rollout(setting, stage, environment, segments[number])
    steps += _completion(setting, stage, environment) if last else []
    steps += _undoing(setting, stage, environment) if alone else []
    steps.append(PublishSummary())
    opener = segments[number][0] if segments[number] else None
    job_id = f"{stage.id}-{environment}" if alone else f"{stage.id}-{environment}-{opener.id if opener else number}"
    title = f"{stage.title or stage.id} to {environment}"
    job = _job(
        setting,
        stage,
        environment,
        available,
        job_id,
        title if alone or opener is None else f"{title}: {opener.title or opener.id}",
        steps,
    )
    return DeploymentJob(
        job, _rollout_approval(setting.spec, stage, environment, opener) if opener and not first else None
    )


def _job(
    setting: Setting,
    stage: Stage,
    environment: str,
    available: Available,
    job_id: str,
    title: str,
    steps: Sequence[Step],
) -> Job:
    return Job(
        id=job_id,
        title=title,
        steps=tuple(steps),
        environment=environment,
        variables=job_variables(setting.spec, environment, setting.extra, available.published(), setting.parameters),
        runner=setting.runner_of(stage),
        image=setting.spec.runtime.image,
        timeout_minutes=job_minutes(steps),
        origin=origin_of(setting.spec, stage),
    )


def _rollout_approval(spec: ModelSpec, stage: Stage, environment: str, step: RolloutStep) -> Approval | None:
    if step.approvals is None:
        return None
    position = [each.id for each in stage.rollout or ()].index(step.id)
    origin = (*origin_of(spec, stage), "rollout", position, "approvals")
    title = f"Go on with {spec.model.name} in {environment}: {step.title or step.id}"
    return _approval(step.approvals, f"{environment}-{step.id}", title, environment, origin)


def _inputs(
    setting: Setting, stage: Stage, environment: str, available: Available, *, by_version: bool
) -> Iterator[Step]:
    if by_version:
        yield from (
            artifacts.fetch(setting.spec, name, environment, version=True) for name in artifacts_of(setting.spec, stage)
        )
        return
    for name in consumed(setting, stage, available):
        yield from artifacts.obtain(name, available.artifacts[name])


def artifacts_of(spec: ModelSpec, stage: Stage) -> tuple[str, ...]:
    """The artifacts that a deployment needs, by what the spec says alone."""
    position = [each.id for each in spec.stages].index(stage.id)
    before = tuple(each.name for earlier in spec.stages[:position] for each in earlier.produces)
    return before if stage.consumes is None else stage.consumes


def _opening_work(setting: Setting, stage: Stage, environment: str) -> Iterator[Step]:
    """What may still stop the deployment, then its beginning."""
    for position, (title, text) in enumerate(named_texts(stage.steps_before), start=1):
        yield stage_run(setting, stage, environment, f"before-{position}", title, text)
    judged = gates.applying(stage, setting.occasion)
    if judged and setting.config.pin:
        yield from gates.steps(setting.spec, stage, judged, (), origin_of(setting.spec, stage))
    yield Begin()


def _rollout(setting: Setting, stage: Stage, environment: str, segment: Sequence[RolloutStep]) -> Iterator[Run]:
    if not segment:
        for position, (title, text) in enumerate(stage_steps(stage), start=1):
            yield stage_run(
                setting, stage, environment, "rollout" if position == 1 else f"rollout-{position}", title, text
            )
    for step in segment:
        text = "\n".join(each.rstrip("\n") for each in step.run)
        yield stage_run(setting, stage, environment, f"rollout-{step.id}", step.title or step.id, text)


def _completion(setting: Setting, stage: Stage, environment: str) -> Iterator[Step]:
    yield from _commands(setting, stage, environment, "verify", "Verify", stage.verify)
    for position, (title, text) in enumerate(named_texts(stage.steps_after), start=1):
        yield stage_run(setting, stage, environment, f"after-{position}", title, text)
    yield Complete()
    if stage.reports.junit:
        yield PublishTests(f"{stage.id}-results", stage.title or stage.id, in_model(setting.spec, stage.reports.junit))


def _undoing(setting: Setting, stage: Stage, environment: str) -> Iterator[Run]:
    told = setting.spec.notify is not None and "restored" in setting.spec.notify.moments and stage.restore
    texts = (*stage.restore, RESTORED_MARK) if told else stage.restore
    yield from _commands(setting, stage, environment, "restore", "Restore what ran before", texts, When.UNDO)
    yield from _commands(setting, stage, environment, "finally", "Clean up", stage.finally_, When.ALWAYS)


def _commands(
    setting: Setting,
    stage: Stage,
    environment: str,
    step_id: str,
    title: str,
    texts: Sequence[str],
    when: When = When.SUCCESS,
) -> Iterator[Run]:
    if texts:
        yield stage_run(
            setting, stage, environment, step_id, title, "\n".join(text.rstrip("\n") for text in texts), when
        )


def _closing(setting: Setting, stage: Stage, environment: str, available: Available) -> Job | None:
    undoing = tuple(_undoing(setting, stage, environment))
    if not undoing:
        return None
    inputs = _inputs(setting, stage, environment, available, by_version=False)
    steps = (*preparation(setting, (stage,), environment), *inputs, *undoing, PublishSummary())
    return _job(
        setting,
        stage,
        environment,
        available,
        f"{stage.id}-{environment}-closing",
        f"Close {stage.id} in {environment}",
        steps,
    )


# ---------------------------------------------------------------- the rollback


def rollback(setting: Setting, stage: Stage, environment: str) -> Deployment:
    """Back to $PIPEGEN_VERSION by the spec's commands, with nothing installed, trained or built."""
    bare = stage.model_copy(update={"install": False, "retries": 0})
    spec = setting.spec
    texts = stage.rollback or stage.restore
    steps: list[Step] = [*opening(spec, (*spec.runtime.requires, *stage.requires)), Begin()]
    steps += _commands(setting, bare, environment, ROLLBACK, "Roll back", texts)
    if not stage.install:
        steps += _commands(setting, bare, environment, "verify", "Verify", stage.verify)
    steps += [Complete(), PublishSummary()]
    job = _job(
        setting, bare, environment, artifacts.NOTHING, f"{ROLLBACK}-{environment}", f"Roll back {environment}", steps
    )
    return Deployment(
        environment, (DeploymentJob(job, None),), None, lock(spec, environment, rollback=True), origin_of(spec, stage)
    )
