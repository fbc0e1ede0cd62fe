"""What lies in a file or below a folder: names, kinds and digests, read in pieces however large it is."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipegen.gates.reading import CannotJudgeError


class Kind(StrEnum):
    """What an entry below a folder is, in words for people."""

    FILE = "a file"
    LINK = "a link to a file of the folder"
    FOLDER_LINK = "a link to a folder"
    LEAVING_LINK = "a link that leaves the folder"
    DEAD_LINK = "a link that leads nowhere"
    SPECIAL = "neither a file nor a folder"


READABLE = frozenset({Kind.FILE, Kind.LINK})


@dataclass(frozen=True, slots=True)
class Entry:
    """Anything but a folder; `name` is the path below the folder that was walked, with slashes."""

    name: str
    path: Path
    kind: Kind


def sha256_of(file: Path) -> str:
    """The digest of a regular file, in hexadecimal; a pipe or device is refused without waiting for it."""
    try:
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # noqa: PTH123  (Path.open cannot say O_NONBLOCK)
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise CannotJudgeError(f"{file}: not a regular file")
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise CannotJudgeError(f"{file}: {error.strerror or 'cannot be read'}") from error
    except ValueError as error:
        raise CannotJudgeError(f"not the name of a file: {error}") from error


def entries(folder: Path) -> tuple[Entry, ...]:
    """All that is below a folder, by name; empty folders count as nothing."""
    try:
        root = folder.resolve(strict=True)
        return tuple(sorted(_below(root, root), key=lambda entry: entry.name))
    except (OSError, RuntimeError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        raise CannotJudgeError(f"{folder}: {words or 'cannot be read'}") from error


def _below(folder: Path, root: Path) -> Iterator[Entry]:
    ahead = [folder]
    while ahead:
        with os.scandir(ahead.pop()) as found:
            for each in found:
                path = Path(each.path)
                if each.is_dir(follow_symlinks=False):
                    ahead.append(path)
                else:
                    yield Entry(path.relative_to(root).as_posix(), path, _kind(each, path, root))


def _kind(entry: os.DirEntry[str], path: Path, root: Path) -> Kind:
    if entry.is_symlink():
        return _kind_of_link(path, root)
    return Kind.FILE if entry.is_file(follow_symlinks=False) else Kind.SPECIAL


def _kind_of_link(path: Path, root: Path) -> Kind:
    try:
        end = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return Kind.DEAD_LINK
    if not end.is_relative_to(root):
        return Kind.LEAVING_LINK
    if end.is_dir():
        return Kind.FOLDER_LINK
    return Kind.LINK if end.is_file() else Kind.SPECIAL
