"""Carries out what is generated for GitLab at an occurrence, and tells of it in the words of the neutral form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.cases import BRANCHES, TAGS, Case
from conformance.github_memory import Memory as Stores
from conformance.gitlab_files import ROOT_FILE, Refused, document
from conformance.gitlab_machine import Machine
from conformance.gitlab_memory import Memory
from conformance.gitlab_pipeline import Around, Job, Pipeline
from conformance.gitlab_settings import Settings, settings_of
from conformance.gitlab_starts import KEPT_AS, TOKENS, Asked, asked, predefined
from conformance.observing import Observed, ObservedApproval, ObservedJob
from deliveries import CONFIG, ROOT, source_of, whole_text
from local_models import BEHAVIOUR
from local_world import World, new_world
from pipegen.delivery import Approval, Delivery, Merged
from pipegen.simulation import Answer, ApprovalResult, JobResult, Outcomes, Pushed
from pipegen.simulation.jobs import main_step
from pipegen.targets import gitlab

_RESULTS = {"success": JobResult.SUCCESS, "failed": JobResult.FAILED, "canceled": JobResult.CANCELLED}
SOMEBODY = "sam"


@dataclass
class Executor:
    """A project with what a model became; `pipelines` are those of the last occurrence, as they stand."""

    delivery: Delivery
    files: Mapping[str, str]
    settings: Settings
    memory: Memory
    features: str = "protected_environments"
    """What the plan of the project has that pipelines ask for."""
    number: str = "7"
    """Of the next pipeline."""
    seeded: str = ""
    last: Pipeline | None = None
    asked: dict[str, ApprovalResult] = field(default_factory=dict)

    @property
    def machine(self) -> Machine:
        return self.memory.machine

    def observe(self, case: Case, *, late: bool = False) -> list[Observed]:
        """What runs; `late`: those who let an approval expire say yes when it is too late."""
        self._fill_store()
        return self._observe(case, late=late)

    def refill(self, case: Case) -> None:
        """The project before a case, with its fault in place, for something else to carry it out."""
        self._fill_store()
        self.machine.be_late(0)
        faults = [(name, *self._fault(name, case.outcomes)) for name in self.begun(case)]
        (fault,) = [each for each in faults if each[1]] or [("", None, "")]
        self.machine.begin(*fault)

    def _fill_store(self) -> None:
        """What is delivered without asking was delivered once."""
        if self.seeded:
            self.memory.stores.restore(self.machine.world.store, self.seeded)
            return
        for pipeline in self.delivery.pipelines:
            if isinstance(pipeline.event, Merged):
                self._observe(Case(self.delivery.model, Pushed(pipeline.event.branch)), late=False)
        self.seeded = self.memory.stores.kept(self.machine.world.store)

    def _observe(self, case: Case, *, late: bool) -> list[Observed]:
        self.asked, self.last = {}, None
        self.machine.be_late(0)
        try:
            pipeline = self.last = self._pipeline(case, late=late).created()
        except Refused:
            return []
        pipeline.run()
        jobs = list(_all(pipeline))
        return [self._observed(name, jobs) for name in sorted({_place(job)[0] for job in jobs})]

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The resource groups that were taken, and the jobs that ran while they were."""
        assert self.last is not None
        found: dict[str, tuple[str, ...]] = {}
        for each in _pipelines(self.last):
            for job in each.jobs.values():
                inside = [job] if job.below is None else list(_all(job.below))
                ran = tuple(short(one.name) for one in inside if one.ended and "_" not in one.name.split(":")[2])
                if "resource_group" in job.node and ran:
                    found[job.node["resource_group"]] = ran
        return found

    def published(self, producer: str, name: str) -> str:
        """What a job of the last run handed on under a name."""
        assert self.last is not None
        (ended,) = (each.ended for each in _all(self.last) if each.ended and short(each.name) == producer)
        return ended.dotenv[f"PIPEGEN_FROM_{producer.upper().replace('-', '_')}_{name}"]

    def begun(self, case: Case) -> dict[str, str]:
        """The jobs of the pipeline that an occurrence creates, with when they run; none if there is none."""
        try:
            pipeline = self._pipeline(case, late=False).created()
        except Refused:
            return {}
        return {job.name: job.chosen.when for job in pipeline.jobs.values()}

    def wanted(self, case: Case) -> Asked:
        told = {each.subject: each.detail for each in gitlab.capabilities(self.delivery, CONFIG)}
        return asked(case.occurrence, self.settings, told)

    def _pipeline(self, case: Case, *, late: bool) -> Pipeline:
        wanted = self.wanted(case)
        user = case.outcomes.starter or SOMEBODY
        own = predefined(wanted, self.machine.world.commit_of(wanted.ref), user, self.features, self.number)
        around = Around(
            files=self.files,
            settings=self.settings,
            predefined=own,
            changed=(f"{self.delivery.path}/README.md",),
            ask=lambda environment: self._answer(environment, case.outcomes, late=late),
            carry_out=self.memory.carry_out,
            fault=lambda name: self._fault(name, case.outcomes),
            source_ref=wanted.ref,
            protected=wanted.protected,
        )
        return Pipeline(document(self.files, ROOT_FILE, wanted.inputs), around, {}, own)

    # ------------------------------------------------------------ people and faults

    def _answer(self, environment: str, outcomes: Outcomes, *, late: bool) -> ApprovalResult:
        name = environment.removesuffix("-approval")
        answer = outcomes.answers.get(name, Answer())
        triggerer = "" if environment in self.settings.triggerer_counts else outcomes.starter
        people = {each for each in answer.approved_by if each != triggerer}
        enough = len(people) >= self.settings.approvals[environment]
        if not enough and answer.rejected_by:
            self.asked[name] = ApprovalResult.REJECTED
        elif not enough and answer.expires and late:
            self.machine.be_late(self._approval(name).expires_minutes * 60 + 60)
            self.asked[name] = ApprovalResult.EXPIRED
            return ApprovalResult.GRANTED
        else:
            self.asked[name] = ApprovalResult.GRANTED if enough else ApprovalResult.WAITING
        return self.asked[name]

    def _approval(self, name: str) -> Approval:
        found = (each for pipeline in self.delivery.pipelines for each in pipeline.approvals if each.id == name)
        return next(found)

    def _fault(self, name: str, outcomes: Outcomes) -> tuple[str | None, str]:
        _, pipeline_id, _ = name.split(":")
        (pipeline,) = (each for each in self.delivery.pipelines if each.id == pipeline_id)
        for job in pipeline.jobs:
            if job.id == short(name) and job.id in outcomes.faults:
                fault = outcomes.faults[job.id]
                return fault.step or getattr(main_step(job), "id", None), fault.ending.value
        return None, ""

    # ------------------------------------------------------------ what is told

    def _observed(self, name: str, jobs: list[Job]) -> Observed:
        (pipeline,) = (each for each in self.delivery.pipelines if each.id == name)
        ids = {job.id for job in pipeline.jobs}
        ran = [job for job in jobs if _place(job)[0] == name and job.ended and short(job.name) in ids]
        failed = pipeline.failed.id if pipeline.failed else ""
        return Observed(
            name,
            tuple(self._job(job) for job in ran),
            tuple(ObservedApproval(each, result) for each, result in self.asked.items()),
            told=any(short(job.name) == failed for job in ran),
        )

    def _job(self, job: Job) -> ObservedJob:
        assert job.ended is not None
        assert self.last is not None
        before = next(each for each in _pipelines(self.last) if job.name in each.jobs).before(job)
        scripts = tuple(each for each in job.ended.scripts if not each.id.startswith("_"))
        found = {text for each in job.ended.scripts for text in each.variables.values()}
        leaked = [each.secret for each in self.settings.variables if each.value in found]
        leaked += [name for name, text in TOKENS.items() if text in found]
        return ObservedJob(
            short(job.name),
            _RESULTS[job.status],
            scripts,
            tuple(dict.fromkeys(short(each.name) for each in before if each.ended)),
            tuple(dict.fromkeys((*job.secrets, *leaked))),
        )


