"""A TOML file as pipegen reads it: plain data, and the place of everything in it when a finding asks for it."""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Position, Refused, Severity, Span
from pipegen.yaml_problems import line_of, shown
from pipegen.yaml_scalars import FORBIDDEN, control_character

if TYPE_CHECKING:
    from pipegen.toml_places import Place

MAX_BYTES = 1 << 20
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class TomlSource:
    r"""A file that is well-formed TOML.

    `name` is its path as people are shown it; `text` has `\n` at all line ends. Dates and numbers that are not finite
    are left in `data`; `oddities` says where they are.
    """

    name: str
    text: str
    data: dict[str, Any]

    @classmethod
    def parse(cls, name: str, text: str) -> TomlSource:
        """The source in `text`; raises `Refused` where it is not TOML."""
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        if len(text) > MAX_BYTES:
            raise _refused(name, "PG002", f"the file has more than {MAX_BYTES} characters", "remove what nothing needs")
        try:
            return cls(name, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise Refused([_not_toml(name, text, str(error))]) from None
        except RecursionError:
            raise _refused(name, "PG008", "lists and tables are nested too deep", "nest them less deep") from None
        except ValueError:
            # What is left is a number of more digits than Python reads.
            raise _refused(name, "PG014", "a number has too many digits", "write a smaller one") from None

    def span(self, path: KeyPath) -> Span:
        """The place of the value at `path`; if there is none, of the nearest table or list that it would be in."""
        return _span(self.text, _place(self.text, path).value)

    def key_span(self, path: KeyPath) -> Span:
        """The place of the key at `path`, or of what `span` gives where there is no such key."""
        place = _place(self.text, path)
        return _span(self.text, place.key or place.value)

    def diagnostic(self, finding: Finding, *, at_key: bool = False) -> Diagnostic:
        """The finding at its place: that of the value at its path, or that of the key."""
        span = self.key_span(finding.path) if at_key else self.span(finding.path)
        excerpt = line_of(self.text, span.start)
        return Diagnostic(self.name, span, finding.severity, finding.code, finding.message, finding.hint, excerpt)

    def oddities(self) -> Iterator[Finding]:
        """What TOML can hold and nothing of pipegen's may: dates, numbers without an end, control characters."""
        return _oddities(self.data, ())


def _oddities(value: object, path: KeyPath) -> Iterator[Finding]:
    odd = _oddity(value)
    if odd:
        yield Finding(path, *odd)
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in parts:
        if isinstance(key, str) and (found := FORBIDDEN.search(key)):
            yield Finding((*path, key), "PG004", *control_character(found[0]))
        yield from _oddities(inner, (*path, key))


def _oddity(value: object) -> tuple[str, str, str] | None:
    """The code, the message and the hint, if the value itself is odd."""
    match value:
        case dt.date() | dt.time():
            return "PG022", f"{value.isoformat()} is a date or a time", "put it in quotes where text belongs"
        case float() if not math.isfinite(value):
            return "PG014", f"the number {value} is not finite", "write a number that is"
        case int() if not -_LARGEST <= value < _LARGEST:
            return "PG014", f"the number {shown(str(value))} does not fit in 64 bits", "write a smaller one"
        case str() if found := FORBIDDEN.search(value):
            return "PG004", *control_character(found[0])
    return None


# ---------------------------------------------------------------- places


def _place(text: str, path: KeyPath) -> Place:
    from pipegen.toml_places import nearest  # noqa: PLC0415  (only a finding needs a place)

    return nearest(text, path)


def _span(text: str, stretch: tuple[int, int]) -> Span:
    return Span(_position(text, stretch[0]), _position(text, stretch[1]))


def _position(text: str, index: int) -> Position:
    return Position(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


# ---------------------------------------------------------------- what is not TOML


def _refused(name: str, code: str, message: str, hint: str) -> Refused:
    return Refused([Diagnostic(name, None, Severity.ERROR, code, message, hint)])


def _not_toml(name: str, text: str, message: str) -> Diagnostic:
    place = _stop(message, text)
    span = Span(place, Position(place.line, place.column + 1))
    words = message.replace("(at end of document)", "at the end").split(" (at ")[0]
    hint = "put texts in quotes and lists in brackets" if words == "Invalid value" else ""
    excerpt = FORBIDDEN.sub("\ufffd", line_of(text, place))
    what = f"is not TOML: {words[:1].lower()}{words[1:]}"
    return Diagnostic(name, span, Severity.ERROR, "PG020", what, hint, excerpt)


def _stop(message: str, text: str) -> Position:
    """Where the parser stopped; at the end of the text it gives no numbers."""
    place = re.search(r"\(at line (\d+), column (\d+)\)", message)
    if place:
        return Position(int(place[1]), int(place[2]))
    lines = text.rstrip().split("\n")
    return Position(len(lines), len(lines[-1]) + 1)
