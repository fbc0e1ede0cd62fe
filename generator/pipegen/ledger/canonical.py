"""The one text of a JSON value: sorted keys, no spaces, ASCII; and the digests that are taken of it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NoReturn

PREFIX = "sha256:"
DIGEST_LENGTH = len(PREFIX) + 64


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def canonical(value: object) -> str:
    """The text of a JSON value; raises ValueError for NaN, infinities and circles, TypeError for what is no JSON."""
    return _ENCODER.encode(value)


def parsed(text: str) -> object:
    """The value of a JSON text; ValueError if it is none. Whoever needs distinct keys compares it with `canonical`."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def digest_of(text: str) -> str:
    return PREFIX + sha256(text.encode("ascii")).hexdigest()
