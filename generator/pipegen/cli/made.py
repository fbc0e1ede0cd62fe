"""What is kept of a spec once its pipelines are made, so that a run of many specs needs little memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipegen.config import CONFIG_FILE
from pipegen.diagnostics import Diagnostic
from pipegen.repository import Summary, summary
from pipegen.workspace.checking import check_texts
from pipegen.workspace.pruning import Selection

if TYPE_CHECKING:
    from pipegen.cache import Entry
    from pipegen.cache.entries import Locate
    from pipegen.compiler import Compiled


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a spec, or with `is_spec` False of the repository's own files.

    `places` are the files in which a finding about it may stand. `files` maps paths to texts and is None where errors
    stand in the way; `differences` is how they compare with what is on disk, if that was asked. `entry` is what the
    cache holds of it from now on; with `recalled` it was there already, all files are up to date and have no texts.
    """

    path: str
    is_spec: bool
    model: str | None
    places: tuple[str, ...]
    summary: Summary | None
    files: Mapping[str, str] | None
    diagnostics: tuple[Diagnostic, ...]
    differences: tuple[Diagnostic, ...] = ()
    entry: Entry | None = None
    recalled: bool = False

    @property
    def all_files(self) -> Mapping[str, str]:
        return self.files or {}


def made(compiled: Compiled) -> Made:
    spec, source = compiled.spec, compiled.source
    return Made(
        path=compiled.path,
        is_spec=source is not None,
        model=spec.model.name if spec else None,
        places=(compiled.path, *compiled.inputs, CONFIG_FILE),
        summary=summary(source, spec) if spec and source else None,
        files=None if compiled.files is None else compiled.all_files,
        diagnostics=compiled.diagnostics,
    )


def compared(of: Made, out: Path, selection: Selection, *, with_texts: bool) -> Made:
    """The same with what differs below `out`; without texts `files` names the paths alone."""
    differences = tuple(check_texts(out, of.all_files, selection))
    files = of.files if with_texts or of.files is None else dict.fromkeys(of.files, "")
    return replace(of, files=files, differences=differences)


def recalled(path: str, entry: Entry, locate: Locate) -> Made:
    """What became of a spec, or of the repository's own files, by an entry of the cache that still holds."""
    from pipegen.cache.entries import Unread  # noqa: PLC0415  (whoever has an entry has it already)

    told = entry.told
    others = (name for name in entry.inputs if name != path)
    return Made(
        path=path,
        is_spec=told is not None,
        model=told.model if told else None,
        places=(path, *others, CONFIG_FILE),
        summary=told.summary(Unread(path, locate)) if told else None,
        files=dict.fromkeys(entry.outputs, ""),
        diagnostics=(),
        entry=entry,
        recalled=True,
    )
