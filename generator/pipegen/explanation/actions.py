"""Which of the built-in actions a delivery offers, and why one is missing."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.delivery import Action, Delivery, Deployment, Download, Pipeline
from pipegen.explanation.values import BuiltIn

_NOTHING = "no stage deploys to an environment of the flow"
_NOTHING_TO_DO = "the deploying stage has neither `rollback` nor `restore`"
_NOT_KEPT = "no store keeps the artifacts of the deployment by version: declare `store`, publish PIPEGEN_VERSION"
_NOT_READ = "the deployment's commands do not read $PIPEGEN_VERSION, so a version would change nothing"
_OWN = "the spec has an action of that name"


def built_in_actions(delivery: Delivery) -> tuple[BuiltIn, ...]:
    """`deploy` and `rollback`, each offered or with the reason why it is not."""
    reasons = {"deploy": _no_deploy(delivery), "rollback": _no_rollback(delivery)}
    return tuple(BuiltIn(name, not reason, reason) for name, reason in reasons.items())


def _no_deploy(delivery: Delivery) -> str:
    if found := _action(delivery, "deploy"):
        return _own(found)
    units = tuple(_deployments(delivery))
    if not units:
        return _NOTHING
    steps = [step for unit in units for each in unit.jobs for step in each.job.steps]
    return _NOT_KEPT if any(isinstance(step, Download) for step in steps) else _NOT_READ


def _no_rollback(delivery: Delivery) -> str:
    if found := _action(delivery, "rollback"):
        return _own(found)
    return _NOTHING_TO_DO if any(_deployments(delivery)) else _NOTHING


def _own(pipeline: Pipeline) -> str:
    return _OWN if pipeline.origin[:1] == ("actions",) else ""


def _action(delivery: Delivery, name: str) -> Pipeline | None:
    events = ((each.event, each) for each in delivery.pipelines)
    return next((each for event, each in events if isinstance(event, Action) and event.name == name), None)


def _deployments(delivery: Delivery) -> Iterator[Deployment]:
    """Those that a built-in action would repeat: of merges and tags."""
    for pipeline in delivery.pipelines:
        if pipeline.origin[:1] not in (("actions",), ("schedules",)):
            yield from (phase.deployment for phase in pipeline.phases if phase.deployment)
