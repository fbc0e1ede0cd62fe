"""Generated files that nothing makes any more: finding them and taking them away."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipegen.config import CONFIG_FILE
from pipegen.diagnostics import Diagnostic, Refused
from pipegen.header import COMMENTS, LONGEST_HEADER, OPENING, Header, NewerHeader, Origin, is_portable, read_origin
from pipegen.workspace.findings import finding, unusable
from pipegen.workspace.outputs import Standing, foreign, is_inside, look, newer
from pipegen.workspace.writing import edited

_OPENINGS = tuple(f"{comment} {OPENING} ".encode() for comment in COMMENTS)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a run is about, and so which generated files it may call surplus.

    `specs` and `targets` (None: all of them) are those whose files were all rendered: a spec with errors is not among
    them. `root` is where specs are, whatever root their outputs have. `folders` are the targets' output folders,
    searched with the folders in them; "." is the root alone. `options` are the options of `pipegen render` to repeat in
    a command.
    """

    root: Path
    specs: frozenset[str]
    targets: frozenset[str] | None
    folders: tuple[str, ...]
    all_specs: bool = False
    options: tuple[str, ...] = ()

    def covers(self, origin: Origin) -> bool:
        gone = self.all_specs and _is_gone(self.root / origin.spec)
        return (self.targets is None or origin.target in self.targets) and (gone or origin.spec in self.specs)

    def command(self, *arguments: str) -> str:
        """The files of the repository as a whole are rendered with all specs, so their source is not named."""
        return shlex.join(["pipegen", "render", *self.options, *(each for each in arguments if each != CONFIG_FILE)])


def _is_gone(place: Path) -> bool:
    """Whether nothing stands there; behind a folder that cannot be read, something may."""
    try:
        os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


@dataclass(frozen=True, slots=True)
class Pruned:
    """What `prune` took away, sorted, and what it left and why."""

    removed: tuple[str, ...]
    refused: tuple[Diagnostic, ...]


def generated_files(
    root: Path, folders: Sequence[str], apart_from: Collection[str] = ()
) -> Iterator[tuple[str, Origin]]:
    """Every file with a header below the folders, sorted by path; links and what cannot be read are passed over."""
    inside = [folder for folder in folders if is_inside(root, folder)]
    found = {path for folder in inside for path in _regular_files(root, folder)}
    for path in sorted(found.difference(apart_from)):
        origin = _origin(root / path) if is_portable(path) else None
        if origin:
            yield path, origin


def surplus(root: Path, expected: Collection[str], selection: Selection) -> Iterator[tuple[str, Header]]:
    """Generated files of the selection that are not among the expected paths."""
    by_case = {path.casefold(): path for path in expected}
    for path, origin in generated_files(root, selection.folders, apart_from=expected):
        if selection.covers(origin) and not _is_same_file(root, path, by_case.get(path.casefold())):
            with suppress(Refused):
                header = look(root, path).header
                if isinstance(header, Header):
                    yield path, header


def prune(root: Path, paths: Iterable[str]) -> Pruned:
    """Take away generated files, and folders that become empty by it; what was edited or not generated stays."""
    removed: list[str] = []
    refused: list[Diagnostic] = []
    for path in sorted(set(paths)):
        try:
            _remove(root, path)
            removed.append(path)
        except Refused as error:
            refused += error.diagnostics
    return Pruned(tuple(removed), tuple(refused))


def surplus_finding(path: str, header: Header, selection: Selection) -> Diagnostic:
    """PG412, with the command that takes the file away."""
    command = selection.command("--prune", *({header.spec} & selection.specs))
    if header.edited:
        hint = "it was edited by hand, so --prune leaves it: move the change elsewhere and delete it"
    else:
        hint = f"run: {command}"
    return finding(path, "PG412", f"is surplus: {header.spec} no longer makes it for {header.target}", hint)


def _remove(root: Path, path: str) -> None:
    reason = _reason_to_keep(look(root, path))
    if reason:
        raise Refused([reason])
    try:
        (root / path).unlink(missing_ok=True)
    except OSError as error:
        raise Refused([unusable(path, "deleted", error)]) from error
    folder = (root / path).parent
    with suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def _reason_to_keep(standing: Standing) -> Diagnostic | None:
    match standing:
        case Standing(text=None):
            return None
        case Standing(header=None):
            return foreign(standing)
        case Standing(header=NewerHeader()):
            return newer(standing)
        case Standing(header=Header(edited=True)):
            return edited(standing)
    return None


def _regular_files(root: Path, folder: str) -> Iterator[str]:
    with suppress(OSError), os.scandir(root / folder) as entries:
        for entry in entries:
            path = entry.name if folder == "." else f"{folder}/{entry.name}"
            if entry.is_file(follow_symlinks=False):
                yield path
            elif folder != "." and entry.is_dir(follow_symlinks=False):
                yield from _regular_files(root, path)


def _origin(place: Path) -> Origin | None:
    with suppress(OSError), place.open("rb", buffering=0) as file:
        beginning = file.read(LONGEST_HEADER)
        return read_origin(beginning.decode("utf-8", "replace")) if beginning.startswith(_OPENINGS) else None
    return None


def _is_same_file(root: Path, path: str, other: str | None) -> bool:
    """Whether both name one file, as they do on file systems that ignore case."""
    with suppress(OSError):
        return other is not None and (root / path).samefile(root / other)
    return False
