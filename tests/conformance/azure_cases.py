"""The cases of the table of Azure: each model at each occurrence, with each thing that may go wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from conformance.cases import BRANCHES, Case
from deliveries import SPECS, source_of, whole_text
from local_models import BEHAVIOUR, DELIVERIES, run
from local_world import World, new_world
from pipegen.delivery import Action, Approval, Begin, Delivery, Job, Pipeline, Run, Scheduled, When
from pipegen.plan.guards import GUARD
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
    Start,
    TagPushed,
    TimerFired,
    Trace,
    simulate,
)

PEOPLE = ("alice", "bob")
SECOND = "carol"
"""Of the same team as the first."""
STARTER = "dora"
OFF_BRANCH = "elasticity-v2"
"""A tag on a commit that no branch of a flow holds."""
FLOW = ("dev", "prod", "main")
_VALUES = {"version": "3.1", "reason": "the market moved"}


def world_of(model: str, folder: Path) -> World:
    """The world of a model in which what other branches made is in the store."""
    delivery = DELIVERIES[model]
    (spec,) = (path for path in SPECS if path.stem == model)
    # A branch `feat/a/b` cannot be in a repository that has a `feat/a`: runs for it take the commit that main has.
    branches = [each for each in BRANCHES if each != "feat/a/b"]
    world = new_world(folder / "world", delivery.spec, whole_text(source_of(spec)), delivery.path, branches)
    world.tag("elasticity-v1", "main")
    world.tag("v1", "main")
    world.tag(OFF_BRANCH, "docs")
    world.behave(BEHAVIOUR[model])
    if model == "fraud-detection":
        run(world, model, "deliver-dev")
    return world


def teams_of(delivery: Delivery) -> Mapping[str, frozenset[str]]:
    """One person in each team of an approval, and one more in the first; people alone are no teams."""
    found: dict[str, frozenset[str]] = {}
    for each in _approvals(delivery):
        for number, team in enumerate(each.approvers):
            members = {PEOPLE[number], SECOND} if number == 0 else {PEOPLE[number]}
            found[team] = found.get(team, frozenset()) | members
    return found


def _approvals(delivery: Delivery) -> list[Approval]:
    return [each for environment in delivery.environments for each in environment.approvals]


# ---------------------------------------------------------------- occurrences


def occurrences(model: str) -> Iterator[Occurrence]:
    delivery = DELIVERIES[model]
    yield from map(Pushed, BRANCHES)
    for target in FLOW:
        yield from (PullRequestOpened(source, target) for source in ("feat/a", "hotfix/1", "dev", "prod", "docs"))
    yield from map(TagPushed, ("elasticity-v1", "v1"))
    yield TagPushed(OFF_BRANCH, reachable=False)
    for pipeline in delivery.pipelines:
        if isinstance(pipeline.event, Scheduled):
            yield TimerFired(pipeline.event.name)
        if isinstance(pipeline.event, Action):
            yield from _actions(pipeline.event)


def _actions(action: Action) -> Iterator[ActionStarted]:
    """Into each environment from a branch that may and one that may not, and with values that are not of their form."""
    given = {each.name: _VALUES[each.name] for each in action.parameters if each.name in _VALUES}
    places = [(environment, branches) for environment, branches in action.places] or [("", action.branches)]
    for environment, branches in places:
        chosen = _chosen(environment, given)
        yield ActionStarted(action.name, branches[0].replace("*", "1"), chosen)
        yield ActionStarted(action.name, "docs", chosen)
    branch = places[0][1][0]
    for parameter in action.parameters:
        if parameter.type in {"string", "integer"}:
            wrong = "$(touch x)" if parameter.type == "string" else "99"
            yield ActionStarted(action.name, branch, {**_chosen(places[0][0], given), parameter.name: wrong})


def _chosen(environment: str, given: Mapping[str, str]) -> dict[str, str]:
    return {**given, **({"environment": environment} if environment else {})}


# ---------------------------------------------------------------- outcomes


def granted(model: str, **answers: Answer) -> dict[str, Answer]:
    """Enough people say yes to everything but what is said otherwise; `_` stands for `-` in a name."""
    usual = {each.id: Answer(PEOPLE[: each.count]) for each in _approvals(DELIVERIES[model])}
    return usual | {name.replace("_", "-"): each for name, each in answers.items()}


def all_well(model: str) -> Outcomes:
    return Outcomes({}, granted(model), STARTER)


def plain_cases(model: str) -> Iterator[Case]:
    yield from (Case(model, each, all_well(model)) for each in occurrences(model))


def faulty_cases(model: str) -> Iterator[Case]:
    """Each way to go wrong of each pipeline, and of each of its environments."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for case in plain_cases(model):
        for start in case.starts:
            trace = simulate(start, case.outcomes)
            ran = tuple(each.id for each in trace.jobs if each.result is JobResult.SUCCESS)
            if start.refusal or (start.pipeline.id, ran) in seen:
                continue
            seen.add((start.pipeline.id, ran))
            yield from (Case(model, case.occurrence, each) for each in _outcomes(model, start, trace, ran))


def _outcomes(model: str, start: Start, trace: Trace, ran: Sequence[str]) -> Iterator[Outcomes]:
    jobs = [each for each in start.pipeline.jobs if each.id in ran]
    for job, fault in _faults(start.pipeline, jobs):
        yield Outcomes({job.id: fault}, granted(model), STARTER)
    for approval in trace.approvals:
        for starter, answer in _answers(approval.count):
            yield Outcomes({}, granted(model, **{approval.id: answer}), starter)


def _faults(pipeline: Pipeline, jobs: Sequence[Job]) -> Iterator[tuple[Job, Fault]]:
    first = next((each for each in jobs if each.id != GUARD), jobs[0])
    yield from ((first, Fault(ending)) for ending in Ending)
    for job in jobs:
        runs = [step for step in job.steps if isinstance(step, Run)]
        yield from ((job, Fault(Ending.FAILED, step.id)) for step in runs if step.id.startswith("gate-"))
        yield from ((job, Fault(ending, step.id)) for step in runs if step.advisory for ending in Ending)
        if any(job is each.job for phase in pipeline.phases if phase.deployment for each in phase.deployment.jobs):
            yield from _of_deployment(job, runs)
        if any(step.when is When.UNDO for step in runs) and Begin() not in job.steps:
            yield job, Fault(Ending.FAILED, next(step.id for step in runs if step.when is not When.SUCCESS))


def _of_deployment(job: Job, runs: Sequence[Run]) -> Iterator[tuple[Job, Fault]]:
    yield from ((job, Fault(ending)) for ending in Ending)
    if Begin() not in job.steps:
        return
    before = [step for step in runs if job.steps.index(step) < job.steps.index(Begin())]
    yield from ((job, Fault(ending, step.id)) for step in before[-1:] for ending in (Ending.FAILED, Ending.CANCELLED))
    last = [step for step in runs if step.when is When.SUCCESS][-1]
    yield job, Fault(Ending.FAILED, last.id)


def _answers(count: int) -> Iterator[tuple[str, Answer]]:
    """Who started the run, and what is said."""
    yield STARTER, Answer(PEOPLE[: count - 1], rejected_by=PEOPLE[count - 1])
    yield STARTER, Answer(PEOPLE[: count - 1], expires=True)
    yield STARTER, Answer(PEOPLE[: count - 1])
    yield PEOPLE[0], Answer(PEOPLE[:count])
    if count > 1:
        yield STARTER, Answer(PEOPLE[:1] * count)
