"""Which pushes and pull requests a workflow's filters let through."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from conformance.github_language import InvalidWorkflow, UnknownConstruct


def matches(patterns: Sequence[str], name: str) -> bool:
    """Whether the last of the patterns that speaks of the name lets it through; `!` takes back what others let."""
    verdict = False
    for pattern in patterns:
        if _regex(pattern.removeprefix("!")).fullmatch(name):
            verdict = not pattern.startswith("!")
    return verdict


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    """`*` stops at a slash, `**` does not; `?`, `+` and `[]` are as in regular expressions."""
    found, rest = "", pattern
    while rest:
        taken = re.match(r"\*\*/|\*\*|\*|\\.|\[[^\]]+\]|.", rest, re.DOTALL)
        if taken is None:
            raise AssertionError("a character is always there")
        found += _part(taken[0])
        rest = rest[taken.end() :]
    try:
        return re.compile(found, re.DOTALL)
    except re.error as problem:
        raise InvalidWorkflow(f"filter pattern {pattern}: {problem}") from None


_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}


def _part(part: str) -> str:
    if part in _WILD:
        return _WILD[part]
    if part.startswith("\\"):
        return re.escape(part[1])
    return part if len(part) > 1 else re.escape(part)


def admits(filters: Mapping[str, Any], kind: str, name: str) -> bool | None:
    """Whether a filter of `kind` (branches, tags) lets a name through; None where there is none."""
    if f"{kind}-ignore" in filters:
        if kind in filters:
            raise InvalidWorkflow(f"{kind} and {kind}-ignore stand beside each other")
        return not matches(filters[f"{kind}-ignore"], name)
    return matches(filters[kind], name) if kind in filters else None


def touches(filters: Mapping[str, Any], changed: Sequence[str]) -> bool:
    """Whether one of the changed files passes the filter of paths."""
    if "paths-ignore" in filters:
        raise UnknownConstruct("paths-ignore")
    return "paths" not in filters or any(matches(filters["paths"], each) for each in changed)
