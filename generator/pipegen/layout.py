"""Plain text for terminals: paragraphs and tables that keep within a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

GAP = 2
_NARROWEST = 8


def paragraph(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """The text in lines of at most `width`; those after the first begin with `hanging`."""
    following = indent if hanging is None else hanging
    return wrap(
        text, width, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False, break_long_words=False
    )


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, indent: str = "") -> list[str]:
    """Aligned columns; one in which no row says anything is left out, and the widest give way where space is short."""
    kept = [column for column in range(len(headings)) if any(row[column] for row in rows)]
    shown = [[headings[column] for column in kept], *([row[column] for column in kept] for row in rows)]
    widths = _widths(shown, width - len(indent))
    return [indent + line for row in shown for line in _lines(row, widths)]


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Natural widths, narrowed to the longest word where they do not fit, and within words where that is not enough."""
    columns = tuple(zip(*rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    words = [max(_NARROWEST, *(_longest_word(cell) for cell in column)) for column in columns]
    for least in (words, [_NARROWEST] * len(columns)):
        while sum(widths) + GAP * (len(widths) - 1) > width:
            able = [index for index, current in enumerate(widths) if current > least[index]]
            if not able:
                break
            widths[max(able, key=lambda index: widths[index])] -= 1
    return widths


def _longest_word(cell: str) -> int:
    return max((len(word) for word in cell.split()), default=0)


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    cells = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*cells, fillvalue=""):
        padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield (" " * GAP).join(padded).rstrip()


def _wrapped(cell: str, width: int) -> list[str]:
    return wrap(cell, width, break_on_hyphens=False) or [""]
