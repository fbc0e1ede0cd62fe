"""Finding versions among what a registry lists; what is incomplete is as if it were not there."""

from __future__ import annotations

from collections.abc import Iterable

from pipegen.registry.errors import NotFoundError, RegistryError
from pipegen.registry.protocol import Registered, Registry


def whole(versions: Iterable[Registered]) -> tuple[Registered, ...]:
    """Those whose registration came to its end."""
    return tuple(each for each in versions if each.version and each.is_complete)


def find(versions: Iterable[Registered], version: str) -> Registered | None:
    """The version of that name; raises RegistryError if there are two, because nobody can say which is meant."""
    found = [each for each in whole(versions) if each.version == version]
    if len(found) > 1:
        listed = " and ".join(each.handle for each in found)
        raise RegistryError(f"{version} is registered {len(found)} times, as {listed}; remove all but one of them")
    return found[0] if found else None


def wanted(registry: Registry, versions: Iterable[Registered], version: str) -> Registered:
    """The version of that name; raises NotFoundError with what there is."""
    found = find(versions, version)
    if found is None:
        raise NotFoundError(f"{version} is not registered for {registry.place}; {_listed(whole(versions))}")
    return found


def by_handle(versions: Iterable[Registered], handle: str | None) -> Registered | None:
    return next((each for each in versions if each.handle == handle), None)


def _listed(versions: tuple[Registered, ...]) -> str:
    if not versions:
        return "nothing is"
    newest = [each.version for each in versions[-5:]]
    return f"the newest are {', '.join(newest)}" if len(versions) > len(newest) else f"there are {', '.join(newest)}"
