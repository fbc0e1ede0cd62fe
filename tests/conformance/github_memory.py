"""Carries a job out once for all that it depends on, and remembers what it left.

Most cases of a table have the same jobs before the one that differs. What a job depends on is all that it gets: its
text, its contexts, artifacts, the store of the world and the faults. A job that may read or start runs through the API
is carried out every time.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.github_files import Job
from conformance.github_job import Ended, Stage, carry_out


@dataclass(frozen=True)
class _Left:
    ended: Ended
    artifacts: Mapping[str, Path]
    store: str


@dataclass
class Memory:
    """What jobs left, and the states of the store by their digests."""

    folder: Path
    jobs: dict[str, _Left] = field(default_factory=dict)
    stores: dict[str, Path] = field(default_factory=dict)
    hits: int = 0
    now: str = ""
    """The digest of the store as it stands."""

    def carry_out(self, job: Job, stage: Stage) -> Ended:
        store = stage.machine.world.store
        if "GITHUB_TOKEN" in json.dumps(job.node):
            return carry_out(job, stage)
        key = self._key(job, stage, self.now or self.kept(store))
        if key in self.jobs:
            self.hits += 1
        else:
            ended = carry_out(job, stage)
            self.jobs[key] = _Left(ended, dict(stage.artifacts.new), self.kept(store))
        left = self.jobs[key]
        stage.artifacts.new = dict(left.artifacts)
        self.restore(store, left.store)
        return left.ended

    def kept(self, store: Path) -> str:
        """The digest of a store, of which a copy is kept."""
        digest = _digest(store)
        if digest not in self.stores:
            self.stores[digest] = self.folder / digest
            shutil.copytree(store, self.stores[digest])
        self.now = digest
        return digest

    def restore(self, store: Path, digest: str) -> None:
        if digest != self.now:
            shutil.rmtree(store)
            shutil.copytree(self.stores[digest], store)
            self.now = digest

    def _key(self, job: Job, stage: Stage, store: str) -> str:
        conditions = [job.condition, *(each.condition for each in job.steps)]
        artifacts = {name: _digest(folder) for name, folder in stage.artifacts.kept.items()}
        faults = {index: str(ending) for index, ending in stage.faults.items()}
        given = dict(stage.machine.given)
        told = [job.id, job.node, conditions, stage.contexts, stage.variables, stage.shell, stage.place, given]
        text = json.dumps([*told, artifacts, faults, dict(stage.stubs), store], sort_keys=True, default=dict)
        return hashlib.sha256(text.encode()).hexdigest()


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        found.update(f"{file.relative_to(folder)}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()
