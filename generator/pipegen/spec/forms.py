"""How a kind of file is written, so that findings about it speak its language."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """The word for what maps keys to values, and how an example stands in one line."""

    mapping: str
    written: Callable[[object], str]


def _yaml(example: object) -> str:
    match example:
        case dict():
            return "{" + ", ".join(f"{key}: {_yaml(value)}" for key, value in example.items()) + "}"
        case list():
            return f"[{', '.join(map(_yaml, example))}]"
        case bool():
            return "true" if example else "false"
    return str(example)


def _toml(example: object) -> str:
    match example:
        case dict():
            return "{" + ", ".join(f"{key} = {_toml(value)}" for key, value in example.items()) + "}"
        case list():
            return f"[{', '.join(map(_toml, example))}]"
    return json.dumps(example, ensure_ascii=False)


YAML = Form("mapping", _yaml)
TOML = Form("table", _toml)
