"""The rows of GitHub's table: what happens, what goes wrong, and in which words GitHub differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from conformance.cases import BRANCHES, TAGS, Case
from conformance.github_executor import AS_SET_UP, Customs
from pipegen.delivery import Action, Approval, Begin, Change, Delivery, Job, Merged, Pipeline, Review, Run, Scheduled
from pipegen.simulation import (
    ActionStarted,
    Answer,
    Ending,
    Fault,
    JobResult,
    Occurrence,
    Outcomes,
    PullRequestOpened,
    Pushed,
    TagPushed,
    TimerFired,
    Trace,
    simulate,
    started,
)
from pipegen.simulation.jobs import main_step

PEOPLE = ("alice", "bob", "carol")
STARTER = "sam"
_VALUES = {"version": "3.1", "reason": "the market moved"}
"""Of parameters without a default."""
_INVALID = {"version": "1.2; touch x", "reason": "`id`", "window_months": "9999"}
"""Values that the types of GitHub's inputs let through."""

FORKS = ("secret ", "pull requests from forks get none")
CLOSING = ("restore ", "a job of its own, which also runs when the run is cancelled")
COUNTED = ("approval ", "Whatever is not set up so is refused: a job counts the people who approved")
TIMERS = ("initiator of approval ", "or by nobody if it takes place on another branch than the default one")
CHOICES = ("action ", "started on the Actions page or through the API")
"""Differences: the items of the capability report that declare them, and in which words."""


@dataclass(frozen=True)
class Row:
    """A case, and what GitHub must make of it.

    It must do what the reference does, or what the reference does at the outcomes `as_if`, and `differs` in these words
    from that; `declared` names the difference.
    """

    case: Case
    customs: Customs = AS_SET_UP
    as_if: Outcomes | None = None
    differs: tuple[str, ...] = ()
    declared: tuple[str, str] | None = None
    changed: tuple[str, ...] | None = None
    title: str = ""

    @cached_property
    def expected(self) -> tuple[Trace, ...]:
        starts = started(self.case.delivery, self.case.occurrence, self.changed)
        return tuple(simulate(start, self.as_if or self.case.outcomes) for start in starts)

    def __str__(self) -> str:
        faults = (f"{job}: {fault.step} {fault.ending}" for job, fault in self.case.outcomes.faults.items())
        touched = (f"touching {each}" for each in self.changed or ())
        return "; ".join((self.case.occurrence.label, *filter(None, [self.title]), *touched, *faults))


# ---------------------------------------------------------------- what happens


def occurrences(delivery: Delivery) -> Iterator[Occurrence]:
    """All that the table tries of a model."""
    yield from map(Pushed, BRANCHES)
    yield from (TagPushed(tag) for tag in TAGS)
    yield TagPushed("elasticity-v9", reachable=False)
    for pipeline in delivery.pipelines:
        match pipeline.event:
            case Review():
                yield from _proposed(pipeline.event)
            case Scheduled(name):
                yield TimerFired(name)
            case Action():
                yield from _started(pipeline.event)


def _proposed(event: Review) -> Iterator[PullRequestOpened]:
    for target in event.targets:
        yield PullRequestOpened(target.sources[0].replace("*", "a"), target.branch)
        yield PullRequestOpened("docs", target.branch)
        yield PullRequestOpened("mallory:feat/a", target.branch)


def _started(event: Action) -> Iterator[ActionStarted]:
    """From each branch for each environment, with values that are fine; and from the right branch with others."""
    given = {each.name: _VALUES[each.name] for each in event.parameters if each.name in _VALUES}
    for environment, allowed in event.places or (("", event.branches),):
        values = {**given, "environment": environment} if environment else given
        right = allowed[0].replace("*", "1")
        for branch in dict.fromkeys(("dev", "prod", "main", *(each.replace("*", "1") for each in allowed))):
            yield ActionStarted(event.name, branch, values)
        for name in sorted(_INVALID.keys() & {each.name for each in event.parameters}):
            yield ActionStarted(event.name, right, {**values, name: _INVALID[name]})
    if event.places:
        yield ActionStarted(event.name, event.places[0][1][0], {**given, "environment": "nowhere"})


def granted(delivery: Delivery) -> Mapping[str, Answer]:
    """Enough different people say yes to everything."""
    asked = [each for environment in delivery.environments for each in environment.approvals]
    return {each.id: Answer(PEOPLE[: each.count]) for each in asked}


