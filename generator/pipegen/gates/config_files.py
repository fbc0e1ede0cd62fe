"""Configuration files as environments: JSON, TOML, and lines of NAME=value."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pipegen.gates.config import Environment, Kind, Setting, setting_of, url_or_text
from pipegen.gates.reading import LARGEST_FILE, CannotJudgeError, JsonObject, content, parse_object

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=(.*)")
_QUOTED = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?""")
_REMARK = re.compile(r"\s#.*")
_KINDS = ((bool, Kind.BOOLEAN), (int, Kind.INTEGER), ((dt.date, dt.time), Kind.DATE))
"""In this order, because a boolean is an integer to Python."""


def environment_in(name: str, file: Path) -> Environment:
    """What a file defines; the text of CannotJudgeError names the file."""
    try:
        settings = _settings(file, content(file))
    except CannotJudgeError as error:
        raise CannotJudgeError(f"{file}: {error}") from error
    if not settings:
        raise CannotJudgeError(f"{file}: defines nothing")
    return Environment(name, settings)


def _settings(file: Path, found: bytes) -> dict[str, Setting]:
    if len(found) > LARGEST_FILE:
        raise CannotJudgeError(f"larger than {LARGEST_FILE} bytes")
    match file.suffix.lower():
        case ".json":
            return _flat(parse_object(found))
        case ".toml":
            return _flat(_toml(_text(found)))
        case ".yaml" | ".yml":
            raise CannotJudgeError("YAML is not read here, because its readers differ: use JSON, TOML or NAME=value")
        case _ if file.suffix.lower() == ".env" or file.name.startswith(".env"):
            return {name: setting_of(value) for name, value in _variables(_text(found))}
        case _:
            raise CannotJudgeError("its name says no form: it ends in .json, .toml or .env")


def _text(found: bytes) -> str:
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotJudgeError(f"not UTF-8 (byte {error.start})") from error


def _toml(text: str) -> JsonObject:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, InvalidOperation, ValueError) as error:
        raise CannotJudgeError(f"not TOML ({error})") from error


def _flat(document: Mapping[str, object]) -> dict[str, Setting]:
    """The settings of nested tables by their dotted names."""
    settings: dict[str, Setting] = {}
    ahead = [("", document)]
    while ahead:
        prefix, node = ahead.pop()
        for key, value in node.items():
            name = f"{prefix}{key}"
            if isinstance(value, dict) and value:
                ahead.append((f"{name}.", value))
            elif name in settings:
                raise CannotJudgeError(f"{name!r} can be read as two different keys")
            else:
                settings[name] = _setting(value)
    return dict(sorted(settings.items()))


def _setting(value: object) -> Setting:
    if value is None or value in ({}, []):
        return Setting(Kind.TEXT, empty=True)
    if isinstance(value, str):
        return setting_of(value, url_or_text(value))
    if isinstance(value, Decimal):
        return Setting(Kind.INTEGER if _is_written_as_integer(value) else Kind.NUMBER)
    return Setting(next((kind for types, kind in _KINDS if isinstance(value, types)), Kind.LIST))


def _is_written_as_integer(number: Decimal) -> bool:
    return number.is_finite() and number.as_tuple().exponent == 0


def _variables(text: str) -> Iterator[tuple[str, str]]:
    names: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if not found:
            raise CannotJudgeError(f"line {number} is not NAME=value")
        if found[1] in names:
            raise CannotJudgeError(f"line {number} defines {found[1]} again")
        names.add(found[1])
        yield found[1], _value(found[2], number)


def _value(text: str, number: int) -> str:
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2]
    if text.lstrip()[:1] in {'"', "'"}:
        raise CannotJudgeError(f"line {number} opens a quote and does not close it")
    return _REMARK.sub("", text).strip()
