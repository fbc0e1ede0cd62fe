"""What differs between two versions of a model, by what was recorded of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

from pipegen.ledger.canonical import canonical
from pipegen.ledger.entries import Entry
from pipegen.ledger.lineage import columns
from pipegen.ledger.tables import Row

# Differences are shown, never judged by, so rounding them is harmless; a range this wide keeps them from raising.
_DELTAS = Context(prec=28, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])

HEADING = ("what", "change", "before", "after")


def differences(before: Entry, after: Entry) -> list[Row]:
    """One row for everything that differs; empty if all that was recorded is the same."""
    return [
        *(_lineage_changes(before.lineage, after.lineage) if before.lineage and after.lineage else ()),
        *_changes("", _training(before), _training(after)),
        *_metric_changes(before.metrics, after.metrics),
        *_changes("", _texts(before), _texts(after)),
        *_changes("artifact ", _artifacts(before), _artifacts(after)),
    ]


def _lineage_changes(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Row]:
    yield from _column_changes("feature", columns(old, "inputs"), columns(new, "inputs"))
    yield from _column_changes("output", columns(old, "outputs"), columns(new, "outputs"))
    yield from _changes("", _making(old), _making(new))
    yield from _changes("parameter ", _parameters(old), _parameters(new))


def _column_changes(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Row]:
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    for name in gone:
        # One of the same type, on either side, and no other: that may be a new name for the same thing.
        twins = [each for each in come if new[each] == old[name]]
        rivals = [each for each in gone if old[each] == old[name]]
        if len(twins) == len(rivals) == 1:
            yield (f"{what} {name}", f"renamed to {twins[0]}?", old[name], new[twins[0]])
        else:
            yield (f"{what} {name}", "removed", old[name], "")
    for name in come:
        twins = [each for each in gone if old[each] == new[name]]
        rivals = [each for each in come if new[each] == new[name]]
        if not len(twins) == len(rivals) == 1:
            yield (f"{what} {name}", "added", "", new[name])
    for name in old:
        if name in new and old[name] != new[name]:
            yield (f"{what} {name}", "retyped", old[name], new[name])
    if not (gone or come) and [*old] != [*new]:
        yield (f"order of {what}s", "changed", ", ".join(old), ", ".join(new))


def _changes(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Row]:
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            change = "added" if not before else "removed" if not after else "changed"
            yield (f"{what}{name}", change, before, after)


def _metric_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Row]:
    for name in sorted({*old, *new}):
        if name in old and name in new:
            delta = _DELTAS.subtract(Decimal(new[name]), Decimal(old[name]))
            if delta:
                yield (f"metric {name}", f"{delta:+}", old[name], new[name])
        else:
            yield (f"metric {name}", "added" if name in new else "removed", old.get(name, ""), new.get(name, ""))


def _making(lineage: Mapping[str, object]) -> dict[str, str]:
    data = lineage.get("data")
    said = {
        "algorithm": lineage.get("algorithm"),
        "feature code": lineage.get("feature_code"),
        "rows of data": data.get("rows") if isinstance(data, Mapping) else None,
    }
    return {name: str(value) for name, value in said.items() if value is not None}


def _training(entry: Entry) -> dict[str, str]:
    window = entry.table("training_window")
    said = {
        "data version": entry.fields.get("data_version"),
        "data from": window.get("from"),
        "data to": window.get("to"),
        "training seconds": entry.fields.get("training_seconds"),
    }
    return {name: str(value) for name, value in said.items() if value is not None}


def _parameters(lineage: Mapping[str, object]) -> dict[str, str]:
    parameters = lineage.get("parameters")
    known = parameters.items() if isinstance(parameters, Mapping) else ()
    return {str(name): value if isinstance(value, str) else canonical(value) for name, value in known}


def _texts(entry: Entry) -> dict[str, str]:
    names = ("commit", "source", "spec_digest", "owner", "feature_changes")
    return {name.replace("_", " "): entry.text(name) for name in names if entry.text(name)}


def _artifacts(entry: Entry) -> dict[str, str]:
    return {name: str(digest) for name, digest in entry.table("artifacts").items()}
