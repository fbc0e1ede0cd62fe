"""Drawn specs, carried out on every CI system: what each of them does, case by case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from conformance import azure, github_executor, jenkins_executor, jenkins_world
from conformance.github_memory import Memory
from conformance.github_people import RunApi, api_of_runs
from conformance.github_settings import settings_of
from conformance.gitlab_cases import cut_off
from conformance.observing import Observed
from conformance.random_runs_gitlab import on_gitlab
from conformance.random_specs import Drawn, DrawnCase, branches, teams, world_for
from deliveries import CONFIG
from pipegen.delivery import Delivery, Job, Run, When
from pipegen.simulation import JobTrace, Trace
from pipegen.targets import github

Tried = Sequence[tuple[Drawn, Sequence[DrawnCase]]]
"""Specs, with what is tried with each."""
Runs = list[list[list[Observed]]]
"""For each spec and each of its cases, the runs that there were."""


def on_github(tried: Tried, folder: Path) -> Runs:
    with ExitStack() as stack:
        api = stack.enter_context(api_of_runs())
        return [list(_on_github(each, cases, folder / str(number), api)) for number, (each, cases) in enumerate(tried)]


def _on_github(drawn: Drawn, cases: Sequence[DrawnCase], folder: Path, api: RunApi) -> Iterator[list[Observed]]:
    memory = Memory(folder / "memory")
    memory.folder.mkdir(parents=True)
    world = world_for(drawn, folder / "world")
    settings = settings_of(tuple(github.capabilities(drawn.delivery, CONFIG)))
    files = github.render(drawn.delivery, CONFIG)
    executor = github_executor.Executor(drawn.delivery, files, settings, world, api, memory)
    executor.seeded = memory.kept(world.store)
    yield from (executor.observe(case) for case in cases)


def on_azure(tried: Tried, folder: Path) -> Runs:
    found: Runs = []
    for number, (drawn, cases) in enumerate(tried):
        world, files = world_for(drawn, folder / str(number)), azure.files_for(drawn.delivery)
        found.append([azure.observed(case, world, teams(drawn.delivery), files) for case in cases])
    return found


@dataclass(frozen=True)
class _Installation(jenkins_world.Installation):
    """A Jenkins with the jobs of a drawn spec."""

    planned: Delivery | None = None

    @property
    def delivery(self) -> Delivery:
        assert self.planned is not None
        return self.planned

    @property
    def keeps(self) -> bool:
        """All that was delivered before is in the store already."""
        return False


def on_jenkins(tried: Tried, folder: Path) -> Runs:
    places = [_installed(drawn, folder / str(number)) for number, (drawn, _) in enumerate(tried)]
    cases = [case for _, cases in tried for case in cases]
    of_cases = [place for place, (_, cases) in zip(places, tried, strict=True) for _ in cases]
    carried = iter(jenkins_executor.execute_in(of_cases, cases))
    return [[list(next(carried).runs) for _ in cases] for _, cases in tried]


def _installed(drawn: Drawn, folder: Path) -> _Installation:
    world, delivery = world_for(drawn, folder), drawn.delivery
    files = jenkins_world.committed(world, delivery, drawn.text, branches(delivery))
    return _Installation(delivery.model, world, files, delivery)


def expected_on(target: str, case: DrawnCase) -> Sequence[Trace]:
    """What the reference says, but for what a CI system declares."""
    match target:
        case "jenkins":
            return [_sparing_agents(each, case) for each in case.expected]
        case "gitlab" if (unit := cut_off(case)) and unit.closing:
            return [_without({unit.closing.id}, each) for each in case.expected]
        case _:
            return case.expected


SPARED = "takes an agent only if there is something to undo"
"""In the words of Jenkins' own report."""


def _sparing_agents(trace: Trace, case: DrawnCase) -> Trace:
    """Without the job that closes a rollout, where it would do nothing but prepare."""
    (pipeline,) = (start.pipeline for start in case.starts if start.pipeline.id == trace.pipeline)
    ran = {job.id: {step.id for step in job.steps} for job in trace.jobs}
    units = (phase.deployment for phase in pipeline.phases if phase.deployment)
    closings = {unit.closing.id: unit.closing for unit in units if unit.closing}
    idle = {name for name, job in closings.items() if not ran.get(name, set()) & set(_last(job))}
    return _without(idle, trace)


def _without(jobs: Collection[str], trace: Trace) -> Trace:
    kept = tuple(each for each in trace.entries if not (isinstance(each, JobTrace) and each.id in jobs))
    return replace(trace, entries=kept)


def _last(job: Job) -> Iterator[str]:
    """The scripts for which there is a job at the end."""
    return (step.id for step in job.steps if isinstance(step, Run) and step.when is not When.SUCCESS)


EXECUTORS: Mapping[str, Callable[[Tried, Path], Runs]] = {
    "azure": on_azure,
    "github": on_github,
    "gitlab": on_gitlab,
    "jenkins": on_jenkins,
}
