"""What git knows about a repository; None wherever git or the repository is missing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """A path, from the root of the working tree, whose state there is not the one of the index."""

    path: str
    ignored: bool = False
    gone: bool = False


def git(folder: Path, *arguments: str) -> str | None:
    """What a git command prints; None if it fails or there is no git."""
    command = ["git", "--literal-pathspecs", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
    except OSError:
        return None
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


def toplevel(folder: Path) -> Path | None:
    """The root of the working tree that a folder is in."""
    found = git(folder, "rev-parse", "--show-toplevel")
    return Path(found.removesuffix("\n")) if found else None


def below_toplevel(folder: Path) -> str | None:
    """The folder as a path from the root of the working tree, empty or ending with a slash."""
    found = git(folder, "rev-parse", "--show-prefix")
    return None if found is None else found.removesuffix("\n")


def not_in_index(root: Path, folders: Iterable[str]) -> tuple[Entry, ...] | None:
    """What below the folders would not be committed as it stands now."""
    options = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignored=traditional")
    listed = git(root, "status", *options, "--", *folders)
    if listed is None:
        return None
    lines = (line for line in listed.split("\0") if line and line[1] != " ")
    return tuple(Entry(line[3:], ignored=line[1] == "!", gone=line[1] == "D") for line in lines)
