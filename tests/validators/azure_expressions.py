"""The expression language of Azure Pipelines, read into calls, references and literals.

Source: learn.microsoft.com/azure/devops/pipelines/process/expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

UNBOUNDED = 99
STATUS = {"always": (0, 0), "canceled": (0, 0), "failed": (0, UNBOUNDED), "succeeded": (0, UNBOUNDED)} | {
    "succeededOrFailed": (0, UNBOUNDED)
}
"""Functions of conditions alone: fewest and most arguments."""
FUNCTIONS = STATUS | {
    "and": (2, UNBOUNDED),
    "coalesce": (2, UNBOUNDED),
    "contains": (2, 2),
    "containsValue": (2, 2),
    "convertToJson": (1, 1),
    "counter": (2, 2),
    "endsWith": (2, 2),
    "eq": (2, 2),
    "format": (1, UNBOUNDED),
    "ge": (2, 2),
    "gt": (2, 2),
    "iif": (3, 3),
    "in": (1, UNBOUNDED),
    "join": (2, 2),
    "le": (2, 2),
    "length": (1, 1),
    "lower": (1, 1),
    "lt": (2, 2),
    "ne": (2, 2),
    "not": (1, 1),
    "notIn": (1, UNBOUNDED),
    "or": (2, UNBOUNDED),
    "replace": (3, 3),
    "split": (2, 2),
    "startsWith": (2, 2),
    "trim": (1, 1),
    "upper": (1, 1),
    "xor": (2, 2),
}
CONTEXTS = ("variables", "parameters", "dependencies", "stageDependencies", "pipeline", "resources")

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\.?\d[\d.]*)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[(),.\[\]*])|(?P<end>\Z))"""
)
_CONSTANTS = ("true", "false", "null")


class Unreadable(Exception):  # noqa: N818  (what a text is, not what went wrong in here)
    """A text that is no expression; the message says why."""


@dataclass(frozen=True, slots=True)
class Literal:
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A context and the keys into it: `dependencies.train.outputs['pack.sha256']`."""

    context: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Expression, ...]


Expression = Literal | Reference | Call


def parse(text: str) -> Expression:
    tokens = _Tokens(text)
    expression = _expression(tokens)
    if tokens.kind != "end":
        raise Unreadable(f"{tokens.value!r} stands behind the end of the expression")
    return expression


def walk(expression: Expression) -> Iterator[Expression]:
    yield expression
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from walk(argument)


def references(expression: Expression) -> Iterator[Reference]:
    return (node for node in walk(expression) if isinstance(node, Reference))


class _Tokens:
    """The text, read one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.kind = self.value = ""
        self.advance()

    def advance(self) -> str:
        """Step on, and answer what was left behind."""
        behind = self.value
        match = _TOKEN.match(self._text, self._at)
        if not match:
            raise Unreadable(f"nothing can start with {self._text[self._at :]!r}")
        self._at = match.end()
        self.kind = str(match.lastgroup)
        self.value = match[self.kind]
        return behind

    def expect(self, mark: str) -> None:
        if self.value != mark:
            raise Unreadable(f"{mark!r} is expected before {self.value!r}")
        self.advance()


def _expression(tokens: _Tokens) -> Expression:
    match tokens.kind:
        case "string":
            return Literal(tokens.advance()[1:-1].replace("''", "'"))
        case "number":
            return Literal(tokens.advance())
        case "name":
            return _named(tokens, tokens.advance())
    raise Unreadable(f"an expression cannot start with {tokens.value!r}")


def _named(tokens: _Tokens, name: str) -> Expression:
    if tokens.value == "(":
        return _call(tokens, name)
    if name.lower() in _CONSTANTS:
        return Literal(name.lower())
    if name not in CONTEXTS:
        raise Unreadable(f"{name!r} is neither a function nor a context")
    return Reference(name, tuple(_keys(tokens)))


def _call(tokens: _Tokens, name: str) -> Call:
    if name not in FUNCTIONS:
        raise Unreadable(f"there is no function {name!r}")
    arguments = []
    tokens.expect("(")
    while tokens.value != ")":
        arguments.append(_expression(tokens))
        if tokens.value != ")":
            tokens.expect(",")
    tokens.expect(")")
    fewest, most = FUNCTIONS[name]
    if not fewest <= len(arguments) <= most:
        raise Unreadable(f"{name} does not take {len(arguments)} arguments")
    return Call(name, tuple(arguments))


def _keys(tokens: _Tokens) -> Iterator[str]:
    while tokens.value in {".", "["}:
        if tokens.advance() == ".":
            if tokens.kind != "name":
                raise Unreadable(f"a name is expected before {tokens.value!r}")
            yield tokens.advance()
        else:
            key = _expression(tokens)
            if not isinstance(key, Literal):
                raise Unreadable("an index has to be a literal")
            tokens.expect("]")
            yield key.text
