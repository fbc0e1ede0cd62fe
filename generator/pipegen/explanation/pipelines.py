"""Pipelines in text: the table of what happens when, and each one in detail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from pipegen.explanation import words
from pipegen.explanation.values import ExplainedJob, ExplainedParameter, ExplainedPhase, ExplainedPipeline
from pipegen.layout import paragraph, table

_LABEL = 17


def overview(pipelines: Sequence[ExplainedPipeline], width: int) -> list[str]:
    """One row a phase: `+` joins jobs that run side by side, `>` those that follow."""
    rows: list[tuple[str, ...]] = []
    for pipeline in pipelines:
        first = (pipeline.occasion, words.number_of_prompts(pipeline.prompts))
        for number, phase in enumerate(pipeline.phases):
            occasion, prompts = ("", "") if number else first
            approvals = ", ".join(f"{each.id} ({each.count})" for each in phase.approvals)
            rows.append((occasion, jobs_in_order(phase), phase.environment or "-", approvals or "-", prompts))
    return table(("EVENT", "JOBS", "WHERE", "APPROVALS", "PROMPTS"), rows, width, "  ")


def jobs_in_order(phase: ExplainedPhase) -> str:
    waves = (" + ".join(job.id for job in jobs) for _, jobs in groupby(phase.jobs, key=lambda job: job.wave))
    return " > ".join(waves)


# ---------------------------------------------------------------- one pipeline


def detail(pipeline: ExplainedPipeline, width: int) -> Iterator[str]:
    """What starts and ends a pipeline, what it asks, its phases and what each job holds and passes on."""
    for label, text in (*_facts(pipeline), *(("asks for", _parameter(each)) for each in pipeline.parameters)):
        yield from paragraph(text, width, f"  {label}".ljust(_LABEL), " " * _LABEL)
    for number, phase in enumerate(pipeline.phases, start=1):
        yield ""
        yield from _phase(number, phase, width)


def _facts(pipeline: ExplainedPipeline) -> Iterator[tuple[str, str]]:
    yield "starts at", pipeline.occasion
    if pipeline.paths:
        yield "if it touches", ", ".join(pipeline.paths)
    if pipeline.merge_approvals:
        yield "before it", f"{words.number(pipeline.merge_approvals, 'approval')} of the pull request"
    yield "prompts", words.prompts(pipeline.prompts)
    yield "cancelled by", pipeline.cancelled_by
    if pipeline.verdict:
        yield "verdict", "part of the check `pipegen`, which the host requires before a merge"


def _parameter(parameter: ExplainedParameter) -> str:
    choices = f" out of {', '.join(parameter.choices)}" if parameter.choices else ""
    default = f", by default {parameter.default}" if parameter.default else ""
    said = f": {parameter.description}" if parameter.description else ""
    return f"{parameter.name}, {parameter.type}{choices}{default}{said}"


def _phase(number: int, phase: ExplainedPhase, width: int) -> Iterator[str]:
    place = f" in {phase.environment}" if phase.environment and phase.environment not in phase.title else ""
    after = f", after {' and '.join(phase.needs)}" if phase.needs else ""
    chosen = f", only if {phase.only[0]} is {phase.only[1]}" if phase.only else ""
    yield from paragraph(f"{phase.title}{place}{after}{chosen}", width, f"  {number}. ", "     ")
    for line in _controls(phase):
        yield from paragraph(line, width, "     ", "       ")
    column = min(max(len(job.id) for job in phase.jobs), 32) + 2
    yield from (line for job in phase.jobs for line in _job(job, column, width))


def _controls(phase: ExplainedPhase) -> Iterator[str]:
    if phase.approval:
        yield f"approval {words.approval(phase.approval)}, before anything of it starts"
    if phase.lock:
        apart = "" if phase.lock.name == phase.environment else "; it does not wait for a deployment under way"
        yield f"lock {phase.lock.name}: one run at a time; {words.WAITING[phase.lock.waiting]}{apart}"
        undone = "is restored without asking" if phase.restores else "is not restored by itself"
        cleaned = "; it is cleaned up however it ends" if phase.cleans_up else ""
        yield f"a deployment that has begun and does not complete {undone}{cleaned}"


def _job(job: ExplainedJob, column: int, width: int) -> Iterator[str]:
    first, following = f"     {job.id}".ljust(column + 5), " " * (column + 5)
    if job.approval:
        yield from paragraph(f"approval {words.approval(job.approval)}, before {job.id}", width, "     ", "       ")
    for position, line in enumerate([*_said(job)] or ["-"]):
        yield from paragraph(line, width, following if position else first, f"{following}  ")


def _said(job: ExplainedJob) -> Iterator[str]:
    if job.runner:
        yield f"on {job.runner}"
    if held := (*job.secrets, *(f"{token} (token)" for token in job.tokens)):
        yield f"holds {', '.join(held)}"
    if job.gets:
        yield f"gets {', '.join(job.gets)}"
    if job.gates:
        yield f"gates {'; '.join(job.gates)}"
    if passed := (*job.makes, *job.publishes):
        yield f"passes on {', '.join(passed)}"
    if job.advisory:
        yield f"advisory: {', '.join(job.advisory)}"
