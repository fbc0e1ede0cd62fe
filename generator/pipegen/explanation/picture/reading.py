"""From a delivery to its picture: one lane for each event, in the order in which a change travels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from pipegen.delivery import Action, Change, Delivery, Merged, Pipeline, Review, ReviewTarget, Scheduled, Tagged
from pipegen.explanation import words
from pipegen.explanation.picture.clock import clock
from pipegen.explanation.picture.frames import bare, tracks
from pipegen.explanation.picture.values import Frame, Kind, Lane, Node, Picture, Track

_Kind = TypeVar("_Kind", Change, Review)


def picture(delivery: Delivery) -> Picture:
    """The whole delivery; what a review runs is drawn once where a change runs the same."""
    promotion = (*_checks(delivery), *_branches(delivery), *_tags(delivery))
    return Picture(
        title=f"{delivery.title}: from a change to production",
        subtitle=f"model {delivery.model}, owned by {delivery.owner}, as {delivery.spec} says",
        promotion=promotion,
        besides=tuple(_folded(promotion, tuple(_besides(delivery)))),
    )


def _tracks(delivery: Delivery, pipeline: Pipeline | None) -> tuple[Track, ...]:
    titles = {each.name: each.title for each in delivery.environments}
    return tracks(pipeline.phases, titles) if pipeline else ()


# ---------------------------------------------------------------- the branch flow


def _checks(delivery: Delivery) -> Iterator[Lane]:
    change, review = _first(delivery, Change), _first(delivery, Review)
    changed, reviewed = _tracks(delivery, change), _tracks(delivery, review)
    together = change is not None and changed == reviewed
    if change is not None and isinstance(change.event, Change):
        names = change.event.branches
        said = ("every push", "and every pull request") if together else ("every push",)
        yield Lane(Node(Kind.BRANCH, (words.either(names),), said), names, None, (), changed)
    if review is not None and isinstance(review.event, Review) and not together:
        into = words.either([target.branch for target in review.event.targets])
        yield Lane(Node(Kind.START, ("Every pull request",), (f"into {into}",)), (), None, (), reviewed)


def _first(delivery: Delivery, kind: type[_Kind]) -> Pipeline | None:
    return next((each for each in delivery.pipelines if isinstance(each.event, kind)), None)


def _branches(delivery: Delivery) -> Iterator[Lane]:
    merged = {each.event.branch: each for each in delivery.pipelines if isinstance(each.event, Merged)}
    into = {target.branch: target for target in _review_targets(delivery)}
    for branch in dict.fromkeys((*into, *merged)):
        target = into.get(branch)
        pipeline = merged.get(branch)
        lines = ("after every merge",) if pipeline else ("nothing is started",)
        yield Lane(
            start=Node(Kind.BRANCH, (branch,), lines),
            names=(branch,),
            merge=_merge(delivery, target) if target else None,
            sources=target.sources if target else (),
            tracks=_tracks(delivery, pipeline),
        )


def _review_targets(delivery: Delivery) -> tuple[ReviewTarget, ...]:
    review = _first(delivery, Review)
    return review.event.targets if review and isinstance(review.event, Review) else ()


def _merge(delivery: Delivery, target: ReviewTarget) -> Node:
    review = _first(delivery, Review)
    approvals = sum(rule.approvals for rule in delivery.merge_rules if rule.branch == target.branch)
    asked = words.number(approvals, "approval") if approvals else "no approval needed"
    checked = ("checks must succeed",) if review else ()
    kind = Kind.APPROVAL if approvals else Kind.MERGE
    return Node(kind, ("Pull request",), (f"from {words.either(target.sources)}", asked, *checked))


def _tags(delivery: Delivery) -> Iterator[Lane]:
    for each in delivery.pipelines:
        if isinstance(each.event, Tagged):
            start = Node(Kind.BRANCH, (each.event.pattern,), (f"every such tag on {each.event.branch}",))
            yield Lane(start, (), None, (each.event.branch,), _tracks(delivery, each))


# ---------------------------------------------------------------- clocks and people


def _besides(delivery: Delivery) -> Iterator[Lane]:
    for each in delivery.pipelines:
        match each.event:
            case Scheduled(name, cron, branch):
                said = (*clock(cron), f"on {branch}")
                yield Lane(Node(Kind.START, (name,), said), (), None, (), _tracks(delivery, each))
            case Action(_, parameters, branches):
                said = ("somebody starts it", f"from {words.either(branches)}")
                given = (f"giving {_listed([one.name for one in parameters])}",) if parameters else ()
                yield Lane(Node(Kind.START, (each.title,), (*said, *given)), (), None, (), _tracks(delivery, each))
            case _:
                pass


def _folded(drawn: Sequence[Lane], lanes: Sequence[Lane]) -> Iterator[Lane]:
    """The lanes, with a single node in place of each frame that `drawn` or an earlier lane shows."""
    shown: dict[object, str] = {}
    for lane in drawn:
        _note(lane, shown)
    for lane in lanes:
        ways = tuple(tuple(_once(frame, shown.get(_content(frame))) for frame in track) for track in lane.tracks)
        yield replace(lane, tracks=ways)
        _note(lane, shown)


def _note(lane: Lane, shown: dict[object, str]) -> None:
    for frame in lane.frames:
        shown.setdefault(_content(frame), " or ".join(lane.start.titles))


def _content(frame: Frame) -> object:
    return frame.title, frame.environment, frame.waves, frame.unit


def _once(frame: Frame, where: str | None) -> Frame:
    if where is None or not frame.title:
        return frame
    kinds = [node.kind for node in replace(frame, before=None).nodes]
    held = [name for kind, name in ((Kind.GATE, "gates"), (Kind.APPROVAL, "approvals")) if kind in kinds]
    controls = (f"with its {' and '.join(held)}",) if held else ()
    return bare(frame, Kind.CHANGE if frame.unit else Kind.WORK, (f"as drawn at {where}", *controls))


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
