"""What a person or a program gets to see: printed lines, files that are written as a whole, pages that grow."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from pipegen.ledger.entries import LedgerError


def say(lines: Iterable[str]) -> None:
    """Print lines; what the stream cannot encode is escaped."""
    if not _shown("".join(f"{line}\n" for line in lines), sys.stdout):
        raise LedgerError("the output could not be written")


def say_json(text: str) -> None:
    """Print a JSON text; it keeps its meaning, and no CI system finds a command in it."""
    # Azure obeys `##vso[...]` and GitHub `##[...]` anywhere in a line of output.
    say([text.replace("##", "#\\u0023")])


def warn(text: str) -> None:
    """Print a line for people, beside the output."""
    _shown(f"{text}\n", sys.stderr)


def write(path: Path, text: str) -> None:
    """Put `text` at `path` as a whole or not at all."""
    whole = Path(os.path.realpath(path))
    part = whole.parent / f".{whole.name}.{os.getpid()}.part"
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        if whole.exists() and not whole.is_file():
            # A pipe or a device is written to: replacing it would take it away from everybody.
            whole.write_text(text, "utf-8")
            return
        part.write_text(text, "utf-8", newline="\n")
        part.replace(whole)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LedgerError(f"{path} cannot be written: {error.strerror}") from error


def extend(path: Path, lines: Iterable[str]) -> None:
    """Put lines at the end of a page that others write to as well."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write("".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise LedgerError(f"{path} cannot be written: {error.strerror}") from error


def _shown(text: str, stream: TextIO | None) -> bool:
    if stream is None:
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
