"""Phases and jobs, explained: who is asked, what is held, judged, got and passed on."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.delivery import (
    Approval,
    Deployment,
    Download,
    Job,
    Phase,
    Run,
    SecretValue,
    StepValue,
    TokenValue,
    Upload,
    When,
)
from pipegen.explanation.values import AskedApproval, ExplainedJob, ExplainedPhase, HeldLock

_GATE = "Gate: "


def explained_phase(phase: Phase) -> ExplainedPhase:
    unit = phase.deployment
    runs = [step for job in phase.jobs for step in job.steps if isinstance(step, Run)] if unit else []
    return ExplainedPhase(
        id=phase.id,
        title=phase.title,
        environment=phase.environment,
        needs=phase.needs,
        only=phase.only,
        approval=_asked(phase.approval, f"phase {phase.id}") if phase.approval else None,
        lock=HeldLock(unit.lock.name, unit.lock.waiting) if unit else None,
        restores=any(run.when is When.UNDO and run.id == "restore" for run in runs),
        cleans_up=any(run.when is When.ALWAYS for run in runs),
        jobs=tuple(_jobs(phase)),
    )


def _jobs(phase: Phase) -> Iterator[ExplainedJob]:
    for wave, jobs in enumerate(phase.waves, start=1):
        yield from (_job(job, "stage", wave) for job in jobs)
    if phase.deployment is not None:
        yield from _unit_jobs(phase.deployment, len(phase.waves) + 1)


def _unit_jobs(unit: Deployment, wave: int) -> Iterator[ExplainedJob]:
    for number, part in enumerate(unit.jobs):
        yield _job(part.job, "deployment", wave + number, part.approval)
    if unit.closing is not None:
        yield _job(unit.closing, "closing", wave + len(unit.jobs))


def _job(job: Job, part: str, wave: int, approval: Approval | None = None) -> ExplainedJob:
    runs = tuple(step for step in job.steps if isinstance(step, Run))
    values = tuple(variable.value for run in runs for variable in run.variables)
    makes = tuple(step.name for step in job.steps if isinstance(step, Upload))
    return ExplainedJob(
        id=job.id,
        title=job.title,
        part=part,
        wave=wave,
        environment=job.environment,
        runner=job.runner,
        secrets=_names(values, SecretValue),
        tokens=_names(values, TokenValue),
        gates=tuple(bounds(run) for run in runs if is_gate(run)),
        gets=tuple(dict.fromkeys(step.name for step in job.steps if isinstance(step, Download))),
        makes=makes,
        publishes=tuple(name for name in job.publishes if not _is_about_artifacts(name, makes)),
        advisory=tuple(run.title for run in runs if run.advisory),
        approval=_asked(approval, f"job {job.id}") if approval else None,
    )


def is_gate(run: Run) -> bool:
    return run.origin[-1:] == ("gates",)


def bounds(gate: Run) -> str:
    """What a gate asks of the metrics, for example `auc at least 0.8, memory_mb at most 900`."""
    return gate.title.removeprefix(_GATE)


def _names(values: tuple[StepValue, ...], kind: type[SecretValue | TokenValue]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.name for value in values if isinstance(value, kind)))


def _is_about_artifacts(name: str, artifacts: tuple[str, ...]) -> bool:
    """Whether it is one of the values by which artifacts are found and checked, which are no news to people."""
    from_artifacts = {each.upper().replace("-", "_") for each in artifacts}
    return name.removeprefix("PIPEGEN_DIGEST_").removeprefix("PIPEGEN_ARTIFACT_") in from_artifacts


def _asked(approval: Approval, before: str) -> AskedApproval:
    return AskedApproval(approval.id, approval.count, approval.approvers, approval.expires_minutes, before)
