"""Carries out what the GitHub target makes of a model, and says in neutral words what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from conformance.cases import BRANCHES, TAGS, Case, scripts_by_title
from conformance.github_events import Event, PullRequest, dispatched_inputs, starts
from conformance.github_files import Job, Workflow, read
from conformance.github_job import evaluated, text
from conformance.github_language import InvalidWorkflow
from conformance.github_memory import Memory
from conformance.github_people import People, Review, RunApi
from conformance.github_run import JobRun, Run, Scene
from conformance.github_settings import Settings, settings_of
from conformance.observing import Observed, ObservedApproval, ObservedJob, Script
from deliveries import CONFIG, SPECS, source_of, whole_text
from local_models import BEHAVIOUR
from local_world import World, new_world
from pipegen.delivery import Delivery, Merged, Pipeline, Scheduled
from pipegen.simulation import (
    ActionStarted,
    ApprovalResult,
    Ending,
    JobResult,
    Occurrence,
    Outcomes,
    PullRequestOpened,
    Pushed,
    TagPushed,
    TimerFired,
)
from pipegen.simulation.jobs import main_step
from pipegen.targets import github

_FOLDER = ".github/workflows"
_RESULTS = {"success": JobResult.SUCCESS, "failure": JobResult.FAILED, "cancelled": JobResult.CANCELLED}
_BOT = "github-actions[bot]"
NESTED = "feat/a/b"
"""A branch that a repository cannot have beside feat/a: runs on it find what the default branch has."""


@dataclass(frozen=True)
class Customs:
    """What the reference leaves open and GitHub's settings and people decide."""

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    comes_late: bool = False
    prevents_self_review: bool = True


AS_SET_UP = Customs()


