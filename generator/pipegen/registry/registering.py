"""Registering a version once: a second time says so, another content under the same name is refused."""

from __future__ import annotations

from dataclasses import dataclass

from pipegen.registry import names
from pipegen.registry.errors import RefusedError, RegistryError
from pipegen.registry.lookup import find, whole
from pipegen.registry.protocol import Candidate, Registered, Registry


@dataclass(frozen=True, slots=True)
class Registration:
    version: Registered
    is_new: bool


def register(registry: Registry, candidate: Candidate) -> Registration:
    """The version in the registry, whole. What an earlier run left half-done is replaced."""
    before = registry.versions()
    existing = find(before, candidate.version)
    if existing is not None:
        return _known(registry, existing, candidate)
    for left in before:
        if left.version == candidate.version:
            registry.discard(left.handle)
    handle = registry.add(candidate)
    # Last, because a version without it is as if it were not there.
    registry.set_tags(handle, {names.STATE: names.COMPLETE})
    return _first(registry, candidate, handle)


def _first(registry: Registry, candidate: Candidate, handle: str) -> Registration:
    """The registration that came first, should two have run at once; the later one gives way."""
    same = [each for each in whole(registry.versions()) if each.version == candidate.version]
    if not same:
        raise RegistryError(f"{candidate.version} was registered for {registry.place} and is not there; try again")
    if same[0].handle == handle:
        return Registration(same[0], is_new=True)
    registry.discard(handle)
    return _known(registry, same[0], candidate)


def _known(registry: Registry, existing: Registered, candidate: Candidate) -> Registration:
    digest = candidate.tags[names.DIGEST]
    if existing.digest != digest:
        raise RefusedError(
            f"{candidate.version} is registered for {registry.place} with other content: its digest is "
            f"{existing.digest or 'unknown'}, this one's is {digest}; a version never changes, so register a new one"
        )
    return Registration(existing, is_new=False)
