"""What changed between two lineages, and how far it asks a version to be raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pipegen.gates.decimals import exact_sum
from pipegen.gates.lineage import Lineage, Signature
from pipegen.gates.version_numbers import Bump

ASKED: Mapping[str, Bump] = {
    "algorithm": Bump.MAJOR,
    "signature": Bump.MAJOR,
    "feature_code": Bump.MAJOR,
    "data.version": Bump.MINOR,
    "data.from": Bump.MINOR,
    "data.to": Bump.MINOR,
    "parameters": Bump.MINOR,
    "data.rows": Bump.PATCH,
}
"""What of a lineage is compared, and what a change of it asks for. The rest describes a release and not its model."""

NEEDED = ("algorithm", "signature", "feature_code")
"""What has to be known: whoever leaves it out could change it without anybody seeing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; None where it was not there, or is not any more."""

    subject: str
    before: str | None
    after: str | None
    asks: Bump

    def __str__(self) -> str:
        if self.before is None:
            return f"added: {self.after}"
        return f"removed: {self.before}" if self.after is None else f"{self.before} -> {self.after}"


def bump(changes: Iterable[Change]) -> Bump:
    """The most that any of the changes asks for."""
    return max((change.asks for change in changes), default=Bump.NONE)


def changes(before: Lineage, after: Lineage) -> tuple[Change, ...]:
    """Everything that differs; what only one of the two states counts as different, never as unchanged."""
    return tuple(change for key in ASKED for change in _changes_of(key, before, after))


def differences(before: Mapping[str, str], after: Mapping[str, str], asks: Bump, prefix: str) -> Iterator[Change]:
    """One change a name whose text is not the same on both sides."""
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(f"{prefix}{name}", before.get(name), after.get(name), asks)


def gain(metric: str, before: Decimal, after: Decimal, material: Decimal) -> Iterator[Change]:
    """The change of a metric, if it became better by so much; `material` is negative where lower is better."""
    gained = exact_sum(after, -before)
    is_material = gained >= material if material > 0 else gained <= material
    if is_material:
        yield Change(f"metric {metric}", str(before), str(after), Bump.MINOR)


def _changes_of(key: str, before: Lineage, after: Lineage) -> Iterator[Change]:
    match key:
        case "signature":
            return _of_signature(before.signature, after.signature)
        case "parameters":
            return _of_parameters(before.parameters, after.parameters)
        case _:
            return _of_one(key, before.stated.get(key), after.stated.get(key))


def _of_signature(before: Signature | None, after: Signature | None) -> Iterator[Change]:
    if before is None or after is None:
        old, new = (None if side is None else str(side) for side in (before, after))
        yield from _of_one("signature", old, new)
        return
    yield from differences(before.inputs, after.inputs, Bump.MAJOR, "input ")
    yield from differences(before.outputs, after.outputs, Bump.MAJOR, "output ")
    if before.is_positional != after.is_positional:
        words = ("by name", "by position")
        old, new = words[before.is_positional], words[after.is_positional]
        yield Change("columns are taken", old, new, Bump.MAJOR)
    if before.is_positional or after.is_positional:
        yield from _of_order("inputs", before.inputs, after.inputs)
        yield from _of_order("outputs", before.outputs, after.outputs)


def _of_order(side: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    """Only of columns that are on both sides: those that came or went are changes of their own."""
    old, new = [name for name in before if name in after], [name for name in after if name in before]
    if old != new:
        yield Change(f"order of {side}", ", ".join(old), ", ".join(new), Bump.MAJOR)


def _of_parameters(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> Iterator[Change]:
    if before is None or after is None:
        yield from _of_one("parameters", _listed(before), _listed(after))
        return
    yield from differences(before, after, Bump.MINOR, "parameter ")


def _of_one(key: str, before: str | None, after: str | None) -> Iterator[Change]:
    if before != after:
        yield Change(key, before, after, ASKED[key])


def _listed(texts: Mapping[str, str] | None) -> str | None:
    if texts is None:
        return None
    return ", ".join(f"{name}={text}" for name, text in texts.items()) or "none"
