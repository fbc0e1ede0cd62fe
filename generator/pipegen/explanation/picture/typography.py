"""How wide a text is and how it breaks into lines, without a font at hand: an estimate on the safe side."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[]{}\"`/\\ "), frozenset("mwMW@%&—")
_ROOM = 1.06
"""Fonts differ: what is drawn may be this much wider than Helvetica."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """In the unit of `size`, the height of the font."""
    return sum(_share(character) for character in text) * size * _ROOM * (1.07 if bold else 1.0)


def _share(character: str) -> float:
    """Of the font's height."""
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.9
    return 0.72 if character.isupper() or not character.isascii() else 0.56


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    """Lines that fit into `room`, broken between words, and within a word that alone is wider."""
    lines = [""]
    for word in text.split():
        for part in _parts(word, room, size, bold=bold):
            longer = f"{lines[-1]} {part}".strip()
            if width(longer, size, bold=bold) <= room:
                lines[-1] = longer
            else:
                lines.append(part)
    return tuple(line for line in lines if line)


def _parts(word: str, room: float, size: float, *, bold: bool) -> Iterator[str]:
    start = 0
    for end in range(1, len(word) + 1):
        if end - start > 1 and width(word[start:end], size, bold=bold) > room:
            yield word[start : end - 1]
            start = end - 1
    yield word[start:]


def printable(text: str) -> str:
    """On one line, with a mark in place of what has no look: XML cannot hold some of it, and some reverses text."""
    shown = (
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in " ".join(text.split())
    )
    return "".join(shown)
