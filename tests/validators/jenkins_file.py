"""A Jenkinsfile as Groovy's own syntax tree: one JVM reads all files once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from runners import missing, require

from .report import Report
from .tools import HERE, run_json

Finding = tuple[int, str, str]
"""Line, rule and what is wrong."""


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of Groovy. A call has arguments, named arguments and the closure that ends it, if there is one."""

    kind: str
    line: int
    name: str = ""
    value: Any = None
    on: Node | None = None
    arguments: tuple[Node, ...] = ()
    named: dict[str, Node] = field(default_factory=dict)
    body: tuple[Node, ...] | None = None
    children: tuple[Node, ...] = ()
    annotations: tuple[str, ...] = ()

    def inside(self) -> Iterator[Node]:
        parts = (self.on,) if self.on else ()
        yield from (*parts, *self.arguments, *self.named.values(), *(self.body or ()), *self.children)

    def walk(self) -> Iterator[Node]:
        yield self
        for node in self.inside():
            yield from node.walk()

    @property
    def text(self) -> str | None:
        """The only argument, if it is a constant text."""
        value = self.arguments[0].value if len(self.arguments) == 1 else None
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Jenkinsfile:
    file: Path
    text: str
    errors: tuple[tuple[int, str], ...]
    body: tuple[Node, ...]
    methods: dict[str, tuple[Node, ...]]
    size: dict[str, int]
    """Estimated bytes of the JVM method that Jenkins makes of each method and, as `pipeline`, of the rest."""

    @property
    def pipeline(self) -> Node | None:
        return next((node for node in self.body if node.name == "pipeline" and node.body is not None), None)

    @property
    def is_loaded(self) -> bool:
        """Whether another file loads it."""
        return self.file.suffix == ".groovy"

    @property
    def handed_back(self) -> Node | None:
        """What a loaded file gives back: itself."""
        last = self.body[-1] if self.is_loaded and self.body else None
        return last if last and (last.kind, last.name) == ("Variable", "this") else None

    def walk(self) -> Iterator[Node]:
        for node in (*self.body, *(node for body in self.methods.values() for node in body)):
            yield from node.walk()


def read(files: Sequence[Path]) -> tuple[Jenkinsfile, ...]:
    return _read(tuple((file, file.read_text(encoding="utf-8")) for file in files))


def reports(tool: str, files: Sequence[Path], check: Callable[[Jenkinsfile], Iterator[Finding]]) -> list[Report]:
    """What a check finds in the files that Groovy could read; `jenkins.groovy` reports the others."""
    return [
        Report(one.file, line, tool, rule, message)
        for one in read(files)
        if not one.errors
        for line, rule, message in sorted(check(one))
    ]


@cache
def _read(files: tuple[tuple[Path, str], ...]) -> tuple[Jenkinsfile, ...]:
    groovy = str(HERE / "groovy")
    command = [require("groovy"), "-cp", groovy, f"{groovy}/Jenkinsfiles.groovy"]
    # Without it the launcher guesses a folder that Debian's headless JRE does not have.
    environment = {"JAVA_HOME": str(Path(require("java")).resolve().parent.parent), **os.environ}
    found = run_json(command, stdin=json.dumps([str(file.resolve()) for file, _ in files]), environment=environment)
    if found and not found["version"].startswith("2.4."):
        missing(f"Jenkins runs Groovy 2.4, and {found['version']} is installed")
    return tuple(_jenkinsfile(file, text, one) for (file, text), one in zip(files, found["files"], strict=True))


def _jenkinsfile(file: Path, text: str, told: dict[str, Any]) -> Jenkinsfile:
    return Jenkinsfile(
        file=file,
        text=text,
        errors=tuple((error["line"], error["message"]) for error in told["errors"]),
        body=_nodes(told.get("body")) or (),
        methods={method["name"]: _nodes(method["body"]) or () for method in told.get("methods", ())},
        size=told.get("bytes", {}),
    )


def _node(told: dict[str, Any]) -> Node:
    return Node(
        kind=told["kind"],
        line=told["line"],
        name=told.get("name", ""),
        value=told.get("value", told.get("text")),
        on=_node(told["on"]) if told.get("on") else None,
        arguments=_nodes(told.get("arguments")) or (),
        named={name: _node(value) for name, value in (told.get("named") or told.get("entries") or {}).items()},
        body=_nodes(told.get("body")),
        children=_nodes(told.get("children")) or (),
        annotations=tuple(told.get("annotations", ())),
    )


def _nodes(told: list[dict[str, Any]] | None) -> tuple[Node, ...] | None:
    return None if told is None else tuple(_node(one) for one in told)
