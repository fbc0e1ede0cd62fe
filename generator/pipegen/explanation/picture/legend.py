"""The legend of a drawing: a sample of each kind, and beside it what it means."""

from __future__ import annotations

from dataclasses import replace

from pipegen.explanation.picture.chains import boxed, of_box
from pipegen.explanation.picture.lanes import MARGIN
from pipegen.explanation.picture.meanings import ENTRIES, RULE, TITLE
from pipegen.explanation.picture.shapes import Box, Group, Words, grouped
from pipegen.explanation.picture.typography import wrapped

_SAMPLE, _COLUMNS, _GAP, _SIZE, _LEADING = 118.0, 4, 16.0, 11.5, 15.0


def legend(width: float) -> Group:
    """In columns over the whole width."""
    column = (width - 2 * MARGIN) / _COLUMNS
    heading = Words(MARGIN, 18, TITLE, 15, bold=True)
    parts = [Group(0, 0, 0, words=(heading,))]
    top = height = 36.0
    for number, (node, meaning) in enumerate(ENTRIES):
        position = number % _COLUMNS
        top = top if position else height
        entry = _entry(boxed(node, _SAMPLE), meaning, column - _SAMPLE - 2 * _GAP)
        parts.append(entry.moved(MARGIN + position * column, top))
        height = max(height, top + entry.height + _GAP)
    rule = _text(RULE, width - 2 * MARGIN).moved(MARGIN, height)
    return grouped((*parts, rule), width, height + rule.height + MARGIN, 0)


def _entry(sample: Box, meaning: str, room: float) -> Group:
    words = _text(meaning, room)
    height = max(sample.height, words.height)
    placed = of_box(replace(sample, y=(height - sample.height) / 2))
    return grouped((placed, words.moved(_SAMPLE + 12, (height - words.height) / 2)), room, height, 0)


def _text(text: str, room: float) -> Group:
    lines = wrapped(text, room, _SIZE)
    words = tuple(Words(0, 11 + _LEADING * row, line, _SIZE, muted=True) for row, line in enumerate(lines))
    return Group(room, _LEADING * len(lines), 0, words=words)
