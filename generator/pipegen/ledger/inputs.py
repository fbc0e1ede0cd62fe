"""Reading what a run hands over: JSON files, texts and digests, each of a bounded size and never half."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path

from pipegen.ledger.entries import LedgerError

LARGEST_FILE = 16 * 1024 * 1024
_GATE_FORMAT = "pipegen-gate/1"
_OF_A_JUDGEMENT = ("subject", "bound", "value", "verdict")


class Number(str):
    """A number as its file writes it."""

    __slots__ = ()


def content(file: Path) -> bytes:
    """The bytes of a file. Raises LedgerError."""
    try:
        with file.open("rb") as stream:
            read = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise LedgerError(f"{file}: {getattr(error, 'strerror', None) or 'cannot be read'}") from error
    if len(read) > LARGEST_FILE:
        raise LedgerError(f"{file}: larger than {LARGEST_FILE} bytes")
    return read


def text(file: Path) -> str:
    try:
        return content(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LedgerError(f"{file}: not UTF-8 (byte {error.start})") from error


def digest(file: Path) -> str:
    return sha256(content(file)).hexdigest()


def numbers(file: Path) -> tuple[dict[str, str], list[str]]:
    """The numbers of a metrics file by name, nested names joined by dots; and the names of what is no number."""
    found: dict[str, str] = {}
    others: list[str] = []
    for name, value in _leaves(_json_object(file)):
        if not isinstance(value, Number):
            others.append(name)
        elif name in found and Decimal(found[name]) != Decimal(value):
            raise LedgerError(f"{file}: the metric {name!r} has two values")
        else:
            found[name] = str(value)
    return found, others


def lineage(file: Path) -> dict[str, object]:
    """The object of a lineage file, with its numbers as numbers."""
    try:
        return {key: _plain(each) for key, each in _json_object(file).items()}
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"{file}: {error}") from error


def judgements(file: Path) -> list[dict[str, object]]:
    """The judgements in the JSON report of a gate."""
    report = _json_object(file)
    rows = report.get("judgements")
    named = {name: report.get(name) for name in ("gate", "title")}
    if report.get("format") != _GATE_FORMAT or not isinstance(rows, list):
        raise LedgerError(f"{file}: not the report of a gate in the format {_GATE_FORMAT}")
    if not all(isinstance(row, dict) and row.get("subject") and row.get("verdict") for row in rows):
        raise LedgerError(f"{file}: a judgement without a subject or a verdict")
    return [{**named, **{key: row.get(key) for key in _OF_A_JUDGEMENT}} for row in rows]


def _leaves(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    ahead: list[tuple[str, object]] = [*document.items()]
    while ahead:
        name, value = ahead.pop()
        if isinstance(value, Mapping):
            ahead += ((f"{name}.{key}", each) for key, each in value.items())
        else:
            yield name, value


def _json_object(file: Path) -> dict[str, object]:
    try:
        document = json.loads(
            text(file),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_number,
            object_pairs_hook=_object_with_distinct_keys,
        )
    except json.JSONDecodeError as error:
        raise LedgerError(f"{file}: not JSON ({error.msg}, line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise LedgerError(f"{file}: nested too deeply") from error
    except ValueError as error:
        raise LedgerError(f"{file}: {error}") from error
    if not isinstance(document, dict):
        raise LedgerError(f"{file}: its root is not an object")
    return document


def _number(text: str) -> Number:
    try:
        if Decimal(text).is_finite():
            return Number(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:40]} is out of range") from error
    raise ValueError(f"{text} is not a finite number")


def _object_with_distinct_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    node = dict(pairs)
    if len(node) != len(pairs):
        repeated, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {repeated!r} stands more than once in one object")
    return node


def _plain(value: object) -> object:
    if isinstance(value, Number):
        number = int(value) if value.lstrip("-").isdecimal() else float(value)
        if Decimal(repr(number)) != Decimal(value):
            raise ValueError(f"{value[:40]} has more digits than a double keeps; write it as text")
        return number
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
