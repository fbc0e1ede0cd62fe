"""A ledger in a folder: whole lines are appended under a lock and are on disk before anybody hears of them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipegen.ledger.entries import LedgerError
from pipegen.ledger.files import HEADS, OVERVIEW, Files, card_path, entries_path
from pipegen.ledger.places import FolderPlace

_LOCK = "ledger/.lock"


@contextmanager
def shared(place: FolderPlace) -> Iterator[None]:
    """Nobody writes as long as the block runs; a ledger that does not exist yet is empty."""
    lock = place.folder / _LOCK
    try:
        handle = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        raise _failed(place, "read", error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def locked(place: FolderPlace) -> Iterator[None]:
    """Nobody else reads or writes as long as the block runs; makes the folder if it is not there."""
    lock = place.folder / _LOCK
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise _failed(place, "written", error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def files(place: FolderPlace) -> Files:
    """All files of the ledger."""
    found = [*(place.folder / "ledger").glob("*"), *(place.folder / "cards").glob("*")]
    # The lock, and what a stopped writer had not put in its place yet, begin with a dot.
    paths = [path.relative_to(place.folder).as_posix() for path in sorted(found) if not path.name.startswith(".")]
    return some(place, [*paths, OVERVIEW])


def some(place: FolderPlace, paths: list[str]) -> Files:
    """Those of the files that exist."""
    return dict(_contents(place, paths))


def _contents(place: FolderPlace, paths: list[str]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            yield path, (place.folder / path).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _failed(place, "read", error) from error


def append(place: FolderPlace, model: str, line: bytes) -> None:
    """Put a whole line at the end of the model's entries, on disk when this returns; all of it or nothing."""
    path = place.folder / entries_path(model)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            _append_whole(handle, line)
        finally:
            os.close(handle)
        _sync_folder(path.parent)
    except OSError as error:
        raise _failed(place, "written", error) from error


def replace(place: FolderPlace, path: str, content: bytes) -> None:
    """Put a file in its place as a whole, on disk when this returns."""
    whole = place.folder / path
    part = whole.with_name(f".{whole.name}.part")
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(whole)
        _sync_folder(whole.parent)
    except OSError as error:
        raise _failed(place, "written", error) from error


def cut(place: FolderPlace, model: str, size: int) -> None:
    """Shorten the model's entries to `size` bytes, or remove their file if nothing is left; on disk at the return."""
    path = place.folder / entries_path(model)
    try:
        with path.open("r+b") as stream:
            stream.truncate(size)
            os.fsync(stream.fileno())
        if size == 0:
            path.unlink()
            _sync_folder(path.parent)
    except OSError as error:
        raise _failed(place, "written", error) from error


def in_order(changes: Files, model: str) -> Iterator[tuple[str, bytes]]:
    """The heads before what is derived: the entry holds from then on."""
    order = (HEADS, card_path(model), OVERVIEW)
    return ((path, changes[path]) for path in order if path in changes)


def _append_whole(handle: int, line: bytes) -> None:
    size = os.fstat(handle).st_size
    try:
        while line:
            # One write takes it all, unless the disk is full: then the next one says so.
            line = line[os.write(handle, line) :]
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(place: FolderPlace, done: str, error: OSError) -> LedgerError:
    return LedgerError(f"the ledger in {place.folder} cannot be {done}: {error.strerror or error}")
