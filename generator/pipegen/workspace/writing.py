"""Writing the files of one spec: all of them or none, and never over another hand's work."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipegen.diagnostics import Diagnostic, Refused
from pipegen.header import Header, read_header
from pipegen.workspace.findings import finding, unusable
from pipegen.workspace.outputs import Standing, Verdict, examine, foreign, judge, newer


@dataclass(frozen=True, slots=True)
class Written:
    """What `write` did to each path, sorted."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """A file about to change: its new text and a copy of the old one wait beside it, so no step needs more space."""

    path: str
    place: Path
    new: Path
    old: Path | None


def write(root: Path, files: Mapping[str, str], *, overwrite_edited: bool = False) -> Written:
    """Make the files of one spec stand below `root`, which need not exist yet.

    `files` maps a relative POSIX path to the whole text with its header. A file is replaced in one step, and only when
    its text differs. `Refused`: every file is as it was before.
    """
    _require_headers(files)
    standings, refused = examine(root, files)
    verdicts = {standing.path: judge(standing, files[standing.path]) for standing in standings}
    for standing in standings:
        refused += _kept(standing, verdicts[standing.path], overwrite_edited=overwrite_edited)
    if refused:
        raise Refused(refused)
    unchanged = tuple(path for path, verdict in verdicts.items() if verdict is Verdict.SAME)
    written = tuple(path for path in verdicts if path not in unchanged)
    write_together(root, {path: files[path] for path in written})
    return Written(written, unchanged)


def edited(standing: Standing) -> Diagnostic:
    """PG402: what stands here was generated and then changed by hand."""
    spec = standing.header.spec if isinstance(standing.header, Header) else "the spec"
    hint = f"move the change into {spec} and delete this file, or lose the change with --overwrite-edited"
    return finding(standing.path, "PG402", "was edited by hand after it was generated, so it is left alone", hint)


def _kept(standing: Standing, verdict: Verdict, *, overwrite_edited: bool) -> Iterator[Diagnostic]:
    match verdict:
        case Verdict.FOREIGN:
            yield foreign(standing)
        case Verdict.NEWER:
            yield newer(standing)
        case Verdict.EDITED if not overwrite_edited:
            yield edited(standing)


def _require_headers(files: Mapping[str, str]) -> None:
    for path, text in files.items():
        header = read_header(text)
        if not isinstance(header, Header) or header.edited:
            raise ValueError(f"{path} has no valid header, so pipegen could never write it again")


def write_together(root: Path, files: Mapping[str, str]) -> None:
    """Every file or none, each replaced in one step; `Refused` when the system does not let it."""
    changes = [_planned(root, path) for path in files]
    folders = _missing_folders(changes)
    try:
        _stage_all(changes, files)
        _replace_all(changes)
    except BaseException:
        for folder in folders:
            with suppress(OSError):
                folder.rmdir()
        raise


def _planned(root: Path, path: str) -> _Change:
    place = root / path
    waiting = place.with_name(f".pipegen-{os.urandom(8).hex()}")
    return _Change(path, place, waiting.with_suffix(".new"), waiting.with_suffix(".old") if place.exists() else None)


def _missing_folders(changes: Sequence[_Change]) -> list[Path]:
    """The folders that writing will make, innermost first."""
    missing = {folder for change in changes for folder in change.place.parents if not folder.exists()}
    return sorted(missing, key=lambda folder: len(folder.parts), reverse=True)


def _stage_all(changes: Sequence[_Change], files: Mapping[str, str]) -> None:
    for change in changes:
        try:
            _stage(change, files[change.path])
        except BaseException as error:
            for staged in changes:
                _discard(staged)
            if isinstance(error, OSError):
                raise Refused([unusable(change.path, "written", error)]) from error
            raise


def _stage(change: _Change, text: str) -> None:
    change.place.parent.mkdir(parents=True, exist_ok=True)
    with change.new.open("xb") as file:
        file.write(text.encode())
    if change.old:
        mode = stat.S_IMODE(change.place.stat().st_mode)
        with change.old.open("xb") as file:
            file.write(change.place.read_bytes())
        change.old.chmod(mode)
        change.new.chmod(mode)


def _replace_all(changes: Sequence[_Change]) -> None:
    for change in changes:
        try:
            change.new.replace(change.place)
        except BaseException as error:
            stuck = [diagnostic for replaced in changes for diagnostic in _put_back(replaced)]
            if isinstance(error, OSError):
                raise Refused([unusable(change.path, "written", error), *stuck]) from error
            raise
    for change in changes:
        _discard(change)


def _put_back(change: _Change) -> Iterator[Diagnostic]:
    """Undo one change, whether it had come to its replacement or not; PG408 when the system does not let it."""
    try:
        if change.new.exists():
            _discard(change)
        elif change.old:
            change.old.replace(change.place)
        else:
            change.place.unlink()
    except OSError as error:
        hint = f"its earlier text is in {change.old}" if change.old else "delete it"
        yield finding(change.path, "PG408", f"has its new text and could not be put back: {error.strerror}", hint)


def _discard(change: _Change) -> None:
    # A copy that cannot be removed spoils no output, and what went wrong before it is what a person must hear.
    for waiting in (change.new, change.old):
        if waiting:
            with suppress(OSError):
                waiting.unlink()
