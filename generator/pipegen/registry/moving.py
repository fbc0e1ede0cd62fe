"""Moving the champion's alias: one request that changes it, then a look at what the registry made of it."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.registry import moves
from pipegen.registry.errors import RefusedError, RegistryError, StoppedError
from pipegen.registry.lookup import by_handle
from pipegen.registry.names import challenger, champion
from pipegen.registry.protocol import Registered, Registry


def point(registry: Registry, environment: str, target: Registered, kind: str) -> Iterator[str]:
    """Let a version be the champion; lines that say what was done. Doing it again finds what is left to do."""
    alias = champion(environment)
    versions, aliases = registry.versions(), registry.aliases()
    before = by_handle(versions, aliases.get(alias))
    if aliases.get(alias) == target.handle:
        yield f"{alias} points at {target.version} already"
    else:
        _set(registry, alias, before, target)
        yield f"{alias} moved from {_name(before)} to {target.version}"
    if _last(versions, environment) != target.version:
        registry.set_tags(target.handle, moves.with_move(target, environment, kind))
    if registry.aliases().get(challenger(environment)) == target.handle:
        registry.remove_alias(challenger(environment))
        yield f"{challenger(environment)} removed, because {target.version} is the champion now"


def clear(registry: Registry, environment: str) -> Iterator[str]:
    """Let an environment have no champion."""
    alias = champion(environment)
    versions, aliases = registry.versions(), registry.aliases()
    before = by_handle(versions, aliases.get(alias))
    if alias not in aliases:
        yield f"{alias} points at nothing already"
    else:
        registry.remove_alias(alias)
        _refuse_other(registry, alias, None)
        yield f"{alias} removed; it pointed at {_name(before)}"
    if before is not None:
        registry.set_tags(before.handle, moves.with_move(before, environment, moves.REMOVED))


def _set(registry: Registry, alias: str, before: Registered | None, target: Registered) -> None:
    try:
        registry.set_alias(alias, target.handle)
    except RegistryError as error:
        # The request may have arrived although its answer was lost; the registry knows.
        raise StoppedError(f"{error}; {_what_holds(registry, alias, before, target)}") from error
    _refuse_other(registry, alias, target)


def _what_holds(registry: Registry, alias: str, before: Registered | None, target: Registered) -> str:
    try:
        handle = registry.aliases().get(alias)
    except RegistryError:
        return f"{alias} points at {_name(before)} unless the request arrived"
    if handle == target.handle:
        return f"{alias} points at {target.version} all the same"
    return f"{alias} still points at {_name(before)}"


def _refuse_other(registry: Registry, alias: str, target: Registered | None) -> None:
    handle = registry.aliases().get(alias)
    if handle != (target.handle if target else None):
        found = by_handle(registry.versions(), handle)
        raise RefusedError(
            f"{alias} was set to {_name(target)}, and the registry says that it points at {_name(found)}: "
            "somebody else moved it at the same time; find out who, then do it again"
        )


def _last(versions: tuple[Registered, ...], environment: str) -> str:
    """The version that the environment's newest move is about, if it went to it."""
    found = [move for move in moves.moves_in(versions) if move.environment == environment]
    return found[-1].version if found and found[-1].kind != moves.REMOVED else ""


def _name(version: Registered | None) -> str:
    return (version.version or f"version {version.handle}, which is not pipegen's") if version else "nothing"
