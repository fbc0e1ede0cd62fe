"""What commands that pipelines call show and write: text from outside on a terminal, files that are whole or absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO


def printable(text: str) -> str:
    """`text` on one line, without what a terminal, an XML reader or a CI system's log would act upon."""
    shown = "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)
    # Azure obeys `##vso[...]` and GitHub `##[...]` anywhere in a line of output.
    return shown.replace("##", "#\\x23")


def show(text: str, stream: TextIO | None) -> bool:
    """Print `text` with what the stream cannot encode escaped; whether it got through. A closed stream wants none."""
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


def replace(path: Path, text: str) -> None:
    """Put `text` at `path` as a whole or not at all; raises OSError, and ValueError for a name that no file has."""
    if path.exists() and not path.is_file():
        # A pipe or a device is written to: replacing it would take it away from everybody.
        path.write_text(text, "utf-8")
        return
    whole = Path(os.path.realpath(path))
    whole.parent.mkdir(parents=True, exist_ok=True)
    part = whole.with_name(f".{whole.name}.{os.getpid()}.part")
    try:
        part.write_text(text, "utf-8", newline="\n")
        part.replace(whole)
    finally:
        part.unlink(missing_ok=True)


def append(path: Path, text: str) -> None:
    """Write `text` at the end of `path`; raises OSError, and ValueError for a name that no file has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
