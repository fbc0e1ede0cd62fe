"""Putting what a gate found where people and CI systems look."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipegen.gates.report import GateResult, as_json, as_junit, as_markdown
from pipegen.printing import append, printable, replace


def write_reports(result: GateResult, arguments: argparse.Namespace) -> Iterator[str]:
    """Write every report that is asked for, and yield a line for each that could not be written."""
    reports = (
        (arguments.junit, as_junit, replace),
        (arguments.json, as_json, replace),
        (arguments.summary, as_markdown, append),
    )
    for path, form, write in reports:
        if path is None:
            continue
        try:
            write(path, form(result))
        except (OSError, ValueError) as error:
            yield printable(f"{path}: the report could not be written: {error}") + "\n"
