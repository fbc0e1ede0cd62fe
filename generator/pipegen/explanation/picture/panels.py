"""A phase in its place: a panel with a heading, and in it the waves and the deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipegen.explanation.picture.chains import boxed, deployment, in_row, of_box, wave
from pipegen.explanation.picture.shapes import Box, Group, Line, Panel, Words, grouped
from pipegen.explanation.picture.typography import printable, wrapped
from pipegen.explanation.picture.values import Frame, Track

INSIDE = 16.0
HEADING, SMALL = 13.0, 11.5
BETWEEN = 32.0
_NARROWEST = 230.0
_HEAD_LEADING = 17.0


def groups(track: Track) -> Iterator[Group]:
    """The frames of a track in order, each with the approval that it waits for."""
    for frame in track:
        shown = panel(frame) if frame.title else _single(frame)
        yield _after(boxed(frame.before), shown) if frame.before else shown


def _single(frame: Frame) -> Group:
    """The node of a frame that is nothing but one."""
    ((node,),) = frame.waves[0]
    lines = (frame.condition, *node.lines) if frame.condition else node.lines
    return of_box(boxed(replace(node, lines=lines)))


def _after(approval: Box, shown: Group) -> Group:
    asked = of_box(approval)
    axis = max(asked.axis, shown.axis)
    left, right = asked.moved(0, axis - asked.axis), lowered(shown, axis)
    right = right.moved(approval.width + BETWEEN, 0)
    line = Line(((approval.width, axis), (approval.width + BETWEEN, axis)))
    return grouped((left, right), approval.width + BETWEEN + shown.width, right.height, axis, (line,))


def panel(frame: Frame) -> Group:
    parts = [wave(chains) for chains in frame.waves]
    content = in_row([*parts, deployment(frame.unit)] if frame.unit else parts)
    room = max(content.width, _NARROWEST)
    heading = tuple(_heading(frame, room))
    top = INSIDE + _HEAD_LEADING * len(heading) + 8
    inside = content.moved(INSIDE, top)
    size = (room + 2 * INSIDE, content.height + top + INSIDE)
    words = tuple(
        replace(line, x=INSIDE, y=INSIDE + 11 + _HEAD_LEADING * number) for number, line in enumerate(heading)
    )
    return replace(
        inside,
        width=size[0],
        height=size[1],
        panels=(Panel(0, 0, *size), *inside.panels),
        words=(*words, *inside.words),
    )


def _heading(frame: Frame, room: float) -> Iterator[Words]:
    for line in wrapped(printable(frame.title), room, HEADING, bold=True):
        yield Words(0, 0, line, HEADING, bold=True)
    place = (f"environment {frame.environment}",) if frame.environment else ()
    condition = (frame.condition,) if frame.condition else ()
    for text in (*place, *condition, *frame.remarks):
        for line in wrapped(printable(text), room, SMALL):
            yield Words(0, 0, line, SMALL, muted=True)


def lowered(group: Group, axis: float) -> Group:
    """The group with its axis at `axis`; its panel begins where it did, with the heading at its top."""
    lift = axis - group.axis
    moved = group.moved(0, lift)
    panels = tuple(replace(each, y=each.y - lift, height=each.height + lift) for each in moved.panels)
    words = tuple(replace(each, y=each.y - lift) for each in moved.words)
    return replace(moved, panels=panels, words=words, height=group.height + lift)
