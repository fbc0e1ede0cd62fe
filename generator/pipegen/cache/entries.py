"""What is kept of one spec, as a value and as plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Located
from pipegen.repository import Shared, Summary

Plain = list[Any]
"""An entry in JSON."""
Locate = Callable[[str], Located]
"""Reads the spec at a path, with its layers."""
_Said = tuple[str, tuple[tuple[str, str], ...], KeyPath]


@dataclass(frozen=True, slots=True)
class Table:
    """All that is kept of a repository; `key` stands for the program and the configuration that it is true for."""

    key: str
    folders: tuple[str, ...]
    entries: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Told:
    """What other specs have to know about a spec, without the places where it says so."""

    model: str
    whole: bool
    environments: tuple[_Said, ...]
    branches: tuple[_Said, ...]
    sources: tuple[_Said, ...]

    @classmethod
    def by(cls, summary: Summary) -> Told:
        environments, branches, sources = map(_all_said, (summary.environments, summary.branches, summary.sources))
        return cls(summary.model.name, summary.whole, environments, branches, sources)

    def summary(self, source: Located) -> Summary:
        environments, branches, sources = (
            tuple(Shared(name, says, source, path) for name, says, path in each)
            for each in (self.environments, self.branches, self.sources)
        )
        model = Shared(self.model, (), source, ("model", "name"))
        return Summary(model, environments, branches, sources, self.whole, ())


def _all_said(shared: Sequence[Shared]) -> tuple[_Said, ...]:
    return tuple((each.name, each.says, each.path) for each in shared)


@dataclass(frozen=True, slots=True)
class Entry:
    """A spec that was compiled without a finding: digests of what it was made from, by path, and its files.

    `outputs` are the paths of its files, sorted, and `digest` is that of all their texts. `told` is None for the files
    that a repository has once for all its models.
    """

    inputs: Mapping[str, str]
    outputs: tuple[str, ...]
    digest: str
    told: Told | None

    @property
    def plain(self) -> Plain:
        told = self.told
        said = told and (told.model, told.whole, told.environments, told.branches, told.sources)
        return [self.inputs, self.outputs, self.digest, said]

    @classmethod
    def of_plain(cls, plain: Plain) -> Entry:
        inputs, outputs, digest, said = plain
        if said is None:
            return cls(inputs, tuple(outputs), digest, None)
        model, whole, *shared = said
        return cls(inputs, tuple(outputs), digest, Told(model, whole, *map(_read_said, shared)))


def _read_said(listed: Plain) -> tuple[_Said, ...]:
    return tuple((name, tuple((key, text) for key, text in says), tuple(path)) for name, says, path in listed)


def digest_of_files(contents: Mapping[str, bytes | None]) -> str:
    """One digest of files by path, whatever their line ends; a file that is missing has one of its own."""
    made = hashlib.sha256()
    for path in sorted(contents):
        content = contents[path]
        text = None if content is None else _with_line_feeds(content)
        made.update(f"{path}\0{-1 if text is None else len(text)}\0".encode())
        made.update(text or b"")
    return made.hexdigest()


def _with_line_feeds(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content


@dataclass(frozen=True, slots=True)
class Unread:
    """A spec that this run has not read, and reads when somebody asks where something stands in it."""

    name: str
    locate: Locate

    @property
    def text(self) -> str:
        return self.locate(self.name).text

    @property
    def data(self) -> Mapping[str, object]:
        return self.locate(self.name).data

    def diagnostic(self, finding: Finding, *, at_key: bool = False) -> Diagnostic:
        return self.locate(self.name).diagnostic(finding, at_key=at_key)
