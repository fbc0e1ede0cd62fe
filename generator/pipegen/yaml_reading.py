"""YAML 1.2 text to plain data, in one pass over the parser's events, with all that a spec file may not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from pipegen.diagnostics import Position, Span
from pipegen.yaml_problems import Problem, position, shown, syntax_problem
from pipegen.yaml_scalars import FORBIDDEN, NumberRefused, Scalar, control_character, plain_scalar

_NodeEvent = AliasEvent | ScalarEvent | CollectionStartEvent
Plain = Scalar | list["Plain"] | dict[str, "Plain"]

# PyYAML's own parser takes twelve times as long; it serves only where PyYAML was built without libyaml.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 100
"""Collections within collections. libyaml's own composer crashes the process at some 40 000."""
MAX_EXPANSION = 100_000
"""Nodes and characters that aliases may repeat in one file."""
MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias repeats: `size` in nodes and characters, `height` in collections."""

    value: Plain
    size: int
    height: int


class _Stopped(Exception):  # noqa: N818  (an end, not an error: the problems are in the reader)
    pass


def read(text: str) -> tuple[Plain, list[Problem]]:
    """The data of the only document in `text`; worth something only where there is no problem.

    Values that aliases repeat are the same objects.
    """
    reader = _Reader(text)
    data: Plain = None
    try:
        data = reader.document()
    except yaml.MarkedYAMLError as error:
        reader.problems.append(syntax_problem(error, text))
    except _Stopped:
        pass
    return data, reader.problems


class _Reader:
    """The state of one pass; each method consumes the events of the node it is given the first event of."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
        self._anchors: dict[str, _Anchored | None] = {}
        self._depth = 0
        self._deepest = 0
        self._size = 0
        self._repeated = 0

    def document(self) -> Plain:
        next(self._events)
        start = next(self._events)
        if isinstance(start, StreamEndEvent):
            self._empty()
            return None
        root = next(self._events)
        data = self._value(root)
        next(self._events)
        after = next(self._events)
        if isinstance(after, DocumentStartEvent):
            self._problem(after, "PG007", "a second document begins here", "keep one document in a file")
        self._check_root(root, data)
        return data

    def _check_root(self, root: _NodeEvent, data: Plain) -> None:
        if data is None and isinstance(root, ScalarEvent) and not root.value:
            self._empty()
        elif not isinstance(root, MappingStartEvent):
            message = f"the file is {_kind(data)}, not a mapping"
            self._problem(root, "PG013", message, "begin it with a key, for example `pipegen: 1`")

    def _empty(self) -> None:
        start = Span(Position(1, 1), Position(1, 1))
        self.problems.append(Problem("PG006", "the file is empty", "write a spec, or remove the file", start))

    def _value(self, event: _NodeEvent) -> Plain:
        name = event.anchor
        if isinstance(event, AliasEvent):
            return self._alias(event, str(name))
        return self._node(event) if name is None else self._anchored(event, name)

    def _node(self, event: ScalarEvent | CollectionStartEvent) -> Plain:
        return self._scalar(event) if isinstance(event, ScalarEvent) else self._collection(event)

    def _anchored(self, event: ScalarEvent | CollectionStartEvent, name: str) -> Plain:
        if name in self._anchors:
            message = f"the anchor {shown(name)} exists already"
            self._problem(event, "PG009", message, "give each anchor a name of its own")
        self._anchors[name] = None
        size, deepest, self._deepest = self._size, self._deepest, self._depth
        value = self._node(event)
        self._anchors[name] = _Anchored(value, self._size - size, self._deepest - self._depth)
        self._deepest = max(deepest, self._deepest)
        return value

    def _alias(self, event: AliasEvent, name: str) -> Plain:
        anchored = self._anchors.get(name)
        if anchored is None:
            self._problem(event, "PG009", *self._not_anchored(name))
            return None
        self._size += anchored.size
        self._repeated += anchored.size
        if self._repeated > MAX_EXPANSION:
            self._stop(event, "PG009", "the aliases up to here repeat too much", "repeat less, or write it out")
        self._reach(event, self._depth + anchored.height)
        return anchored.value

    def _not_anchored(self, name: str) -> tuple[str, str]:
        if name in self._anchors:
            return f"the alias {shown(name)} stands within its own anchor", "write out what is meant"
        return f"there is no anchor {shown(name)} before this alias", "put a text that begins with '*' in quotes"

    def _reach(self, event: _NodeEvent, depth: int) -> None:
        self._deepest = max(self._deepest, depth)
        if depth > MAX_DEPTH:
            self._stop(event, "PG008", f"lists and mappings are nested deeper than {MAX_DEPTH}", "nest less")

    def _collection(self, event: CollectionStartEvent) -> Plain:
        self._depth += 1
        self._size += 1
        self._reach(event, self._depth)
        is_mapping = isinstance(event, MappingStartEvent)
        if event.tag is not None and event.tag != _CORE + ("map" if is_mapping else "seq"):
            self._tag(event, event.tag)
        value: Plain = self._mapping() if is_mapping else self._sequence()
        self._depth -= 1
        return value

    def _sequence(self) -> list[Plain]:
        items: list[Plain] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._value(event))
        return items

    def _mapping(self) -> dict[str, Plain]:
        items: dict[str, Plain] = {}
        first: dict[str, _NodeEvent] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event, first)
            value = self._value(next(self._events))
            if key is not None:
                items[key] = value
        return items

    def _key(self, event: _NodeEvent, first: dict[str, _NodeEvent]) -> str | None:
        """The key if it is one that the mapping can take; `first` holds where it has its keys from."""
        problems = len(self.problems)
        key = self._value(event)
        if len(self.problems) > problems:
            return None
        if key == "<<" and isinstance(event, ScalarEvent) and event.implicit[0]:
            self._problem(event, "PG012", "merge keys are not part of YAML 1.2", "write the keys out")
        elif not isinstance(key, str):
            self._problem(event, "PG011", *_not_text(event, key))
        elif key in first:
            message = f"the key {shown(key)} stands in line {position(first[key].start_mark).line} already"
            self._problem(event, "PG010", message, "keep one of the two")
        else:
            first[key] = event
            return key
        return None

    def _scalar(self, event: ScalarEvent) -> Scalar:
        self._size += len(event.value) + 1
        if event.style == '"' and (found := FORBIDDEN.search(event.value)):
            self._problem(event, "PG004", *control_character(found[0]))
        if event.tag is not None:
            return self._tagged(event, event.tag)
        return self._plain(event) if event.implicit[0] else event.value

    def _plain(self, event: ScalarEvent) -> Scalar:
        try:
            return plain_scalar(event.value)
        except NumberRefused as error:
            self._problem(event, "PG014", str(error), "write a smaller number, or put a text in quotes")
            return None

    def _tagged(self, event: ScalarEvent, tag: str) -> Scalar:
        if tag == _CORE + "str":
            return event.value
        problems = len(self.problems)
        value = self._plain(event) if tag in _SCALAR_TAGS else None
        if type(value) not in _SCALAR_TAGS.get(tag, ()) and len(self.problems) == problems:
            self._tag(event, tag)
        return float(value) if tag == _CORE + "float" and isinstance(value, int) else value

    def _tag(self, event: yaml.Event, tag: str) -> None:
        tag = tag.replace(_CORE, "!!", 1)
        hint = "leave it out: text, numbers, true, false, null, lists and mappings need none"
        self._problem(event, "PG012", f"the tag {shown(tag)} is not allowed here", hint)

    def _problem(self, event: yaml.Event, code: str, message: str, hint: str) -> None:
        span = Span(position(event.start_mark), position(event.end_mark))
        is_last = len(self.problems) + 1 == MAX_PROBLEMS
        self.problems.append(Problem(code, message, f"{hint} (reading stopped here)" if is_last else hint, span))
        if is_last:
            raise _Stopped

    def _stop(self, event: yaml.Event, code: str, message: str, hint: str) -> NoReturn:
        self._problem(event, code, message, hint)
        raise _Stopped


def _not_text(event: _NodeEvent, key: Plain) -> tuple[str, str]:
    if isinstance(event, ScalarEvent) and event.value:
        return f"the key {shown(event.value)} is {_kind(key)}, not text", f"put it in quotes: {shown(event.value)}"
    hint = "put a text that contains { } or [ ] in quotes" if isinstance(key, list | dict) else "write a key before ':'"
    return f"the key is {_kind(key)}, not text", hint


def _kind(value: Plain) -> str:
    return _KINDS[type(value)]


_KINDS: dict[type, str] = {
    str: "text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    list: "a list",
    dict: "a mapping",
}
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    _CORE + "int": (int,),
    _CORE + "float": (float, int),
    _CORE + "bool": (bool,),
    _CORE + "null": (type(None),),
}
