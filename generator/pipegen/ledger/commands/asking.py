"""What commands that answer questions share: the entries, or a refusal where there are none."""

from __future__ import annotations

from pipegen.ledger.entries import Entry, LedgerError
from pipegen.ledger.places import Place
from pipegen.ledger.reading import read, read_all

Entries = tuple[Entry, ...]


def entries_or_refuse(place: Place, model: str) -> Entries:
    """The entries of a model, at least one. Raises LedgerError."""
    entries = read(place, model)
    if not entries:
        raise LedgerError(f"the ledger has no model {model}; `pipegen ledger overview` lists them")
    return entries


def all_or_refuse(place: Place, model: str | None = None) -> dict[str, Entries]:
    """The entries of all models or of one, at least one. Raises LedgerError."""
    if model:
        return {model: entries_or_refuse(place, model)}
    found = {name: entries for name, entries in read_all(place).items() if entries}
    if not found:
        raise LedgerError("there is no ledger here yet; `pipegen ledger add` makes it")
    return found
