"""Seeded changes to what the targets are made of: each must make the tables find a difference."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deliveries import ROOT

_PARTS = ("generator/pipegen", "templates", "schemas", "docs/rules.md")
"""What pipegen needs of a checkout to render."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One text in one file becomes another; `tests` are arguments of pytest that select those that ought to see it."""

    target: str
    title: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """The file's text with the change, which fits exactly once."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.target}, {self.title}: {self.file} has the text {text.count(self.old)} times")
        return text.replace(self.old, self.new)

    def __str__(self) -> str:
        return f"{self.target}: {self.title}"


Change = Callable[..., Mutation]


def changes(target: str, folder: str) -> Change:
    """Makes changes to files of a folder."""

    def change(title: str, file: str, old: str, new: str, *tests: str) -> Mutation:
        return Mutation(target, title, f"{folder}/{file}", old, new, tests)

    return change


def checkout(folder: Path, mutation: Mutation | None = None) -> Path:
    """What pipegen needs of this checkout, in an empty folder, with the change if there is one."""
    for part in _PARTS:
        place = folder / part
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / part, place)
    if mutation is not None:
        file = folder / mutation.file
        file.write_text(mutation.applied(file.read_text("utf-8")), "utf-8")
    return folder
