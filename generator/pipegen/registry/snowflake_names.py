"""How Snowflake writes what it cannot take as it is: versions become identifiers, and can be read back."""

from __future__ import annotations

import re

_MARKS = {".": "_", "+": "__", "-": "$$"}
_PARTS = re.compile(r"__|_|\$\$|\$[A-Z]|[A-Z0-9]")
_READ = {written: mark for mark, written in _MARKS.items()}


def identifier(version: str) -> str:
    """A semantic version as an identifier without quotes: 1.0.0 is V1_0_0, 1.0.0-rc.1 is V1_0_0$$RC_1."""
    return "V" + "".join(_MARKS.get(mark) or (f"${mark}" if mark.isupper() else mark.upper()) for mark in version)


def version(name: str) -> str:
    """The semantic version that an identifier stands for."""
    return "".join(_mark(part) for part in _PARTS.findall(name.removeprefix("V")))


def _mark(part: str) -> str:
    if part in _READ:
        return _READ[part]
    return part[1:] if part.startswith("$") else part.lower()
