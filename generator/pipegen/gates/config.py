"""The gate on configuration: what each environment defines, held against the others and against what is used.

Values are looked at and never shown: a configuration may hold what it should not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipegen.gates.checks import Wrong, check, nearest
from pipegen.gates.report import Judgement

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?")
_BOOLEAN = re.compile(r"true|false|yes|no|on|off", re.IGNORECASE)
_SECRET_NAME = re.compile(r"(?:password|token|secret)$", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\$\{[A-Za-z0-9_.]+\}|\$\(.+\)|\$[A-Za-z_][A-Za-z0-9_]*|\{\{.+\}\}|@Microsoft\.KeyVault\(.+\)"
    r"|(?:arn|env|op|ref\+[a-z]+|secret|vault):.+"
)
"""A value that only says where the value is."""


class Kind(StrEnum):
    """What a value is, as the program that reads it sees it."""

    INTEGER = "an integer"
    NUMBER = "a number"
    BOOLEAN = "a boolean"
    URL = "a URL"
    TEXT = "text"
    DATE = "a date or time"
    LIST = "a list"
    SECRET = "a secret"  # noqa: S105  (what a value is, not a password)
    REFERENCE = "a reference"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one value."""

    kind: Kind
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment's settings by their dotted names."""

    name: str
    settings: Mapping[str, Setting]


def setting_of(text: str, kind: Kind | None = None) -> Setting:
    """The setting that a text is; its kind is read from the text unless it is given or it is a reference."""
    if _REFERENCE.fullmatch(text.strip()):
        return Setting(Kind.REFERENCE)
    return Setting(kind or kind_of_text(text), empty=not text.strip())


def kind_of_text(text: str) -> Kind:
    """The kind of a value that an environment variable holds, where everything is text."""
    value = text.strip()
    for kind, pattern in ((Kind.INTEGER, _INTEGER), (Kind.NUMBER, _NUMBER), (Kind.BOOLEAN, _BOOLEAN)):
        if pattern.fullmatch(value):
            return kind
    return url_or_text(value)


def url_or_text(text: str) -> Kind:
    return Kind.URL if _URL.fullmatch(text.strip()) else Kind.TEXT


def judge_each(environments: Sequence[Environment], no_secrets: Collection[str]) -> tuple[Judgement, ...]:
    """What can be said without knowing what is used; `no_secrets` are names that only sound like secrets."""
    count = sum(len(each.settings) for each in environments)
    return (
        *check("kinds", "same in every environment", _other_kinds(environments), f"{len(_names(environments))} names"),
        *check("values", "none empty", _empty(environments), f"{count} values"),
        *check("secrets", "none in plain configuration", _plain_secrets(environments, no_secrets), "none"),
    )


def judge_same(environments: Sequence[Environment], may_differ: Collection[str]) -> tuple[Judgement, ...]:
    """Whether every environment defines the same names, but for those that may differ and all below them."""
    names = _names(environments)
    wrong = [*_undefined(environments, names, may_differ), *_unknown(names, may_differ)]
    return check("names", "same in every environment", wrong, f"{len(names)} names")


def judge_used(environments: Sequence[Environment], used: Collection[str]) -> tuple[Judgement, ...]:
    """Whether what is used is defined somewhere, and what is defined is used."""
    names = _names(environments)
    undefined = (
        Wrong(name, f"used, but no environment defines it{nearest(name, names)}") for name in used if name not in names
    )
    return (
        *check("used names", "defined", undefined, f"{len(used)} names"),
        *judge_leftovers(environments, {name for name in names if name not in used}),
    )


def judge_leftovers(environments: Sequence[Environment], unused: Collection[str]) -> tuple[Judgement, ...]:
    """That nothing is defined which nobody uses."""
    wrong = (
        Wrong(name, f"a leftover: defined in {_defining(environments, name)}, used nowhere") for name in sorted(unused)
    )
    return check("leftovers", "none", wrong, "none")


def _names(environments: Sequence[Environment]) -> list[str]:
    return list(dict.fromkeys(name for each in environments for name in each.settings))


def _defining(environments: Sequence[Environment], name: str) -> str:
    return ", ".join(each.name for each in environments if name in each.settings)


def _undefined(
    environments: Sequence[Environment], names: Sequence[str], may_differ: Collection[str]
) -> Iterator[Wrong]:
    for name in names:
        without = [each for each in environments if name not in each.settings]
        if not without or any(_covers(each, name) for each in may_differ):
            continue
        where = _defining(environments, name)
        # A name that one environment alone defines may be this one, misspelt.
        alone = [each for each in names if _defining(without, each) == _defining(environments, each)]
        lacking = ", ".join(each.name for each in without)
        yield Wrong(name, f"defined in {where}, not in {lacking}{nearest(name, alone)}")


def _unknown(names: Sequence[str], may_differ: Collection[str]) -> Iterator[Wrong]:
    for each in may_differ:
        if not any(_covers(each, name) for name in names):
            yield Wrong(each, f"it may differ, but no environment defines it{nearest(each, names)}")


def _covers(prefix: str, name: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def _other_kinds(environments: Sequence[Environment]) -> Iterator[Wrong]:
    for name in _names(environments):
        settings = {each.name: each.settings[name] for each in environments if name in each.settings}
        kinds = {where: setting.kind for where, setting in settings.items() if not setting.empty}
        # What a reference leads to is not known here, so it agrees with every kind.
        distinct = set(kinds.values()) - {Kind.REFERENCE}
        if len(distinct) > 1 and distinct != {Kind.INTEGER, Kind.NUMBER}:
            yield Wrong(name, ", ".join(f"{kind} in {where}" for where, kind in kinds.items()))


def _empty(environments: Sequence[Environment]) -> Iterator[Wrong]:
    for name in _names(environments):
        where = [each.name for each in environments if name in each.settings and each.settings[name].empty]
        if where:
            yield Wrong(name, f"empty in {', '.join(where)}")


def _plain_secrets(environments: Sequence[Environment], no_secrets: Collection[str]) -> Iterator[Wrong]:
    for name in _names(environments):
        if name in no_secrets or not _SECRET_NAME.search(name):
            continue
        settings = {each.name: each.settings[name] for each in environments if name in each.settings}
        where = [each for each, setting in settings.items() if _is_plain(setting)]
        if where:
            reason = f"a secret stands in plain text in {', '.join(where)}: keep it in the secrets of the CI system"
            yield Wrong(name, reason)


def _is_plain(setting: Setting) -> bool:
    return not setting.empty and setting.kind not in {Kind.REFERENCE, Kind.SECRET}
