"""Which folder is the repository's root, and which specs a run is about."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipegen.config import CONFIG_FILE
from pipegen.diagnostics import Diagnostic
from pipegen.header import is_portable
from pipegen.workspace.findings import finding

SPEC_FOLDER = "model-specs"
_SUFFIXES = frozenset({".yaml", ".yml"})
_NONE_YET = "write one, or name one on the command line"


@dataclass(frozen=True, slots=True)
class SpecPaths:
    """Specs as sorted POSIX paths relative to the root, and what kept others from being among them."""

    paths: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def find_root(start: Path) -> Path:
    """The nearest folder from `start` upward with a pipegen.toml or a git repository in it, else `start`; resolved.

    A pipegen.toml above the repository does not count, because CI systems look for pipelines in the repository itself.
    """
    start = _real(start)
    for folder in (start, *start.parents):
        if any(os.access(folder / sign, os.F_OK) for sign in (CONFIG_FILE, ".git")):
            return folder
    return start


def spec_paths(root: Path, given: Sequence[Path]) -> SpecPaths:
    """The specs that `given` names, files or folders of them; all of model-specs/ when it names none."""
    root = _real(root)
    found = {result for place in given or [root / SPEC_FOLDER] for result in _specs_at(root, place)}
    diagnostics = (result for result in found if isinstance(result, Diagnostic))
    return SpecPaths(
        tuple(sorted(result for result in found if isinstance(result, str))),
        tuple(sorted(diagnostics, key=lambda diagnostic: diagnostic.sort_key)),
    )


def _specs_at(root: Path, place: Path) -> Iterator[str | Diagnostic]:
    try:
        if not place.is_dir() or not _real(place).is_relative_to(root):
            yield _examined(root, place)
            return
        specs = [file for file in place.iterdir() if file.suffix in _SUFFIXES and not file.name.startswith(".")]
        yield from (_examined(root, file) for file in specs)
        if not specs:
            yield _no_spec(root, place, "has no *.yaml or *.yml in it")
    except OSError as error:
        yield _no_spec(root, place, error.strerror or str(error))


def _examined(root: Path, file: Path) -> str | Diagnostic:
    if not _real(file).is_relative_to(root):
        return _outside(root, file)
    if not file.exists():
        return _no_spec(root, file, "does not exist")
    if not file.is_file():
        return _no_spec(root, file, "is not a file")
    name = _named(root, file)
    if not is_portable(name):
        hint = 'rename it: short, without control characters and \\ " < > : | ? *, not starting with -'
        return finding(name, "PG017", "this path cannot be used on every system", hint)
    return name


def _outside(root: Path, place: Path) -> Diagnostic:
    where = f"leads to {_real(place)}" if place.is_symlink() else "is"
    return finding(_named(root, place), "PG015", f"{where} outside the repository {root}", "keep specs inside it")


def _no_spec(root: Path, place: Path, reason: str) -> Diagnostic:
    return finding(_named(root, place), "PG016", f"no spec here: {reason}", _NONE_YET)


def _named(root: Path, place: Path) -> str:
    """The path from the root. A link keeps its own name; links among its folders are followed."""
    real = _real(place.parent) / place.name if place.name not in {"", ".."} else _real(place)
    return real.relative_to(root).as_posix() if real.is_relative_to(root) else str(place)


def _real(place: Path) -> Path:
    # Path.resolve() raises RuntimeError for a circle of links; a circle is only a path that does not exist.
    return Path(os.path.realpath(place))
