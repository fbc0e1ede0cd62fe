"""A spec's environments as a JSON table: what each defines, and what its stages use.

{"environments": {"prod": {"variables": {"NAME": "value"}, "secrets": ["NAME"], "uses": {"deploy": ["NAME"]}}}}
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipegen.gates.checks import Wrong, check, nearest
from pipegen.gates.config import Environment, Kind, Setting, judge_each, setting_of
from pipegen.gates.reading import CannotJudgeError, JsonObject, kind_of
from pipegen.gates.report import Judgement

_KEYS = frozenset({"variables", "secrets", "uses"})


@dataclass(frozen=True, slots=True)
class Used:
    """An environment, the names that each of its stages uses, and names that are both variable and secret."""

    environment: Environment
    uses: Mapping[str, Sequence[str]]
    twice: Sequence[str]


def judge_table(document: JsonObject, no_secrets: Collection[str] = ()) -> tuple[Judgement, ...]:
    """Each environment defines what its stages use and nothing else, and all mean the same by a name."""
    table = _read(document)
    uses = sum(len(names) for each in table for names in each.uses.values())
    defined = sum(len(each.environment.settings) for each in table)
    return (
        *check("uses of stages", "defined in their environment", _undefined(table), f"{uses} uses"),
        *check("leftovers", "none", _leftovers(table), "none"),
        *check("names", "variable or secret, not both", _twice(table), f"{defined} names"),
        *judge_each([each.environment for each in table], no_secrets),
    )


def _undefined(table: Sequence[Used]) -> Iterator[Wrong]:
    for each in table:
        known = each.environment.settings
        for stage, names in each.uses.items():
            for name in names:
                if name not in known:
                    where = f"environment {each.environment.name}, stage {stage}: not defined"
                    yield Wrong(name, f"{where}{_elsewhere(table, name)}{nearest(name, known)}")


def _elsewhere(table: Sequence[Used], name: str) -> str:
    others = [each.environment.name for each in table if name in each.environment.settings]
    return f", though {', '.join(others)} defines it" if others else ""


def _leftovers(table: Sequence[Used]) -> Iterator[Wrong]:
    for each in table:
        used = {name for names in each.uses.values() for name in names}
        for name, setting in each.environment.settings.items():
            if name not in used:
                what = "a secret" if setting.kind is Kind.SECRET else "a variable"
                yield Wrong(name, f"environment {each.environment.name}: {what} that none of its stages uses")


def _twice(table: Sequence[Used]) -> Iterator[Wrong]:
    for each in table:
        for name in each.twice:
            yield Wrong(name, f"environment {each.environment.name}: both a variable and a secret")


def _read(document: JsonObject) -> tuple[Used, ...]:
    if set(document) != {"environments"}:
        raise CannotJudgeError("the table has one key, 'environments'")
    environments = _object(document["environments"], "'environments'")
    if not environments:
        raise CannotJudgeError("the table has no environment")
    return tuple(_used(name, _object(value, name)) for name, value in environments.items())


def _used(name: str, table: JsonObject) -> Used:
    if set(table) != _KEYS:
        raise CannotJudgeError(f"{name}: an environment has the keys {', '.join(sorted(_KEYS))}, and no other")
    variables = _object(table["variables"], f"{name}.variables")
    secrets = _texts(table["secrets"], f"{name}.secrets")
    uses = {stage: _texts(names, f"{name}.uses.{stage}") for stage, names in _object(table["uses"], "uses").items()}
    settings = {key: setting_of(_text(value, f"{name}.variables.{key}")) for key, value in variables.items()}
    both = [key for key in secrets if key in settings]
    return Used(Environment(name, settings | {key: Setting(Kind.SECRET) for key in secrets}), uses, both)


def _object(value: object, where: str) -> JsonObject:
    if not isinstance(value, dict):
        raise CannotJudgeError(f"{where} is {kind_of(value)}, not an object")
    return value


def _texts(value: object, where: str) -> list[str]:
    if not isinstance(value, list):
        raise CannotJudgeError(f"{where} is {kind_of(value)}, not a list of names")
    return list(dict.fromkeys(_text(each, where) for each in value))


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise CannotJudgeError(f"{where} holds {kind_of(value)}, not text")
    return value
