"""The page: the branch flow from top to bottom on the left, and to the right what each event starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipegen.explanation.picture.chains import boxed, of_box
from pipegen.explanation.picture.panels import BETWEEN, groups, lowered
from pipegen.explanation.picture.shapes import Box, Group, Line, Words, grouped
from pipegen.explanation.picture.typography import printable, wrapped
from pipegen.explanation.picture.values import Lane, Picture, Track

MARGIN = 32.0
SPINE = 176.0
CONTENT = MARGIN + SPINE + 60
"""Where the content of lanes begins."""

ROOM = 1310.0
"""How wide the frames of a row may be in sum before the next row begins."""

_NARROWEST = 1280.0

_ROWS, _LANES, _DOWN = 40.0, 44.0, 26.0
_TITLE, _SUBTITLE, _SECTION = 22.0, 13.0, 15.0


# ---------------------------------------------------------------- the frames of a lane


def _rows(track: Track) -> list[list[Group]]:
    rows: list[list[Group]] = []
    for group in groups(track):
        taken = sum(each.width + BETWEEN for each in rows[-1]) if rows else 0
        if rows and taken + group.width <= ROOM:
            rows[-1].append(group)
        else:
            rows.append([group])
    return rows


def _row(row: Sequence[Group]) -> Group:
    """Groups on one axis, their panels with one upper edge."""
    axis = max(each.axis for each in row)
    height = axis + max(each.height - each.axis for each in row)
    placed: list[Group] = []
    x = 0.0
    for each in row:
        placed.append(lowered(each, axis).moved(x, 0))
        x += each.width + BETWEEN
    starts = [each.left for each in placed]
    lines = [Line(((start - BETWEEN, axis), (start, axis))) for start in starts[1:]]
    return grouped(placed, x - BETWEEN, height, axis, lines)


def _track(track: Track) -> Group:
    """Rows from top to bottom, each after the end of the one before."""
    placed: list[Group] = []
    y = 0.0
    for row in _rows(track):
        placed.append(_row(row).moved(0, y))
        y += placed[-1].height + _ROWS
    lines = []
    for upper, lower in pairwise(placed):
        level = lower.top - _ROWS / 2
        out, back = upper.width + 16, -20.0
        points = ((upper.width, upper.axis), (out, upper.axis), (out, level), (back, level), (back, lower.axis))
        lines.append(Line((*points, (0, lower.axis))))
    width = max(each.width for each in placed)
    return grouped(placed, width, y - _ROWS, placed[0].axis, lines)


@dataclass(frozen=True, slots=True)
class _Content:
    group: Group
    axes: tuple[float, ...]


def _content(tracks: Sequence[Track]) -> _Content:
    placed: list[Group] = []
    y = 0.0
    for track in tracks:
        placed.append(_track(track).moved(0, y))
        y += placed[-1].height + _ROWS
    width = max((each.width for each in placed), default=0.0)
    axes = tuple(each.axis for each in placed)
    return _Content(grouped(placed, width, max(y - _ROWS, 0.0), axes[0] if axes else 0.0), axes)


# ---------------------------------------------------------------- the page


@dataclass(slots=True)
class _Page:
    """Lanes placed so far; `y` is where the next may begin, `above` the box at the left above it."""

    y: float
    above: Box | None = None
    groups: list[Group] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def add(self, lane: Lane, *, linked: bool) -> None:
        content = _content(lane.tracks)
        merge = boxed(lane.merge, SPINE, SPINE) if lane.merge else None
        start = boxed(lane.start, SPINE, SPINE)
        needed = (merge.height + _DOWN if merge else 0) + _DOWN + start.height / 2
        middle = max(self.y + content.group.axis, (self.above.bottom if self.above else self.y - _DOWN) + needed)
        start = replace(start, x=MARGIN, y=middle - start.height / 2)
        self.groups.append(of_box(start))
        self._spine(start, merge, linked=linked)
        self._place(content, start)
        self.above = start

    def _spine(self, start: Box, merge: Box | None, *, linked: bool) -> None:
        head = self.above if linked else None
        if merge is not None:
            merge = replace(merge, x=MARGIN, y=start.y - _DOWN - merge.height)
            self.groups.append(of_box(merge))
            if head is not None:
                self.lines.append(Line(((head.center, head.bottom), (merge.center, merge.y))))
            head = merge
        if head is not None:
            self.lines.append(Line(((head.center, head.bottom), (start.center, start.y))))

    def _place(self, content: _Content, start: Box) -> None:
        top = start.middle - content.group.axis
        self.groups.append(content.group.moved(CONTENT, top))
        self.lines += _forks(start, tuple(axis + top for axis in content.axes))
        self.y = max(top + content.group.height, start.bottom) + _LANES

    def section(self, text: str) -> None:
        words = Words(MARGIN, self.y + _SECTION, text, _SECTION, bold=True)
        self.groups.append(Group(0, 0, 0, words=(words,)))
        self.y += _SECTION + 22
        self.above = None


def _forks(start: Box, axes: Sequence[float]) -> Iterator[Line]:
    """From what starts a run to each way that it may take."""
    if not axes:
        return
    yield Line(((start.right, start.middle), (CONTENT, axes[0])))
    bus = CONTENT - 36
    if len(axes) > 1:
        yield Line(((bus, start.middle), (bus, axes[-1]), (CONTENT, axes[-1])))
    for axis in axes[1:-1]:
        yield Line(((bus, axis), (CONTENT, axis)))


def page(picture: Picture) -> Group:
    """All of a picture but its legend."""
    heading, top = _heading(picture)
    laid = _Page(top)
    laid.section("From branch to branch")
    before: Lane | None = None
    for lane in picture.promotion:
        laid.add(lane, linked=before is not None and bool(set(before.names) & set(lane.sources)))
        before = lane
    if picture.besides:
        laid.section("Started by the clock or by somebody")
    for lane in picture.besides:
        laid.add(lane, linked=False)
    width = max([_NARROWEST, *(each.right for each in laid.groups)]) + MARGIN
    return grouped([heading, *laid.groups], width, laid.y, 0, laid.lines)


def _heading(picture: Picture) -> tuple[Group, float]:
    titles = wrapped(printable(picture.title), ROOM, _TITLE, bold=True)
    subtitles = wrapped(printable(picture.subtitle), ROOM, _SUBTITLE)
    y = MARGIN
    words = []
    for line in titles:
        y += _TITLE
        words.append(Words(MARGIN, y, line, _TITLE, bold=True))
        y += 6
    for line in subtitles:
        y += _SUBTITLE + 4
        words.append(Words(MARGIN, y, line, _SUBTITLE, muted=True))
    return Group(0, 0, 0, words=tuple(words)), y + 30
