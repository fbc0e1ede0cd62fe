"""Rules about people who approve: they can, and they are asked in time."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import Delivery
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.plan.flow import environments
from pipegen.rules.references import operations
from pipegen.spec.flow import DeploymentApprovals, RolloutApprovals
from pipegen.spec.model import ModelSpec

CODES = {
    "PG247": "an approval is never asked for",
    "PG262": "more approvals are asked for than there are approvers",
    "PG263": "an approver is named twice",
    "PG264": "an approval before the build comes after it",
    "PG265": "secrets are within reach before the approval that guards them",
    "PG266": "an approval waits longer than any target can",
    "PG267": "a schedule waits for people who may not be there",
}

_LONGEST = 30 * 24 * 60
_A_DAY = 24 * 60


def approvers(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG262, PG263 and PG266: as many approvals as there are distinct approvers, within what a target can wait."""
    for path, asked in _approvals(spec):
        seen: set[str] = set()
        for position, approver in enumerate(asked.approvers):
            if approver.casefold() in seen:
                message = f"{approver!r} is named twice and still counts once"
                yield Finding((*path, "approvers", position), "PG263", message, "name each once")
            seen.add(approver.casefold())
        if asked.count > len(seen):
            message = f"{asked.count} approvals are asked for, but each of the {len(seen)} approvers counts once"
            yield Finding((*path, "count"), "PG262", message, "name more approvers, or ask for fewer approvals")
        if asked.expires > _LONGEST:
            message = "no approval can wait longer than 30 days on every target"
            yield Finding((*path, "expires"), "PG266", message, "at most 30d")


def _approvals(spec: ModelSpec) -> Iterator[tuple[KeyPath, DeploymentApprovals | RolloutApprovals]]:
    for name, environment in spec.environments.items():
        if environment.approvals:
            yield ("environments", name, "approvals"), environment.approvals
    for index, stage in enumerate(spec.stages):
        for position, step in enumerate(stage.rollout or ()):
            if step.approvals:
                yield ("stages", index, "rollout", position, "approvals"), step.approvals


def asked_before_the_build(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG264: only the first environment of a branch can ask before anything is built."""
    known = environments(spec)
    for index, entry in enumerate(spec.flow or ()):
        for position, name in enumerate(entry.environments[1:], start=1):
            approvals = known[name].approvals if name in known else None
            if approvals and approvals.before == "build":
                message = f"{name!r} asks before the build, but {entry.environments[0]!r} is deployed to before it"
                hint = "ask before the deployment, or put it first"
                yield Finding(("flow", index, "environments", position), "PG264", message, hint)


def guarded_secrets(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG265: building in an environment reaches its secrets, so its approval has to come first."""
    for index, entry in enumerate(spec.flow or ()):
        yield from _built_too_early(spec, ("flow", index, "build_in"), entry.build_in, entry.environments)
    deploying = {stage.id for stage in spec.stages if stage.deploys}
    for path, started in operations(spec):
        targets = (started.environment,) if started.environment else ()
        yield from _built_too_early(spec, (*path, "build_in"), started.build_in, targets)
        if started.build_in and not deploying & set(started.stages):
            message = "nothing is deployed here, so everything runs in `environment`"
            yield Finding((*path, "build_in"), "PG216", message, "remove `build_in`")


def _built_too_early(
    spec: ModelSpec, path: KeyPath, build_in: str | None, targets: tuple[str, ...]
) -> Iterator[Finding]:
    known = environments(spec)
    approvals = known[build_in].approvals if build_in in known else None
    if approvals is None or (targets[:1] == (build_in,) and approvals.before == "build"):
        return
    message = f"building in {build_in!r} reaches its secrets before anybody approves"
    yield Finding(path, "PG265", message, "build in `checks` or in an environment without approvals")


def scheduled_approvals(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG267: a schedule that deploys gives people at least a day to answer."""
    known = environments(spec)
    deploying = {stage.id for stage in spec.stages if stage.deploys}
    for name, schedule in spec.schedules.items():
        environment = known.get(schedule.environment or "")
        if environment is None or environment.approvals is None or not deploying & set(schedule.stages):
            continue
        if environment.approvals.expires < _A_DAY:
            message = f"this schedule deploys to {schedule.environment!r}, whose approval expires within a day"
            hint = "let it wait for 1d or longer, or give the schedule an environment of its own"
            yield Finding(("schedules", name, "environment"), "PG267", message, hint, Severity.WARNING)


def never_asked(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG247: an approval in a rollout takes place in some environment."""
    units = [phase.deployment for pipeline in delivery.pipelines for phase in pipeline.phases if phase.deployment]
    asked = {each.approval.origin for unit in units for each in unit.jobs if each.approval}
    for index, stage in enumerate(spec.stages):
        for position, step in enumerate(stage.rollout or ()):
            path = ("stages", index, "rollout", position, "approvals")
            if step.approvals and path not in asked:
                message = f"no deployment asks before the step {step.id!r}"
                hint = "name `environments`; by default it is asked where deployments are approved"
                yield Finding(path, "PG247", message, hint)
