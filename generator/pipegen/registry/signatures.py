"""The signature of a model as its lineage says it, with every column of a type that means something."""

from __future__ import annotations

from pipegen.registry.errors import RefusedError, RegistryError
from pipegen.registry.protocol import Column, Signature

TYPES = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
"""What a column can hold; `list of` before it makes each value a list."""

_LIST = "list of "


def signature_in(lineage: dict[str, object]) -> Signature | None:
    """The signature that a lineage holds, or None if it says nothing of one."""
    node = lineage.get("signature")
    if node is None:
        return None
    if not isinstance(node, dict):
        raise RegistryError("the lineage's signature is not an object with 'inputs' and 'outputs'")
    return Signature(_columns(node, "inputs"), _columns(node, "outputs"))


def _columns(node: dict[str, object], side: str) -> tuple[Column, ...]:
    listed = node.get(side)
    if not isinstance(listed, list) or not listed:
        raise RegistryError(f"the lineage's signature has no list of columns under {side!r}")
    columns = tuple(_column(each, side) for each in listed)
    if len({column.name for column in columns}) < len(columns):
        raise RegistryError(f"two columns under {side!r} of the lineage's signature have the same name")
    return columns


def _column(node: object, side: str) -> Column:
    if not isinstance(node, dict) or not all(isinstance(node.get(key), str) for key in ("name", "type")):
        raise RegistryError(f"each column under {side!r} of the lineage's signature needs a 'name' and a 'type'")
    name, kind = str(node["name"]), str(node["type"])
    scalar = kind.removeprefix(_LIST)
    if scalar not in TYPES:
        # Two signatures that both say `any` are equal, so a change of the schema could not be seen any more.
        raise RefusedError(
            f"column {name!r} under {side!r} is of type {kind!r}, which hides what changes; write one of "
            f"{', '.join(TYPES)}, or '{_LIST}' and one of them"
        )
    return Column(name, scalar, kind.startswith(_LIST))
