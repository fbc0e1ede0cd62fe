"""The cases of the table, the same for every CI system: each model, whatever happens, and all that may go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from conformance.cases import BRANCHES, CHAMPION, LEDGER, TAGS, Case
from conformance.observing import Observed, differences
from local_models import DELIVERIES
from pipegen.delivery import Action, Approval, Begin, Delivery, Job, Pipeline, Review, Run, Scheduled, When
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
)
from pipegen.simulation.jobs import main_step

PEOPLE = ("alice", "bob", "carol")
"""The first approves for the first team of an approval, and so on."""
STARTER = "sam"
"""Belongs to every team."""
UNREACHABLE = "elasticity-v9"
"""A tag on a commit that no branch of a flow holds."""
ELSEWHERE = "docs"
"""A branch that belongs to no flow."""
_BRANCH_OF = {"feat/*": "feat/a", "fix/*": "feat/a", "hotfix/*": "hotfix/1"}
_VALUES = {"version": "3.1.0", "reason": "the market moved"}
"""Of parameters without a default."""


def cases(model: str) -> Iterator[Case]:
    """Everything that happens and goes well, then each thing that goes wrong in what is usual."""
    yield from plain_cases(model)
    for case in usual_cases(model):
        yield from faulty_cases(case)
        yield from answered_cases(case)


# ---------------------------------------------------------------- what happens


def plain_cases(model: str) -> Iterator[Case]:
    yield from (Case(model, each, all_agree(DELIVERIES[model])) for each in occurrences(DELIVERIES[model]))


def usual_cases(model: str) -> Iterator[Case]:
    """What starts each pipeline and is not refused: once for each environment that an action may have."""
    seen = set[tuple[str, str]]()
    for case in plain_cases(model):
        for start in case.starts:
            key = (start.pipeline.id, start.parameters.get("environment", ""))
            if not start.refusal and key not in seen:
                seen.add(key)
                yield case


def all_agree(delivery: Delivery) -> Outcomes:
    """Enough different people say yes to everything, and somebody else started it."""
    return Outcomes(answers=granted(delivery), starter=STARTER)


def granted(delivery: Delivery) -> Mapping[str, Answer]:
    asked = [each for environment in delivery.environments for each in environment.approvals]
    return {each.id: Answer(PEOPLE[: each.count]) for each in asked}


def occurrences(delivery: Delivery) -> Iterator[Occurrence]:
    yield from map(Pushed, BRANCHES)
    yield from map(TagPushed, TAGS)
    yield TagPushed(UNREACHABLE, reachable=False)
    yield PullRequestOpened("feat/a", ELSEWHERE)
    for pipeline in delivery.pipelines:
        match pipeline.event:
            case Review():
                yield from _proposed(pipeline.event)
            case Scheduled(name):
                yield TimerFired(name)
            case Action():
                yield from _asked_for(pipeline.event)


def _proposed(event: Review) -> Iterator[PullRequestOpened]:
    for target in event.targets:
        yield from (PullRequestOpened(_BRANCH_OF.get(each, each), target.branch) for each in target.sources)
        yield PullRequestOpened(ELSEWHERE, target.branch)
        yield PullRequestOpened("mallory:feat/a", target.branch)


def _asked_for(event: Action) -> Iterator[ActionStarted]:
    """From where it may be, from elsewhere, and with values that must be refused."""
    places = event.places or (("", event.branches),)
    for place, branches in places:
        others = [each for each in event.branches if each not in branches]
        for branch in (*branches, *others[:1], ELSEWHERE):
            yield ActionStarted(event.name, branch.replace("*", "1"), _given(event, place))
    place, branches = places[0]
    for name, value in _wrong(event):
        yield ActionStarted(event.name, branches[0].replace("*", "1"), {**_given(event, place), name: value})


def _given(event: Action, place: str) -> dict[str, str]:
    known = {**_VALUES, **({"environment": place} if place else {})}
    return {each.name: known[each.name] for each in event.parameters if each.name in known}


def _wrong(event: Action) -> Iterator[tuple[str, str]]:
    for each in event.parameters:
        match each.type:
            case "string":
                yield each.name, '1"; touch pwned; "'
                yield each.name, "$(touch pwned)"
            case "integer" | "number":
                yield each.name, str(int(float(each.maximum)) + 1) if each.maximum else "1e1"
                yield each.name, "many"
            case "choice":
                yield each.name, "elsewhere"
            case "boolean":
                yield each.name, "maybe"


# ---------------------------------------------------------------- what goes wrong


def faulty_cases(case: Case) -> Iterator[Case]:
    """One thing goes wrong in one job of what the case starts; or in a way back too, once there is one to go."""
    (start,), (trace,) = case.starts, case.expected
    ran = {each.id for each in trace.jobs if each.result is not JobResult.SKIPPED}
    for job in (each for each in start.pipeline.jobs if each.id in ran):
        for fault in faults(job):
            yield _with(case, {job.id: fault})
    for first, closing, step in _ways_back(start.pipeline):
        if first in ran:
            yield _with(case, {first: Fault(Ending.FAILED), closing: Fault(Ending.FAILED, step)})


def _with(case: Case, found: Mapping[str, Fault]) -> Case:
    return replace(case, outcomes=replace(case.outcomes, faults=found))


def faults(job: Job) -> Iterator[Fault]:
    """What the job is for fails, takes too long or is cancelled; gates fail, and what comes around a deployment.

    The gates before a deployment (order, champion, version) stand side by side, and nothing has changed after any of
    them: whatever one means the others mean, so the last step before `Begin` speaks for all of them. After `Begin` what
    is done fails, the last thing that the spec asks for (its verification), the entry in the ledger, and the last step,
    which may follow that entry in the registry.
    """
    main = main_step(job)
    if main is None:
        raise AssertionError(f"{job.id} does nothing")
    runs = [step for step in job.steps if isinstance(step, Run)]
    begins = job.steps.index(Begin()) if Begin() in job.steps else 0
    before = [step for step in job.steps[:begins] if isinstance(step, Run)]
    alone = [step for step in runs if step.when is When.ALWAYS or step.id == LEDGER]
    gates = [step for step in runs if step.id.startswith("gate-") and step not in before]
    done = [step for step in runs if step.when is When.SUCCESS] if begins else []
    asked = [step for step in done if step.id not in {LEDGER, CHAMPION}]
    found = [Fault(ending, main.id) for ending in Ending]
    found += [Fault(ending, step.id) for step in runs if step.advisory for ending in Ending]
    found += [Fault(ending, step.id) for step in before[-1:] for ending in (Ending.FAILED, Ending.CANCELLED)]
    found += [Fault(Ending.FAILED, step.id) for step in (*gates, *alone, *asked[-1:], *done[-1:])]
    yield from dict.fromkeys(found)


def _ways_back(pipeline: Pipeline) -> Iterator[tuple[str, str, str]]:
    """A job of a rollout, the job that undoes it, and a script of that: what restores, or what tells the ledger so.

    What follows the ledger in the registry fails as the entry does.
    """
    for unit in (phase.deployment for phase in pipeline.phases if phase.deployment):
        if unit.closing:
            steps = (each for each in unit.closing.steps if isinstance(each, Run) and each.when is When.UNDO)
            drawn = (each for each in steps if each.id != "champion-restore")
            yield from ((unit.jobs[0].job.id, unit.closing.id, step.id) for step in drawn)


# ---------------------------------------------------------------- approvals


def answered_cases(case: Case) -> Iterator[Case]:
    """People say something else than yes to one approval that the case asks for."""
    (start,), (trace,) = case.starts, case.expected
    asked = {each.id for each in trace.approvals}
    for approval in (each for each in start.pipeline.approvals if each.id in asked):
        for answer in _answers(approval, start.pipeline):
            answers = {**case.outcomes.answers, approval.id: answer}
            yield replace(case, outcomes=replace(case.outcomes, answers=answers))


def _answers(approval: Approval, pipeline: Pipeline) -> Iterator[Answer]:
    enough, few = PEOPLE[: approval.count], PEOPLE[: approval.count - 1]
    yield Answer(few, rejected_by=enough[-1])
    yield Answer(few, expires=True)
    yield Answer(few)
    if not isinstance(pipeline.event, Scheduled):
        # A timer is started by nobody.
        yield Answer((*few, STARTER))
    if approval.count > 1:
        yield Answer(PEOPLE[:1] * approval.count)


# ---------------------------------------------------------------- what a CI system must make of a case


class Declared(NamedTuple):
    """A difference: the beginning of the subject of the capability that says so, words of it, and what happens."""

    subject: str
    words: str
    meaning: str


@dataclass(frozen=True)
class Expected:
    """What one CI system must do: runs, but for `differs`, the exact words of what it does otherwise."""

    traces: Sequence[Trace]
    differs: tuple[str, ...] = ()
    declared: Declared | None = None


def wrong(expected: Expected, observed: Sequence[Observed]) -> list[str]:
    """In words, what is neither what must be nor a difference that is known."""
    found = sorted(differences(expected.traces, observed))
    return [] if found == sorted(expected.differs) else found or [f"it does not differ: {expected.differs}"]


def numbered(found: Iterable[Case]) -> list[str]:
    return [f"{number}: {case}" for number, case in enumerate(found)]
