"""What runs where, told by folding entries: deployments and rollbacks set it, ways back undo it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipegen.ledger.entries import Entry, LedgerError

STARTING = ("deployment", "rollback")
"""The kinds of entries that set what an environment runs."""
CHANGING = (*STARTING, "restore")
"""The kinds of entries that concern what an environment runs."""


class UnknownStateError(LedgerError):
    """Nobody knows what an environment runs, because the way back failed as well."""


@dataclass(frozen=True, slots=True)
class State:
    """The entry in force in an environment, what was so before, and the way back that failed since, if one did."""

    entry: Entry | None = None
    before: State | None = None
    failed: Entry | None = None

    @property
    def version(self) -> str:
        return self.entry.version if self.entry else ""


def state_of(entries: Iterable[Entry], environment: str) -> State:
    """The state of an environment after all entries."""
    state = State()
    for entry in entries:
        if entry.kind in CHANGING and entry.environment == environment:
            state = _after(state, entry)
    return state


def running(entries: Iterable[Entry], environment: str) -> Entry | None:
    """The deployment or rollback in force; None if nothing runs. Raises UnknownStateError after a failed way back."""
    state = state_of(entries, environment)
    if state.failed:
        failed = state.failed
        raise UnknownStateError(
            f"what {environment} runs is not known: on {failed.time} the way back from {failed.text('undone')} failed "
            f"(entry {failed.number} of {failed.model}); see to it, then deploy or roll back to a recorded version"
        )
    return state.entry


def deployed(entries: Sequence[Entry], version: str) -> Entry | None:
    """The newest deployment of a version, wherever it was."""
    found = (entry for entry in reversed(entries) if entry.kind == "deployment" and entry.version == version)
    return next(found, None)


def recorded(entries: Sequence[Entry], environment: str, version: str) -> Entry | None:
    """The newest deployment of a version to an environment that was not undone in its own run."""
    undone: list[Entry] = []
    for entry in reversed(entries):
        if entry.environment != environment:
            continue
        if entry.kind == "restore":
            undone.append(entry)
        is_it = entry.kind == "deployment" and entry.version == version
        if is_it and not any(undoes(restore, entry) for restore in undone):
            return entry
    return None


def environments_of(entries: Iterable[Entry]) -> list[str]:
    """The environments that entries changed, in the order in which they first did."""
    return list(dict.fromkeys(entry.environment for entry in entries if entry.kind in CHANGING))


def undoes(restore: Entry, entry: Entry | None) -> bool:
    """Whether a way back concerns this deployment or rollback: the same version, in the same run where both say it."""
    if entry is None or entry.kind not in STARTING or restore.text("undone") != entry.version:
        return False
    return not (restore.run_id and entry.run_id) or restore.run_id == entry.run_id


def state_before(state: State, restore: Entry) -> State:
    """What a way back leads to: before the deployment it undoes or, if that was never recorded, what there is."""
    return (state.before or State()) if undoes(restore, state.entry) else replace(state, failed=None)


def _after(state: State, entry: Entry) -> State:
    if entry.kind in STARTING:
        return State(entry, state)
    if entry.fields.get("restored") is True:
        return state_before(state, entry)
    return replace(state, failed=entry)
