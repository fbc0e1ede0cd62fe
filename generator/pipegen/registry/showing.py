"""What a registry holds, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from pipegen.ledger.tables import table_in_text
from pipegen.printing import printable
from pipegen.registry import names
from pipegen.registry.moves import Move
from pipegen.registry.protocol import Registered

FORMAT = "pipegen-registry/1"
_SHORT = 12


def versions_as_text(versions: Sequence[Registered], aliases: Mapping[str, str]) -> list[str]:
    """A line for each version."""
    heading = ("version", "number", "aliases", "registered", "commit", "digest")
    rows = [
        (
            each.version or "(not by pipegen)",
            each.handle,
            " ".join(_aliases_of(each, aliases)) if each.is_complete or not each.version else "(incomplete)",
            each.created,
            each.commit[:_SHORT],
            each.digest[:_SHORT],
        )
        for each in versions
    ]
    return table_in_text(heading, rows)


def version_as_text(version: Registered, aliases: Mapping[str, str]) -> list[str]:
    """All that is known of one version."""
    known = {
        "version": version.version,
        "number": version.handle,
        "aliases": " ".join(_aliases_of(version, aliases)) or "-",
        "registered": version.created,
        **{
            name.removeprefix("pipegen."): value
            for name, value in sorted(version.tags.items())
            if name != names.VERSION
        },
    }
    width = max(map(len, known))
    return [f"{printable(name):{width}}  {printable(value)}" for name, value in known.items()]


def moves_as_text(moves: Iterable[Move], versions: Iterable[Registered]) -> list[str]:
    """A line for each move of a champion's alias, oldest first."""
    known = {each.version: each for each in versions}
    heading = ("time", "environment", "version", "move", "commit", "digest")
    rows = [
        (
            f"{move.time[:19]}Z",
            move.environment,
            move.version,
            move.kind,
            known[move.version].commit[:_SHORT],
            known[move.version].digest[:_SHORT],
        )
        for move in moves
    ]
    return table_in_text(heading, rows)


def versions_as_json(model: str, versions: Iterable[Registered], aliases: Mapping[str, str]) -> str:
    return _json({"model": model, "versions": [_version(each, aliases) for each in versions]})


def moves_as_json(model: str, moves: Iterable[Move], versions: Iterable[Registered]) -> str:
    known = {each.version: each for each in versions}
    listed = [
        {
            "time": move.time,
            "environment": move.environment,
            "version": move.version,
            "move": move.kind,
            "commit": known[move.version].commit,
            "digest": known[move.version].digest,
        }
        for move in moves
    ]
    return _json({"model": model, "moves": listed})


def _version(version: Registered, aliases: Mapping[str, str]) -> dict[str, object]:
    return {
        "version": version.version,
        "number": version.handle,
        "complete": version.is_complete,
        "registered": version.created,
        "aliases": _aliases_of(version, aliases),
        "commit": version.commit,
        "source": version.tags.get(names.SOURCE, ""),
        "digest": version.digest,
        "data_version": version.tags.get(names.DATA_VERSION, ""),
        "artifacts": version.artifacts,
        "metrics": version.starting_with(names.METRIC),
    }


def _aliases_of(version: Registered, aliases: Mapping[str, str]) -> list[str]:
    return sorted(alias for alias, handle in aliases.items() if handle == version.handle)


def _json(document: dict[str, object]) -> str:
    # Azure and GitHub act upon `##` anywhere in a line of output.
    return json.dumps({"format": FORMAT, **document}, indent=2).replace("##", "#\\u0023")
