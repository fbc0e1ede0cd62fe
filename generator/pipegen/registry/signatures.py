"""The signature of a model as its lineage says it, in the words of MLflow, with no type that hides what changes."""

from __future__ import annotations

from collections.abc import Mapping

from pipegen.registry.errors import RefusedError
from pipegen.registry.protocol import Column, Signature

TYPES = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
"""The scalar types of MLflow."""
SYNONYMS = {
    **dict.fromkeys(("bool", "bool_"), "boolean"),
    **dict.fromkeys(("int", "int8", "int16", "int32", "uint8", "uint16"), "integer"),
    **dict.fromkeys(("int64", "uint32", "bigint"), "long"),
    **dict.fromkeys(("float16", "float32"), "float"),
    "float64": "double",
    **dict.fromkeys(("str", "text", "varchar", "category"), "string"),
    "bytes": "binary",
    **dict.fromkeys(("timestamp", "date", "datetime64[ns]", "datetime64[us]"), "datetime"),
}
"""What other libraries call them."""

_INNER = {"array": "items", "map": "values", "object": "properties", "tensor": "tensor-spec"}
"""The types that hold others, as MLflow writes them, and where they say what they hold."""


def signature_in(lineage: Mapping[str, object]) -> Signature | None:
    """The signature that a lineage holds, or None if it says nothing of one."""
    signature = lineage.get("signature")
    if not isinstance(signature, Mapping):
        return None
    inputs, outputs = (_columns(signature.get(side), side) for side in ("inputs", "outputs"))
    return Signature(inputs, outputs) if inputs or outputs else None


def _columns(listed: object, side: str) -> tuple[Column, ...]:
    rows = [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list) else []
    return tuple(Column(str(row["name"]), _typed(row, f"column {row['name']!r} of the {side}")) for row in rows)


def _typed(node: object, where: str) -> dict[str, object]:
    """A type with what it holds, in the words of MLflow."""
    given = dict(node) if isinstance(node, Mapping) else {"type": node}
    given.pop("name", None)
    kind = str(given.get("type"))
    name = SYNONYMS.get(kind.lower(), kind)
    if name in TYPES:
        return {**given, "type": name}
    inner = given.get(_INNER.get(name, ""))
    if not isinstance(inner, Mapping) or (name == "tensor" and inner.get("dtype") in {None, "object", "any"}):
        # Two signatures that both say `any` are equal, so a change of the schema could not be seen any more.
        raise RefusedError(
            f"{where} is of type {kind!r}, which the registry cannot compare; write one of {', '.join(TYPES)}, or an "
            "array, map, object or tensor of them as MLflow writes it, for example "
            '{"type": "array", "items": {"type": "double"}}'
        )
    if name in {"array", "map"}:
        return {**given, _INNER[name]: _typed(inner, where)}
    if name == "object":
        return {**given, "properties": {key: _typed(each, where) for key, each in inner.items()}}
    return given
