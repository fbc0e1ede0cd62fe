"""Tables of TOML as locks and projects hold them: a value of another kind than expected allows no judgement."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.text_files import text_of

Table = Mapping[str, object]


def table_in(file: Path) -> Table:
    """The root table of a TOML file; the text of CannotJudgeError names the file."""
    import tomllib  # noqa: PLC0415  (only a lock or a project in this form pays for it)

    text = text_of(file)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise CannotJudgeError(f"{file}: not TOML ({error})") from error


def table(parent: Table, key: str) -> Table:
    """The table at a key, empty if there is none."""
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise CannotJudgeError(f"{key!r} is not a table")
    return value


def tables(parent: Table, key: str) -> list[Table]:
    """The list of tables at a key, empty if there is none."""
    value = parent.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise CannotJudgeError(f"{key!r} is not a list of tables")
    return value


def texts(parent: Table, key: str) -> list[str]:
    """The list of texts at a key, empty if there is none."""
    value = parent.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise CannotJudgeError(f"{key!r} is not a list of texts")
    return value


def text(parent: Table, key: str) -> str:
    """The text at a key, empty if there is none."""
    value = parent.get(key, "")
    if not isinstance(value, str):
        raise CannotJudgeError(f"{key!r} is not text")
    return value
