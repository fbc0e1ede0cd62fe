"""A YAML file as pipegen reads it: plain data, and the place of everything in it."""

from __future__ import annotations

import codecs
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import yaml

from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Position, Refused, Severity, Span
from pipegen.yaml_problems import Problem, line_of, position
from pipegen.yaml_reading import LOADER, MAX_PROBLEMS, Plain, read
from pipegen.yaml_scalars import FORBIDDEN, control_character

CODES = {
    "PG001": "a file is missing or cannot be read",
    "PG002": "a file is larger than 1 MiB",
    "PG003": "a file is not UTF-8 text",
    "PG004": "a file contains control characters",
    "PG005": "a file is not YAML",
    "PG006": "a file is empty",
    "PG007": "a file holds several YAML documents",
    "PG008": "lists and mappings are nested too deep",
    "PG009": "an anchor or alias is unknown, ambiguous, recursive or repeats too much",
    "PG010": "a mapping has a key twice",
    "PG011": "a key is not text",
    "PG012": "a tag, merge key or directive is not allowed",
    "PG013": "the root of a file is not a mapping",
    "PG014": "a number is infinite, not a number, or too large",
}

MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    r"""A file that is well-formed YAML 1.2 with a mapping at its root.

    `name` is its path as people are shown it; `text` has no byte order mark and `\n` at all line ends.
    Values in `data` that the file repeats by alias are the same objects, so `data` is for reading only.
    """

    name: str
    text: str
    data: dict[str, Plain]

    @classmethod
    def read(cls, path: Path, name: str) -> Source:
        """The source in a file; raises `Refused` with all that is wrong with it."""
        try:
            content = _content(path, name)
        except FileNotFoundError:
            raise _refused(name, "PG001", "there is no such file", "check the path") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise _refused(name, "PG001", f"the file cannot be read: {reason}", "check path and rights") from None
        return cls.parse(name, content)

    @classmethod
    def parse(cls, name: str, content: bytes) -> Source:
        """The source in `content`; raises `Refused` with all that is wrong with it."""
        if len(content) > MAX_BYTES:
            raise _too_large(name, len(content))
        text = _decoded(name, content)
        # Each stands for one character, so that all places stay and the rest of the file can be judged too.
        cleaned = FORBIDDEN.sub("\ufffd", text)
        data, problems = _data(cleaned)
        forbidden = list(_control_characters(text))
        if forbidden:
            # Where a character was replaced, bad syntax may come of it and says nothing more.
            problems = forbidden + [problem for problem in problems if problem.code != "PG005"]
        if problems or not isinstance(data, dict):
            raise Refused(_diagnostic(name, cleaned, problem) for problem in problems)
        return cls(name, text, data)

    def span(self, path: KeyPath) -> Span:
        """The place of the value at `path`; if there is none, of the key of the nearest parent there is.

        A parent without a key, the root or a list item, is pointed at by its first key. A value that an alias repeats
        is where its anchor is.
        """
        places = _places(self.text, path)
        return _span(self.text, places[-1].value) if len(places) > len(path) else _key_span(self.text, places[-1])

    def key_span(self, path: KeyPath) -> Span:
        """The place of the key at `path`, or of what `span` gives where there is no such key."""
        return _key_span(self.text, _places(self.text, path)[-1])

    def diagnostic(self, finding: Finding, *, at_key: bool = False) -> Diagnostic:
        """The finding at its place: that of the value at its path, or that of the key."""
        span = self.key_span(finding.path) if at_key else self.span(finding.path)
        excerpt = line_of(self.text, span.start)
        return Diagnostic(self.name, span, finding.severity, finding.code, finding.message, finding.hint, excerpt)


_BYTE_ORDER_MARKS = {codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}
# libyaml takes time quadratic in the number of %TAG lines; no spec needs one.
_DIRECTIVE = re.compile(r"^%(TAG|YAML(?![ \t]+1\.2[ \t]*$))", re.MULTILINE)
_SAVE_AS_UTF8 = "save the file as UTF-8"


