"""The signature of a model as its lineage says it, with every column of a type that means something."""

from __future__ import annotations

from collections.abc import Mapping

from pipegen.ledger.lineage import columns
from pipegen.registry.errors import RefusedError
from pipegen.registry.protocol import Column, Signature

TYPES = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
"""What a column can hold; `list of` before it makes each value a list."""

_LIST = "list of "


def signature_in(lineage: Mapping[str, object]) -> Signature | None:
    """The signature that a lineage holds, or None if it says nothing of one."""
    inputs, outputs = (_typed(columns(lineage, side), side) for side in ("inputs", "outputs"))
    return Signature(inputs, outputs) if inputs or outputs else None


def _typed(types: Mapping[str, str], side: str) -> tuple[Column, ...]:
    return tuple(_column(name, kind, side) for name, kind in types.items())


def _column(name: str, kind: str, side: str) -> Column:
    scalar = kind.removeprefix(_LIST)
    if scalar not in TYPES:
        # Two signatures that both say `any` are equal, so a change of the schema could not be seen any more.
        raise RefusedError(
            f"column {name!r} under {side!r} is of type {kind!r}, which hides what changes; write one of "
            f"{', '.join(TYPES)}, or '{_LIST}' and one of them"
        )
    return Column(name, scalar, kind.startswith(_LIST))
