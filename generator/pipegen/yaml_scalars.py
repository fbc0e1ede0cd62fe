"""What YAML 1.2's core schema reads in a scalar, and the characters that none may hold."""

from __future__ import annotations

import math
import re

from pipegen.yaml_problems import shown

Scalar = str | int | float | bool | None

MAX_NUMBER = 100
"""Characters of a number; `int()` refuses 4 300 digits with an error of its own."""
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Control characters except tab and line feed, what breaks lines elsewhere, and what is no character."""

_NULLS: dict[str, Scalar] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS = _NULLS | dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_BEGINS = frozenset("+-.0123456789")
_SIGNIFICANT = re.compile(r"[1-9]")


class NumberRefused(ValueError):  # noqa: N818  (it says what a number is, like `Refused`)
    """A scalar that the core schema reads as a number and that no target could be given."""


def plain_scalar(text: str) -> Scalar:
    """What YAML 1.2's core schema reads in an unquoted scalar: `on` and `12:30` are text, `017` is 17, `0o17` is 15."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_BEGINS:
        return text
    if _NOT_FINITE.fullmatch(text):
        raise NumberRefused(f"the number {shown(text)} is not finite")
    if not _FLOAT.fullmatch(text) and not _INTEGER.fullmatch(text):
        return text
    if len(text) > MAX_NUMBER:
        raise NumberRefused(f"the number {shown(text)} is written with more than {MAX_NUMBER} characters")
    return _integer(text) if _INTEGER.fullmatch(text) else _float(text)


def _integer(text: str) -> int:
    number = int(text, 0 if text[:2] in ("0o", "0x") else 10)
    if not -(2**63) <= number < 2**63:
        raise NumberRefused(f"the number {shown(text)} does not fit in 64 bits")
    return number


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NumberRefused(f"the number {shown(text)} is too large")
    if number == 0 and _SIGNIFICANT.search(re.split("[eE]", text)[0]):
        raise NumberRefused(f"the number {shown(text)} is too close to zero to be told from it")
    return number


def control_character(character: str) -> tuple[str, str]:
    """Message and hint for a match of `FORBIDDEN`."""
    message = f"the control character U+{ord(character):04X} is not allowed"
    if character == "\r":
        return f"{message}: a carriage return without a line feed", "end lines with LF or CRLF"
    return message, "remove it; only line feeds and tabs are allowed"
