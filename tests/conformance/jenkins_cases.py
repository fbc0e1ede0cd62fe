"""All that is tried on Jenkins: every model, what happens in the world, and everything that may go wrong in a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.cases import BRANCHES, TAGS, Case
from local_models import DELIVERIES
from pipegen.delivery import (
    Action,
    Approval,
    Begin,
    Change,
    Delivery,
    Deployment,
    Job,
    Merged,
    Pipeline,
    Review,
    Run,
    Scheduled,
    Tagged,
    When,
)
from pipegen.simulation import (
    ActionStarted,
    Answer,
    Ending,
    Fault,
    Occurrence,
    Outcomes,
    PullRequestOpened,
    Pushed,
    TagPushed,
    TimerFired,
)

YES = Answer(("ann", "ben", "cem"))
VALUES = {"version": "3.1", "reason": "the market moved", "window_months": "6", "strict": "false"}
BRANCH_OF = {"feat/*": "feat/a", "fix/*": "feat/a", "hotfix/*": "hotfix/1"}


@dataclass(frozen=True)
class Row:
    """A case and what is tried with it, which says how it may differ."""

    case: Case
    what: str = ""

    def __str__(self) -> str:
        return f"{self.case}; {self.what}" if self.what else str(self.case)


# ---------------------------------------------------------------- what happens


def happenings(model: str) -> Iterator[Row]:
    """Everything that happens goes well, and everybody is asked who must be."""
    delivery = DELIVERIES[model]
    for occurrence in (*_pushes(), *_pull_requests(delivery), *_timers(delivery), *_actions(delivery)):
        yield Row(Case(model, occurrence, all_agree(delivery)), "all agree")


def all_agree(delivery: Delivery, starter: str = "") -> Outcomes:
    every = [approval for each in delivery.environments for approval in each.approvals]
    return Outcomes(answers={each.id: YES for each in every}, starter=starter)


def _pushes() -> Iterator[Occurrence]:
    yield from (Pushed(branch) for branch in BRANCHES)
    yield from (TagPushed(tag) for tag in TAGS)
    yield TagPushed(TAGS[0], reachable=False)


def _pull_requests(delivery: Delivery) -> Iterator[Occurrence]:
    for pipeline in delivery.pipelines:
        if isinstance(pipeline.event, Review):
            for target in pipeline.event.targets:
                yield from (PullRequestOpened(BRANCH_OF.get(each, each), target.branch) for each in target.sources)
                yield PullRequestOpened("docs", target.branch)
                yield PullRequestOpened("mallory:feat/a", target.branch)
    yield PullRequestOpened("feat/a", "docs")


def _timers(delivery: Delivery) -> Iterator[Occurrence]:
    yield from (TimerFired(each.event.name) for each in delivery.pipelines if isinstance(each.event, Scheduled))


def _actions(delivery: Delivery) -> Iterator[Occurrence]:
    for pipeline in delivery.pipelines:
        if isinstance(pipeline.event, Action):
            yield from _asked_for(pipeline.event)


def _asked_for(event: Action) -> Iterator[Occurrence]:
    """From where it may be, from elsewhere, and with values that must be refused."""
    for place, branches in event.places or (("", event.branches),):
        for pattern in branches:
            branch = pattern.replace("*", "1")
            yield ActionStarted(event.name, branch, _given(event, place))
        yield ActionStarted(event.name, "docs", _given(event, place))
        others = [each for each in event.branches if each not in branches]
        yield from (ActionStarted(event.name, each.replace("*", "1"), _given(event, place)) for each in others[:1])
    place, branches = (event.places or (("", event.branches),))[0]
    home = branches[0].replace("*", "1")
    yield ActionStarted(event.name, home)
    for name, value in _wrong(event):
        yield ActionStarted(event.name, home, {**_given(event, place), name: value})


def _given(event: Action, place: str) -> dict[str, str]:
    known = {**VALUES, **({"environment": place} if place else {})}
    return {each.name: known[each.name] for each in event.parameters}


def _wrong(event: Action) -> Iterator[tuple[str, str]]:
    for each in event.parameters:
        match each.type:
            case "string":
                yield each.name, '1"; touch pwned; "'
            case "integer" | "number":
                yield each.name, str(int(float(each.maximum)) + 1)
                yield each.name, "1e1"
            case "choice":
                yield each.name, "elsewhere"
            case _:
                continue


# ---------------------------------------------------------------- what goes wrong


def mishaps(model: str) -> Iterator[Row]:
    """One thing goes wrong in each case, in each pipeline as it is usually started."""
    delivery = DELIVERIES[model]
    for pipeline in delivery.pipelines:
        occurrence = usual(pipeline)
        agreed = all_agree(delivery)
        for job, step, ending in _endings(pipeline):
            faults = {job: Fault(ending, step)}
            yield Row(Case(model, occurrence, Outcomes(faults, agreed.answers)), f"{job}/{step or 'main'} {ending}")
        for approval in approvals(pipeline):
            for what, answer in _answers(approval):
                # A timer has no starter, and a change has no approvals.
                starter = "ann" if what == "by the starter" and not isinstance(pipeline.event, Scheduled) else ""
                answers = {**agreed.answers, approval.id: answer}
                yield Row(Case(model, occurrence, Outcomes({}, answers, starter)), f"{approval.id} {what}")


def usual(pipeline: Pipeline) -> Occurrence:
    """The occurrence that a pipeline is for; of an action that which asks most people."""
    match pipeline.event:
        case Change():
            return Pushed("feat/a")
        case Review(targets):
            return PullRequestOpened(BRANCH_OF.get(targets[0].sources[0], targets[0].sources[0]), targets[0].branch)
        case Merged(branch):
            return Pushed(branch)
        case Tagged():
            return TagPushed(TAGS[0])
        case Scheduled(name):
            return TimerFired(name)
        case Action() as event:
            place, branches = (event.places or (("", event.branches),))[-1]
            return ActionStarted(event.name, branches[0].replace("*", "1"), _given(event, place))


def approvals(pipeline: Pipeline) -> Iterator[Approval]:
    for phase in pipeline.phases:
        units = phase.deployment.jobs if phase.deployment else ()
        yield from (each for each in (phase.approval, *(unit.approval for unit in units)) if each)


def _answers(approval: Approval) -> Iterator[tuple[str, Answer]]:
    people = ("ann", "ben", "cem")[: approval.count]
    yield "rejected", Answer(people[:-1], rejected_by="cem")
    yield "expired", Answer(people[:-1], expires=True)
    yield "one short", Answer(people[:-1])
    yield "by the starter", Answer(people)
    if approval.count > 1:
        yield "twice by one", Answer(("ann",) * approval.count)


def _endings(pipeline: Pipeline) -> Iterator[tuple[str, str | None, Ending]]:
    """(job, script, ending): every job fails; the first, the gates and the deployments also end in other ways."""
    jobs = list(pipeline.jobs)
    parts = [each for phase in pipeline.phases if phase.deployment for each in _parts(phase.deployment)]
    for job in jobs:
        yield job.id, None, Ending.FAILED
    for job in dict.fromkeys((jobs[0], *parts)):
        yield job.id, None, Ending.TIMED_OUT
        yield job.id, None, Ending.CANCELLED
    for job in jobs:
        yield from ((job.id, step, Ending.FAILED) for step in _further(job))


def _parts(unit: Deployment) -> Iterator[Job]:
    yield from (each.job for each in unit.jobs)
    if unit.closing:
        yield unit.closing


def _further(job: Job) -> Iterator[str]:
    """Gates, what comes before a deployment begins, its last check, the way back, and what always runs."""
    runs = [step for step in job.steps if isinstance(step, Run)]
    yield from (step.id for step in runs if step.id.startswith("gate-"))
    if Begin() in job.steps:
        before = [step for step in job.steps[: job.steps.index(Begin())] if isinstance(step, Run)]
        yield from (step.id for step in before[-1:])
        yield from (step.id for step in [step for step in runs if step.when is When.SUCCESS][-1:])
    yield from (step.id for step in runs if step.when is not When.SUCCESS)
