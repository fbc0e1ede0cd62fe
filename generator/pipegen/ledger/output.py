"""What a person or a program gets to see: printed lines, files that are written as a whole, pages that grow."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from pipegen.ledger.entries import LedgerError
from pipegen.printing import append, replace, show


def say(lines: Iterable[str]) -> None:
    """Print lines; what the stream cannot encode is escaped."""
    if not show("".join(f"{line}\n" for line in lines), sys.stdout):
        raise LedgerError("the output could not be written")


def say_json(text: str) -> None:
    """Print a JSON text; it keeps its meaning, and no CI system finds a command in it."""
    # Azure obeys `##vso[...]` and GitHub `##[...]` anywhere in a line of output.
    say([text.replace("##", "#\\u0023")])


def warn(text: str) -> None:
    """Print a line for people, beside the output."""
    show(f"{text}\n", sys.stderr)


def write(path: Path, text: str) -> None:
    """Put `text` at `path` as a whole or not at all."""
    try:
        replace(path, text)
    except OSError as error:
        raise LedgerError(f"{path} cannot be written: {error.strerror}") from error


def extend(path: Path, lines: Iterable[str]) -> None:
    """Write lines at the end of a file, which may be there or not."""
    try:
        append(path, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise LedgerError(f"{path} cannot be written: {error.strerror}") from error
