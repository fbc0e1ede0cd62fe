"""What a case of the tables is an example of: which event, and what goes wrong. Every CI system shows all of these."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from conformance.cases import LEDGER, Case
from pipegen.delivery import Approval, Begin, Deployment, Job, Pipeline, Run, When
from pipegen.plan.guards import GUARD
from pipegen.simulation import (
    ActionStarted,
    Answer,
    Ending,
    Fault,
    Occurrence,
    Outcomes,
    PullRequestOpened,
    Pushed,
    Start,
    TagPushed,
    TimerFired,
)
from pipegen.simulation.jobs import main_step

NOTHING = "nothing"
"""The event of what starts no pipeline, and the fault of a run in which all goes well."""


@dataclass(frozen=True, order=True)
class Cell:
    """A model, an event of it, and what goes wrong there, in words."""

    model: str
    event: str
    fault: str

    @property
    def plain(self) -> tuple[str, str, str]:
        model, event, fault = astuple(self)
        return model, event, fault


def cell_of(case: Case) -> Cell:
    starts = case.starts
    if not starts:
        return Cell(case.model, f"{NOTHING}: {_kind(case.occurrence)}", NOTHING)
    (start,) = starts
    return Cell(case.model, _event(start, case.occurrence), "" if start.refusal else _fault(start, case.outcomes))


# ---------------------------------------------------------------- events


def _kind(occurrence: Occurrence) -> str:
    match occurrence:
        case Pushed("Prod"):
            return "push to Prod"
        case Pushed():
            return "push to another branch"
        case PullRequestOpened():
            return "pull request into another branch"
        case TagPushed():
            return "another tag"
        case TimerFired() | ActionStarted():
            raise AssertionError(f"{occurrence} starts nothing")


def _event(start: Start, occurrence: Occurrence) -> str:
    match occurrence:
        case PullRequestOpened(source) if ":" in source:
            return f"{start.pipeline.id} from a fork"
        case Pushed(branch) if branch.count("/") > 1:
            return f"{start.pipeline.id} of a nested branch"
        case ActionStarted() if start.refusal:
            part = "place" if "may not be started" in start.refusal else "value"
            return f"{start.pipeline.id} refused for its {part}"
    return f"{start.pipeline.id} refused" if start.refusal else start.pipeline.id


# ---------------------------------------------------------------- faults


def _fault(start: Start, outcomes: Outcomes) -> str:
    pipeline = start.pipeline
    jobs = {each.id: each for each in pipeline.jobs}
    found = [_of_job(pipeline, jobs[name], fault) for name, fault in outcomes.faults.items() if name in jobs]
    for approval in pipeline.approvals:
        answer = outcomes.answers.get(approval.id, Answer())
        if words := _of_answer(approval, answer, outcomes.starter):
            found.append(f"{_asked(pipeline, approval)} {words}")
    return " and ".join(found) or NOTHING


def _of_answer(approval: Approval, answer: Answer, starter: str) -> str:
    """How an answer is no plain yes of enough people; empty if it is one."""
    people = set(answer.approved_by)
    if answer.rejected_by is not None:
        return "rejected"
    if answer.expires:
        return "expired"
    if starter in people:
        return "given by who started the run"
    if len(people) >= approval.count:
        return ""
    if len(answer.approved_by) > len(people):
        return "given twice by one person"
    return "one short" if len(people) == approval.count - 1 else "unanswered"


def _asked(pipeline: Pipeline, approval: Approval) -> str:
    units = [phase.deployment for phase in pipeline.phases if phase.deployment]
    half_way = any(approval == each.approval for unit in units for each in unit.jobs)
    return "approval half-way through a rollout" if half_way else "approval"


_ENDINGS = {Ending.FAILED: "fails", Ending.TIMED_OUT: "takes too long", Ending.CANCELLED: "is cancelled"}


def _of_job(pipeline: Pipeline, job: Job, fault: Fault) -> str:
    return f"{_part(pipeline, job, fault)} {_ENDINGS[fault.ending]}"


def _part(pipeline: Pipeline, job: Job, fault: Fault) -> str:
    """What a script is for."""
    runs = {step.id: step for step in job.steps if isinstance(step, Run)}
    step = runs[fault.step] if fault.step else main_step(job)
    units = [phase.deployment for phase in pipeline.phases if phase.deployment]
    unit = next((each for each in units if _holds(each, job)), None)
    if job.id == GUARD:
        return "guard"
    if step is not None and step.when is not When.SUCCESS:
        return "way back" if step.when is When.UNDO else "what always runs"
    if step is not None and step.id.startswith("gate-") and unit is None:
        return "gate"
    if step is not None and step.advisory:
        return "advice"
    return "job" if unit is None or step is None else _of_deployment(unit, job, step)


def _holds(unit: Deployment, job: Job) -> bool:
    return any(each.job is job for each in unit.jobs) or unit.closing is job


def _of_deployment(unit: Deployment, job: Job, step: Run) -> str:
    """Before `Begin` nothing has changed."""
    if job is unit.closing:
        return "end of a rollout"
    if step.id == LEDGER:
        return "entry in the ledger"
    whole = "rollout" if len(unit.jobs) > 1 else "deployment"
    has_begun = job is not unit.jobs[0].job or job.steps.index(step) > job.steps.index(Begin())
    return f"{whole} after it began" if has_begun else f"{whole} before it begins"
