"""A picture as SVG: one file that needs no other, with text as text."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pipegen.explanation.picture.chains import BODY, LEADING, TITLE
from pipegen.explanation.picture.lanes import page
from pipegen.explanation.picture.legend import legend
from pipegen.explanation.picture.shapes import Box, Group, Line, Panel, Point, Words, grouped
from pipegen.explanation.picture.typography import printable
from pipegen.explanation.picture.values import Kind, Lane, Picture

_INK, _MUTED, _PAPER = "#1f2933", "#52606d", "#ffffff"
_LOOKS = {
    Kind.WORK: ("#ffffff", "#9aa5b1", _INK),
    Kind.CHANGE: ("#e1eefb", "#2b6cb0", _INK),
    Kind.GATE: ("#e3f5ea", "#2f855a", _INK),
    Kind.APPROVAL: ("#fff3d1", "#b7791f", _INK),
    Kind.RECORD: ("#ffffff", "#52606d", _INK),
    Kind.BACK: ("#fdeceb", "#c53030", _INK),
    Kind.ALWAYS: ("#ffffff", "#7b8794", _INK),
    Kind.BRANCH: ("#243b53", "#243b53", "#ffffff"),
    Kind.MERGE: ("#ffffff", "#243b53", _INK),
    Kind.START: ("#486581", "#486581", "#ffffff"),
}
"""What fills a box, its border, its words."""

_STROKES = {Kind.WORK: "#52606d", Kind.BACK: "#c53030", Kind.ALWAYS: "#7b8794"}
_DASHED = {Kind.BACK, Kind.ALWAYS}
_CORNER = {Kind.APPROVAL: 16.0, Kind.BRANCH: 18.0, Kind.START: 18.0}
_HEAD = 7.0


def as_svg(picture: Picture) -> str:
    """The whole file, ending with a newline."""
    drawn = drawing(picture)
    root = _root(picture, drawn.width, drawn.height)
    for part in _parts(drawn):
        root.append(part)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def drawing(picture: Picture) -> Group:
    """Everything in its place, the legend below."""
    drawn = page(picture)
    below = legend(drawn.width).moved(0, drawn.height)
    return grouped((drawn, below), drawn.width, drawn.height + below.height, 0)


def _root(picture: Picture, width: float, height: float) -> Element:
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": _number(width),
            "height": _number(height),
            "viewBox": f"0 0 {_number(width)} {_number(height)}",
            "role": "img",
            "aria-labelledby": "picture-title picture-description",
            "font-family": "Helvetica, Arial, sans-serif",
        },
    )
    SubElement(root, "title", {"id": "picture-title"}).text = printable(picture.title)
    SubElement(root, "desc", {"id": "picture-description"}).text = " ".join(_told(lane) for lane in picture.lanes)
    root.append(_element("rect", width=width, height=height, fill=_PAPER))
    return root


def _told(lane: Lane) -> str:
    """A lane for those who cannot see it."""
    nodes = (", ".join((*node.titles, *node.lines)) for node in lane.nodes)
    return printable("; then ".join(nodes)) + "."


def _parts(group: Group) -> Iterator[Element]:
    yield from (_panel(each) for each in group.panels)
    for line in group.lines:
        yield from _line(line)
    for box in group.boxes:
        yield from _box(box)
    yield from (_words(each) for each in group.words)


def _panel(panel: Panel) -> Element:
    place = {"x": panel.x, "y": panel.y, "width": panel.width, "height": panel.height}
    return _element("rect", **place, rx=8.0, fill="#f5f7fa", stroke="#cbd2d9")


def _words(words: Words) -> Element:
    return _text(words.text, words.x, words.y, words.size, _MUTED if words.muted else _INK, bold=words.bold)


def _text(text: str, x: float, y: float, size: float, fill: str, *, bold: bool, anchor: str = "") -> Element:
    element = _element("text", x=x, y=y, font_size=size, fill=fill)
    if bold:
        element.set("font-weight", "bold")
    if anchor:
        element.set("text-anchor", anchor)
    element.text = text
    return element


# ---------------------------------------------------------------- lines


def _line(line: Line) -> Iterator[Element]:
    stroke = _STROKES[line.kind]
    points = line.points
    if line.arrow:
        yield _element("path", d=_head(points[-2], points[-1]), fill=stroke)
        points = (*points[:-1], _shortened(points[-2], points[-1]))
    path = _element("path", d=_path(points), fill="none", stroke=stroke, stroke_width=1.5)
    if line.kind in _DASHED:
        path.set("stroke-dasharray", "5 4")
    yield path


def _path(points: tuple[Point, ...]) -> str:
    return "M" + " L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _direction(start: Point, end: Point) -> Point:
    """Lines run along the axes, so one of the two numbers is 0."""
    x, y = end[0] - start[0], end[1] - start[1]
    return (x > 0) - (x < 0), (y > 0) - (y < 0)


def _shortened(start: Point, end: Point) -> Point:
    x, y = _direction(start, end)
    return end[0] - x * _HEAD, end[1] - y * _HEAD


def _head(start: Point, end: Point) -> str:
    x, y = _direction(start, end)
    back, side = _shortened(start, end), _HEAD / 2
    corners = (end, (back[0] + y * side, back[1] + x * side), (back[0] - y * side, back[1] - x * side))
    return f"{_path(corners)} Z"


# ---------------------------------------------------------------- boxes


def _box(box: Box) -> Iterator[Element]:
    fill, stroke, ink = _LOOKS[box.kind]
    shape = _shape(box)
    shape.set("fill", fill)
    shape.set("stroke", stroke)
    shape.set("stroke-width", "1.5")
    if box.kind in _DASHED:
        shape.set("stroke-dasharray", "5 4")
    yield shape
    if box.kind is Kind.APPROVAL:
        yield from _person(box.x + 17, box.y + 12, stroke)
    baseline = box.y + 10 + LEADING * 0.75
    for number, line in enumerate((*box.title, *box.lines)):
        heading = number < len(box.title)
        size = TITLE if heading else BODY
        yield _text(line, box.center, baseline + LEADING * number, size, ink, bold=heading, anchor="middle")


def _shape(box: Box) -> Element:
    match box.kind:
        case Kind.GATE:
            tip = 13.0
            corners = (
                (box.x, box.middle),
                (box.x + tip, box.y),
                (box.right - tip, box.y),
                (box.right, box.middle),
                (box.right - tip, box.bottom),
                (box.x + tip, box.bottom),
            )
            return _element("path", d=f"{_path(corners)} Z")
        case Kind.RECORD:
            fold = 12.0
            sheet = (
                (box.x, box.y),
                (box.right - fold, box.y),
                (box.right, box.y + fold),
                (box.right, box.bottom),
                (box.x, box.bottom),
            )
            corner = ((box.right - fold, box.y), (box.right - fold, box.y + fold), (box.right, box.y + fold))
            return _element("path", d=f"{_path(sheet)} Z {_path(corner)}")
        case _:
            place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
            return _element("rect", **place, rx=_CORNER.get(box.kind, 5.0))


def _person(x: float, y: float, fill: str) -> Iterator[Element]:
    """A head and shoulders: people are asked."""
    yield _element("circle", cx=x, cy=y, r=3.6, fill=fill)
    yield _element("path", d=f"M{_number(x - 6.5)} {_number(y + 12)} a6.5 7 0 0 1 13 0 Z", fill=fill)


def _element(tag: str, **attributes: float | str) -> Element:
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    return Element(tag, {key: value if isinstance(value, str) else _number(value) for key, value in named.items()})


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
