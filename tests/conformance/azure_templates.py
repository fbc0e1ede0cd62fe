"""A run's pipeline as Azure compiles it: parameters checked, `${{ }}` evaluated, templates put in.

Sources: learn.microsoft.com/azure/devops/pipelines/process/{runtime-parameters,template-parameters,templates,
template-expressions}. To Azure every scalar is text, so the files are read that way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from conformance.azure_expressions import Facts, UnknownConstruct, Value, as_text, evaluate
from validators.azure_conditions import COMPILED

Node = dict[str, Any]

_EACH = re.compile(r"\$\{\{ each (\w+) in (.+) \}\}\Z")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_MOST_FILES = 100


class Refused(Exception):  # noqa: N818  (what Azure answers)
    """Azure does not take the values that somebody gives: no run begins."""


@dataclass(frozen=True)
class Files:
    """The files of the repository, by their paths from its root."""

    texts: Mapping[str, str]

    def node(self, path: str) -> Node:
        if path not in self.texts:
            raise UnknownConstruct(f"there is no file {path}")
        return _read(self.texts[path])


@lru_cache(maxsize=512)
def _read(text: str) -> Node:
    """Nobody changes what is made here: many runs read the same files."""
    found = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  (it makes nothing but text)
    if not isinstance(found, dict):
        raise UnknownConstruct("a file is no mapping")
    return found


def compiled(files: Files, path: str, given: Mapping[str, str]) -> Node:
    """The pipeline of a file with these values of its parameters. Raises Refused."""
    node = files.node(path)
    names = {"parameters": typed(node.get("parameters", []), given)}
    rest = {key: value for key, value in node.items() if key != "parameters"}
    return _Compilation(files).mapping(rest, names)


def typed(declared: list[Node], given: Mapping[str, Value]) -> dict[str, Value]:
    """Each parameter's value: what is given, or its default. Raises Refused."""
    known(declared, {"name", "displayName", "type", "default", "values"})
    surplus = given.keys() - {each["name"] for each in declared}
    if surplus:
        raise Refused(f"unexpected parameters {sorted(surplus)}")
    return {each["name"]: _typed(each, given) for each in declared}


def _typed(parameter: Node, given: Mapping[str, Value]) -> Value:
    name, kind = parameter["name"], parameter["type"]
    value = as_text(given.get(name, parameter.get("default")))
    if name not in given and "default" not in parameter:
        raise Refused(f"a value for {name} must be provided")
    if "values" in parameter and value not in parameter["values"]:
        raise Refused(f"{value!r} is not among the values of {name}")
    match kind:
        case "string":
            return value
        case "number" if _NUMBER.match(value):
            return value
        case "boolean" if value.lower() in {"true", "false"}:
            return value.lower() == "true"
        case "number" | "boolean":
            raise Refused(f"{value!r} is no {kind}, which {name} has to be")
        case _:
            raise UnknownConstruct(f"parameter {name} of type {kind}")


def known(node: Node | list[Node], keys: set[str]) -> None:
    """Refuse keys that nothing here looks at."""
    for each in node if isinstance(node, list) else [node]:
        surplus = each.keys() - keys
        if surplus:
            raise UnknownConstruct(f"keys {sorted(surplus)} beside {sorted(each.keys() & keys)}")


class _Compilation:
    """One file and what it includes; `names` are the contexts and the variables of loops."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._included = 0

    def mapping(self, node: Node, names: Mapping[str, Value]) -> Node:
        for key in node:
            if "${{" in key:
                raise UnknownConstruct(f"{key!r} as a key")
        return {key: self._any(value, names) for key, value in node.items()}

    def _any(self, node: Value, names: Mapping[str, Value]) -> Value:
        match node:
            case dict():
                return self.mapping(node, names)
            case list():
                return [each for item in node for each in self._items(item, names)]
            case str():
                return _pasted(node, names)
        raise UnknownConstruct(repr(node))

    def _items(self, item: Value, names: Mapping[str, Value]) -> Iterator[Value]:
        """What an item of a list becomes: a loop and a template are replaced by what is in them."""
        if not isinstance(item, dict):
            yield self._any(item, names)
        elif len(item) == 1 and (loop := _EACH.match(next(iter(item)))):
            (body,) = item.values()
            for value in evaluate(loop[2], Facts(names)):
                yield from (each for inner in body for each in self._items(inner, {**names, loop[1]: value}))
        elif "template" in item:
            yield from self._template(item, names)
        else:
            yield self.mapping(item, names)

    def _template(self, item: Node, names: Mapping[str, Value]) -> Iterator[Value]:
        """A template of stages in this repository: its own parameters are all that it sees."""
        known(item, {"template", "parameters"})
        self._included += 1
        path, _, repository = _pasted(item["template"], names).partition("@")
        if repository not in {"", "self"} or not path.startswith("/") or self._included >= _MOST_FILES:
            raise UnknownConstruct(f"template {path!r} of {repository!r}, number {self._included}")
        node = self._files.node(path.removeprefix("/"))
        known(node, {"parameters", "stages"})
        given = {name: _pasted(text, names) for name, text in item.get("parameters", {}).items()}
        inside = {"parameters": typed(node.get("parameters", []), given)}
        yield from (each for stage in node["stages"] for each in self._items(stage, inside))


def _pasted(text: str, names: Mapping[str, Value]) -> str:
    return COMPILED.sub(lambda found: as_text(_evaluated(found[1].strip(), names)), text)


def _evaluated(text: str, names: Mapping[str, Value]) -> Value:
    """The variable of a loop is a name of its own, which the language of conditions does not know."""
    if _NAME.match(text) and text in names:
        return names[text]
    return evaluate(text, Facts(names))
