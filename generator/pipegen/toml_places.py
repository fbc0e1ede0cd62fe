"""Where everything stands in a TOML text, which the parser of the standard library accepts but does not say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pipegen.diagnostics import KeyPath

Stretch = tuple[int, int]
"""The offsets of the first character and of the one behind the last."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value and, unless it is an item of a list, its key; a table is where its header or its dotted key is."""

    key: Stretch | None
    value: Stretch


def places(text: str) -> Mapping[KeyPath, Place]:
    r"""The place of each table, key and item by its path; line ends are `\n`."""
    scanner = _Scanner(text)
    path: KeyPath = ()
    at = _past_blank(text, 0)
    while at < len(text):
        if text[at] == "[":
            path, at = scanner.header(at)
        else:
            at = scanner.pair(path, at)
        at = _past_blank(text, at)
    return scanner.found


def nearest(text: str, path: KeyPath) -> Place:
    """The place at `path`; if there is none, that of the nearest table or list around it, without its key."""
    known = _places(text)
    if path in known:
        return known[path]
    around = next((known[path[:length]] for length in range(len(path), 0, -1) if path[:length] in known), None)
    if around is not None:
        return Place(None, around.value)
    first = next(iter(known.values()), None)
    return Place(None, (first.key or first.value) if first else (0, 0))


@lru_cache(maxsize=2)
def _places(text: str) -> Mapping[KeyPath, Place]:
    return places(text)


@dataclass(frozen=True, slots=True)
class _Scanner:
    """Moves through the text once; `sizes` counts the items of each array of tables."""

    text: str
    found: dict[KeyPath, Place] = field(default_factory=dict)
    sizes: dict[KeyPath, int] = field(default_factory=dict)

    def header(self, start: int) -> tuple[KeyPath, int]:
        """`[a.b]` or `[[a.b]]`: the path of its table, and where it ends."""
        is_item = self.text.startswith("[[", start)
        keys, at = self._keys(start + 1 + is_item)
        end = _past_blank(self.text, at) + 1 + is_item
        path = self._below((), keys[:-1])
        name, key = keys[-1]
        path = (*path, name)
        if not is_item:
            path = (*path, self.sizes[path] - 1) if path in self.sizes else path
            self.found[path] = Place(key, (start, end))
            return path, end
        number = self.sizes.setdefault(path, 0)
        self.sizes[path] += 1
        self.found.setdefault(path, Place(key, (start, end)))
        self.found[*path, number] = Place(None, (start, end))
        return (*path, number), end

    def pair(self, path: KeyPath, start: int) -> int:
        """`a.b = value`: where it ends."""
        keys, at = self._keys(start)
        path = self._below(path, keys[:-1])
        name, key = keys[-1]
        begin = _past_blank(self.text, _past_blank(self.text, at) + 1)
        # The value comes after its key, so that paths stand in the order of the text.
        self.found[*path, name] = Place(key, (begin, begin))
        end = self._value((*path, name), begin)
        self.found[*path, name] = Place(key, (begin, end))
        return end

    def _below(self, path: KeyPath, keys: list[tuple[str, Stretch]]) -> KeyPath:
        """The table that the keys lead to, each of which may make one; in an array of tables it is the last item."""
        for name, place in keys:
            path = (*path, name)
            self.found.setdefault(path, Place(place, place))
            path = (*path, self.sizes[path] - 1) if path in self.sizes else path
        return path

    def _keys(self, at: int) -> tuple[list[tuple[str, Stretch]], int]:
        """The parts of a dotted key, each with its place, and where the last one ends."""
        keys: list[tuple[str, Stretch]] = []
        while True:
            start = _past_blank(self.text, at)
            end = _end(_KEY, self.text, start)
            keys.append((_name(self.text[start:end]), (start, end)))
            at = _past_blank(self.text, end)
            if self.text[at] != ".":
                return keys, end
            at += 1

    def _value(self, path: KeyPath, at: int) -> int:
        match self.text[at]:
            case "[":
                return self._array(path, at + 1)
            case "{":
                return self._inline_table(path, at + 1)
        return _end(_SCALAR, self.text, at)

    def _array(self, path: KeyPath, at: int) -> int:
        number = 0
        while self.text[at := _past_blank(self.text, at)] != "]":
            if self.text[at] == ",":
                at += 1
                continue
            end = self._value((*path, number), at)
            self.found[*path, number] = Place(None, (at, end))
            number, at = number + 1, end
        return at + 1

    def _inline_table(self, path: KeyPath, at: int) -> int:
        while self.text[at := _past_blank(self.text, at)] != "}":
            at = at + 1 if self.text[at] == "," else self.pair(path, at)
        return at + 1


_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
# A text of several lines may end in quotes of its own; a date may be parted from its time by a space.
_SCALAR = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'"
    r"|\d{4}-\d\d-\d\d \d[^,\]}\s#]*"
    r"|[^,\]}\s#]+",
    re.DOTALL,
)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    if found is None:
        raise ValueError(f"a parser would not have accepted what stands at {at}")
    return found.end()


def _past_blank(text: str, at: int) -> int:
    return _end(_BLANK, text, at)


def _name(written: str) -> str:
    name: str = next(iter(tomllib.loads(f"{written} = 0")))
    return name
