"""Which pipegen the pipelines of a repository install, from the little that a person says about it."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipegen.config import Pin

_PYPI = "https://pypi.org/simple"
_WHEEL = re.compile(r"mlops_pipegen-(?P<version>[0-9][0-9A-Za-z.]*)-py3-none-any\.whl")


class Unpinned(ValueError):  # noqa: N818  (it carries what to answer; it is not an error of pipegen)
    """What was said does not name exactly one wheel."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says about the wheel; `running` is the version that is running now."""

    running: str
    version: str | None = None
    sha256: str | None = None
    index: str | None = None
    wheel: str | None = None

    @property
    def nothing(self) -> bool:
        return not (self.version or self.sha256 or self.index or self.wheel)


def pin(root: Path, said: Said) -> Pin | None:
    """The pin, with what the wheel itself says; None when nothing was said; `Unpinned` when it is not enough."""
    if said.nothing:
        return None
    if said.wheel and said.index:
        raise Unpinned("a wheel comes from a file or address, or from an index: give one of the two")
    version = said.version or (_version_of(said.wheel) if said.wheel else said.running)
    sha256 = said.sha256
    if said.wheel and not said.wheel.startswith("https://"):
        sha256 = _digest(root, said.wheel)
        if said.sha256 not in {None, sha256}:
            raise Unpinned(f"the SHA-256 of {said.wheel} is {sha256}")
    if sha256 is None:
        raise Unpinned("the SHA-256 of the wheel is needed; `sha256sum` says it")
    return Pin(version, sha256, said.index or _PYPI, said.wheel)


def from_root(root: Path, here: Path, wheel: str) -> str:
    """A wheel that is named from the current folder, named from the repository's root; an address stays."""
    if wheel.startswith("https://") or not (here / wheel).exists():
        return wheel
    return Path(os.path.relpath(here / wheel, root)).as_posix()


def _version_of(wheel: str) -> str:
    match = _WHEEL.fullmatch(PurePosixPath(wheel).name)
    if match is None:
        raise Unpinned(f"{wheel} is not named like a wheel of pipegen: mlops_pipegen-<version>-py3-none-any.whl")
    return match["version"]


def _digest(root: Path, wheel: str) -> str:
    place = root / wheel
    if not place.resolve().is_relative_to(root.resolve()):
        raise Unpinned(f"{wheel} is outside the repository, where no pipeline finds it")
    try:
        return hashlib.sha256(place.read_bytes()).hexdigest()
    except OSError as error:
        raise Unpinned(f"{wheel} cannot be read: {error.strerror}") from None
