"""What a person asks to be simulated, read against what the delivery has; everything unknown is refused with a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from pipegen.delivery import Action, Delivery, Merged, Pipeline, Review, Run, Scheduled
from pipegen.simulation.occurrences import ActionStarted, Occurrence, PullRequestOpened, Pushed, TagPushed, TimerFired
from pipegen.simulation.outcomes import Answer, Ending, Fault

KINDS = ("change", "review", "merged", "tagged", "scheduled", "action")


class UnknownWordError(ValueError):
    """Something that the delivery does not have; the message lists what it has."""


def occurrence_of(delivery: Delivery, asked: str, parameters: Sequence[str]) -> Occurrence:
    """`asked` is the kind of an event and what it needs: `merged:prod`, `review:feat/a:dev`, `action:rollback:prod`.

    `parameters` are `NAME=VALUE`, for an action. Raises UnknownWordError.
    """
    kind, _, rest = asked.partition(":")
    known(kind, KINDS, "event")
    if kind != "action" and parameters:
        raise UnknownWordError("only an action has parameters")
    match kind:
        case "change":
            return Pushed(_said(rest, "change:BRANCH"))
        case "merged":
            return Pushed(known(rest, _branches(delivery), "branch that a merge delivers"))
        case "review":
            return _pull_request(delivery, rest)
        case "tagged":
            return TagPushed(_said(rest, "tagged:TAG"))
        case "scheduled":
            return TimerFired(known(rest, _timers(delivery), "schedule"))
        case _:
            return _action(delivery, rest, parameters)


def _said(text: str, form: str) -> str:
    if not text:
        raise UnknownWordError(f"write {form}")
    return text


def _branches(delivery: Delivery) -> list[str]:
    return [each.event.branch for each in delivery.pipelines if isinstance(each.event, Merged)]


def _timers(delivery: Delivery) -> list[str]:
    return [each.event.name for each in delivery.pipelines if isinstance(each.event, Scheduled)]


def _pull_request(delivery: Delivery, rest: str) -> PullRequestOpened:
    source, _, target = rest.rpartition(":")
    _said(source, "review:SOURCE:TARGET")
    targets = [
        each.branch
        for review in delivery.pipelines
        if isinstance(review.event, Review)
        for each in review.event.targets
    ]
    return PullRequestOpened(source, known(target, targets, "branch that pull requests go into"))


def _action(delivery: Delivery, rest: str, parameters: Sequence[str]) -> ActionStarted:
    name, _, branch = rest.partition(":")
    actions = {each.event.name: each.event for each in delivery.pipelines if isinstance(each.event, Action)}
    action = actions[known(name, actions, "action")]
    given = dict(_pair(each) for each in parameters)
    for each in given:
        known(each, [parameter.name for parameter in action.parameters], f"parameter of {name}")
    return ActionStarted(name, branch or action.branches[0], given)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise UnknownWordError(f"{text!r} is no parameter: write NAME=VALUE")
    return name, value


def faults_of(pipelines: Iterable[Pipeline], asked: Iterable[tuple[Ending, str]]) -> Iterator[tuple[str, Fault]]:
    """Each asked for as `JOB` or `JOB/STEP`, with the job that it is in. Raises UnknownWordError.

    The stage of a deployment stands for its first job in each environment.
    """
    started = list(pipelines)
    jobs = {job.id: job for pipeline in started for job in pipeline.jobs}
    for ending, text in asked:
        name, _, step = text.partition("/")
        found = [name] if name in jobs else list(_first_jobs(started, name))
        for job_id in found or [known(name, jobs, "job")]:
            if step:
                known(step, [each.id for each in jobs[job_id].steps if isinstance(each, Run)], f"script of {job_id}")
            yield job_id, Fault(ending, step or None)


def _first_jobs(pipelines: Iterable[Pipeline], stage: str) -> Iterator[str]:
    for unit in (phase.deployment for pipeline in pipelines for phase in pipeline.phases if phase.deployment):
        first = unit.jobs[0].job.id
        if f"{first}-".startswith(f"{stage}-{unit.environment}-"):
            yield first


def answers_of(
    pipelines: Iterable[Pipeline], approved: Sequence[str], rejected: Sequence[str], expired: Sequence[str]
) -> dict[str, Answer]:
    """`approved` are `APPROVAL=PERSON,PERSON`, `rejected` are `APPROVAL` or `APPROVAL=PERSON`, `expired` are names.

    Raises UnknownWordError.
    """
    names = [approval.id for pipeline in pipelines for approval in pipeline.approvals]
    people = {name: _people(who) for name, _, who in (each.partition("=") for each in approved)}
    refusals = {name: who or "somebody" for name, _, who in (each.partition("=") for each in rejected)}
    for name in (*people, *refusals, *expired):
        known(name, names, "approval")
    return {
        name: Answer(people.get(name, ()), refusals.get(name), expires=name in expired)
        for name in (*people, *refusals, *expired)
    }


def _people(text: str) -> tuple[str, ...]:
    return tuple(_said(each.strip(), "APPROVAL=PERSON,PERSON") for each in text.split(","))


def known(word: str, words: Iterable[str], what: str) -> str:
    """The word, if it is one of them. Raises UnknownWordError."""
    listed = tuple(dict.fromkeys(words))
    if word in listed:
        return word
    near = get_close_matches(word, listed, 1)
    message = f"{word!r} is no {what}; there are: {', '.join(listed)}" if listed else f"there is no {what}"
    raise UnknownWordError(message + (f". Did you mean {near[0]!r}?" if near else ""))