@dataclass
class Executor:
    """One model's repository on GitHub; `files` are all workflows that there are."""

    delivery: Delivery
    files: Mapping[str, str]
    settings: Settings
    world: World
    api: RunApi
    memory: Memory
    pulls: dict[tuple[str, str], int] = field(default_factory=dict)
    seeded: str = ""
    """The digest of the store before each case."""
    runs: list[Run] = field(default_factory=list)
    """What the latest case brought about."""

    @cached_property
    def workflows(self) -> Mapping[str, Workflow]:
        return {path: read(path, text) for path, text in self.files.items()}

    def observe(self, case: Case, customs: Customs = AS_SET_UP, changed: Sequence[str] | None = None) -> list[Observed]:
        """The runs that an occurrence brings about, carried out; `changed` is what a push touches, not the model."""
        self.fill_store()
        self.runs.clear()
        return list(self._observed(case.occurrence, case.outcomes, customs, changed))

    def fill_store(self) -> None:
        """What is delivered without asking was delivered once."""
        if self.seeded:
            self.memory.restore(self.world.store, self.seeded)
            return
        for pipeline in self.delivery.pipelines:
            if isinstance(pipeline.event, Merged):
                list(self._observed(Pushed(pipeline.event.branch), Outcomes(), AS_SET_UP, None))
        self.seeded = self.memory.kept(self.world.store)

    # ------------------------------------------------------------ what happens

    def _observed(
        self, occurrence: Occurrence, outcomes: Outcomes, customs: Customs, changed: Sequence[str] | None
    ) -> Iterator[Observed]:
        if isinstance(occurrence, ActionStarted):
            file = f"{_FOLDER}/{self.delivery.model}.action-{occurrence.name}.yml"
            ref = self._ref(occurrence.branch)
            yield from self.dispatched(file, ref, occurrence.parameters, outcomes, customs)
            return
        event = self._event(occurrence, tuple(changed or (f"{self.delivery.path}/README.md",)))
        for workflow in self.workflows.values():
            if starts(workflow, event):
                yield self._run(workflow, event, outcomes, customs)

    def dispatched(
        self, file: str, ref: str, given: Mapping[str, str], outcomes: Outcomes, customs: Customs
    ) -> Iterator[Observed]:
        """GitHub refuses inputs that the file does not allow, and then nothing runs."""
        workflow = self.workflows[file]
        try:
            inputs = dispatched_inputs(workflow, given)
        except InvalidWorkflow:
            return
        name = ref.removeprefix("refs/").partition("/")[2]
        event = Event("workflow_dispatch", ref, self.world.commit_of(name), name, inputs=inputs)
        yield self._run(workflow, event, outcomes, customs)

    def _event(self, occurrence: Occurrence, changed: tuple[str, ...]) -> Event:
        match occurrence:
            case Pushed(branch):
                place = self.settings.default_branch if branch == NESTED else branch
                return Event("push", f"refs/heads/{branch}", self.world.commit_of(place), place, changed)
            case TagPushed(tag, reachable):
                if not self.world.has_tag(tag):
                    self.world.tag(tag, self.settings.default_branch if reachable else "feat/a")
                return Event("push", f"refs/tags/{tag}", self.world.commit_of(tag), tag, changed)
            case TimerFired(name):
                branch = self.settings.default_branch
                return Event(
                    "schedule", f"refs/heads/{branch}", self.world.commit_of(branch), branch, cron=self._cron(name)
                )
            case PullRequestOpened(source, target):
                return self._proposed(source, target, changed)
            case _:
                raise AssertionError(occurrence)

    def _ref(self, name: str) -> str:
        return f"refs/tags/{name}" if self.world.has_tag(name) else f"refs/heads/{name}"

    def _cron(self, timer: str) -> str:
        crons = {
            each.event.name: each.event.cron for each in self.delivery.pipelines if isinstance(each.event, Scheduled)
        }
        if len(set(crons.values())) < len(crons):
            raise ValueError("two timers fire at the same time")
        return crons[timer]

    def _proposed(self, source: str, target: str, changed: tuple[str, ...]) -> Event:
        """GitHub makes the commit that a merge would make, and runs what it holds."""
        new = (source, target) not in self.pulls
        number = self.pulls.setdefault((source, target), len(self.pulls) + 1)
        place = f"pull/{number}/merge"
        if new:
            self.world.commit(place, dict.fromkeys(changed, f"pull request {number}\n"), start=target)
        owner, sign, branch = source.rpartition(":")
        pull = PullRequest(number, branch, target, owner if sign else "acme")
        return Event("pull_request", f"refs/pull/{number}/merge", self.world.commit_of(place), place, changed, pull)

    # ------------------------------------------------------------ runs

    def _run(self, workflow: Workflow, event: Event, outcomes: Outcomes, customs: Customs) -> Observed:
        self.api.reviews, self.api.dispatched = [], []
        pipeline = self._pipeline(workflow.path)
        people = People(outcomes.starter, outcomes.answers, customs.members, customs.comes_late)
        faults = _Faults(pipeline, outcomes)
        scene = Scene(self.workflows, self._settings(customs), self.world, self.api, people)
        scene = replace(scene, faults=faults.of, stubs=faults.stubs, carry_out=self.memory.carry_out)
        run = Run(scene, event).run(workflow)
        self.runs.append(run)
        for file, ref, inputs in self.api.dispatched:
            if f"{_FOLDER}/{file}" == workflow.path:
                # A run that did nothing but start the same workflow elsewhere is that run.
                outcomes = replace(outcomes, starter=_BOT)
                return next(self.dispatched(workflow.path, self._ref(ref), inputs, outcomes, customs))
        return _Telling(pipeline, run, self.settings).observed()

    def _settings(self, customs: Customs) -> Settings:
        if customs.prevents_self_review:
            return self.settings
        loose = {name: replace(each, prevents_self_review=False) for name, each in self.settings.environments.items()}
        return replace(self.settings, environments=loose)

    def _pipeline(self, path: str) -> Pipeline:
        name = path.removeprefix(f"{_FOLDER}/{self.delivery.model}.").removesuffix(".yml")
        return next(each for each in self.delivery.pipelines if each.id == name)


def executor_of(delivery: Delivery, folder: Path, api: RunApi) -> Executor:
    """The model as the target writes it, in a repository set up as the target asks for it."""
    settings = settings_of(tuple(github.capabilities(delivery, CONFIG)))
    memory = Memory(folder / "memory")
    memory.folder.mkdir(parents=True)
    world = _world(delivery, folder / "world")
    return Executor(delivery, github.render(delivery, CONFIG), settings, world, api, memory)


