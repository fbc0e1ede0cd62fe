"""What every entry of a cache depends on: the program itself, and the configuration of the repository."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from pipegen import __version__
from pipegen.config import CONFIG_FILE, STAGE_FOLDER
from pipegen.resources import PACKAGE, TEMPLATES

_PACKAGES = ("click", "jinja2", "markupsafe", "pydantic", "pydantic_core", "yaml")
"""What decides about the text of outputs besides pipegen."""


def key_of(root: Path, targets: Sequence[str]) -> str | None:
    """One digest of all that; None where some of it cannot be read, and so nothing can be known."""
    made = hashlib.sha256()
    try:
        for part in (*_program(), *targets, *_configuration(root)):
            whole = part if isinstance(part, bytes) else os.fsencode(part)
            made.update(b"%d:" % len(whole))
            made.update(whole)
    except (OSError, ValueError):
        return None
    return made.hexdigest()


def _program() -> Iterator[str]:
    yield f"pipegen {__version__} on Python {sys.version}"
    yield from sorted(_states(str(PACKAGE)))
    yield from sorted(_states(str(TEMPLATES)))
    for folder in sorted({_home(name) for name in _PACKAGES}):
        # An installer that changes a package changes the folder that the packages are in.
        yield f"{folder} {folder.stat().st_mtime_ns}"


def _states(folder: str) -> Iterator[str]:
    """Every file below a folder with its time and size; without what Python compiles for itself."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _states(entry.path)
            else:
                status = entry.stat()
                yield f"{entry.path} {status.st_mtime_ns} {status.st_size}"


def _home(package: str) -> Path:
    """The folder that a package is installed in."""
    found = PathFinder.find_spec(package)
    if found is None or found.origin is None:
        raise FileNotFoundError(package)
    return Path(found.origin).parent.parent


def _configuration(root: Path) -> Iterator[str | bytes]:
    """pipegen.toml and the repository's own stage kinds: they are few, and what is wrong in one concerns every run."""
    try:
        yield (root / CONFIG_FILE).read_bytes()
    except FileNotFoundError:
        yield "no configuration"
    for kind in sorted((root / STAGE_FOLDER).glob("*.yaml")):
        yield kind.name
        yield kind.read_bytes()
