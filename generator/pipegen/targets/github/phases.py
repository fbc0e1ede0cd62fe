"""Phases of a pipeline as jobs that need each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipegen.delivery import Job, Phase
from pipegen.targets.github.approvals import approval_nodes, approved_attempt, require_approval
from pipegen.targets.github.jobs import Role, job_node, needs_environment
from pipegen.targets.github.names import approved_id, unit_id
from pipegen.targets.github.units import Unit, caller_node
from pipegen.targets.github.variables import File, published_of
from pipegen.yaml_text import Node


def phase_nodes(phase: Phase, file: File, base: tuple[str, ...], unit: Unit | None) -> Iterator[tuple[str, Node]]:
    """The jobs of a phase, the first of which need `base`."""
    condition = _condition(phase)
    needs = base
    if phase.approval:
        yield from approval_nodes(phase.approval, base, condition, file.config)
        needs = (approved_id(phase.approval.id),)
    for wave in phase.waves:
        for job in wave:
            yield job.id, job_node(job, file, _role(phase, job, needs, condition))
        needs = tuple(job.id for job in wave)
    if unit:
        approved = approved_attempt(phase.approval) if phase.approval else None
        yield unit_id(phase), caller_node(unit, _all_needs(phase, unit.jobs, needs), condition, approved)
    elif phase.deployment:
        job = phase.deployment.jobs[0].job
        yield job.id, job_node(job, file, _role(phase, job, needs, condition, deploys=True))


def _condition(phase: Phase) -> str | None:
    if phase.only is None:
        return None
    parameter, value = phase.only
    literal = value.replace("'", "''")
    return f"inputs.{parameter} == '{literal}'"


def last_jobs(phase: Phase) -> tuple[str, ...]:
    """The jobs after which the phase is done."""
    if phase.deployment:
        return (unit_id(phase),) if len(phase.deployment.jobs) > 1 else (phase.deployment.jobs[0].job.id,)
    if phase.waves:
        return tuple(job.id for job in phase.waves[-1])
    return (approved_id(phase.approval.id),) if phase.approval else ()


def bases(phases: tuple[Phase, ...], start: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """What the first jobs of each phase need: all of the phases before it, or else `start`."""
    last = {phase.id: last_jobs(phase) for phase in phases}
    return {phase.id: tuple(job for needed in phase.needs for job in last[needed]) or start for phase in phases}


def _role(phase: Phase, job: Job, needs: tuple[str, ...], condition: str | None, *, deploys: bool = False) -> Role:
    guarded = phase.approval is not None and needs_environment(job, deploys=deploys)
    first = (require_approval(phase.approval, approved_attempt(phase.approval)),) if phase.approval and guarded else ()
    return Role(
        needs=_all_needs(phase, (job,), needs, guarded=guarded),
        condition=condition,
        first=first,
        lock=phase.deployment.lock if deploys and phase.deployment else None,
        deploys=deploys,
        records=deploys,
    )


def _all_needs(phase: Phase, jobs: tuple[Job, ...], needs: tuple[str, ...], *, guarded: bool = True) -> tuple[str, ...]:
    """The jobs right before, and those whose values are read: GitHub hands on nothing of jobs that are not named."""
    inside = {job.id for job in jobs}
    approved = (approved_id(phase.approval.id),) if phase.approval and guarded else ()
    read = (value.job for job in jobs for value in published_of(job) if value.job not in inside)
    return tuple(dict.fromkeys((*needs, *approved, *read)))
