"""Text for people and terminals: nothing in it acts, and no address in it carries a password."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

_SECRET = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def printable(text: str) -> str:
    """`text` on one line, without what a terminal or a CI system's log would act upon."""
    shown = "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)
    # Azure obeys `##vso[...]` and GitHub `##[...]` anywhere in a line of output.
    return shown.replace("##", "#\\x23")


def address(uri: str) -> str:
    """A URI as it may be shown."""
    return _SECRET.sub("***", uri)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of aligned columns."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def written(lines: Iterable[str], stream: TextIO | None) -> bool:
    """Print lines with what the stream cannot encode escaped; whether they got through."""
    text = "".join(f"{line}\n" for line in lines)
    if stream is None or not text:
        return True
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError:
        # Python flushes once more at its end, and a second failure there would exit with a code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True
