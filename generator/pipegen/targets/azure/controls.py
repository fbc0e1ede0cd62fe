"""What Azure keeps of a delivery's controls: approvals, locks, the way back."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import Approval, Capability, Delivery, Deployment, Phase, Run, When
from pipegen.targets.azure.fidelity import approximated, exact, unsupported, with_settings
from pipegen.targets.azure.jobs import approvers_of, shares
from pipegen.targets.azure.names import branch_control
from pipegen.targets.azure.places import environment_of
from pipegen.targets.azure.texts import listed, minutes

_LONGEST_CHECK = 43_200
"""Minutes, of a check on an environment and of a manual validation."""


def controls(delivery: Delivery, config: Config) -> Iterator[Capability]:
    inside = {each.approval.id for unit in _deployments(delivery) for each in unit.jobs if each.approval}
    for environment in delivery.environments:
        for approval in environment.approvals:
            yield from _approval(approval, config, inside=approval.id in inside)
            if approval.id in delivery.people_wanted:
                detail = "Azure tells scripts nobody's name: the record says who was asked, the run's page who answered"
                yield approximated(f"people of approval {approval.id}", detail=detail, origin=approval.origin)
    yield from _locks(delivery)
    yield from _restores(delivery)


def _phases(delivery: Delivery) -> Iterator[Phase]:
    return (phase for pipeline in delivery.pipelines for phase in pipeline.phases)


def _deployments(delivery: Delivery) -> Iterator[Deployment]:
    return (phase.deployment for phase in _phases(delivery) if phase.deployment is not None)


# ---------------------------------------------------------------- approvals


def _approval(approval: Approval, config: Config, *, inside: bool) -> Iterator[Capability]:
    people = approvers_of(approval, config)
    if len(people) < min(approval.count, len(approval.approvers)):
        detail = f"{approval.count} approvals are asked, but {listed(approval.approvers)} are all {listed(people)} here"
        yield unsupported(f"approval {approval.id}", detail=detail, origin=approval.origin)
    else:
        yield from _validation(approval, config) if inside else _check(approval, people)


def _check(approval: Approval, people: tuple[str, ...]) -> Iterator[Capability]:
    """The approval check of an environment, which counts distinct approvers, a group once."""
    where, origin = f"environment {approval.id}", approval.origin
    wanted = f"approvers {listed(people)}, minimum number of approvers {approval.count}"
    first = "create it before the first run: one that a run creates by itself asks nobody"
    wanted += "; two people of one team count once" if approval.count > 1 else ""
    yield with_settings(
        f"approval {approval.id}", detail=f"{where}: an approval check with {wanted}; {first}", origin=origin
    )
    limit = min(approval.expires_minutes, _LONGEST_CHECK)
    expiry = with_settings if limit == approval.expires_minutes else approximated
    detail = f"{where}: timeout of the approval check {minutes(limit)}; an approval that expires skips the stage"
    yield expiry(f"expiry of approval {approval.id}", detail=detail, origin=origin)
    detail = f"{where}: 'Allow approvers to approve their own runs' off"
    yield with_settings(f"initiator of approval {approval.id}", detail=detail, origin=origin)


def _validation(approval: Approval, config: Config) -> Iterator[Capability]:
    """Manual validations inside the stage: one answer each, so several people are several tasks in a row."""
    subject, origin = f"approval {approval.id}", approval.origin
    if approval.count == 1:
        detail = f"{listed(approvers_of(approval, config))} must be known to the Azure DevOps project by that name"
        yield with_settings(subject, detail=detail, origin=origin)
    else:
        parts = "; then ".join(listed(part) for part in shares(approval, config))
        teams = any("@" not in each for each in approvers_of(approval, config))
        detail = f"{approval.count} manual validations in a row, answered by {parts}"
        detail += ": whoever is in two of these teams can answer twice" if teams else ""
        yield approximated(subject, detail=detail, origin=origin, weakens=teams)
    limit = min(approval.expires_minutes, _LONGEST_CHECK)
    expiry = exact if limit == approval.expires_minutes else approximated
    yield expiry(f"expiry of approval {approval.id}", detail=f"no answer in {minutes(limit)} rejects", origin=origin)
    detail = "the task does not take the answer of who started the run"
    yield exact(f"initiator of approval {approval.id}", detail=detail, origin=origin)


# ---------------------------------------------------------------- locks and restore


def _locks(delivery: Delivery) -> Iterator[Capability]:
    """One for each lock; the branches that may reach the environment are checked in the same place."""
    settings = {each.name: each for each in delivery.environments}
    units = {unit.lock.name: unit for unit in reversed(list(_deployments(delivery)))}
    before = {environment_of(phase) for phase in _phases(delivery) if phase.waves}
    for name, unit in sorted(units.items()):
        control = branch_control(settings[unit.environment])
        checks = f"environment {name}: an exclusive lock check, and {control}; for this project alone"
        if name in before:
            held = "the lock is held from the approval on, also by the jobs that come before the deployment"
            yield approximated(f"lock {name}", detail=f"{checks}; {held}", origin=unit.origin)
        else:
            yield with_settings(f"lock {name}", detail=checks, origin=unit.origin)


def _restores(delivery: Delivery) -> Iterator[Capability]:
    units: dict[str, Deployment] = {}
    for unit in _deployments(delivery):
        if _is_undone(unit):
            units.setdefault(unit.environment, unit)
    for environment, unit in units.items():
        if unit.closing is None:
            detail = "a step of the deployment's job, also after a cancellation; an agent that is lost takes it along"
            yield approximated(f"restore {environment}", detail=detail, origin=unit.origin)
        else:
            detail = "a job of its own, also after a rejection, a cancellation or the loss of an agent"
            yield exact(f"restore {environment}", detail=detail, origin=unit.origin)


def _is_undone(unit: Deployment) -> bool:
    jobs = [*(each.job for each in unit.jobs), *([unit.closing] if unit.closing else [])]
    return any(isinstance(step, Run) and step.when is When.UNDO for job in jobs for step in job.steps)
