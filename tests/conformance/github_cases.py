"""What is GitHub's own in the cases of the table: how it differs, and what its settings and people add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from conformance.cases import Case
from conformance.github_executor import AS_SET_UP, Customs
from conformance.table import PEOPLE, STARTER, Declared, Expected
from pipegen.delivery import Action, Approval, Change, Merged, Pipeline, Scheduled
from pipegen.simulation import (
    ActionStarted,
    Answer,
    Ending,
    JobResult,
    Outcomes,
    PullRequestOpened,
    Pushed,
    Trace,
    simulate,
    started,
)

FORKS = Declared("secret ", "pull requests from forks get none", "the review of a fork runs without secrets")
CLOSING = Declared(
    "restore ",
    "a job of its own, which also runs when the run is cancelled",
    "nobody can cancel the end of a rollout",
)
COUNTED = Declared(
    "approval ",
    "Whatever is not set up so is refused: a job counts the people who approved",
    "a setting that is missing refuses the approval",
)
TIMERS = Declared(
    "initiator of approval ",
    "or by nobody if it takes place on another branch than the default one",
    "who is said to have started the timer may approve",
)
FORMS = Declared("action ", "refuses a value that is not of its type", "the form refuses it before the guard does")


def expected_of(case: Case) -> Expected:
    """The reference, but for secrets of forks, forms, and the end of a rollout, which no cancellation ends."""
    if isinstance(case.occurrence, PullRequestOpened) and ":" in case.occurrence.source:
        differs = tuple(_without_secrets(case.expected))
        return Expected(case.expected, differs, FORKS if differs else None)
    if isinstance(case.occurrence, ActionStarted) and _is_no_value(case):
        return Expected(case.expected, (f"it runs nothing and not ['action-{case.occurrence.name}']",), FORMS)
    if _cancels_an_end(case):
        return Expected(replace(case, outcomes=replace(case.outcomes, faults={})).expected, declared=CLOSING)
    return Expected(case.expected)


def _without_secrets(traces: Sequence[Trace]) -> Iterator[str]:
    for job in (job for trace in traces for job in trace.jobs if job.result is not JobResult.SKIPPED and job.secrets):
        yield f"{job.id} holds [] and not {sorted(job.secrets)}"


def _is_no_value(case: Case) -> bool:
    """A form knows choices, environments, `boolean` and `number`."""
    (start,) = case.starts
    for each in start.pipeline.event.parameters if isinstance(start.pipeline.event, Action) else ():
        value = start.parameters[each.name]
        fits = {
            "choice": value in each.choices,
            "boolean": value in {"true", "false"},
            "integer": value.isdigit(),
            "number": value.replace(".", "", 1).isdigit(),
            "string": True,
        }
        if not fits[each.type]:
            return True
    return False


def _cancels_an_end(case: Case) -> bool:
    faults = case.outcomes.faults.items()
    return any(job.endswith("-closing") and fault.ending is Ending.CANCELLED for job, fault in faults)


# ---------------------------------------------------------------- what is tried beside the table


@dataclass(frozen=True)
class Row:
    """A case of GitHub's own: it must do what the reference does, or what that does at the outcomes `as_if`."""

    case: Case
    customs: Customs = AS_SET_UP
    as_if: Outcomes | None = None
    declared: Declared | None = None
    changed: tuple[str, ...] | None = None
    title: str = ""

    @cached_property
    def expected(self) -> tuple[Trace, ...]:
        starts = started(self.case.delivery, self.case.occurrence, self.changed)
        return tuple(simulate(start, self.as_if or self.case.outcomes) for start in starts)

    def __str__(self) -> str:
        touched = (f"touching {each}" for each in self.changed or ())
        return "; ".join((self.case.occurrence.label, *filter(None, [self.title]), *touched))


def path_rows(case: Case) -> Iterator[Row]:
    """Pushes to each branch that touch something else, and each thing that concerns the model."""
    for pipeline in case.delivery.pipelines:
        if isinstance(pipeline.event, Change | Merged):
            branch = pipeline.event.branch if isinstance(pipeline.event, Merged) else "feat/a"
            row = Row(replace(case, occurrence=Pushed(branch)))
            touched = [each.replace("**", "a/b.txt").replace("*", "c") for each in pipeline.paths]
            beside = [f"{case.delivery.path}-other/x.py", "README.md", f"deep/{case.delivery.path}/x.py"]
            yield from (replace(row, changed=(each,)) for each in (*touched, *beside))
            yield replace(row, changed=tuple(beside))


def approval_rows(case: Case, pipeline: Pipeline) -> Iterator[Row]:
    """What only GitHub's people and settings can do to one approval that the case asks for."""
    asked = {each.id for trace in case.expected for each in trace.approvals}
    for approval in pipeline.approvals:
        if approval.id in asked:
            yield from _answered(case, approval, by_nobody=_is_by_nobody(pipeline))


def _is_by_nobody(pipeline: Pipeline) -> bool:
    """Whether a run counts as started by no person: a timer's on another branch than the default one."""
    return isinstance(pipeline.event, Scheduled) and pipeline.event.branch != "main"


def _answered(case: Case, approval: Approval, *, by_nobody: bool) -> Iterator[Row]:
    enough, few = PEOPLE[: approval.count], PEOPLE[: approval.count - 1]

    def outcomes(answer: Answer, starter: str = STARTER) -> Outcomes:
        return replace(case.outcomes, answers={**case.outcomes.answers, approval.id: answer}, starter=starter)

    def row(title: str, answer: Answer, customs: Customs = AS_SET_UP) -> Row:
        return Row(replace(case, outcomes=outcomes(answer)), customs, title=f"{approval.id} {title}")

    refused = outcomes(Answer(rejected_by="the job that counts"))
    yield row("answered too late", Answer(few, expires=True), Customs(comes_late=True))
    for title, answer in (
        ("by the starter", Answer((*few, STARTER))),
        ("by the starter too", Answer((STARTER, *enough))),
    ):
        kept, loose = row(title, answer), row(f"{title}, who may", answer, Customs(prevents_self_review=False))
        if by_nobody:
            nobody = outcomes(answer, starter="")
            yield replace(kept, as_if=nobody, declared=TIMERS)
            yield replace(loose, as_if=nobody, declared=TIMERS)
        else:
            yield kept
            yield replace(loose, as_if=refused, declared=COUNTED)
    if approval.count > 1:
        everywhere = row("twice by one person in all teams", Answer((PEOPLE[0],) * approval.count))
        yield replace(everywhere, as_if=refused, declared=COUNTED)


def customs_of(case: Case) -> Customs:
    """Teams of one person each, where one person answers twice."""
    said = {name: each.approved_by for name, each in case.outcomes.answers.items()}
    twice = {name for name, people in said.items() if len(set(people)) < len(people)}
    asked = [each for start in case.starts for each in start.pipeline.approvals if each.id in twice]
    seats = [seat for each in asked for seat in zip(each.approvers, PEOPLE, strict=False)]
    return replace(AS_SET_UP, members={team: frozenset({person}) for team, person in seats})
