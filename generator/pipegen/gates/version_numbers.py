"""Semantic versions: reading them, their order, and the smallest that a change asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

_LONGEST = 100
_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_FORM = re.compile(
    rf"(?P<core>{_NUMBER}\.{_NUMBER}\.{_NUMBER})"
    rf"(?:-(?P<prerelease>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)

Core = tuple[int, int, int]
"""MAJOR, MINOR and PATCH."""


class Bump(IntEnum):
    """Which number of a version a change asks to be raised; the greater asks for more."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True)
class Semver:
    """A version as semver.org 2.0.0 has it; what is built from a version (`+...`) does not count in its order."""

    text: str
    core: Core
    prerelease: tuple[str, ...] = ()

    @property
    def precedence(self) -> tuple[object, ...]:
        """What versions are ordered by: a pre-release comes before its version, numbers before words."""
        return (*self.core, not self.prerelease, *(_identifier(each) for each in self.prerelease))

    def __str__(self) -> str:
        return self.text


def parse_semver(text: str) -> Semver | None:
    """The version that a text is; None for anything else."""
    found = _FORM.fullmatch(text)
    if found is None or len(text) > _LONGEST:
        return None
    major, minor, patch = map(int, found["core"].split("."))
    return Semver(
        text, (major, minor, patch), tuple((found["prerelease"] or "").split(".")) if found["prerelease"] else ()
    )


def least(before: Semver, asked: Bump) -> Core:
    """The smallest version that is enough; a pre-release may have raised its numbers for it already."""
    major, minor, patch = before.core
    starts = {Bump.MAJOR: minor == patch == 0, Bump.MINOR: patch == 0, Bump.PATCH: True, Bump.NONE: True}
    if asked is Bump.NONE or (before.prerelease and starts[asked]):
        return before.core
    raised = {Bump.MAJOR: (major + 1, 0, 0), Bump.MINOR: (major, minor + 1, 0), Bump.PATCH: (major, minor, patch + 1)}
    return raised[asked]


def is_enough(claimed: Semver, before: Semver, asked: Bump) -> bool:
    """Whether a version may follow another after changes that ask for this much; more is allowed."""
    if asked is Bump.NONE:
        return claimed.precedence >= before.precedence
    return claimed.precedence > before.precedence and claimed.core >= least(before, asked)


def text_of(core: Core) -> str:
    return ".".join(map(str, core))


def _identifier(text: str) -> tuple[bool, int, str]:
    return (False, int(text), "") if text.isdigit() else (True, 0, text)
