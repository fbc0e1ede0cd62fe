"""Findings as workflow commands, which a GitHub runner turns into annotations at the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipegen.diagnostics import Diagnostic, Severity, Span
from pipegen.reporting.excerpts import printable


def as_commands(diagnostics: Iterable[Diagnostic]) -> str:
    """One line for each finding: `::error file=...,line=...,title=PG203::message`."""
    return "\n".join(_command(diagnostic) for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    level = "warning" if diagnostic.severity is Severity.WARNING else "error"
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(diagnostic))
    hint = f"\nhint: {printable(diagnostic.hint)}" if diagnostic.hint else ""
    return f"::{level} {properties}::{_data(printable(diagnostic.message) + hint)}"


def _properties(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    yield "file", printable(diagnostic.file)
    if diagnostic.span:
        yield from ((name, str(number)) for name, number in _place(diagnostic.span))
    yield "title", diagnostic.code


def _place(span: Span) -> Iterator[tuple[str, int]]:
    """The first and last line, and within one line the columns: a runner drops columns of several lines."""
    ends_before = span.end.column == 1 and span.end.line > span.start.line
    last = span.end.line - 1 if ends_before else span.end.line
    yield "line", span.start.line
    yield "endLine", last
    if span.start.line == span.end.line:
        yield "col", span.start.column
        yield "endColumn", span.end.column


def _data(given: str) -> str:
    return given.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(given: str) -> str:
    return _data(given).replace(":", "%3A").replace(",", "%2C")
