"""When a version got or lost the champion's alias: kept as tags, because aliases have no history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pipegen.registry import names
from pipegen.registry.protocol import Registered

PROMOTED = "promoted"
ROLLED_BACK = "rolled-back"
RESTORED = "restored"
REMOVED = "removed"
_LONGEST = 20
"""Moves that a tag keeps of one version in one environment; a Unity Catalog takes a thousand characters."""


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """At `time`, UTC by the clock of whoever did it, the champion's alias went to a version, or from it if removed."""

    time: str
    environment: str
    version: str
    kind: str


def moves_of(version: Registered) -> Iterator[Move]:
    for environment, text in version.starting_with(names.MOVES).items():
        for part in text.split(","):
            time, _, kind = part.strip().partition(" ")
            yield Move(time, environment, version.version, kind)


def moves_in(versions: Iterable[Registered]) -> list[Move]:
    """The moves of all versions, oldest first."""
    return sorted(move for version in versions for move in moves_of(version))


def with_move(version: Registered, environment: str, kind: str) -> dict[str, str]:
    """The tag that says all moves of a version in an environment, and one more now."""
    name = f"{names.MOVES}{environment}"
    before = [part for part in version.tags.get(name, "").split(",") if part]
    return {name: ",".join([*before, f"{now()} {kind}"][-_LONGEST:])}


def served(version: Registered, environment: str) -> bool:
    """Whether the version was the champion of the environment at some time."""
    return any(move.environment == environment and move.kind != REMOVED for move in moves_of(version))


def now() -> str:
    """UTC in microseconds, because two moves may fall into one second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
