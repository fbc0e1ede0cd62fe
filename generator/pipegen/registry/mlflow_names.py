"""How MLflow and a Unity Catalog write names of metrics, parameters and tags that they cannot take as they are."""

from __future__ import annotations

import re

# A slash would make a path of the name, and a colon opens what is spelled.
_STRANGE = re.compile(r"[^A-Za-z0-9_.\- ]")
_SPELLED = re.compile(r":([0-9a-f]+):")
_DOT = "_dot_"


def spelled(name: str, *, catalog: bool = False) -> str:
    """A name as MLflow takes it: recall@0.5 becomes recall:40:0.5. A Unity Catalog takes no dots in names of tags."""
    plain = _STRANGE.sub(lambda mark: f":{ord(mark[0]):x}:", name)
    return plain.replace(".", _DOT) if catalog else plain


def read(name: str, *, catalog: bool = False) -> str:
    """The name that was spelled."""
    plain = name.replace(_DOT, ".") if catalog else name
    return _SPELLED.sub(lambda mark: chr(int(mark[1], 16)), plain)
