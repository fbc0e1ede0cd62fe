"""The expressions of an Azure pipeline evaluated with their types, in conditions, variables and templates.

Source: learn.microsoft.com/azure/devops/pipelines/process/expressions. The grammar is that of the validators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from validators.azure_expressions import Call, Expression, Literal, Reference, Unreadable, parse

Value = Any


class UnknownConstruct(Exception):  # noqa: N818  (what a file holds, not what went wrong in here)
    """Something in a file whose meaning nobody has said here: carrying on would be a guess."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the status functions see: the results of all that was waited for, and whether people cancelled."""

    results: Mapping[str, str] = field(default_factory=dict)
    canceled: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What an expression sees. `contexts` are nested mappings; names are compared without case."""

    contexts: Mapping[str, Value]
    status: Status | None = None


def evaluate(text: str, facts: Facts) -> Value:
    try:
        return _value(parse(text), facts)
    except Unreadable as unreadable:
        raise UnknownConstruct(f"{text!r}: {unreadable}") from None


def holds(condition: str, facts: Facts) -> bool:
    return _truth(evaluate(condition, facts))


def as_text(value: Value) -> str:
    """A value as it is pasted: truth begins with a capital, nothing is empty."""
    if isinstance(value, list | Mapping):
        raise UnknownConstruct(f"{value!r} is no text")
    return "" if value is None else str(value)


def _value(expression: Expression, facts: Facts) -> Value:
    match expression:
        case Literal(text):
            return text
        case Reference(context, keys):
            return _found(context, keys, facts)
        case Call(name, arguments) if name in _STATUS:
            return _STATUS[name](_asked(name, arguments, facts))
        case Call("and" | "or" as name, arguments):
            chosen = all if name == "and" else any
            return chosen(_truth(_value(each, facts)) for each in arguments)
        case Call(name, arguments) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(each, facts) for each in arguments))
        case _:
            raise UnknownConstruct(f"{expression} is not evaluated here")


def _found(context: str, keys: Sequence[str], facts: Facts) -> Value:
    """What is not there is nothing, and no error."""
    if context not in facts.contexts:
        raise UnknownConstruct(f"there is no {context} here")
    found: Value = facts.contexts[context]
    for key in keys:
        named = {name.lower(): value for name, value in found.items()} if isinstance(found, Mapping) else {}
        found = named.get(key.lower())
    return found


def _truth(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise UnknownConstruct(f"{value!r} stands where only truth is evaluated")


def _asked(name: str, arguments: Sequence[Expression], facts: Facts) -> Status:
    """The status that a function asks for: of everything before, or of those that it names."""
    if facts.status is None:
        raise UnknownConstruct(f"{name} is for conditions")
    if not arguments:
        return facts.status
    named = [each.text for each in arguments if isinstance(each, Literal)]
    return Status({each: facts.status.results[each] for each in named}, facts.status.canceled)


_GOOD = frozenset({"Succeeded", "SucceededWithIssues"})
_STATUS: Mapping[str, Callable[[Status], bool]] = {
    "always": lambda _: True,
    "canceled": lambda status: status.canceled,
    "failed": lambda status: "Failed" in status.results.values(),
    "succeeded": lambda status: _GOOD.issuperset(status.results.values()),
    "succeededOrFailed": lambda status: not status.canceled,
}


def _same(one: Value, other: Value) -> bool:
    return as_text(one).lower() == as_text(other).lower()


def _format(pattern: Value, *values: Value) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: as_text(values[int(found[1])]), as_text(pattern))


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "coalesce": lambda *values: next((each for each in values if each not in (None, "")), None),
    "contains": lambda one, other: as_text(other).lower() in as_text(one).lower(),
    "endsWith": lambda one, other: as_text(one).lower().endswith(as_text(other).lower()),
    "eq": _same,
    "format": _format,
    "iif": lambda asked, one, other: one if _truth(asked) else other,
    "in": lambda one, *others: any(_same(one, each) for each in others),
    "lower": lambda one: as_text(one).lower(),
    "ne": lambda one, other: not _same(one, other),
    "not": lambda one: not _truth(one),
    "notIn": lambda one, *others: not any(_same(one, each) for each in others),
    "replace": lambda one, old, new: as_text(one).replace(as_text(old), as_text(new)),
    "split": lambda one, mark: as_text(one).split(as_text(mark)),
    "startsWith": lambda one, other: as_text(one).lower().startswith(as_text(other).lower()),
    "upper": lambda one: as_text(one).upper(),
}
