"""Which files a commit still lacks, and the command that adds them."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from pipegen.header import Header, read_header
from pipegen.onboarding.git import Entry, below_toplevel, git, not_in_index

_MOST_FILES = 12
"""More files than these are named by folders, because a command of thousands of words cannot be pasted."""


def advice(root: Path, folders: Collection[str], ours: Collection[str], *, changed: bool) -> str:
    """What to tell a person whose commit would not have `ours` as they are now; empty if it would.

    `ours` are paths of files that exist and of files that are gone, some of them just now if `changed`.
    """
    commands = lacking(root, folders, ours)
    if commands:
        told = "The commit lacks generated files as they are now. Add them, then commit again:"
        return "\n  ".join((told, *commands))
    if changed and commands is None:
        return "Files have changed. There is no git repository here, so there is nothing to add them to."
    return "Files have changed, and git's index has them as they are now: commit again." if changed else ""


def lacking(root: Path, folders: Collection[str], ours: Collection[str]) -> tuple[str, ...] | None:
    """The commands that put files into git's index as they stand; none when all are in it, None outside git.

    A generated file that an earlier run deleted, and that the index still has, is ours too.
    """
    # Asking for the whole working tree would list all that it ignores, such as the files of installed packages.
    searched = [folder for folder in folders if folder != "."]
    at_root = [path for path in ours if "/" not in path]
    prefix, entries = below_toplevel(root), not_in_index(root, [*searched, *at_root])
    if prefix is None or entries is None:
        return None
    deleted = (entry.path for entry in entries if entry.gone and _was_generated(root, entry.path))
    roots = [prefix + folder for folder in searched]
    return tuple(additions(entries, [*(prefix + path for path in ours), *deleted], roots))


def _was_generated(root: Path, path: str) -> bool:
    return isinstance(read_header(git(root, "show", f":{path}") or ""), Header)


def additions(entries: Collection[Entry], ours: Collection[str], roots: Collection[str]) -> Iterator[str]:
    """`git add` for those of the entries that are ours, from whatever folder of the repository it is started.

    `entries` are all below the roots.
    """
    known = frozenset(ours)
    foreign = [entry.path for entry in entries if entry.path not in known]
    # Without --force git leaves out what it ignores, and a pipeline that is not committed never runs.
    for verb, ignored in (("add", False), ("add --force", True)):
        paths = sorted(entry.path for entry in entries if entry.path in known and entry.ignored is ignored)
        if paths:
            yield _command(verb, paths if len(paths) <= _MOST_FILES else _by_folders(paths, foreign, roots))


def _by_folders(paths: Collection[str], foreign: Collection[str], roots: Collection[str]) -> list[str]:
    """The largest folders within the roots that hold ours alone among all that changed; files where none does."""
    mixed = {folder for path in foreign for folder in PurePosixPath(path).parents}
    found = [_widest(PurePosixPath(path), mixed, set(map(PurePosixPath, roots))) for path in paths]
    return list(dict.fromkeys(str(path) for path in found))


def _widest(path: PurePosixPath, mixed: set[PurePosixPath], roots: set[PurePosixPath]) -> PurePosixPath:
    within = [folder for folder in path.parents if roots & {folder, *folder.parents}]
    return next((folder for folder in reversed(within) if folder not in mixed), path)


def _command(verb: str, paths: Collection[str]) -> str:
    # `:/` begins at the root of the working tree, and a hook's reader may stand in any folder of it.
    return f"git {verb} -- {' '.join(shlex.quote(f':/{path}') for path in paths)}"
