"""A delivery in words, as short as a reviewer wants it."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.delivery import (
    Action,
    Approval,
    Begin,
    Cache,
    Change,
    Checkout,
    CollectOutputs,
    Complete,
    Delivery,
    Deployment,
    Download,
    Event,
    Job,
    Merged,
    Phase,
    Pipeline,
    Review,
    Run,
    Scheduled,
    SecretValue,
    Step,
    Tagged,
    TokenValue,
    Upload,
    UsePython,
    When,
)


def outline(delivery: Delivery) -> str:
    return "\n".join(
        [f"{delivery.title} ({delivery.model}) of {delivery.owner}", *_settings(delivery), *_all(delivery)]
    )


def _settings(delivery: Delivery) -> Iterator[str]:
    for rule in delivery.merge_rules:
        yield f"merge into {rule.branch} from {', '.join(rule.sources)}: {rule.approvals} approvals"
    for environment in delivery.environments:
        names = [*(each.name for each in environment.secrets), *(each.name for each in environment.tokens)]
        reached = ", ".join((*environment.branches, *(f"tag {tag}" for tag in environment.tags))) or "anywhere"
        yield f"environment {environment.name}, reached from {reached}, waiting {environment.waiting}" + _with(names)
    if delivery.shared_secrets:
        yield f"shared secrets{_with([each.name for each in delivery.shared_secrets])}"


def _with(names: list[str]) -> str:
    return f" [{' '.join(names)}]" if names else ""


def _all(delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        yield from _pipeline(pipeline)


def _pipeline(pipeline: Pipeline) -> Iterator[str]:
    paths = f" if {', '.join(pipeline.paths)}" if pipeline.paths else ""
    yield f"\n{pipeline.id}: {_event(pipeline.event)}{paths}"
    for phase in pipeline.phases:
        yield from (f"  {line}" for line in _phase(phase))
    if pipeline.failed is not None:
        yield f"  if a job failed: {pipeline.failed.title}"


def _event(event: Event) -> str:
    match event:
        case Change(branches):
            return f"push to {', '.join(branches)}"
        case Review(targets):
            return "; ".join(f"review into {each.branch} from {', '.join(each.sources)}" for each in targets)
        case Merged(branch):
            return f"merge into {branch}"
        case Tagged(pattern, branch):
            return f"tag {pattern} on {branch}"
        case Scheduled(_, cron, branch):
            return f"at {cron} on {branch}"
        case Action(_, parameters, branches):
            asked = ", ".join(f"{each.name}: {each.type}" for each in parameters)
            return f"started from {', '.join(branches)} with {asked or 'nothing'}"


def _phase(phase: Phase) -> Iterator[str]:
    place = f" in {phase.environment}" if phase.environment else ""
    after = f" after {', '.join(phase.needs)}" if phase.needs else ""
    only = f" only if {phase.only[0]} is {phase.only[1]}" if phase.only else ""
    yield f"phase {phase.id}{place}{after}{only}"
    if phase.approval:
        yield f"  {_approval(phase.approval)}"
    for number, wave in enumerate(phase.waves, start=1):
        for job in wave:
            yield from (f"  {line}" for line in _job(job, f"{number}. "))
    if phase.deployment:
        yield from (f"  {line}" for line in _deployment(phase.deployment))


def _approval(approval: Approval) -> str:
    hours, minutes = divmod(approval.expires_minutes, 60)
    within = f"{hours} h" + (f" {minutes} min" if minutes else "")
    return f"APPROVAL {approval.id}: {approval.count} of {', '.join(approval.approvers)} within {within}"


def _deployment(deployment: Deployment) -> Iterator[str]:
    yield f"deployment, lock {deployment.lock.name} ({deployment.lock.waiting})"
    for each in deployment.jobs:
        if each.approval:
            yield f"  {_approval(each.approval)}"
        yield from (f"  {line}" for line in _job(each.job, ""))
    if deployment.closing:
        yield from (f"  {line}" for line in _job(deployment.closing, "closing "))


def _job(job: Job, prefix: str) -> Iterator[str]:
    where = (f" on {job.runner}" if job.runner else "") + (f" in {job.environment}" if job.environment else "")
    publishes = f", publishes {' '.join(job.publishes)}" if job.publishes else ""
    yield f"{prefix}job {job.id}{where}, {job.timeout_minutes} min{publishes}"
    yield from (f"    {text}" for step in job.steps if (text := _step(step)))


def _step(step: Step) -> str:
    if isinstance(step, Run):
        secrets = [each.name for each in step.variables if isinstance(each.value, SecretValue | TokenValue)]
        when = "" if step.when is When.SUCCESS else f" ({step.when})"
        return f"{step.id}{when}{' (advisory)' if step.advisory else ''}{_with(secrets)}"
    if isinstance(step, Checkout):
        return f"checkout{f' depth {step.depth}' if step.depth != 1 else ''}{' with LFS' if step.lfs else ''}"
    return _OTHERS.get(type(step), "").format(step=step)


_OTHERS: dict[type, str] = {
    UsePython: "python {step.version}",
    Cache: "cache {step.kind}",
    Upload: "upload {step.name}",
    Download: "download {step.name} of {step.job}",
    CollectOutputs: "collect outputs",
    Begin: "-- begin",
    Complete: "-- complete",
}
