"""Names, versions, specifiers and markers of Python packages, as PEP 440, 503 and 508 define them.

The one module of the gates that needs more than the standard library, which knows none of this: `packaging` where it
is installed, else the copy of it that every pip carries. A rule of our own would sooner or later differ from what pip
installs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from pipegen.gates.reading import CannotJudgeError

_LIBRARIES = ("packaging", "pip._vendor.packaging")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement's parts; `name` is normalised, and what is not given is empty."""

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    marker: str = ""
    url: str = ""


def normalised(name: str) -> str:
    """The one spelling of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirement(text: str) -> Requirement:
    """A requirement as PEP 508 writes it; raises CannotJudgeError for any other text."""
    library = _library("requirements")
    try:
        parsed = library.Requirement(text)
    except library.InvalidRequirement as error:
        raise CannotJudgeError(f"{text!r} is not a requirement") from error
    extras = tuple(sorted(normalised(extra) for extra in parsed.extras))
    marker = str(parsed.marker or "")
    return Requirement(normalised(parsed.name), extras, str(parsed.specifier), marker, parsed.url or "")


def exact_version(specifier: str) -> str:
    """The one version that a specifier allows, or nothing if it allows several."""
    found = re.fullmatch(r"={2,3}\s*([^\s,*]+)", specifier)
    return found[1] if found else ""


def satisfies(version: str, specifier: str) -> bool:
    """Whether a version that is pinned meets a specifier; a pre-release that was chosen is meant."""
    library = _library("specifiers")
    try:
        return bool(library.SpecifierSet(specifier).contains(_version(version), prereleases=True))
    except library.InvalidSpecifier as error:
        raise CannotJudgeError(f"{specifier!r} is not a specifier of versions") from error


def is_same_version(one: str, other: str) -> bool:
    """Whether two texts name the same version: 1.0 and 1.0.0 do."""
    return one == other or bool(_version(one) == _version(other))


def applies(marker: str, environment: Mapping[str, str | frozenset[str]]) -> bool:
    """Whether a marker holds in an environment, without an extra or with one of its extras; no marker always does."""
    if not marker:
        return True
    library = _library("markers")
    extras = ("", *environment.get("extras", ()))
    try:
        return any(library.Marker(marker).evaluate({**environment, "extra": extra}) for extra in extras)
    except (library.InvalidMarker, library.UndefinedComparison, library.UndefinedEnvironmentName, KeyError) as error:
        raise CannotJudgeError(f"the marker {marker!r} is not understood") from error


def own_environment() -> dict[str, str]:
    """The values of markers for the interpreter that runs this."""
    return {name: str(value) for name, value in _library("markers").default_environment().items()}


def _version(text: str) -> Any:  # noqa: ANN401  (a value of whichever library there is)
    library = _library("version")
    try:
        return library.Version(text)
    except library.InvalidVersion as error:
        raise CannotJudgeError(f"{text!r} is not a version") from error


@cache
def _library(module: str) -> Any:  # noqa: ANN401  (a module of whichever library there is)
    for library in _LIBRARIES:
        try:
            return import_module(f"{library}.{module}")
        except ImportError:
            continue
    raise CannotJudgeError(
        "neither packaging nor pip, which carries a copy of it, can be imported: install one of them"
    )
