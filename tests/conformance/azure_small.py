"""Small pipelines written by hand, carried out as the generated ones are, for tests of what carries them out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from conformance.azure_checks import People
from conformance.azure_parts import Ran
from conformance.azure_run import Run
from conformance.azure_settings import Settings
from conformance.azure_starting import ByHand, Happening, queued
from conformance.azure_tasks import Tasks
from conformance.azure_templates import Files, compiled
from local_world import World, new_world
from pipegen.simulation import Answer, Ending

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Watch:
    """Scripts are called by their titles and jobs by their names; `faults` are endings by title."""

    world: World
    faults: Mapping[str, Ending]

    @property
    def path(self) -> str:
        return self.world.path

    def folder(self, job: str) -> Path:
        return self.world.fresh_folder(f"small-{next(_NUMBERS)}-{job}")

    def script(self, job: str, title: str, number: int) -> tuple[str, str, Ending | None] | None:
        assert number == 0 or not title, f"{job} has two scripts called {title}"
        return (job, title, self.faults.get(title)) if title else None

    def begin(self, job: str, step: str) -> None:
        self.world.tell_stubs(job, step)

    def approval(self, job: str) -> str:
        return job


@dataclass
class Small:
    """A repository with one pipeline, or several files, and what people and scripts do in it."""

    world: World
    texts: Mapping[str, str]
    settings: Settings = field(default_factory=Settings)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    faults: Mapping[str, Ending] = field(default_factory=dict)
    starter: str = "dora"

    def starts(self, happening: Happening) -> list[tuple[str, str, str]]:
        """File, reason and ref of each run that begins."""
        definitions = {path: path for path in self.texts}
        return [(each.file, each.reason, each.ref) for each in queued(definitions, Files(self.texts), happening)]

    def run(self, branch: str = "main", reason: str = "Manual", **parameters: str) -> Run:
        """The first file, started on a branch."""
        path = next(iter(self.texts))
        (one,) = queued({"p": path}, Files(self.texts), ByHand("p", f"refs/heads/{branch}", parameters))
        predefined = {"Build.Reason": reason, "Build.SourceBranch": one.ref, "System.StageAttempt": "1"}
        place = self.world.uploads(f"small-{next(_NUMBERS)}")
        return Run(
            compiled(Files(self.texts), one.file, one.parameters),
            predefined,
            self.settings,
            People(self.answers, self.starter),
            Tasks(self.world, branch, self.settings, place),
            Watch(self.world, self.faults),
        ).carry_out()


def ends(run: Run) -> dict[str, str]:
    """How each job that took place ended."""
    return {each.job: each.result for each in run.ran}


def scripts(run: Run) -> list[str]:
    """The titles of all scripts that ran."""
    return [script.id for each in run.ran for script in each.scripts]


def job(run: Run, name: str) -> Ran:
    (found,) = (each for each in run.ran if each.job == name)
    return found


def small(world: World, text: str, **more: object) -> Small:
    return Small(world, {"p.yml": dedent(text)}, **more)  # type: ignore[arg-type]


def a_world(factory: pytest.TempPathFactory) -> World:
    return new_world(factory.mktemp("small"), "spec.yaml", "", "model", ("dev", "prod"))


STAGES = """
stages:
  - stage: one
    jobs: [{job: a, steps: [{checkout: none}, {bash: 'true', displayName: a}]}]
  - stage: two
    CONDITION
    jobs: [{job: b, steps: [{checkout: none}, {bash: 'true', displayName: b}]}]
  - stage: three
    jobs: [{job: c, steps: [{checkout: none}, {bash: 'true', displayName: c}]}]
"""
