"""Adding an entry: to what is there, linked to the last one, and again on top of whatever others add meanwhile."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipegen.ledger import folder_place
from pipegen.ledger.cards import card, overview
from pipegen.ledger.clock import time_after
from pipegen.ledger.entries import Entry, LedgerError, entry_in, line_of, sealed
from pipegen.ledger.fields import checked_fields
from pipegen.ledger.files import HEADS, OVERVIEW, Files, Head, card_path, entries_path, heads_in, heads_text
from pipegen.ledger.names import checked_name
from pipegen.ledger.places import FolderPlace, GitPlace, Place
from pipegen.ledger.reading import Chain, chain_of, chains_in, sound
from pipegen.ledger.recovering import recovered
from pipegen.ledger.state import CHANGING, STARTING, state_before, state_of

if TYPE_CHECKING:
    from pipegen.ledger.git_place import LedgerBranch

PATIENCE = 120.0
"""Seconds for which an entry is tried again while others add theirs."""
LARGEST_ENTRY = 256 * 1024
_LONGEST_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be recorded; `time` is given for imports alone."""

    kind: str
    model: str
    fields: Mapping[str, object]
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """The entry that holds now, the files that it changes (none if it was there already), and what was mended."""

    entry: Entry
    changes: Files
    notices: tuple[str, ...] = ()


def add(
    place: Place,
    kind: str,
    model: str,
    fields: Mapping[str, object],
    *,
    time: str | None = None,
    patience: float = PATIENCE,
) -> Entry:
    """Record an entry and return it once it is safe, or the one that this run recorded before. Raises LedgerError."""
    return record(place, kind, model, fields, time=time, patience=patience).entry


def record(
    place: Place,
    kind: str,
    model: str,
    fields: Mapping[str, object],
    *,
    time: str | None = None,
    patience: float = PATIENCE,
) -> Added:
    """As `add`, and says what came of it."""
    wish = Wish(kind, checked_name("model", model), checked_fields(kind, fields), time)
    if isinstance(place, FolderPlace):
        return _added_to_folder(place, wish)
    return _added_to_branch(place, wish, patience)


def _added_to_folder(place: FolderPlace, wish: Wish) -> Added:
    with folder_place.locked(place):
        notices = recovered(place, wish.model)
        added = _prepared(folder_place.files(place), wish)
        if added.changes:
            folder_place.append(place, wish.model, f"{line_of(added.entry)}\n".encode("ascii"))
        for path, content in folder_place.in_order(added.changes, wish.model):
            folder_place.replace(place, path, content)
        return replace(added, notices=notices)


def _added_to_branch(place: GitPlace, wish: Wish, patience: float) -> Added:
    from pipegen.ledger.git_place import opened  # noqa: PLC0415  (a folder needs no git)

    deadline = clock.monotonic() + patience
    with opened(place) as branch:
        pause = 0.05
        while True:
            added = _prepared(branch.files(), wish)
            if not added.changes or _pushed(branch, added):
                return added
            if clock.monotonic() > deadline:
                raise LedgerError(f"others have kept adding for {patience:g} seconds; nothing was added, try again")
            clock.sleep(pause * int.from_bytes(os.urandom(2)) / 0xFFFF)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _pushed(branch: LedgerBranch, added: Added) -> bool:
    """Whether the entry is there now; if it is not, others were faster, and `branch` knows what they added."""
    commit = branch.commit(added.changes, f"Record {added.entry} [skip ci]\n")
    try:
        if branch.push(commit):
            return True
        branch.fetch()
    except LedgerError as error:
        # The connection may have gone after the server took it.
        if not _landed(branch, added.entry, error):
            raise
        return True
    return _is_there(branch.files(), added.entry)


def _landed(branch: LedgerBranch, entry: Entry, error: LedgerError) -> bool:
    try:
        branch.fetch()
    except LedgerError:
        raise LedgerError(f"{error}; whether the entry was added is not known, `pipegen ledger show` tells") from error
    return _is_there(branch.files(), entry)


def _is_there(files: Files, entry: Entry) -> bool:
    chain = chain_of(entry.model, files.get(entries_path(entry.model), b""))
    return any(each.digest == entry.digest for each in chain.entries)


def _prepared(files: Files, wish: Wish) -> Added:
    """The entry on top of what is there, and the files that it changes."""
    entries = sound(files, wish.model)
    fields = _completed(wish, entries)
    there = _already_there(entries, wish.kind, fields)
    if there:
        return Added(there, {})
    last = entries[-1] if entries else None
    time = time_after(last, wish.time, datetime.now(UTC))
    previous = last.digest if last else ""
    entry = sealed(Entry(len(entries) + 1, wish.kind, wish.model, time, "", previous, fields))
    return Added(entry, _changes(files, (*entries, entry)))


def _changes(files: Files, entries: Sequence[Entry]) -> dict[str, bytes]:
    model, last = entries[-1].model, entries[-1]
    line = line_of(last)
    if len(line) > LARGEST_ENTRY:
        raise LedgerError(f"the entry would have {len(line)} bytes; at most {LARGEST_ENTRY} are kept")
    # Whatever slipped through the checks must not make the ledger unreadable.
    entry_in(line.encode("ascii"))
    path = entries_path(model)
    heads = heads_in(files) | {model: Head(last.number, last.digest)}
    kept = {path: files.get(path, b"") + f"{line}\n".encode("ascii"), HEADS: heads_text(heads)}
    chains = {**chains_in(files), model: Chain(tuple(entries))}
    return {**kept, card_path(model): card(model, entries).encode(), OVERVIEW: overview(chains).encode()}


def _completed(wish: Wish, entries: Sequence[Entry]) -> dict[str, object]:
    """The fields, with what only the ledger knows: which version runs again, and which one a rollback left."""
    fields = dict(wish.fields)
    known: dict[str, str] = {}
    if wish.kind in CHANGING:
        state = state_of(entries, str(fields["environment"]))
        if wish.kind == "restore":
            probe = Entry(0, wish.kind, wish.model, "", "", "", fields)
            known = {"version": state_before(state, probe).version}
        elif wish.kind == "rollback":
            known = {"from_version": state.version}
    return {name: value for name, value in known.items() if value} | fields


def _already_there(entries: Sequence[Entry], kind: str, fields: Mapping[str, object]) -> Entry | None:
    """The entry that the same run added for the same reason, if it still holds."""
    run_id = fields.get("run_id")
    if not run_id:
        return None
    if kind not in CHANGING:
        same = (entry for entry in reversed(entries) if entry.kind == kind and entry.fields == fields)
        return next(same, None)
    here = [entry for entry in entries if entry.kind in CHANGING and entry.environment == fields["environment"]]
    last = here[-1] if here else None
    telling = ("version", "run_id") if kind in STARTING else ("undone", "run_id", "restored")
    if last and last.kind == kind and all(last.fields.get(name) == fields.get(name) for name in telling):
        return last
    return None
