"""What training leaves for the registry, as the ledger reads it: metrics, and what a model was made from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from pipegen.ledger import inputs
from pipegen.ledger.canonical import canonical
from pipegen.ledger.entries import LedgerError
from pipegen.ledger.lineage import checked_lineage
from pipegen.registry.errors import RegistryError


def read_lineage(file: Path) -> dict[str, object]:
    """What a model was made from. Raises LedgerError or RegistryError."""
    lineage = inputs.lineage(file)
    try:
        return checked_lineage(lineage)
    except LedgerError as error:
        raise RegistryError(f"{file}: {error}") from error


def read_metrics(files: Iterable[Path]) -> dict[str, str]:
    """The numbers of all files, as they are written, by names joined by dots. Raises LedgerError or RegistryError."""
    found: dict[str, str] = {}
    for file in files:
        numbers, _ = inputs.numbers(file)
        if not numbers:
            raise RegistryError(f"{file}: holds no number")
        for name, text in numbers.items():
            if Decimal(found.setdefault(name, text)) != Decimal(text):
                raise RegistryError(f"{file}: the metric {name!r} is {text}, and {found[name]} in a file before it")
    return found


def as_floats(metrics: Mapping[str, str]) -> dict[str, float]:
    """The metrics that a float can hold."""
    floats = {name: float(text) for name, text in metrics.items()}
    return {name: number for name, number in floats.items() if math.isfinite(number)}


def flat(node: object, prefix: str = "") -> dict[str, str]:
    """The values of nested objects as text, under names joined by dots."""
    if isinstance(node, dict):
        return {
            name: text
            for key, value in node.items()
            for name, text in flat(value, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    return {prefix: node if isinstance(node, str) else canonical(node)}
