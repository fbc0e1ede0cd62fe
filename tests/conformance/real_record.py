"""Generated files carried out on each CI system, where what they tell pipegen at run time is carried out for real."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from conformance import azure, azure_cases, jenkins_executor, jenkins_world
from conformance.cases import Case
from conformance.github_executor import executor_of as on_github
from conformance.github_files import Job as WorkflowJob
from conformance.github_job import Ended, Stage, carry_out
from conformance.github_memory import Memory
from conformance.github_people import api_of_runs
from conformance.gitlab_executor import executor_of as on_gitlab
from conformance.gitlab_job import Ended as GitlabEnded
from conformance.gitlab_job import Given
from conformance.gitlab_job import carry_out as carry_out_on_gitlab
from conformance.gitlab_memory import Memory as GitlabMemory
from conformance.observing import Observed
from local_models import DELIVERIES
from local_world import REAL_RECORD, World

MODEL = "churn-prediction"

_KEEPS_JUDGEMENTS = """#!/usr/bin/env bash
# What gates wrote for the test view of the CI system is kept, under the name of the job and the script.
code=0
"@WORLD@/venv-python.real" "$@" || code=$?
read -r job step < "@WORLD@/current"
while [ "$#" -gt 1 ]; do
  if [ "$1" = --junit ]; then cp "$2" "@WORLD@/judged/$job.$step.xml"; fi
  shift
done
exit "$code"
"""

Runs = Callable[[Case], Sequence[Observed]]
"""What a CI system does in a case, each time as if for the first time."""


@dataclass(frozen=True)
class Place:
    """A CI system with the model's repository."""

    world: World
    runs: Runs

    def judged(self, job: str, step: str) -> str:
        """What a gate wrote for the test view."""
        return (self.world.folder / "judged" / f"{job}.{step}.xml").read_text("utf-8")


def _with_record(world: World) -> World:
    (world.folder / REAL_RECORD).touch()
    (world.folder / "judged").mkdir()
    python = world.folder / "venv-python"
    python.rename(world.folder / "venv-python.real")
    python.write_text(_KEEPS_JUDGEMENTS.replace("@WORLD@", str(world.folder)), "utf-8")
    python.chmod(0o755)
    return world


# ---------------------------------------------------------------- each CI system


class _Forgetful(Memory):
    """Jobs are carried out every time: what they do depends on the ledger, too."""

    def carry_out(self, job: WorkflowJob, stage: Stage) -> Ended:
        return carry_out(job, stage)


@contextmanager
def _github(folder: Path) -> Iterator[Place]:
    with api_of_runs() as api:
        made = on_github(DELIVERIES[MODEL], folder, api)
        whole = replace(made, memory=_Forgetful(made.memory.folder))
        whole.seeded = whole.memory.kept(whole.world.store)
        numbers = itertools.count(1)

        def runs(case: Case) -> Sequence[Observed]:
            api.run_id = str(next(numbers))
            return whole.observe(case)

        yield Place(_with_record(whole.world), runs)


class _GitlabForgetful(GitlabMemory):
    """The same."""

    def carry_out(self, given: Given) -> GitlabEnded:
        self.hits += 1
        return carry_out_on_gitlab(given, self.machine, self.stores.folder / f"job-{self.hits}")


@contextmanager
def _gitlab(folder: Path) -> Iterator[Place]:
    whole = on_gitlab(DELIVERIES[MODEL], folder)
    whole.memory = _GitlabForgetful(whole.machine, whole.memory.stores)
    whole.seeded = whole.memory.stores.kept(whole.machine.world.store)
    _stand_in(whole.machine.world, "https://gitlab.example.com/acme/models.git")
    numbers = itertools.count(1)

    def runs(case: Case) -> Sequence[Observed]:
        whole.number = str(next(numbers))
        return whole.observe(case)

    yield Place(_with_record(whole.machine.world), runs)


def _stand_in(world: World, url: str) -> None:
    """GitLab tells the ledger where the project is; here that is the repository of the world."""
    git = world.folder / "bin" / "git"
    real = git.resolve()
    git.unlink()
    place = f"url.file://{world.repository}.insteadOf={url}"
    git.write_text(f'#!/usr/bin/env bash\nexec "{real}" -c "{place}" "$@"\n', "utf-8")
    git.chmod(0o755)


@contextmanager
def _azure(folder: Path) -> Iterator[Place]:
    world = azure_cases.world_of(MODEL, folder)
    yield Place(_with_record(world), lambda case: azure.observed(case, world, azure_cases.teams_of(case.delivery)))


@contextmanager
def _jenkins(folder: Path) -> Iterator[Place]:
    place = jenkins_world.installed(MODEL, folder / "world")

    def runs(case: Case) -> Sequence[Observed]:
        _forget_clones(place.world.folder / "clones")
        (carried,) = jenkins_executor.execute_in([place], [case])
        return carried.runs

    yield Place(_with_record(place.world), runs)


def _forget_clones(folder: Path) -> None:
    """The engine makes a clone of each branch once; here branches go on."""
    if folder.exists():
        folder.rename(folder.with_name(f"clones-{len(list(folder.parent.iterdir()))}"))


PLACES: Mapping[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "azure": _azure,
    "github": _github,
    "gitlab": _gitlab,
    "jenkins": _jenkins,
}