def executor_of(delivery: Delivery, folder: Path) -> Executor:
    """The model's files in a project of their own; every branch changes something about the model."""
    world = _world(delivery, folder / "world")
    files = {**gitlab.root(CONFIG, None), **gitlab.render(delivery, CONFIG)}
    stores = Stores(folder / "memory")
    stores.folder.mkdir()
    return Executor(delivery, files, settings_of(delivery, CONFIG), Memory(Machine(world).set_up(), stores))


def _world(delivery: Delivery, folder: Path) -> World:
    text = whole_text(source_of(ROOT / delivery.spec))
    branches = [KEPT_AS.get(each, each) for each in BRANCHES]
    world = new_world(folder, delivery.spec, text, delivery.path, branches)
    for branch in branches:
        # One text for all, as what is made of a commit is found again under the digest of the model's files.
        world.commit(branch, {} if branch == "main" else {f"{delivery.path}/README.md": "changed\n"})
    for tag in TAGS:
        world.tag(tag, "main")
    world.behave(BEHAVIOUR[delivery.model])
    return world


def short(name: str) -> str:
    """The id of a job of the neutral form; jobs that tell of a failure have one for each place where one can be."""
    identifier = name.rpartition(":")[2]
    own = identifier.startswith(("ask_", "approve_", "deployment_"))
    return identifier if own else identifier.partition("_")[0]


def _place(job: Job) -> tuple[str, str]:
    _, pipeline, identifier = job.name.split(":")
    return pipeline, identifier


def _pipelines(pipeline: Pipeline) -> Iterator[Pipeline]:
    yield pipeline
    for job in pipeline.jobs.values():
        if job.below:
            yield from _pipelines(job.below)


def _all(pipeline: Pipeline) -> Iterator[Job]:
    for each in _pipelines(pipeline):
        yield from each.jobs.values()
