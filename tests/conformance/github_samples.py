"""Small workflows written by hand, carried out in a small repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.github_events import Event, PullRequest
from conformance.github_files import Job, Workflow, read
from conformance.github_people import People, RunApi
from conformance.github_run import JobRun, Run, Scene
from conformance.github_settings import Environment, Secret, Settings
from local_world import World
from pipegen.simulation import Ending

MAIN = ".github/workflows/main.yml"
CALLED = ".github/workflows/called.yml"
PUSH = Event("push", "refs/heads/main", "a" * 40, "main", ("README.md",))
NOTHING = Settings({}, {}, {})


@dataclass
class Sample:
    """A repository; `run` carries out a workflow, by default one that begins with the event."""

    world: World
    api: RunApi
    people: People = field(default_factory=lambda: People("sam"))

    def run(
        self,
        text: str,
        event: Event = PUSH,
        settings: Settings = NOTHING,
        faults: Mapping[tuple[str, int], Ending] | None = None,
        called: str = "",
    ) -> Ended:
        """`faults` are by job and number of the step."""
        whole = text if text.startswith("on:") else f"on: {event.name}\npermissions: {{}}\njobs:\n{indented(text)}"
        self.api.reviews, self.api.dispatched = [], []
        files = {MAIN: read(MAIN, whole)} | ({CALLED: read(CALLED, called)} if called else {})
        given = faults or {}

        def of(_: Workflow, job: Job) -> dict[int, Ending]:
            return {step: ending for (name, step), ending in given.items() if name == job.id}

        scene = Scene(files, settings, self.world, self.api, self.people, faults=of)
        return Ended(Run(scene, event).run(files[MAIN]))


@dataclass(frozen=True)
class Ended:
    """What a run came to."""

    run: Run

    @property
    def results(self) -> dict[str, str]:
        return {each.id: each.result for each in self.run.jobs}

    def job(self, job_id: str) -> JobRun:
        return next(each for each in self.run.jobs if each.id == job_id)

    def scripts(self, job_id: str) -> list[tuple[int, str]]:
        """Which steps of a job ran a script, and how each ended."""
        ended = self.job(job_id).ended
        return [(each.index, each.result) for each in ended.scripts] if ended else []

    def said(self, job_id: str = "a") -> str:
        """What the scripts of a job wrote."""
        ended = self.job(job_id).ended
        return "".join(each.text for each in ended.scripts).strip() if ended else ""

    def outputs(self, job_id: str = "a") -> Mapping[str, str]:
        ended = self.job(job_id).ended
        return ended.outputs if ended else {}


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.strip("\n").splitlines())


def job(name: str, *steps: str, **more: Any) -> str:  # noqa: ANN401  (keys of a job)
    """A job whose steps are given in flow form."""
    lines = [f"{name}:", "  runs-on: ubuntu-24.04"]
    lines += [f"  {key.replace('_', '-').strip('-')}: {value}" for key, value in more.items()]
    return "\n".join([*lines, "  steps:", *(f"    - {step}" for step in steps)]) + "\n"


def pull_request(owner: str = "acme", action: str = "opened", target: str = "main") -> Event:
    pull = PullRequest(12, "feat/x", target, owner, action)
    return replace(PUSH, name="pull_request", ref="refs/pull/12/merge", pull_request=pull)


def environment(name: str, **more: Any) -> Settings:  # noqa: ANN401  (fields of Environment)
    """A repository with one environment, which is there for an approval of the same name."""
    own = Environment(name, **more)
    shared = {"SHARED": Secret("SHARED", "of the repository"), "BOTH": Secret("BOTH", "of the repository too")}
    return Settings({name: own}, shared, {name: name})
