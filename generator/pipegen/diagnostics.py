"""What pipegen tells a person about a file: one value, one line, one code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the root of a document, for example ('stages', 3, 'run')."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where something starts or ends; line and column count from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document; `end` points behind its last character."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say about a key path; a `Source` turns it into a `Diagnostic`."""

    path: KeyPath
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding at its place in a file. `excerpt` is the source line that `span` starts on, without its line break."""

    file: str
    span: Span | None
    severity: Severity
    code: str
    message: str
    hint: str = ""
    excerpt: str = ""

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        start = self.span.start if self.span else Position(0, 0)
        return (self.file, start.line, start.column, self.code, self.message)


class Located(Protocol):
    """Plain data that knows where each of its values stands; `name` and `text` are those of the file they come from."""

    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def data(self) -> Mapping[str, object]: ...
    def diagnostic(self, finding: Finding, *, at_key: bool = False) -> Diagnostic: ...


class Refused(Exception):  # noqa: N818  (it carries findings; it is not an error of pipegen)
    """Work that cannot go on because of what the files say; never empty."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics, key=lambda diagnostic: diagnostic.sort_key))
        super().__init__(f"{len(self.diagnostics)} findings")


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
