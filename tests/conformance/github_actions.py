"""The actions that generated workflows use, as their own documentation describes them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from conformance.github_language import UnknownConstruct
from conformance.github_machine import Machine

_OPTIONS = {
    "actions/checkout": {"persist-credentials", "fetch-depth", "lfs"},
    "actions/setup-python": {"python-version"},
    "actions/cache": {"path", "key", "restore-keys"},
    "actions/upload-artifact": {"name", "path", "if-no-files-found", "include-hidden-files", "retention-days"},
    "actions/download-artifact": {"name", "path"},
}


@dataclass
class Artifacts:
    """What the jobs of a run handed on, by name: folders that nobody changes any more."""

    kept: dict[str, Path] = field(default_factory=dict)
    new: dict[str, Path] = field(default_factory=dict)
    """What the job at work has added."""


def use(action: str, options: Mapping[str, str], machine: Machine, artifacts: Artifacts, place: str) -> bool:
    """Whether the step succeeds; `place` is what the run's commit is checked out from."""
    name = action.partition("@")[0]
    if name not in _OPTIONS or (unknown := options.keys() - _OPTIONS[name]):
        raise UnknownConstruct(f"{action} {', '.join(sorted(unknown)) if name in _OPTIONS else ''}".rstrip())
    match name:
        case "actions/checkout":
            machine.world.check_out(machine.workspace, place, int(options.get("fetch-depth", "1")))
            return True
        case "actions/upload-artifact":
            return _upload(options, machine, artifacts)
        case "actions/download-artifact":
            return _download(options, machine.workspace, artifacts)
        case _:
            # Interpreters are among the world's programs, and no cache holds anything yet.
            return True


def _upload(options: Mapping[str, str], machine: Machine, artifacts: Artifacts) -> bool:
    """Names are taken once in a run; files begin at the folder that all of them have in common."""
    name, hidden = options["name"], options.get("include-hidden-files") == "true"
    asked = [machine.workspace / line for line in options["path"].splitlines() if line]
    if any(set("*?[!") & set(line) for line in options["path"].splitlines()):
        raise UnknownConstruct(f"a pattern of files to upload: {options['path']}")
    files = [file for file in asked if file.is_file() and (hidden or not _is_hidden(file, machine.workspace))]
    if any(file.is_dir() for file in asked):
        raise UnknownConstruct("a folder to upload")
    if not files:
        return options.get("if-no-files-found", "warn") != "error"
    if name in artifacts.kept or name in artifacts.new:
        return False
    common = Path(os.path.commonpath([file.parent for file in files]))
    kept = machine.home / "uploads" / name
    for file in files:
        target = kept / file.relative_to(common)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    artifacts.new[name] = kept
    return True


def _is_hidden(file: Path, workspace: Path) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(file.relative_to(workspace)).parts)


def _download(options: Mapping[str, str], workspace: Path, artifacts: Artifacts) -> bool:
    found = {**artifacts.kept, **artifacts.new}.get(options["name"])
    if found is None:
        return False
    shutil.copytree(found, workspace / options.get("path", "."), dirs_exist_ok=True)
    return True
