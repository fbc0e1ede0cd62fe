"""What a drawing consists of: shapes and words in their places, and groups of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipegen.explanation.picture.values import Kind

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text that begins at `x`, with its baseline at `y`."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A node in its place, its words broken into lines."""

    kind: Kind
    x: float
    y: float
    width: float
    height: float
    title: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def center(self) -> float:
        return self.x + self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Line:
    """A line along points; `kind` is BACK or ALWAYS for those that are dashed."""

    points: tuple[Point, ...]
    arrow: bool = True
    kind: Kind = Kind.WORK


@dataclass(frozen=True, slots=True)
class Panel:
    """The rectangle of a frame."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Group:
    """What is drawn together; `axis` is the height at which lines come in and go out."""

    width: float
    height: float
    axis: float
    panels: tuple[Panel, ...] = ()
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    words: tuple[Words, ...] = ()

    @property
    def left(self) -> float:
        return min([*(each.x for each in self.panels), *(each.x for each in self.boxes)])

    @property
    def top(self) -> float:
        return min([*(each.y for each in self.panels), *(each.y for each in self.boxes)])

    @property
    def right(self) -> float:
        """Of words alone it is 0."""
        return max([0.0, *(each.x + each.width for each in self.panels), *(each.right for each in self.boxes)])

    def moved(self, x: float, y: float) -> Group:
        return replace(
            self,
            axis=self.axis + y,
            panels=tuple(replace(each, x=each.x + x, y=each.y + y) for each in self.panels),
            boxes=tuple(replace(each, x=each.x + x, y=each.y + y) for each in self.boxes),
            lines=tuple(replace(each, points=tuple((a + x, b + y) for a, b in each.points)) for each in self.lines),
            words=tuple(replace(each, x=each.x + x, y=each.y + y) for each in self.words),
        )


def grouped(groups: Iterable[Group], width: float, height: float, axis: float, lines: Iterable[Line] = ()) -> Group:
    """Groups in their places as one, with lines between them."""
    parts = tuple(groups)
    return Group(
        width,
        height,
        axis,
        tuple(each for part in parts for each in part.panels),
        tuple(each for part in parts for each in part.boxes),
        (*(each for part in parts for each in part.lines), *lines),
        tuple(each for part in parts for each in part.words),
    )