def _world(delivery: Delivery, folder: Path) -> World:
    (spec,) = (path for path in SPECS if path.stem == delivery.model)
    branches = [each for each in BRANCHES if each != NESTED]
    world = new_world(folder, delivery.spec, whole_text(source_of(spec)), delivery.path, branches)
    for tag in TAGS:
        world.tag(tag, "main")
    world.behave(BEHAVIOUR[delivery.model])
    return world


# ---------------------------------------------------------------- names


def script_ids(pipeline: Pipeline, job: Job) -> dict[int, str]:
    """The ids of the scripts of a job, by the place of the step that has their title."""
    titles = {(job_id, " ".join(title.split())): ids for (job_id, title), ids in scripts_by_title(pipeline).items()}
    left = {title: list(ids) for (job_id, title), ids in titles.items() if job_id == job.id}
    found: dict[int, str] = {}
    for index, step in enumerate(job.steps):
        name = text(evaluated(step.node.get("name"), {}))
        if "run" in step.node and name in left:
            if not left[name]:
                raise AssertionError(f"{job.id} has more than one script called {name}")
            found[index] = left[name].pop(0)
    return found


@dataclass(frozen=True)
class _Faults:
    """Faults and stubs of the neutral form, by the places of steps in a workflow."""

    pipeline: Pipeline
    outcomes: Outcomes

    def of(self, _: Workflow, job: Job) -> dict[int, Ending]:
        fault = self.outcomes.faults.get(job.id)
        if fault is None:
            return {}
        planned = next(each for each in self.pipeline.jobs if each.id == job.id)
        main = main_step(planned)
        wanted = fault.step or (main.id if main else None)
        places = [place for place, name in script_ids(self.pipeline, job).items() if name == wanted]
        if len(places) != 1:
            raise AssertionError(f"{job.id} has no script {wanted}")
        return {places[0]: fault.ending}

    def stubs(self, _: Workflow, job: Job) -> dict[int, tuple[str, str]]:
        return {place: (job.id, name) for place, name in script_ids(self.pipeline, job).items()}


@dataclass(frozen=True)
class _Telling:
    """A run in neutral words."""

    pipeline: Pipeline
    run: Run
    settings: Settings

    def observed(self) -> Observed:
        own = {each.id for each in self.pipeline.jobs}
        jobs = tuple(self._job(each, own) for each in self.run.jobs if each.id in own and each.took_place)
        failed = self.pipeline.failed
        told = failed is not None and any(each.id == failed.id for each in jobs)
        return Observed(self.pipeline.id, jobs, tuple(self._approvals()), told)

    def _job(self, job: JobRun, own: set[str]) -> ObservedJob:
        if job.ended is None:
            raise AssertionError("it took place")
        file = self.run.scene.workflows[job.path]
        ids = script_ids(self.pipeline, file.job(job.id))
        scripts = [
            Script(ids[each.index], each.result, each.variables) for each in job.ended.scripts if each.index in ids
        ]
        return ObservedJob(job.id, _RESULTS[job.result], tuple(scripts), tuple(job.before & own), job.secrets)

    def _approvals(self) -> Iterator[ObservedApproval]:
        reviews: dict[str, list[Review]] = {}
        for job in self.run.jobs:
            if job.review is not None and (approval := self.settings.approvals.get(job.environment)):
                reviews.setdefault(approval, []).append(job.review)
        for approval, given in reviews.items():
            yield ObservedApproval(approval, self._result(approval, given))

    def _result(self, approval: str, given: Sequence[Review]) -> ApprovalResult:
        """People's answers, and whether the job that counts them lets the run go on."""
        for each in (Review.REJECTED, Review.EXPIRED, Review.WAITING):
            if each in given:
                return ApprovalResult(each.value)
        counted = next(each for each in self.run.jobs if each.id == f"approved_{approval}")
        if counted.result == "success":
            return ApprovalResult.GRANTED
        return ApprovalResult.EXPIRED if approval in self.run.scene.people.late else ApprovalResult.REJECTED
