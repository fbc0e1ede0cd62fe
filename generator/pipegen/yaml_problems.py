"""What is wrong at a place of a YAML file, and the parser's complaints in people's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import yaml

from pipegen.diagnostics import Position, Span

MAX_SHOWN = 40
"""Characters of a file's text that a message repeats."""


class Mark(Protocol):
    """A place as either of the two parsers marks it, counted from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal before there is data that a key path could point into."""

    code: str
    message: str
    hint: str
    span: Span


def shown(text: str) -> str:
    """The text in quotes, escaped and short enough for one line."""
    return repr(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…")


def position(mark: Mark | None) -> Position:
    if mark is None:
        raise TypeError("the parser marks the place of all that it reads")
    return Position(mark.line + 1, mark.column + 1)


def line_of(text: str, place: Position) -> str:
    return text.split("\n", place.line)[place.line - 1]


def syntax_problem(error: yaml.MarkedYAMLError, text: str) -> Problem:
    """The error where a person has to look: at the opening of what is never closed, else where reading stopped."""
    problem, stop, opening = error.problem or "", position(error.problem_mark), error.context_mark
    last = _end(text)
    if stop > last:
        problem, stop = f"{problem} at the end", last
    begin = stop if opening is None else position(opening)
    start = begin if begin < last and _NEVER_CLOSED.search(problem) else stop
    message, hint = _words(problem, line_of(text, start)[start.column - 1 : start.column], f"line {begin.line}")
    code = "PG012" if "tag handle" in problem else "PG005"
    return Problem(code, message, hint, Span(start, Position(start.line, start.column + 1)))


def _end(text: str) -> Position:
    """Behind the last character that is no white space."""
    lines = text.rstrip().split("\n")
    return Position(len(lines), len(lines[-1]) + 1)


def _words(problem: str, character: str, begin: str) -> tuple[str, str]:
    if character == "\t":
        return "a tab cannot indent or part anything here", "use spaces"
    for part, message, hint in _WORDS:
        if part in problem:
            return message.format(character=character, begin=begin), hint
    return f"this is not YAML: {problem}", _QUOTE


_NEVER_CLOSED = re.compile("end of stream|unexpected document|at the end")
_QUOTE = "check the indentation, and put texts with special characters in quotes"
_CLOSE = "close it, and put texts that contain any of , [ ] { } in quotes"
_ESCAPE = r"write \\ for a backslash, or put the text in single quotes"
# The first part that occurs in the parser's complaint decides.
_WORDS = (
    (
        "mapping values are not allowed",
        "a ':' cannot stand here",
        "put a text that contains ': ' in quotes, or indent the line like its neighbours",
    ),
    ("cannot start any token", "a text cannot begin with {character!r}", "put the text in quotes"),
    (
        "alphabetic or numeric",
        "'*' and '&' begin the name of an alias or anchor, and no name follows",
        "put a text that begins with '*' or '&' in quotes",
    ),
    ("',' or ']' at the end", "the '[' that opens here is never closed", _CLOSE),
    ("',' or '}' at the end", "the '{{' that opens here is never closed", _CLOSE),
    ("node content at the end", "the file ends where a value is expected", "close the '[' or '{' that is open"),
    ("',' or ']'", "the list that begins in {begin} goes on here without ',' or ']'", _CLOSE),
    ("',' or '}'", "the mapping that begins in {begin} goes on here without ',' or '}}'", _CLOSE),
    ("end of stream", "the quote that opens here is never closed", "close it"),
    ("unexpected document", "the quote that opens here is not closed before a line of '---' or '...'", "close it"),
    ("unknown escape", "no escape in double quotes is written like this", _ESCAPE),
    ("hexdecimal", "this escape has too few hexadecimal digits", _ESCAPE),
    ("invalid Unicode", "this escape is no character (half of a surrogate pair?)", "write the character itself"),
    (
        "expected key",
        "this does not go on with the mapping that begins in {begin}",
        "give it the indentation of that mapping's keys, and put texts with quotes or brackets in quotes",
    ),
    (
        "expected '-'",
        "this does not go on with the list that begins in {begin}",
        "begin it with '- ', or change its indentation",
    ),
    ("sequence entries", "a list item cannot begin here", "begin the list on a line of its own"),
    ("node content", "a value is expected here", "put a text that begins with a special character in quotes"),
    ("expected ':'", "this key has no ':'", "write ': ' behind the key, or check the indentation"),
    ("comment or line break", "only a comment may follow '|' or '>' in its line", "begin the text on the next line"),
    ("document start", "the document has ended before this", _QUOTE),
    ("incompatible", "the file says that it is another version of YAML than 1.2", "remove the %YAML line"),
    ("directive", "a line beginning with '%' is not allowed", "remove it"),
    ("tag handle", "a tag is not allowed", "leave it out, or put a text that begins with '!' in quotes"),
)
