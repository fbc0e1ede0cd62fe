"""Nodes become boxes, boxes chains, chains waves; and a deployment gets its way back below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from pipegen.explanation.picture.shapes import Box, Group, Line, Point, grouped
from pipegen.explanation.picture.typography import printable, width, wrapped
from pipegen.explanation.picture.values import Chain, Kind, Node, Unit

BOX = 158.0
GAP = 26.0
BUS = 40.0
STACK = 14.0
BELOW = 40.0
TITLE, BODY, LEADING = 12.5, 11.5, 16.0
WIDEST = 250.0
PADDING = {Kind.GATE: 18.0}
"""Between the side of a box and its words, where it is not the usual 10."""


PERSON = 14.0
"""The room at both sides of an approval's title, at the left for the sign of a person."""


def boxed(node: Node, narrowest: float = BOX, widest: float = WIDEST) -> Box:
    """As high as its words need, at the origin; wider than others for a long word, or to keep a bound on one line."""
    padding = PADDING.get(node.kind, 10.0)
    chosen = max(narrowest, min(_natural(node) + 2 * padding, widest))
    room = chosen - 2 * padding
    title = _broken(node.titles, room - (2 * PERSON if node.kind is Kind.APPROVAL else 0), TITLE, bold=True)
    lines = _broken(node.lines, room, BODY, bold=False)
    return Box(node.kind, 0, 0, chosen, 20 + LEADING * (len(title) + len(lines)), title, lines)


def _natural(node: Node) -> float:
    """How wide the parts are that one would rather not break."""
    lines = node.lines if node.kind is Kind.GATE else [word for line in node.lines for word in line.split()]
    widths = [width(printable(each), BODY) for each in lines]
    widths += [width(printable(word), TITLE, bold=True) for title in node.titles for word in title.split()]
    return max(widths, default=0.0)


def _broken(texts: Sequence[str], room: float, size: float, *, bold: bool) -> tuple[str, ...]:
    return tuple(part for text in texts for part in wrapped(printable(text), room, size, bold=bold))


def of_box(box: Box) -> Group:
    return Group(box.width, box.height, box.height / 2, boxes=(box,))


@dataclass(frozen=True, slots=True)
class Wave:
    """A group with the points where lines come in and go out."""

    group: Group
    entries: tuple[Point, ...]
    exits: tuple[Point, ...]

    def moved(self, x: float, y: float) -> Wave:
        moved = tuple(tuple((a + x, b + y) for a, b in points) for points in (self.entries, self.exits))
        return Wave(self.group.moved(x, y), *moved)


def chain(nodes: Chain) -> Wave:
    """Boxes from left to right, their middles on one line."""
    boxes = [boxed(node) for node in nodes]
    height = max(box.height for box in boxes)
    axis = height / 2
    starts = accumulate((box.width + GAP for box in boxes), initial=0.0)
    placed = tuple(replace(box, x=x, y=axis - box.height / 2) for box, x in zip(boxes, starts, strict=False))
    lines = tuple(Line(((left.right, axis), (right.x, axis))) for left, right in pairwise(placed))
    group = Group(placed[-1].right, height, axis, boxes=placed, lines=lines)
    return Wave(group, ((0, axis),), ((group.width, axis),))


def wave(chains: Sequence[Chain]) -> Wave:
    """Chains that run side by side, one below the other."""
    placed: list[Wave] = []
    top = 0.0
    for nodes in chains:
        placed.append(chain(nodes).moved(0, top))
        top += placed[-1].group.height + STACK
    height = top - STACK
    width = max(each.group.width for each in placed)
    return Wave(
        grouped((each.group for each in placed), width, height, height / 2),
        tuple(point for each in placed for point in each.entries),
        tuple(point for each in placed for point in each.exits),
    )


def in_row(waves: Sequence[Wave]) -> Group:
    """Waves from left to right on one axis; each waits for all of the one before."""
    axis = max(each.group.axis for each in waves)
    placed: list[Wave] = []
    x = 0.0
    for each in waves:
        x += _gap(placed[-1], each) if placed else 0
        placed.append(each.moved(x, axis - each.group.axis))
        x += each.group.width
    height = axis + max(each.group.height - each.group.axis for each in waves)
    lines = [line for left, right in pairwise(placed) for line in _between(left, right)]
    return grouped((each.group for each in placed), x, height, axis, lines)


def _gap(left: Wave, right: Wave) -> float:
    return GAP if len(left.exits) == len(right.entries) == 1 else BUS


def _between(left: Wave, right: Wave) -> list[Line]:
    """From every exit to every entry, by way of one upright line where there are several."""
    if len(left.exits) == len(right.entries) == 1:
        return [Line((left.exits[0], right.entries[0]))]
    bus = right.entries[0][0] - BUS / 2
    heights = [y for _, y in (*left.exits, *right.entries)]
    return [
        *(Line(((x, y), (bus, y)), arrow=False) for x, y in left.exits),
        Line(((bus, min(heights)), (bus, max(heights))), arrow=False),
        *(Line(((bus, y), (x, y))) for x, y in right.entries),
    ]


# ---------------------------------------------------------------- deployments


def deployment(unit: Unit) -> Wave:
    """The steps of a deployment; below them what undoes them, and what ends it in any case."""
    row = chain(unit.chain)
    groups, lines, width, height = [row.group], [], row.group.width, row.group.height
    top = height + BELOW
    if unit.back is not None:
        begun = row.group.boxes[unit.begins : unit.ends]
        back = replace(boxed(unit.back), x=begun[0].x, y=top)
        groups.append(of_box(back))
        lines += _way_back(begun, back, height)
        height = back.bottom
    if unit.always is not None:
        box = boxed(unit.always)
        beside = row.group.boxes[-1]
        taken = unit.back is not None and unit.ends - unit.begins == 1
        always = replace(box, x=beside.x + (beside.width + GAP if taken else 0), y=top)
        groups.append(of_box(always))
        lines += _to_the_end(groups, always, beside)
        width, height = max(width, always.right), max(height, always.bottom)
    return Wave(grouped(groups, width, height, row.group.axis, lines), row.entries, row.exits)


def _way_back(begun: Sequence[Box], back: Box, bottom: float) -> list[Line]:
    """From everything that has begun, along a line below it."""
    level = bottom + BELOW / 2 - 6
    ticks = [Line(((box.center, box.bottom), (box.center, level)), arrow=False, kind=Kind.BACK) for box in begun]
    along = ((begun[-1].center, level), (back.center, level), (back.center, back.y))
    return [*ticks, Line(along, kind=Kind.BACK)]


def _to_the_end(groups: Sequence[Group], always: Box, last: Box) -> list[Line]:
    lines = []
    if len(groups) > 2:  # noqa: PLR2004  (the steps, the way back, and the end itself)
        back = groups[1].boxes[0]
        level = back.y + min(back.height, always.height) / 2
        lines.append(Line(((back.right, level), (always.x, level)), kind=Kind.ALWAYS))
    if always.x == last.x:
        side = always.center + BOX / 4
        lines.append(Line(((side, last.bottom), (side, always.y)), kind=Kind.ALWAYS))
    return lines
