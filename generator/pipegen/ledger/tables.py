"""Tables for a terminal and for Markdown, out of texts that nobody has looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipegen.printing import printable

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~/?=&%:+-]+")
# What would make a list, a quotation or a heading of a line.
_AT_START = re.compile(r"^[-+=>]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")

Row = Sequence[str]

_WIDEST_CELL = 120
# A pipe becomes an entity: renderers split a table into cells before they read escapes, and differ on `\\|`.
_MARKDOWN = str.maketrans({"|": "&#124;"} | {mark: f"\\{mark}" for mark in "\\`*_[]<~&$#!@"})


def in_markdown(text: str, longest: int = 1_000) -> str:
    """`text` as a cell or a line that says in Markdown what it says in plain."""
    shown = printable(text)
    whole = shown if len(shown) <= longest else f"{shown[: longest - 3]}..."
    return f"<{whole}>" if _ADDRESS.fullmatch(whole) else whole.translate(_MARKDOWN)


def prose_in_markdown(text: str) -> list[str]:
    """Lines of a quotation, each as plain text on a line of its own."""
    lines = [_AT_START.sub(r"\\\g<0>", in_markdown(line.strip())) for line in text.splitlines()]
    following = [*lines[1:], ""]
    return [
        f"> {line}{chr(92) if line and after else ''}".rstrip(" ") for line, after in zip(lines, following, strict=True)
    ]


def table_in_markdown(heading: Row, rows: Sequence[Row]) -> list[str]:
    lines = [heading, ["---"] * len(heading), *([in_markdown(cell) or "-" for cell in row] for row in rows)]
    return ["", *(f"| {' | '.join(line)} |" for line in lines), ""]


def table_in_text(heading: Row, rows: Sequence[Row], indent: str = "") -> list[str]:
    """Aligned columns; a cell that says nothing shows a hyphen."""
    table = [[_clipped(cell) or "-" for cell in row] for row in [heading, *rows]]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    return [
        indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _clipped(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _WIDEST_CELL else f"{shown[: _WIDEST_CELL - 3]}..."
