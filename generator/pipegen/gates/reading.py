"""Reading what gates judge: whole files of a bounded size, JSON with exact decimals and distinct keys."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes; no metrics file that a person could have meant is larger."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

JsonObject = dict[str, object]
"""A JSON object whose numbers, NaN and infinities included, are `Decimal`."""


class CannotJudgeError(Exception):
    """Input that allows no judgement; its text says why, for people."""


def content(file: Path) -> bytes:
    """The bytes of a file, one more than is allowed at most."""
    try:
        with file.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CannotJudgeError(error.strerror or "cannot be read") from error
    except ValueError as error:
        raise CannotJudgeError(f"not the name of a file: {error}") from error


def object_in(file: Path) -> JsonObject:
    """The JSON object in a file; the text of CannotJudgeError names the file."""
    try:
        return parse_object(content(file))
    except CannotJudgeError as error:
        raise CannotJudgeError(f"{file}: {error}") from error


def parse_object(content: bytes) -> JsonObject:
    """The object in a JSON file's bytes; raises CannotJudgeError for anything that is not exactly one."""
    if len(content) > LARGEST_FILE:
        raise CannotJudgeError(f"larger than {LARGEST_FILE} bytes")
    try:
        document = _parsed(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CannotJudgeError(f"not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        reason = f"not JSON ({error.msg}, line {error.lineno}, column {error.colno})" if content.strip() else "empty"
        raise CannotJudgeError(reason) from error
    except RecursionError as error:
        raise CannotJudgeError("nested too deeply") from error
    if not isinstance(document, dict):
        raise CannotJudgeError(f"its root is {kind_of(document)}, not an object")
    return document


def parse_number(text: str) -> Decimal:
    """A finite number as JSON writes it."""
    if not _NUMBER.fullmatch(text):
        raise CannotJudgeError(f"{text!r} is not a finite number as JSON writes it, for example 0.8")
    return _decimal(text)


def _parsed(text: str) -> object:
    return json.loads(
        text,
        parse_float=_decimal,
        parse_int=_decimal,
        parse_constant=Decimal,
        object_pairs_hook=_object_with_distinct_keys,
    )


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CannotJudgeError("holds a number whose exponent is out of range") from error


def _object_with_distinct_keys(pairs: list[tuple[str, object]]) -> JsonObject:
    node = dict(pairs)
    if len(node) != len(pairs):
        repeated, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise CannotJudgeError(f"the key {repeated!r} stands more than once in one object")
    return node


def kind_of(node: object) -> str:
    """What a value is in JSON, in words."""
    match node:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "a number"
