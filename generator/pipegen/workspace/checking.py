"""Comparing what stands on disk with what would be written, without writing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from pipegen.diagnostics import Diagnostic
from pipegen.header import Header, read_header
from pipegen.workspace.findings import finding
from pipegen.workspace.outputs import Standing, Verdict, case_collisions, foreign, judge, look_at, newer
from pipegen.workspace.pruning import Selection, surplus, surplus_finding


def check(root: Path, expected: Mapping[str, str], selection: Selection) -> tuple[Diagnostic, ...]:
    """What differs below `root` from the files of the selection, each finding with the command that mends it."""
    found = (*check_texts(root, expected, selection), *check_paths(root, expected, selection))
    return tuple(sorted(found, key=lambda diagnostic: diagnostic.sort_key))


def check_texts(root: Path, expected: Mapping[str, str], selection: Selection) -> Iterator[Diagnostic]:
    """What differs from some files of the selection; of one spec after the other, their texts need not be kept."""
    standings, refused = look_at(root, expected)
    yield from refused
    for standing in standings:
        yield from _difference(standing, expected[standing.path], selection)


def check_paths(root: Path, expected: Collection[str], selection: Selection) -> Iterator[Diagnostic]:
    """What only all paths of the selection together show: that two would be one file, and files that nothing makes."""
    yield from case_collisions(expected)
    for path, header in surplus(root, expected, selection):
        yield surplus_finding(path, header, selection)


def _difference(standing: Standing, expected: str, selection: Selection) -> Iterator[Diagnostic]:
    verdict = judge(standing, expected)
    if verdict is Verdict.SAME:
        return
    made = read_header(expected)
    if not isinstance(made, Header):
        raise TypeError(f"{standing.path} is to be written without a header")
    match verdict:
        case Verdict.FOREIGN:
            yield foreign(standing)
        case Verdict.NEWER:
            yield newer(standing)
        case Verdict.MISSING:
            message = f"is missing: {made.spec} makes it for {made.target}"
            yield finding(standing.path, "PG411", message, f"run: {selection.command(made.spec)}")
        case Verdict.EDITED:
            command = selection.command("--overwrite-edited", made.spec)
            hint = f"move the change into {made.spec}, then run: {command}"
            yield finding(standing.path, "PG413", "was edited by hand after it was generated", hint)
        case Verdict.STALE:
            message = f"is stale: {_reason(standing, made)}"
            yield finding(standing.path, "PG410", message, f"run: {selection.command(made.spec)}")


def _reason(standing: Standing, made: Header) -> str:
    if isinstance(standing.header, Header) and standing.header.inputs == made.inputs:
        return "pipegen.toml has changed since it was written, or this pipegen writes it differently"
    return f"{made.spec} or another of its inputs has changed since it was written"
