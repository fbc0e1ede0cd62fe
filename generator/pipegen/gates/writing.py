"""Putting what a gate found where people and CI systems look: files that are whole or absent, and the terminal."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from pipegen.gates.report import GateResult, as_json, as_junit, as_markdown, printable


def write_reports(result: GateResult, arguments: argparse.Namespace) -> Iterator[str]:
    """Write every report that is asked for, and yield a line for each that could not be written."""
    reports = (
        (arguments.junit, as_junit, _replace),
        (arguments.json, as_json, _replace),
        (arguments.summary, as_markdown, _append),
    )
    for path, form, write in reports:
        if path is None:
            continue
        try:
            write(path, form(result))
        except (OSError, ValueError) as error:
            yield printable(f"{path}: the report could not be written: {error}") + "\n"


def _replace(path: Path, text: str) -> None:
    """Put `text` at `path` as a whole or not at all."""
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


def _append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


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
