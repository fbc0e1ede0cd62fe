"""Reading entries: lines to a chain that holds together, from wherever the ledger is kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipegen.ledger import folder_place
from pipegen.ledger.entries import DamagedError, Entry, entry_in
from pipegen.ledger.files import HEADS, Files, Head, entries_path, heads_in, models_in
from pipegen.ledger.names import checked_name
from pipegen.ledger.places import FolderPlace, Place


@dataclass(frozen=True, slots=True)
class Chain:
    """What a model's file holds: whole entries, what is wrong with them, and the bytes of a line that was cut off."""

    entries: tuple[Entry, ...] = ()
    faults: tuple[str, ...] = ()
    torn: bytes = b""


def read(place: Place, model: str) -> tuple[Entry, ...]:
    """The entries of a model, oldest first, verified; none if the ledger has none. Raises LedgerError."""
    paths = [HEADS, entries_path(checked_name("model", model))]
    return sound(files_of(place, paths), model, behind=isinstance(place, FolderPlace))


def read_all(place: Place) -> dict[str, tuple[Entry, ...]]:
    """The entries of all models, verified. Raises LedgerError."""
    files = files_of(place)
    models = sorted({*models_in(files), *heads_in(files)})
    return {model: sound(files, model, behind=isinstance(place, FolderPlace)) for model in models}


def files_of(place: Place, paths: list[str] | None = None) -> Files:
    """All files of the ledger as they are at one moment, or those of `paths` that exist."""
    if isinstance(place, FolderPlace):
        with folder_place.shared(place):
            return folder_place.files(place) if paths is None else folder_place.some(place, paths)
    from pipegen.ledger.git_place import opened  # noqa: PLC0415  (a ledger in a folder needs no git)

    with opened(place) as branch:
        return branch.files() if paths is None else branch.some(paths)


def sound(files: Files, model: str, *, behind: bool = False) -> tuple[Entry, ...]:
    """The entries of a model if nothing is wrong with them; heads may be `behind` where a writer was stopped."""
    chain = chain_of(model, files.get(entries_path(model), b""))
    faults = [*chain.faults, *head_faults(chain, heads_in(files).get(model), behind=behind)]
    if chain.torn:
        faults.append(f"the last line is torn: it was cut off after {len(chain.torn)} bytes")
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise DamagedError(f"{entries_path(model)}: {faults[0]}{more}; run `pipegen ledger verify`, which tells all")
    return chain.entries


def chains_in(files: Files) -> dict[str, Chain]:
    """What the files of all models hold."""
    return {model: chain_of(model, files[entries_path(model)]) for model in models_in(files)}


def chain_of(model: str, content: bytes) -> Chain:
    """The entries of a model's file, and what is wrong with each line."""
    with _collecting_nothing():
        return _chain_of(model, content)


def _chain_of(model: str, content: bytes) -> Chain:
    *lines, torn = content.split(b"\n")
    found: list[Entry | None] = []
    faults: list[str] = []
    for line in lines:
        try:
            entry = entry_in(line)
        except DamagedError as error:
            faults.append(f"entry {len(found) + 1} {error}")
            found.append(None)
            continue
        faults += (f"entry {len(found) + 1} ({entry}) {fault}" for fault in _link_faults(entry, model, found))
        found.append(entry)
    return Chain(tuple(entry for entry in found if entry), tuple(faults), torn)


def head_faults(chain: Chain, head: Head | None, *, behind: bool = False) -> Iterator[str]:
    """How a chain differs from where HEADS says that it ends; with `behind`, it may go on after that."""
    entries, count = chain.entries, head.count if head else 0
    if chain.faults:
        return
    if len(entries) < count:
        yield f"holds {len(entries)} entries, and {HEADS} says {count}: entries were removed"
    elif head and entries[count - 1].digest != head.digest:
        yield f"entry {count} ({entries[count - 1]}) is not the one that {HEADS} names"
    elif len(entries) > count and not behind:
        said = f"holds {len(entries)} entries, and {HEADS} says {count}"
        yield f"{said}: a writer was stopped, or somebody added them by hand"


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """Without looking for garbage, of which parsing makes none: that takes a third of the time of a large ledger."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _link_faults(entry: Entry, model: str, before: list[Entry | None]) -> Iterator[str]:
    if entry.model != model:
        yield f"is an entry of the model {entry.model}"
        return
    if entry.number != len(before) + 1:
        yield f"has the number {entry.number}: entries were removed, added or reordered before it"
        return
    last = before[-1] if before else None
    if last is None and before:
        return
    if entry.previous != (last.digest if last else ""):
        yield "does not follow from the entry before it"
    elif last and entry.time < last.time:
        yield "is older than the entry before it"
