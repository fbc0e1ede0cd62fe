"""Which of the built-in actions a delivery offers, and why one is missing."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.delivery import Action, Delivery, Deployment, Download, Run
from pipegen.explanation.values import BuiltIn

_NOTHING = "no stage deploys to an environment of the flow"
_NOTHING_TO_DO = "the deploying stage has neither `rollback` nor `restore`"
_NOT_KEPT = (
    "no store keeps the artifacts of the deployment by version: declare `store`, make them before any environment, "
    "publish PIPEGEN_VERSION"
)
_NOT_READ = "the deployment's commands do not read $PIPEGEN_VERSION, so a version would change nothing"
_NOT_JUDGED = "a gate in the environment judges metrics that a deployment by version does not measure again"


def built_in_actions(delivery: Delivery) -> tuple[BuiltIn, ...]:
    """`deploy` and `rollback`, each offered or with the reason why it is not."""
    offered = {each.event.name for each in delivery.pipelines if isinstance(each.event, Action)}
    reasons = {"deploy": _no_deploy, "rollback": _no_rollback}
    return tuple(
        BuiltIn(name, name in offered, "" if name in offered else reason(delivery)) for name, reason in reasons.items()
    )


def _no_rollback(delivery: Delivery) -> str:
    return _NOTHING_TO_DO if any(_deployments(delivery)) else _NOTHING


def _no_deploy(delivery: Delivery) -> str:
    steps = [step for unit in _deployments(delivery) for each in unit.jobs for step in each.job.steps]
    if not steps:
        return _NOTHING
    needed = {step.name for step in steps if isinstance(step, Download) and not step.name.startswith("evidence-")}
    if needed - set(_kept_by_version(delivery)):
        return _NOT_KEPT
    commands = [step.script for step in steps if isinstance(step, Run) and step.id.startswith("rollout")]
    return _NOT_JUDGED if needed or any("PIPEGEN_VERSION" in text for text in commands) else _NOT_READ


def _deployments(delivery: Delivery) -> Iterator[Deployment]:
    """Those that a built-in action would repeat: of merges and tags."""
    for pipeline in delivery.pipelines:
        if pipeline.id.startswith("deliver-"):
            yield from (phase.deployment for phase in pipeline.phases if phase.deployment)


def _kept_by_version(delivery: Delivery) -> Iterator[str]:
    steps = (step for pipeline in delivery.pipelines for job in pipeline.jobs for step in job.steps)
    for step in steps:
        if isinstance(step, Run) and step.id.startswith("keep-") and step.id.endswith("-by-version"):
            yield step.id.removeprefix("keep-").removesuffix("-by-version")
