"""Reading pipegen.toml, with a place for everything that is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipegen.config import HOSTS, TARGET_NAMES, Config, Pin
from pipegen.diagnostics import Diagnostic, Position, Refused, Severity, Span


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of pipegen.toml: what makes a value right, in code and in words."""

    fits: Callable[[object], bool]
    words: str


def _text(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _known_targets(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(name in TARGET_NAMES for name in value)
        and len(set(value)) == len(value)
    )


_BRANCH = r"[A-Za-z0-9][A-Za-z0-9._/-]*"
_ADDRESS = r"https://[A-Za-z0-9._:/~%+@-]+"
_TABLES: dict[str, dict[str, _Key]] = {
    "repository": {
        "host": _Key(lambda value: value in HOSTS, f"one of {', '.join(HOSTS)}"),
        "default_branch": _Key(_text(_BRANCH), "the name of a branch"),
        "targets": _Key(_known_targets, f"a list of {', '.join(TARGET_NAMES)}, each once"),
    },
    "pipegen": {
        "version": _Key(_text(r"[0-9]+(\.[0-9A-Za-z]+)*"), 'a version in quotes, for example "0.1.0"'),
        "sha256": _Key(_text(r"[0-9a-f]{64}"), "the SHA-256 of the wheel, 64 hexadecimal digits"),
        "index": _Key(_text(_ADDRESS), "an https address"),
        "wheel": _Key(_text(rf"{_ADDRESS}\.whl|[A-Za-z0-9._/-]+\.whl"), "an https address or a path of a .whl file"),
    },
}


def read(text: str, name: str) -> Config:
    """The configuration that a pipegen.toml says; `Refused` with all that is wrong with it."""
    import tomllib  # noqa: PLC0415  (a repository without pipegen.toml does not pay for it)

    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused([_syntax(str(error), text, name)]) from None
    problems = tuple(_problems(tables, text, name))
    if problems:
        raise Refused(problems)
    repository, pin = tables.get("repository", {}), tables.get("pipegen", {})
    return Config(
        host=repository.get("host", "github"),
        default_branch=repository.get("default_branch", "main"),
        targets=tuple(repository.get("targets", TARGET_NAMES)),
        pin=Pin(**pin) if pin else None,
    )


def _syntax(message: str, text: str, name: str) -> Diagnostic:
    place = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line, column = (int(place[1]), int(place[2])) if place else (max(1, text.count("\n")), 1)
    what = message.split(" (at ", maxsplit=1)[0]
    return _diagnostic(text, name, Position(line, column), "PG020", f"is not TOML: {what[:1].lower()}{what[1:]}", "")


def _problems(tables: Mapping[str, Any], text: str, name: str) -> Iterator[Diagnostic]:
    for table, values in tables.items():
        if table not in _TABLES:
            place, hint = _place(text, table), f"known tables: {', '.join(_TABLES)}"
            yield _diagnostic(text, name, place, "PG021", f"table or key {table!r} is not known", hint)
        elif not isinstance(values, dict):
            yield _diagnostic(text, name, _place(text, table), "PG022", f"{table!r} is a table", f"write [{table}]")
        else:
            yield from _value_problems(table, values, text, name)


def _value_problems(table: str, values: Mapping[str, object], text: str, name: str) -> Iterator[Diagnostic]:
    known = _TABLES[table]
    for key, value in values.items():
        place = _place(text, table, key)
        if key not in known:
            hint = f"known keys of [{table}]: {', '.join(known)}"
            yield _diagnostic(text, name, place, "PG021", f"key {key!r} of [{table}] is not known", hint)
        elif not known[key].fits(value):
            yield _diagnostic(text, name, place, "PG022", f"{key!r} of [{table}] has the wrong form", known[key].words)
    if table == "pipegen" and values and not {"version", "sha256"} <= values.keys():
        hint = "give `version` and `sha256`, and `index` or `wheel` where it does not come from PyPI"
        yield _diagnostic(text, name, _place(text, table), "PG023", "[pipegen] does not pin one exact wheel", hint)


def _place(text: str, table: str, key: str | None = None) -> Position:
    """Where a table or a key of it stands; the table's own line where the key is written in a way not searched for."""
    found, inside = Position(1, 1), False
    for number, line in enumerate(text.splitlines(), start=1):
        word = line.strip()
        if word.startswith("["):
            inside = word.strip("[] \t").split("]")[0].strip() == table
            found = Position(number, line.index("[") + 1) if inside else found
        named = re.match(r"[\"']?([A-Za-z0-9_-]+)[\"']?\s*=", word)
        if named and ((inside and named[1] == key) or (key is None and named[1] == table)):
            return Position(number, line.index(word) + 1)
    return found


def _diagnostic(text: str, name: str, place: Position, code: str, message: str, hint: str) -> Diagnostic:
    lines = text.splitlines()
    excerpt = lines[place.line - 1] if place.line <= len(lines) else ""
    end = Position(place.line, max(place.column + 1, len(excerpt.split("#")[0].rstrip()) + 1))
    return Diagnostic(name, Span(place, end), Severity.ERROR, code, message, hint, excerpt)
