"""Handing the pipelines of a model over to people: its files lose their header, and its spec is rendered no more."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipegen.diagnostics import Refused
from pipegen.onboarding import disk
from pipegen.onboarding.yaml_edits import with_value
from pipegen.workspace.findings import finding, unusable
from pipegen.workspace.outputs import Verdict, judge, look
from pipegen.workspace.pruning import generated_files
from pipegen.workspace.writing import write_together

SUFFIX = ".ejected"
_END = r"(?:\r\n|\r|\n)"
_HEADER = re.compile(rf"(?:[^\r\n]*{_END}){{3}}{_END}?")


@dataclass(frozen=True, slots=True)
class Ejection:
    """What is handed over; `files` maps paths to their texts without headers.

    `spec` is None where there is no spec any more. `targets` are those that the spec keeps: none, and it is renamed.
    """

    files: Mapping[str, str]
    spec: str | None
    targets: tuple[str, ...]

    @property
    def renamed(self) -> str | None:
        return f"{self.spec}{SUFFIX}" if self.spec and not self.targets else None


def ejection(
    root: Path, spec: str, folders: Collection[str], *, ejected: Collection[str], kept: tuple[str, ...]
) -> Ejection:
    """What handing over the files of a spec for the targets `ejected` means; `kept` are the spec's other targets."""
    found = generated_files(root, tuple(folders))
    paths = [path for path, header in found if header.spec == spec and header.target in ejected]
    files = {path: without_header(disk.exact(root, path)) for path in paths}
    return Ejection(files, spec if (root / spec).exists() else None, kept)


def without_header(text: str) -> str:
    """A generated file as if a person had written it."""
    match = _HEADER.match(text)
    return text[match.end() :] if match else text


def not_up_to_date(root: Path, expected: Mapping[str, str]) -> tuple[str, ...]:
    """Files that are not what their spec says now, apart from edits by hand."""
    found = []
    for path, text in expected.items():
        with suppress(Refused):
            if judge(look(root, path), text) in {Verdict.STALE, Verdict.MISSING}:
                found.append(path)
    return tuple(found)


def eject(root: Path, handed: Ejection) -> None:
    """Hand everything over, or leave everything as it is."""
    before = {path: disk.exact(root, path) for path in handed.files}
    files = dict(handed.files)
    if handed.spec and handed.targets:
        files[handed.spec] = _narrowed(root, handed.spec, handed.targets)
    if handed.renamed and (root / handed.renamed).exists():
        message = "stands where the spec is to go"
        raise Refused([finding(handed.renamed, "PG405", message, "move it away or delete it, then eject again")])
    write_together(root, files)
    # Last, because a generated file whose spec is gone is one that `pipegen render --prune` deletes.
    if handed.spec and handed.renamed:
        try:
            (root / handed.spec).rename(root / handed.renamed)
        except OSError as error:
            write_together(root, before)
            raise Refused([unusable(handed.spec, "renamed", error)]) from error


def _narrowed(root: Path, spec: str, targets: tuple[str, ...]) -> str:
    listed = f"[{', '.join(targets)}]"
    edited = with_value(disk.exact(root, spec), "targets", listed)
    if edited is None:
        message = "cannot be changed without changing more than its `targets`"
        raise Refused([finding(spec, "PG406", message, f"write `targets: {listed}` into it, then eject again")])
    return edited
