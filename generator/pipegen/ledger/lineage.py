"""Lineage, `pipegen-lineage/1`: what a model was made from, as the stage that trained it wrote it down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipegen.ledger.canonical import canonical
from pipegen.ledger.entries import LedgerError

FORMAT = "pipegen-lineage/1"
_DEEPEST = 50
"""Objects and lists in each other; whoever reads the entry must be able to, however deep in a program it is."""
_TEXTS = ("version", "algorithm", "feature_code", "feature_changes", "release_notes")
_OBJECTS = ("signature", "data", "parameters")


def checked_lineage(value: object) -> dict[str, object]:
    """`value` if it is a lineage; else LedgerError, which says what is wrong."""
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        raise LedgerError(f'the lineage has to be an object with "format": "{FORMAT}"')
    for name in _TEXTS:
        if not isinstance(value.get(name, ""), str):
            raise LedgerError(f"{name!r} of the lineage has to be text")
    for name in _OBJECTS:
        if not isinstance(value.get(name, {}), Mapping):
            raise LedgerError(f"{name!r} of the lineage has to be an object")
    _refuse_strange_signature(value.get("signature", {}))
    _refuse_strange_values(value)
    return dict(value)


def taken_over(lineage: Mapping[str, object]) -> dict[str, object]:
    """The fields of a deployment that its lineage says, where nobody says them otherwise."""
    data = lineage.get("data", {})
    data = data if isinstance(data, Mapping) else {}
    return {
        name: value
        for name, value in {
            "data_version": data.get("version"),
            "feature_changes": lineage.get("feature_changes"),
            "training_window": {key: data[key] for key in ("from", "to") if data.get(key)},
            "training_seconds": lineage.get("training_seconds"),
            "release_notes": lineage.get("release_notes"),
        }.items()
        if value not in (None, "", {})
    }


def columns(lineage: Mapping[str, object], side: str) -> dict[str, str]:
    """The types of the inputs or outputs of a signature by name; empty where it says none."""
    signature = lineage.get("signature")
    listed = signature.get(side) if isinstance(signature, Mapping) else None
    rows = [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list) else []
    return {str(row.get("name", "")): str(row.get("type", "")) for row in rows}


def _refuse_strange_signature(signature: Mapping[str, object]) -> None:
    for side in ("inputs", "outputs"):
        listed = signature.get(side, [])
        rows: list[Any] = listed if isinstance(listed, list) else [None]
        if not all(map(_has_name_and_type, rows)):
            raise LedgerError(f"{side!r} of the lineage's signature have to be a list of objects with name and type")
        if len({row["name"] for row in rows}) < len(rows):
            raise LedgerError(f"{side!r} of the lineage's signature name a column twice")


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def _has_name_and_type(row: object) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("name"), str) and isinstance(row.get("type"), str)


def _refuse_strange_values(value: Mapping[str, object]) -> None:
    layer: list[object] = [value]
    for _ in range(_DEEPEST):
        layer = [inner for each in layer for inner in _inside(each)]
    if layer:
        raise LedgerError(f"the lineage is nested more than {_DEEPEST} deep")
    try:
        canonical(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise LedgerError(f"the lineage holds what JSON does not: {error}") from error
