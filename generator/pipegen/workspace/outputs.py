"""What stands at the places of generated files now, and how it compares with what belongs there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from pipegen.diagnostics import Diagnostic, Refused
from pipegen.header import Header, NewerHeader, is_portable, normalised, read_header
from pipegen.workspace.findings import finding, unusable

_LARGEST_FILE = 10_000_000
_WAY_OUT = "move it away or delete it, then render again"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at an output's place: nothing when `text` is None, else a file, its line ends normalised."""

    path: str
    text: str | None
    header: Header | NewerHeader | None


class Verdict(StrEnum):
    """How what stands in a place compares with what belongs there."""

    SAME = "same"
    MISSING = "missing"
    FOREIGN = "foreign"
    NEWER = "newer"
    EDITED = "edited"
    STALE = "stale"


def judge(standing: Standing, expected: str) -> Verdict:
    match standing:
        case Standing(text=None):
            return Verdict.MISSING
        case Standing(text=text) if text == normalised(expected):
            return Verdict.SAME
        case Standing(header=None):
            return Verdict.FOREIGN
        case Standing(header=NewerHeader()):
            return Verdict.NEWER
        case Standing(header=Header(edited=True)):
            return Verdict.EDITED
    return Verdict.STALE


def examine(root: Path, paths: Iterable[str]) -> tuple[list[Standing], list[Diagnostic]]:
    """What stands at all the paths, in their order, and what is wrong with the paths that cannot be used."""
    standings: list[Standing] = []
    refused = list(_case_collisions(sorted(paths)))
    for path in sorted(paths):
        try:
            standings.append(look(root, path))
        except Refused as error:
            refused += error.diagnostics
    return standings, refused


def look(root: Path, path: str) -> Standing:
    """What stands at an output's place; `Refused` when the place cannot be used."""
    try:
        obstacle = next(_obstacles(root, path), None)
        text = None if obstacle else _text(root / path)
    except OSError as error:
        raise Refused([unusable(path, "read", error)]) from error
    if obstacle:
        raise Refused([obstacle])
    return Standing(path, text, read_header(text or ""))


def foreign(standing: Standing) -> Diagnostic:
    """PG401: what stands here has no header."""
    conflict = "<<<<<<< " in (standing.text or "")
    hint = "settle the merge conflict in the spec, delete this file and render again" if conflict else _WAY_OUT
    return finding(standing.path, "PG401", "does not open with pipegen's header, so it is left alone", hint)


def newer(standing: Standing) -> Diagnostic:
    """PG407: what stands here was written by a pipegen that knows more."""
    hint = "use the pipegen that this repository requires"
    return finding(standing.path, "PG407", "has a header that only a newer pipegen can read, so it is left alone", hint)


def _obstacles(root: Path, path: str) -> Iterator[Diagnostic]:
    if not is_portable(path):
        hint = "a relative path with / between its parts and without .. in it"
        yield finding(path, "PG403", "is not a plain path below the root", hint)
        return
    place = root / path
    if not _leads_inside(root, place.parent):
        yield finding(path, "PG403", "lies behind a link that leaves the root", "replace the link by a folder")
    if place.is_symlink():
        yield finding(path, "PG403", "is a link, and writing would replace it", _WAY_OUT)
    for folder in reversed(PurePosixPath(path).parents[:-1]):
        if (root / folder).exists() and not (root / folder).is_dir():
            yield finding(path, "PG405", f"{folder} is a file where a folder is needed", _WAY_OUT)
    if place.exists() and not place.is_file():
        yield finding(path, "PG405", "is not a file", _WAY_OUT)


def _leads_inside(root: Path, folder: Path) -> bool:
    real_root, real_folder = os.path.realpath(root), Path(os.path.realpath(folder))
    return real_folder.is_relative_to(real_root) and ".git" not in real_folder.relative_to(real_root).parts


def _text(place: Path) -> str | None:
    """The text of a file; bytes that are not UTF-8 stay distinct, so such a file never equals a generated one."""
    if not place.exists():
        return None
    with place.open("rb") as file:
        return normalised(file.read(_LARGEST_FILE).decode("utf-8", "surrogateescape"))


def _case_collisions(paths: list[str]) -> Iterator[Diagnostic]:
    first: dict[str, str] = {}
    for path in paths:
        other = first.setdefault(path.casefold(), path)
        if other != path:
            message = f"differs only by case from {other}, and many file systems hold one of the two"
            yield finding(
                path, "PG404", message, "give the two models or pipelines names that differ in more than case"
            )