def _content(path: Path, name: str) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise _refused(name, "PG001", "this is not a file", "name a YAML file")
    if status.st_size > MAX_BYTES:
        raise _too_large(name, status.st_size)
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _decoded(name: str, content: bytes) -> str:
    encoding = _other_encoding(content)
    if encoding:
        raise _refused(name, "PG003", f"the file is {encoding}, not UTF-8", _SAVE_AS_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(name, content, error.start) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _other_encoding(content: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return encoding
    # Plain ASCII text in two bytes a character, without a byte order mark.
    return "UTF-16" if b"\0\0" in (content[0:4:2], content[1:4:2]) else None


def _not_utf8(name: str, content: bytes, offset: int) -> Refused:
    text = content.decode(errors="replace").removeprefix("\ufeff")
    place = _position(text, len(content[:offset].decode().removeprefix("\ufeff")))
    message = f"the byte 0x{content[offset]:02X} at offset {offset} (line {place.line}) is not UTF-8"
    problem = Problem("PG003", message, _SAVE_AS_UTF8, _one_character(place))
    return Refused([_diagnostic(name, FORBIDDEN.sub("\ufffd", text.replace("\r\n", "\n")), problem)])


def _too_large(name: str, size: int) -> Refused:
    message = f"the file has {size} bytes, more than {MAX_BYTES}"
    return _refused(name, "PG002", message, "split it, or name another file")


def _refused(name: str, code: str, message: str, hint: str) -> Refused:
    return Refused([Diagnostic(name, None, Severity.ERROR, code, message, hint)])


def _data(text: str) -> tuple[Plain, list[Problem]]:
    directive = _DIRECTIVE.search(text)
    if directive:
        message = f"the directive {directive[0]} is not allowed: a spec is YAML 1.2"
        place = _one_character(_position(text, directive.start()))
        return None, [Problem("PG012", message, "remove the line", place)]
    return read(text)


def _control_characters(text: str) -> Iterator[Problem]:
    for found in islice(FORBIDDEN.finditer(text), MAX_PROBLEMS):
        place = _one_character(_position(text, found.start()))
        yield Problem("PG004", *control_character(found[0]), place)


def _diagnostic(name: str, text: str, problem: Problem) -> Diagnostic:
    excerpt = line_of(text, problem.span.start)
    return Diagnostic(name, problem.span, Severity.ERROR, problem.code, problem.message, problem.hint, excerpt)


def _position(text: str, index: int) -> Position:
    return Position(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _one_character(place: Position) -> Span:
    return Span(place, Position(place.line, place.column + 1))


@dataclass(frozen=True, slots=True)
class _Place:
    """A node and, if a mapping holds it, the node of its key."""

    key: yaml.Node | None
    value: yaml.Node


def _key_span(text: str, place: _Place) -> Span:
    if place.key is not None:
        return _span(text, place.key)
    if isinstance(place.value, yaml.MappingNode) and place.value.value:
        return _span(text, place.value.value[0][0])
    return _span(text, place.value)


def _places(text: str, path: KeyPath) -> list[_Place]:
    """The root and all that `path` leads through, as far as it leads."""
    places = [_Place(None, _root(text))]
    for part in path:
        place = _child(places[-1].value, part)
        if place is None:
            break
        places.append(place)
    return places


@lru_cache(maxsize=4)
def _root(text: str) -> yaml.Node:
    root = yaml.compose(text, Loader=LOADER)
    if root is None:
        raise ValueError("a text without a node has no places")
    return root


def _child(node: yaml.Node, part: str | int) -> _Place | None:
    if isinstance(node, yaml.MappingNode):
        return next((_Place(key, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        return _Place(None, node.value[part])
    return None


def _span(text: str, node: yaml.Node) -> Span:
    return Span(position(node.start_mark), _end(text, node))


def _end(text: str, node: yaml.Node) -> Position:
    """Behind the last character; the parser ends block texts and block collections where the next token begins."""
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return _last(_lines_until(text, node))
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return position(node.end_mark)
    lines = _lines_until(text, node)
    while lines[-1].strip()[:1] in ("", "#"):
        lines.pop()
    child = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    # The last lines of a block text may look like comments; what an alias repeats ends further up.
    return max(_last(lines), _end(text, child))


def _lines_until(text: str, node: yaml.Node) -> list[str]:
    return text[: node.end_mark.index].rstrip().split("\n")


def _last(lines: list[str]) -> Position:
    return Position(len(lines), len(lines[-1].rstrip()) + 1)
