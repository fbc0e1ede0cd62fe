"""Recorded requests: one JSON object a line, with what to send and what a right answer is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pipegen.gates.reading import CannotJudgeError, JsonObject, kind_of, parse_object
from pipegen.gates.text_files import text_of

_METHOD = re.compile(r"[A-Z]+")
_PATH = re.compile(r"/[!-~]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[ -~\t]*")
_SET_HERE = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
"""Headers of a recording that belong to the connection it was made on."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and what its answer has to be; without a status, any that says success."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None
    status: int | None
    body_contains: str

    def fault(self, status: int, body: bytes) -> str:
        """What is wrong with an answer, or nothing."""
        right = 200 <= status < 300 if self.status is None else status == self.status  # noqa: PLR2004  (HTTP)
        if not right:
            return f"{self.path}: status {status}" + (f", not {self.status}" if self.status else "")
        if self.body_contains not in body.decode("utf-8", "replace"):
            return f"{self.path}: the body does not contain what is expected"
        return ""


def requests_in(file: Path) -> tuple[Request, ...]:
    """The requests of a file; the text of CannotJudgeError names the file and the line."""
    found = []
    # Other characters that end a line for Python may stand in a JSON text.
    for number, line in enumerate(text_of(file).split("\n"), 1):
        if line.strip(" \t\r"):
            try:
                found.append(_request(parse_object(line.encode())))
            except CannotJudgeError as error:
                raise CannotJudgeError(f"{file}:{number}: {error}") from error
    if not found:
        raise CannotJudgeError(f"{file}: holds no request")
    return tuple(found)


def _request(recorded: JsonObject) -> Request:
    _refuse_other_keys(recorded, {"method", "path", "headers", "body", "expect"}, "a request")
    expected = _object(recorded.get("expect", {}), "expect")
    _refuse_other_keys(expected, {"status", "body_contains"}, "expect")
    headers, body = _headers(_object(recorded.get("headers", {}), "headers")), recorded.get("body")
    if body is not None and not isinstance(body, str) and "content-type" not in map(str.lower, headers):
        headers["Content-Type"] = "application/json"
    return Request(
        method=_matching(recorded.get("method", "GET"), _METHOD, "method"),
        path=_matching(recorded.get("path"), _PATH, "path"),
        headers=headers,
        body=_body(body),
        status=_status(expected.get("status")),
        body_contains=_text(expected.get("body_contains", ""), "expect.body_contains"),
    )


def _refuse_other_keys(found: JsonObject, known: set[str], what: str) -> None:
    """A key that is misspelt would make the gate ask for less than was meant."""
    for key in found.keys() - known:
        raise CannotJudgeError(f"{what} has no key {key!r}: {', '.join(sorted(known))}")


def _headers(recorded: JsonObject) -> dict[str, str]:
    return {
        _matching(name, _HEADER_NAME, "a header's name"): _matching(value, _HEADER_VALUE, f"header {name}")
        for name, value in recorded.items()
        if name.lower() not in _SET_HERE
    }


def _body(value: object) -> bytes | None:
    """Text as it is, anything else as JSON."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CannotJudgeError("body: half a character, which UTF-8 cannot say") from error


def _plain(value: object) -> object:
    """Numbers as those of Python, whole where they are written so."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case Decimal() if not value.is_finite() or abs(float(value)) == float("inf"):
            raise CannotJudgeError(f"body: {value} is no number that JSON can send")
        case Decimal():
            return int(value) if value.as_tuple().exponent == 0 else float(value)
    return value


def _status(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, Decimal) or value not in range(100, 600):
        raise CannotJudgeError("expect.status is not a status of HTTP, for example 200")
    return int(value)


def _object(value: object, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise CannotJudgeError(f"{what} is {kind_of(value)}, not an object")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise CannotJudgeError(f"{what} is {kind_of(value)}, not text")
    return value


def _matching(value: object, pattern: re.Pattern[str], what: str) -> str:
    text = _text(value, what)
    if not pattern.fullmatch(text):
        raise CannotJudgeError(f"{what}: {text!r} cannot be sent")
    return text
