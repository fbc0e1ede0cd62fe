"""Expressions of Azure Pipelines, evaluated as its documentation says, so that tests can ask what a condition means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from validators.azure_expressions import Call, Expression, Literal, Reference, parse

Value = str | bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What an expression sees: names of variables are compared without case, and what is not there is empty."""

    variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    """Of the jobs or stages before."""
    failed: bool = False
    canceled: bool = False


def evaluate(text: str, facts: Facts) -> Value:
    return _value(parse(text), facts)


def holds(condition: str | None, facts: Facts) -> bool:
    return evaluate(condition or "succeeded()", facts) is True


def compiled(text: str, parameters: Mapping[str, str]) -> str:
    """The text with its `${{ }}` evaluated, once."""
    facts = Facts(parameters=parameters)
    return re.sub(r"\$\{\{((?:'(?:[^']|'')*'|[^'}])*)\}\}", lambda found: str(evaluate(found[1], facts)), text)


def _value(expression: Expression, facts: Facts) -> Value:
    match expression:
        case Literal(text):
            return text
        case Reference("variables", (name,)):
            known = {each.lower(): value for each, value in facts.variables.items()}
            return known.get(name.lower(), "")
        case Reference("parameters", (name,)):
            return facts.parameters[name]
        case Reference("dependencies", (name, "result")):
            return facts.results[name]
        case Call(name, arguments) if name in _STATUS:
            return not arguments and _STATUS[name](facts)
        case Call(name, arguments):
            return _FUNCTIONS[name]([_value(each, facts) for each in arguments])
    raise AssertionError(expression)


_STATUS: dict[str, Callable[[Facts], bool]] = {
    "always": lambda _: True,
    "canceled": lambda facts: facts.canceled,
    "succeeded": lambda facts: (
        not (
            facts.failed
            or facts.canceled
            or any(result not in {"Succeeded", "SucceededWithIssues"} for result in facts.results.values())
        )
    ),
    "succeededOrFailed": lambda facts: not facts.canceled,
}


def _same(one: Value, other: Value) -> bool:
    return str(one).lower() == str(other).lower()


def _format(values: Sequence[Value]) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: str(values[int(found[1]) + 1]), str(values[0]))


_FUNCTIONS: dict[str, Callable[[Sequence[Value]], Value]] = {
    "and": lambda values: all(value is True for value in values),
    "contains": lambda values: str(values[1]).lower() in str(values[0]).lower(),
    "endsWith": lambda values: str(values[0]).lower().endswith(str(values[1]).lower()),
    "eq": lambda values: _same(*values),
    "format": _format,
    "in": lambda values: any(_same(values[0], each) for each in values[1:]),
    "lower": lambda values: str(values[0]).lower(),
    "ne": lambda values: not _same(*values),
    "not": lambda values: values[0] is not True,
    "or": lambda values: any(value is True for value in values),
    "replace": lambda values: str(values[0]).replace(str(values[1]), str(values[2])),
    "startsWith": lambda values: str(values[0]).lower().startswith(str(values[1]).lower()),
}
