"""A YAML file as plain data, with the line of every key path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .report import Report

KeyPath = tuple[str | int, ...]
Finding = tuple[KeyPath, str, str]
"""Where, which rule, what is wrong: a check knows paths, `reports` finds their lines."""


class _Yaml12(yaml.CSafeLoader):
    """Scalars as YAML 1.2 reads them: `on` and `12:30` are text."""

    yaml_implicit_resolvers = {}


_SCALARS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "bool": (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    "int": (r"[-+]?[0-9]+", int),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
    "null": (r"~|null|Null|NULL|", lambda _: None),
}
for _tag, (_pattern, _) in _SCALARS.items():
    _Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), None)


@dataclass(frozen=True, slots=True)
class Document:
    """A file, its text and its data. `lines` counts from 1; the line of a key stands for its value."""

    file: Path
    text: str
    data: Any
    lines: dict[KeyPath, int]

    def reports(self, tool: str, findings: Iterator[Finding]) -> list[Report]:
        """Findings at their lines, in the order of the file."""
        return sorted(Report(self.file, self._line(path), tool, rule, message) for path, rule, message in findings)

    def _line(self, path: KeyPath) -> int:
        """A missing key stands at its parent."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def read(file: Path) -> Document:
    text = file.read_text(encoding="utf-8")
    lines: dict[KeyPath, int] = {(): 1}
    loader = _Yaml12(text)
    try:
        return Document(file, text, _value(_last_document(loader), (), lines), lines)
    finally:
        loader.dispose()


def _last_document(loader: _Yaml12) -> yaml.Node | None:
    """What a file says; a document before it says which inputs the file has."""
    node: yaml.Node | None = None
    while loader.check_node():
        node = loader.get_node()
    return node


def strings(node: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text in the data, with its path; keys are not texts."""
    match node:
        case str():
            yield path, node
        case dict():
            for key, value in node.items():
                yield from strings(value, (*path, key))
        case list():
            for index, value in enumerate(node):
                yield from strings(value, (*path, index))


def items(node: object) -> Sequence[tuple[Any, Any]]:
    """The pairs of a mapping or a list; nothing for what is neither, which the schemas report."""
    match node:
        case dict():
            return list(node.items())
        case list():
            return list(enumerate(node))
    return ()


def _value(node: yaml.Node | None, path: KeyPath, lines: dict[KeyPath, int]) -> Any:  # noqa: ANN401
    match node:
        case yaml.MappingNode():
            for key, _ in node.value:
                lines[(*path, key.value)] = key.start_mark.line + 1
            return {key.value: _value(value, (*path, key.value), lines) for key, value in node.value}
        case yaml.SequenceNode():
            for index, item in enumerate(node.value):
                lines[(*path, index)] = item.start_mark.line + 1
            return [_value(item, (*path, index), lines) for index, item in enumerate(node.value)]
        case yaml.ScalarNode():
            _, convert = _SCALARS.get(node.tag.rpartition(":")[2], ("", str))
            return convert(node.value)
    return None
