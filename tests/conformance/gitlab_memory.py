"""Carries a job out once for all that it depends on, and remembers what it left.

Most cases of a table have the same jobs before the one that differs. What a job depends on is all that it gets: its
text, its variables, artifacts, the clock, the store of the world and the fault.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from conformance.github_memory import Memory as Stores
from conformance.gitlab_job import Ended, Given, carry_out
from conformance.gitlab_machine import Machine


@dataclass
class Memory:
    """What jobs left, and how the store was afterwards."""

    machine: Machine
    stores: Stores
    jobs: dict[str, tuple[Ended, str]] = field(default_factory=dict)
    hits: int = 0

    def carry_out(self, given: Given) -> Ended:
        store = self.machine.world.store
        key = self._key(given, self.stores.now or self.stores.kept(store))
        if key in self.jobs:
            self.hits += 1
        else:
            place = self.stores.folder / f"job-{len(self.jobs)}"
            ended = carry_out(given, self.machine, place)
            for work in place.glob("*/work"):
                shutil.rmtree(work)
            self.jobs[key] = ended, self.stores.kept(store)
        ended, digest = self.jobs[key]
        self.stores.restore(store, digest)
        return ended

    def _key(self, given: Given, store: str) -> str:
        late = (self.machine.world.folder / "late").read_text("utf-8")
        fetched = [digest(each) for each in given.fetched]
        told = [given.name, given.node, dict(given.variables), dict(given.files), given.ref, given.fault]
        text = json.dumps([*told, fetched, late, store], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        found.update(f"{file.relative_to(folder)}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()
