"""The file that a spec extends: where it is, and what keeps it from being a base."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from pathlib import Path

from pipegen.diagnostics import Diagnostic, Finding, Refused
from pipegen.source import Source

CODES = {
    "PG030": "a base is missing",
    "PG031": "a base is not a file",
    "PG032": "a base cannot be read as YAML",
    "PG033": "a base is outside the repository",
    "PG034": "a spec extends itself",
    "PG035": "a base extends another file",
}

_ONE_LEVEL = "a base stands alone: say in it what it needs, or extend the other file directly"


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a file is no base, in the words of a finding."""

    code: str
    message: str
    hint: str


Bases = dict[str, Source | Unusable]
"""What became of the bases that were read in this run, by path."""


def base_of(spec: Source, root: Path, known: Bases) -> Source | None:
    """The base that a spec extends, None if there is none; each is read once and then `known`.

    `Refused` where it cannot be used: with a finding at `extends`, and the first time with those of the base itself.
    """
    extends = spec.data.get("extends")
    if not isinstance(extends, str):
        return None  # another type is for the shape to judge
    name = posixpath.normpath(posixpath.join(posixpath.dirname(spec.name), extends))
    found: tuple[Diagnostic, ...] = ()
    if name == spec.name:
        raise Refused([_at(spec, Unusable("PG034", "this spec extends itself", "name the file that it is based on"))])
    if name not in known:
        known[name], found = _read(root, name)
    base = known[name]
    if isinstance(base, Unusable):
        raise Refused([_at(spec, base), *found])
    return base


def _at(spec: Source, why: Unusable) -> Diagnostic:
    return spec.diagnostic(Finding(("extends",), why.code, why.message, why.hint))


def _read(root: Path, name: str) -> tuple[Source | Unusable, tuple[Diagnostic, ...]]:
    """The base, or why it is none and what is wrong in it."""
    place = os.path.realpath(root / name)
    if not Path(place).is_relative_to(os.path.realpath(root)):
        where = f"leads to {place}," if name[:3] != "../" and place != name else "is"
        message = f"the base {name!r} {where} outside the repository"
        return Unusable("PG033", message, "keep it in the repository: whoever clones it needs the base too"), ()
    if not os.path.lexists(place):
        hint = "the path begins in the spec's own folder; by custom bases are in model-specs/bases/"
        return Unusable("PG030", f"there is no file {name!r}", hint), ()
    if not Path(place).is_file():
        return Unusable("PG031", f"the base {name!r} is not a file", "name a YAML file"), ()
    try:
        base = Source.read(root / name, name)
    except Refused as refused:
        message = f"the base {name!r} cannot be read: {refused.diagnostics[0].message}"
        return Unusable("PG032", message, "mend it there"), refused.diagnostics
    if "extends" in base.data:
        line = base.key_span(("extends",)).start.line
        return Unusable("PG035", f"the base extends a file itself: {name}:{line}", _ONE_LEVEL), ()
    return base, ()
