"""Findings as people read them: each with the line that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import combining, east_asian_width

from pipegen.diagnostics import Diagnostic, Severity, Span

_TAB = "    "
_WIDEST = 120
"""Characters of a source line that are shown; of a longer one, those around the finding."""
_LEAD = 60
_RESET = "\x1b[0m"
_BOLD, _RED, _YELLOW, _BLUE = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[34m"


def text(diagnostics: Iterable[Diagnostic], *, color: bool) -> str:
    """One finding after the other: place, code and message, the source line with a mark below it, and what to do.

    Whatever a file says, nothing but printable characters (and, with `color`, colours) is in the result.
    """
    return "\n".join(line for diagnostic in diagnostics for line in _lines(diagnostic, color=color))


def _lines(diagnostic: Diagnostic, *, color: bool) -> Iterator[str]:
    is_warning = diagnostic.severity is Severity.WARNING
    place = printable(diagnostic.file)
    if diagnostic.span:
        place += f":{diagnostic.span.start.line}:{diagnostic.span.start.column}"
    code = _painted(diagnostic.code, _YELLOW if is_warning else _RED, color=color)
    word = "warning: " if is_warning else ""
    yield f"{_painted(f'{place}:', _BOLD, color=color)} {code} {word}{printable(diagnostic.message)}"
    if diagnostic.span:
        yield from _excerpt(diagnostic.span, diagnostic.excerpt, color=color)
    if diagnostic.hint:
        yield f"  {_painted('hint:', _BLUE, color=color)} {printable(diagnostic.hint)}"


def _excerpt(span: Span, line: str, *, color: bool) -> Iterator[str]:
    if not line.strip():
        return
    begin = span.start.column - 1
    end = span.end.column - 1 if span.end.line == span.start.line else len(line.rstrip())
    first = max(0, begin - _LEAD) if len(line) > _WIDEST else 0
    shown = line[first : first + _WIDEST]
    opening = "…" if first else ""
    closing = "…" if first + _WIDEST < len(line) else ""
    before, marked = shown[: begin - first], shown[begin - first : max(end, begin + 1) - first]
    number = str(span.start.line)
    yield f"  {number} | {opening}{printable(shown)}{closing}"
    mark = _painted("^" * max(1, _width(printable(marked))), _RED, color=color)
    yield f"  {' ' * len(number)} | {' ' * _width(opening + printable(before))}{mark}"


def printable(given: str) -> str:
    """Tabs as spaces, and whatever could steer a terminal or hide in it as its escape."""
    if given.isprintable():
        return given
    return "".join(each if each.isprintable() else _TAB if each == "\t" else ascii(each)[1:-1] for each in given)


def _width(given: str) -> int:
    """Columns that a terminal takes for the text."""
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in given)


def _painted(given: str, colour: str, *, color: bool) -> str:
    return f"{colour}{given}{_RESET}" if color else given
