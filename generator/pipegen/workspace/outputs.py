"""What stands at the places of generated files now, and how it compares with what belongs there."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import FileIO
from pathlib import Path, PurePath, PurePosixPath

from pipegen.diagnostics import Diagnostic, Refused
from pipegen.header import Header, NewerHeader, is_portable, normalised, read_header
from pipegen.workspace.findings import finding, unusable

_LARGEST_FILE = 10_000_000
_WAY_OUT = "move it away or delete it, then render again"
_Trouble = tuple[str, str, str]
"""Code, message and hint."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at an output's place: nothing when `text` is None, else a file, its line ends normalised."""

    path: str
    text: str | None

    @property
    def header(self) -> Header | NewerHeader | None:
        return read_header(self.text or "")


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


def examine(root: Path, paths: Collection[str]) -> tuple[list[Standing], list[Diagnostic]]:
    """What stands at all the paths, sorted, and what is wrong with them, one by one and together."""
    standings, refused = look_at(root, paths)
    return standings, [*case_collisions(paths), *refused]


def look_at(root: Path, paths: Iterable[str]) -> tuple[list[Standing], list[Diagnostic]]:
    """What stands at all the paths, sorted, and what is wrong with those that cannot be used."""
    standings: list[Standing] = []
    refused: list[Diagnostic] = []
    ground = Ground(root)
    for path in sorted(paths):
        try:
            standings.append(ground.look(path))
        except Refused as error:
            refused += error.diagnostics
    return standings, refused


def look(root: Path, path: str) -> Standing:
    """What stands at an output's place; `Refused` when the place cannot be used."""
    return Ground(root).look(path)


class Ground:
    """What is below a root: each folder is looked at once, for most files share theirs with others."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, _Trouble | None] = {}

    def look(self, path: str) -> Standing:
        """What stands at an output's place; `Refused` when the place cannot be used.

        Bytes that are not UTF-8 stay distinct in its text, so such a file never equals a generated one.
        """
        content = self.content(path)
        return Standing(path, None if content is None else normalised(content.decode("utf-8", "surrogateescape")))

    def content(self, path: str) -> bytes | None:
        """The bytes of the file at an output's place, None where nothing stands; `Refused` as above."""
        if not is_portable(path):
            hint = "a relative path with / between its parts and without .. in it"
            raise Refused([finding(path, "PG403", "is not a plain path below the root", hint)])
        try:
            trouble = self._folder(path.rpartition("/")[0])
            if trouble:
                raise Refused([finding(path, *trouble)])
            status = _status(f"{self._root}/{path}")
            if status and not stat.S_ISREG(status.st_mode):
                raise Refused([_no_file(path, status.st_mode)])
            return _content(f"{self._root}/{path}", status.st_size) if status else None
        except OSError as error:
            raise Refused([unusable(path, "read", error)]) from error

    def _folder(self, folder: str) -> _Trouble | None:
        if folder not in self._folders:
            self._folders[folder] = self._folder_trouble(PurePosixPath(folder))
        return self._folders[folder]

    def _folder_trouble(self, folder: PurePosixPath) -> _Trouble | None:
        if not is_inside(self._root, folder.as_posix()):
            return "PG403", "lies behind a link that leaves the root", "replace the link by a folder"
        for parent in reversed((folder, *folder.parents[:-1])):
            place = self._root / parent
            if place.exists() and not place.is_dir():
                return "PG405", f"{parent} is a file where a folder is needed", _WAY_OUT
        return None


def _status(place: str) -> os.stat_result | None:
    try:
        return os.lstat(place)
    except FileNotFoundError:
        return None


def _no_file(path: str, mode: int) -> Diagnostic:
    if stat.S_ISLNK(mode):
        return finding(path, "PG403", "is a link, and writing would replace it", _WAY_OUT)
    return finding(path, "PG405", "is not a file", _WAY_OUT)


def _content(place: str, size: int) -> bytes:
    with FileIO(place) as file:
        return file.read(min(size, _LARGEST_FILE))


def foreign(standing: Standing) -> Diagnostic:
    """PG401: what stands here has no header."""
    conflict = "<<<<<<< " in (standing.text or "")
    hint = "settle the merge conflict in the spec, delete this file and render again" if conflict else _WAY_OUT
    return finding(standing.path, "PG401", "does not open with pipegen's header, so it is left alone", hint)


def newer(standing: Standing) -> Diagnostic:
    """PG407: what stands here was written by a pipegen that knows more."""
    hint = "use the pipegen that this repository requires"
    return finding(standing.path, "PG407", "has a header that only a newer pipegen can read, so it is left alone", hint)


def is_inside(root: Path, folder: str) -> bool:
    """Whether a folder is below the root, or the root itself, whatever links there are, and not in `.git`."""
    real_root, real = os.path.realpath(root), PurePath(os.path.realpath(root / folder))
    return real.is_relative_to(real_root) and ".git" not in real.relative_to(real_root).parts


def case_collisions(paths: Iterable[str]) -> Iterator[Diagnostic]:
    """PG404: two of the paths would be one file where case does not count."""
    first: dict[str, str] = {}
    for path in sorted(paths):
        other = first.setdefault(path.casefold(), path)
        if other != path:
            message = f"differs only by case from {other}, and many file systems hold one of the two"
            yield finding(
                path, "PG404", message, "give the two models or pipelines names that differ in more than case"
            )
