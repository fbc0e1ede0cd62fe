"""Versions of pipegen, and what a repository requires of them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

_VERSION = r"[0-9]{1,6}(\.[0-9]{1,6}){0,2}"
REQUIREMENT = rf"^ *(==|!=|>=|<=|>|<)? *{_VERSION} *(, *(==|!=|>=|<=|>|<)? *{_VERSION} *)*$"

_PART = re.compile(r"(?P<comparison>[=!<>]*) *(?P<version>[0-9.]+)")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def satisfies(version: str, requirement: str) -> bool:
    """Whether every part of the requirement holds; 0.2 is 0.2.0, and 0.2.0rc1 counts as 0.2.0."""
    return all(
        _COMPARISONS[part["comparison"]](_numbers(version), _numbers(part["version"]))
        for part in _PART.finditer(requirement)
    )


def specifier(requirement: str) -> str:
    """The requirement as pip has it: without blanks, and a bare version with `==`."""
    return ",".join(f"{part['comparison'] or '=='}{part['version']}" for part in _PART.finditer(requirement))


def _numbers(version: str) -> tuple[int, int, int]:
    release = re.match(r"([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?", version)
    if release is None:
        raise ValueError(f"{version!r} does not begin with a number")
    major, minor, patch = (int(number or 0) for number in release.groups())
    return major, minor, patch
