"""Which pipeline an occurrence starts, if any, and what its first job refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipegen.concern import concerns
from pipegen.delivery import Action, Change, Delivery, Event, Merged, Pipeline, Review, ReviewTarget, Scheduled, Tagged
from pipegen.plan.guards import pattern_of
from pipegen.simulation.occurrences import ActionStarted, Occurrence, PullRequestOpened, Pushed, TagPushed, TimerFired


@dataclass(frozen=True, slots=True)
class Start:
    """A run of `pipeline` with all of its parameters; `refusal` is why its guard ends it, "" if it does not."""

    pipeline: Pipeline
    parameters: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""


def started(delivery: Delivery, occurrence: Occurrence, changed: Sequence[str] | None = None) -> tuple[Start, ...]:
    """The runs that an occurrence brings about; none where nothing is to happen.

    `changed` are the paths that a push or a pull request touches, relative to the repository's root; None: it touches
    the model. Names and patterns count with their case.
    """
    found = (_start(each, occurrence) for each in delivery.pipelines)
    return tuple(each for each in found if each and _is_touched(each.pipeline, changed))


def _is_touched(pipeline: Pipeline, changed: Sequence[str] | None) -> bool:
    if changed is None or not isinstance(pipeline.event, Change | Review | Merged):
        return True
    return concerns(pipeline, changed, tuple)


def _start(pipeline: Pipeline, occurrence: Occurrence) -> Start | None:
    match pipeline.event, occurrence:
        case Review(targets), PullRequestOpened(source, target):
            return _review(pipeline, targets, source, target)
        case Tagged(pattern, branch), TagPushed(tag, reachable) if _is_among(tag, [pattern]):
            return Start(pipeline, {}, "" if reachable else f"{tag} is not on branch {branch}")
        case Action(name) as action, ActionStarted(asked) if asked == name:
            return _action(pipeline, action, occurrence)
        case event, _ if _is_answer(event, occurrence):
            return Start(pipeline)
    return None


def _is_answer(event: Event, occurrence: Occurrence) -> bool:
    """Whether an event without a guard is this occurrence."""
    match event, occurrence:
        case Change(branches), Pushed(branch):
            return _is_among(branch, branches)
        case Merged(wanted), Pushed(branch):
            return branch == wanted
        case Scheduled(name), TimerFired(fired):
            return name == fired
    return False


def _review(pipeline: Pipeline, targets: Sequence[ReviewTarget], source: str, target: str) -> Start | None:
    for each in targets:
        if each.branch == target:
            allowed = _is_among(source, each.sources)
            return Start(pipeline, {}, "" if allowed else f"the flow does not lead from {source} to {target}")
    return None


def _action(pipeline: Pipeline, event: Action, asked: ActionStarted) -> Start:
    given = {each.name: asked.parameters.get(each.name, each.default) for each in event.parameters}
    allowed = dict(event.places).get(given["environment"], ()) if event.places else event.branches
    if not _is_among(asked.branch, allowed):
        return Start(pipeline, given, f"it may not be started from {asked.branch}")
    return Start(pipeline, given, next(_wrong_values(event, given), ""))


def _wrong_values(event: Action, given: Mapping[str, str]) -> Iterator[str]:
    for each in event.parameters:
        value = given[each.name]
        if not re.fullmatch(pattern_of(each), value):
            yield f"parameter {each.name} is not of its form"
        elif each.minimum and float(value) < float(each.minimum):
            yield f"parameter {each.name} is below {each.minimum}"
        elif each.maximum and float(value) > float(each.maximum):
            yield f"parameter {each.name} is above {each.maximum}"


def _is_among(name: str, patterns: Sequence[str]) -> bool:
    return any(re.fullmatch(".*".join(map(re.escape, each.split("*"))), name, re.DOTALL) for each in patterns)