def ordinary(case: Case) -> Iterator[Case]:
    """What starts each pipeline and is not refused: once for each environment that an action may have."""
    seen = set[tuple[str, str]]()
    for occurrence in occurrences(case.delivery):
        for start in started(case.delivery, occurrence):
            key = (start.pipeline.id, start.parameters.get("environment", ""))
            if not start.refusal and key not in seen:
                seen.add(key)
                yield replace(case, occurrence=occurrence)


# ---------------------------------------------------------------- rows


def plain_rows(case: Case) -> Iterator[Row]:
    """Everything that may happen, with nothing that goes wrong."""
    for occurrence in occurrences(case.delivery):
        row = Row(replace(case, occurrence=occurrence))
        if isinstance(occurrence, PullRequestOpened) and ":" in occurrence.source:
            differs = tuple(_without_secrets(row.expected))
            yield replace(row, differs=differs, declared=FORKS if differs else None)
        elif isinstance(occurrence, ActionStarted) and occurrence.parameters.get("environment") == "nowhere":
            differs = (f"it runs nothing and not ['action-{occurrence.name}']",)
            yield replace(row, differs=differs, declared=CHOICES)
        else:
            yield row


def _without_secrets(traces: Sequence[Trace]) -> Iterator[str]:
    for job in (job for trace in traces for job in trace.jobs if job.result is not JobResult.SKIPPED and job.secrets):
        yield f"{job.id} holds [] and not {sorted(job.secrets)}"


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


def faulty_rows(case: Case, pipeline: Pipeline) -> Iterator[Row]:
    """One thing goes wrong in one job of what the case starts."""
    (trace,) = case.expected
    ran = {each.id for each in trace.jobs if each.result is not JobResult.SKIPPED}
    for job in (each for each in pipeline.jobs if each.id in ran):
        for fault in faults(job):
            row = Row(replace(case, outcomes=replace(case.outcomes, faults={job.id: fault})))
            if fault.ending is Ending.CANCELLED and job.id.endswith("-closing"):
                row = replace(row, as_if=case.outcomes, declared=CLOSING)
            yield row


def faults(job: Job) -> Iterator[Fault]:
    """What the job is for fails, takes too long or is cancelled; so do gates, and what comes before a deployment."""
    main = main_step(job)
    if main is None:
        raise AssertionError(f"{job.id} does nothing")
    yield from (Fault(ending, main.id) for ending in Ending)
    runs = [step for step in job.steps if isinstance(step, Run)]
    yield from (Fault(Ending.FAILED, step.id) for step in runs if step.id.startswith("gate-") and step is not main)
    yield from (Fault(Ending.FAILED, step.id) for step in runs if step.advisory)
    if Begin() in job.steps:
        before = [step for step in job.steps[: job.steps.index(Begin())] if isinstance(step, Run)]
        yield from (Fault(ending, before[-1].id) for ending in (Ending.FAILED, Ending.CANCELLED) if before)


# ---------------------------------------------------------------- approvals


def approval_rows(case: Case, pipeline: Pipeline) -> Iterator[Row]:
    """People answer otherwise than they should to one approval that the case asks for."""
    asked = {each.id for trace in case.expected for each in trace.approvals}
    for approval in asked_in(pipeline):
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
    yield row("unanswered", Answer())
    yield row("one short", Answer(few))
    yield row("rejected", Answer(few, rejected_by="eve"))
    yield row("expired", Answer(few, expires=True))
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
        twice = Answer((PEOPLE[0],) * approval.count)
        yield row("twice by one person", twice, Customs(members=_apart(approval)))
        everywhere = row("twice by one person in all teams", twice)
        yield replace(everywhere, as_if=refused, declared=COUNTED)


def _apart(approval: Approval) -> Mapping[str, frozenset[str]]:
    """Teams of one person each."""
    return {team: frozenset({person}) for team, person in zip(approval.approvers, PEOPLE, strict=False)}


def asked_in(pipeline: Pipeline) -> Iterator[Approval]:
    for phase in pipeline.phases:
        yield from [phase.approval] if phase.approval else []
        yield from (each.approval for each in (phase.deployment.jobs if phase.deployment else ()) if each.approval)
