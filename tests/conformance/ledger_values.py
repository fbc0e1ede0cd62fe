"""What scripts get for the ledger in every case of the tables: who approved, and its token, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.cases import Case
from conformance.observing import Observed, Script
from conformance.table import Declared
from pipegen.delivery import ApprovedBy, Run, SecretValue
from pipegen.plan.variables import LEDGER_TOKEN
from pipegen.simulation import Outcomes, Trace

PEOPLE = "PIPEGEN_APPROVERS"
UNNAMED = Declared(
    "people of approval ",
    "tells scripts nobody's name",
    "the ledger says who was asked to approve, and not who did",
)
"""On CI systems that tell no script who approved."""


def misled(case: Case, runs: Sequence[Observed], *, names: bool, starter: str | None = None) -> list[str]:
    """In words, what scripts were told wrongly; `starter` as far as the CI system knows who it is."""
    outcomes = case.outcomes
    known = Outcomes(outcomes.faults, outcomes.answers, outcomes.starter if starter is None else starter)
    return [
        f"{job.id}/{script.id}: {words}"
        for run in runs
        for job in run.jobs
        for script in job.scripts
        for words in _of_script(_steps(case, run.pipeline)[job.id, script.id], script, known, names=names)
    ]


def asks_for_people(case: Case, traces: Sequence[Trace]) -> bool:
    """Whether a script runs that wants to know who approved."""
    ran = [
        _steps(case, trace.pipeline)[job.id, step.id] for trace in traces for job in trace.jobs for step in job.steps
    ]
    return any(_approval(step) for step in ran)


def _steps(case: Case, pipeline: str) -> Mapping[tuple[str, str], Run]:
    (found,) = (each for each in case.delivery.pipelines if each.id == pipeline)
    return {(job.id, step.id): step for job in found.jobs for step in job.steps if isinstance(step, Run)}


def _approval(step: Run) -> str:
    return next((each.value.approval for each in step.variables if isinstance(each.value, ApprovedBy)), "")


def _of_script(step: Run, script: Script, outcomes: Outcomes, *, names: bool) -> Iterator[str]:
    approval, told = _approval(step), script.variables.get(PEOPLE)
    wanted = _approved(approval, outcomes) if approval and names else "" if approval else None
    # A CI system may leave out a variable that would be empty.
    if _in_order(told) != (wanted or ""):
        yield f"finds that {told!r} approved, and not {wanted!r}"
    secrets = {each.name for each in step.variables if isinstance(each.value, SecretValue)}
    if (LEDGER_TOKEN in secrets) != bool(script.variables.get(LEDGER_TOKEN)):
        yield f"gets {'no' if LEDGER_TOKEN in secrets else 'the'} token of the ledger"


def _in_order(people: str | None) -> str:
    """The order of names means nothing."""
    return ",".join(sorted((people or "").split(",")))


def _approved(approval: str, outcomes: Outcomes) -> str:
    """Different people, but for who started the run; what runs behind an approval had enough of them."""
    return ",".join(sorted({*outcomes.answers[approval].approved_by} - {outcomes.starter}))
