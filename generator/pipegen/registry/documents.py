"""What training leaves for the registry: metrics, and the lineage that says what a model was made from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pipegen.ledger.canonical import canonical
from pipegen.ledger.entries import LedgerError
from pipegen.ledger.lineage import checked_lineage
from pipegen.registry.errors import RegistryError

LARGEST_FILE = 16 * 1024 * 1024


def read_lineage(file: Path) -> dict[str, object]:
    """What a model was made from, as the ledger takes it."""
    try:
        return checked_lineage(_object(file, _decoder))
    except LedgerError as error:
        raise RegistryError(f"{file}: {error}") from error


def read_metrics(file: Path) -> dict[str, str]:
    """Exact decimal text by metric; nested objects give names joined by dots, what is no number is left out."""
    found = dict(_numbers(_object(file, _exact), ""))
    if not found:
        raise RegistryError(f"{file}: holds no number")
    return found


def as_floats(metrics: Mapping[str, str]) -> dict[str, float]:
    """The metrics that a float can hold."""
    floats = {name: float(text) for name, text in metrics.items()}
    return {name: number for name, number in floats.items() if math.isfinite(number)}


def flat(node: object, prefix: str = "") -> dict[str, str]:
    """The values of nested objects as text, under names joined by dots."""
    if isinstance(node, dict):
        return {name: text for key, value in node.items() for name, text in flat(value, _joined(prefix, key)).items()}
    return {prefix: node if isinstance(node, str) else canonical(node)}


def _object(file: Path, decoder: json.JSONDecoder) -> dict[str, object]:
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise RegistryError(f"{file}: larger than {LARGEST_FILE} bytes")
        node = decoder.decode(content.decode("utf-8-sig"))
    except OSError as error:
        raise RegistryError(f"{file}: {error.strerror or 'cannot be read'}") from error
    except (ValueError, InvalidOperation, RecursionError) as error:
        raise RegistryError(f"{file}: not JSON that can be read ({error or 'a number is out of range'})") from error
    if not isinstance(node, dict):
        raise RegistryError(f"{file}: its root is not an object")
    return node


def _numbers(node: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        name = _joined(prefix, key)
        if isinstance(value, dict):
            yield from _numbers(value, name)
        elif isinstance(value, Decimal):
            yield name, str(value)
        elif isinstance(value, float):
            raise RegistryError(f"metric {name!r} is {value}, which is not a number")


def _joined(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    node = dict(pairs)
    if len(node) < len(pairs):
        raise ValueError("a key stands more than once in one object")
    return node


_decoder = json.JSONDecoder(object_pairs_hook=_distinct)
_exact = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, object_pairs_hook=_distinct)
