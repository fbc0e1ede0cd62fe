"""What pipegen asks of a model registry, whatever it is called, and the values that go back and forth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipegen.registry import names


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a model's input or output; `definition` is its type and what belongs to it, in MLflow's words."""

    name: str
    definition: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Signature:
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that is to be registered: its files by artifact name, and all that is known of it."""

    version: str
    files: Mapping[str, Path]
    tags: Mapping[str, str]
    metrics: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    signature: Signature | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A version in the registry; `handle` is the registry's own name for it, `created` is UTC in seconds."""

    handle: str
    tags: Mapping[str, str]
    created: str

    @property
    def version(self) -> str:
        """Its semantic version; empty if somebody else registered it."""
        return self.tags.get(names.VERSION, "")

    @property
    def digest(self) -> str:
        return self.tags.get(names.DIGEST, "")

    @property
    def commit(self) -> str:
        return self.tags.get(names.COMMIT, "")

    @property
    def is_complete(self) -> bool:
        """Whether its registration came to its end; one that did not is as if it were not there."""
        return self.tags.get(names.STATE) == names.COMPLETE

    def starting_with(self, prefix: str) -> dict[str, str]:
        """The tags with a prefix, without it."""
        return {name.removeprefix(prefix): value for name, value in self.tags.items() if name.startswith(prefix)}

    @property
    def artifacts(self) -> dict[str, str]:
        """SHA-256 by artifact name."""
        return self.starting_with(names.ARTIFACT)


class Registry(Protocol):
    """One registered model. Every method raises RegistryError if the registry does not answer or refuses."""

    @property
    def place(self) -> str:
        """The model and where it is registered, for people."""

    def versions(self) -> tuple[Registered, ...]:
        """All versions, incomplete ones too, oldest first; none if the model is unknown."""

    def add(self, candidate: Candidate) -> str:
        """Register a version with its files; the handle. It is incomplete until its tags say otherwise."""

    def discard(self, handle: str) -> None:
        """Remove an incomplete version."""

    def set_tags(self, handle: str, tags: Mapping[str, str]) -> None:
        """Write tags, in their order, over what is there under the same names."""

    def aliases(self) -> Mapping[str, str]:
        """The handle that each alias points at; none if the model is unknown."""

    def set_alias(self, alias: str, handle: str) -> None:
        """Let an alias point at a version, wherever it pointed before."""

    def remove_alias(self, alias: str) -> None:
        """Remove an alias; nothing if it is not there."""

    def download(self, handle: str, folder: Path) -> None:
        """Put the files of a version into a folder, `<artifact>.tar` each."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that a store keeps under a key."""

    handle: str
    key: str
    digest: str
    created: str


class Store(Protocol):
    """Files under keys. Every method raises RegistryError if the store does not answer or refuses."""

    @property
    def place(self) -> str:
        """Where it keeps, for people."""

    def kept(self, key: str) -> tuple[Kept, ...]:
        """All that is whole under a key, oldest first."""

    def keep(self, key: str, digest: str, file: Path) -> None:
        """Keep a file under a key beside what is there; whole, or as if nothing had happened."""

    def fetch(self, kept: Kept, folder: Path) -> Path:
        """Put the file into a folder; its path."""
