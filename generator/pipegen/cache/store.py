"""Where a cache is on disk, and reading and writing it there: in one piece, sealed, and the user's own."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipegen.cache.entries import Table

_FORMAT = 1


def place_of(root: Path, targets: Sequence[str]) -> Path | None:
    """The file with the entries of a repository; None where no folder is given that lies outside the repository.

    What a commit brings must never be taken for what this program found out.
    """
    folder = _folder(os.environ)
    real = os.path.realpath(root)
    if folder is None or Path(os.path.realpath(folder)).is_relative_to(real):
        return None
    name = hashlib.sha256(os.fsencode("\0".join((real, *targets)))).hexdigest()[:32]
    return folder / f"{name}.json"


def _folder(environment: Mapping[str, str]) -> Path | None:
    own = environment.get("PIPEGEN_CACHE_DIR")
    if own:
        return Path(own).absolute()
    if sys.platform == "win32":
        local = Path(environment.get("LOCALAPPDATA", ""))
        return local / "pipegen" / "Cache" if local.is_absolute() else None
    # The standard of XDG says that a relative path counts as none.
    shared = Path(environment.get("XDG_CACHE_HOME", ""))
    if shared.is_absolute():
        return shared / "pipegen"
    try:
        return Path.home() / ".cache" / "pipegen"
    except RuntimeError:
        return None


def load(place: Path) -> Table | None:
    """What is kept there; None for anything but a whole file of the user's own, sealed by `save`."""
    try:
        content = place.read_bytes() if _is_own_file(place) else b""
    except OSError:
        return None
    seal, _, body = content.partition(b"\n")
    if seal != _seal(body):
        return None
    key, folders, entries = json.loads(body)
    return Table(key, tuple(folders), entries)


def save(place: Path, table: Table) -> str | None:
    """Put the table in the file's place in one step; the reason if the system does not let it."""
    body = json.dumps([table.key, table.folders, table.entries], separators=(",", ":")).encode()
    waiting = place.with_name(f".{os.urandom(8).hex()}")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_seal(body) + b"\n" + body)
        waiting.replace(place)
    except OSError as error:
        with suppress(OSError):
            waiting.unlink()
        return error.strerror or str(error)
    return None


def _seal(body: bytes) -> bytes:
    return f"pipegen cache {_FORMAT} {hashlib.sha256(body).hexdigest()}".encode()


def _is_own_file(place: Path) -> bool:
    status = place.lstat()
    others = stat.S_IWGRP | stat.S_IWOTH
    if not stat.S_ISREG(status.st_mode):
        return False
    return sys.platform == "win32" or (status.st_uid == os.getuid() and not status.st_mode & others)
