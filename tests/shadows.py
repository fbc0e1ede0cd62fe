"""Files of a pull request that are called like modules of Python, and would end a program that imports them well."""

from __future__ import annotations

from pathlib import Path

SHADOWED = "imported from the files of a pull request"
_NAMES = (
    "json.py",
    "re.py",
    "typing.py",
    "dataclasses.py",
    "http/__init__.py",
    "urllib/__init__.py",
    "xml/__init__.py",
)


def cast_shadows(folder: Path) -> None:
    """Put them at the root of a checkout."""
    for name in _NAMES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"import os\nos.write(1, b{SHADOWED!r})\nos._exit(0)\n", "utf-8")
