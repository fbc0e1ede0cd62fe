"""Azure Pipelines: carries out the generated files of a model, and says in neutral words what happened."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from conformance.azure_checks import People
from conformance.azure_parts import Ran
from conformance.azure_run import Run
from conformance.azure_settings import Settings, settings_of
from conformance.azure_starting import ByHand, Clock, Happening, PullRequest, Push, Queued, queued
from conformance.azure_tasks import Tasks
from conformance.azure_templates import Files, Refused, compiled
from conformance.cases import BRANCHES, TAGS, Case, scripts_by_title
from conformance.observing import Observed, ObservedApproval, ObservedJob
from deliveries import CONFIG as PLANNED
from local_models import DELIVERIES
from local_world import World
from pipegen.concern import concerns, review_of
from pipegen.delivery import Approval, Delivery, Pipeline, Review, Scheduled
from pipegen.delivery import Run as Script
from pipegen.plan.verdict import verdict
from pipegen.simulation import (
    ActionStarted,
    ApprovalResult,
    Ending,
    JobResult,
    PullRequestOpened,
    Pushed,
    TagPushed,
    TimerFired,
)
from pipegen.simulation.jobs import main_step
from pipegen.targets import azure

assert PLANNED.pin is not None
CONFIG = replace(PLANNED, host="github", pin=replace(PLANNED.pin, requirements="requirements/pipegen.txt"))
CHECK, REVIEWS = "azure-pipelines/pipegen.yml", "pipegen-reviews"
MERGE = "pull/1/merge"
_RESULTS = {
    "Succeeded": JobResult.SUCCESS,
    "SucceededWithIssues": JobResult.SUCCESS,
    "Failed": JobResult.FAILED,
    "Canceled": JobResult.CANCELLED,
}
_NUMBERS = itertools.count(1)


@cache
def files_of(model: str) -> Files:
    return files_for(DELIVERIES[model])


def files_for(delivery: Delivery) -> Files:
    """All that is generated for a model, and for the repository that it is in."""
    return Files(azure.render(delivery, CONFIG) | azure.root(CONFIG, verdict(CONFIG, "azure")))


def project_of(delivery: Delivery, teams: Mapping[str, frozenset[str]]) -> Settings:
    """A project in which all is set that the model's capabilities ask for."""
    return settings_of(azure.capabilities(delivery, CONFIG), teams)


def observed(
    case: Case,
    world: World,
    teams: Mapping[str, frozenset[str]],
    files: Files | None = None,
    changed: Sequence[str] = (),
) -> list[Observed]:
    """Every run that the occurrence starts, carried out in the world.

    `files` stand in for the generated ones; `changed` are the paths that a change touches, or else the model's.
    """
    files, settings = files or files_of(case.model), project_of(case.delivery, teams)
    path = case.delivery.path
    changed = changed or ["README.md" if path == "." else f"{path}/README.md"]
    happenings = _happenings(case, world, changed)
    runs = [one for happening in happenings for one in queued(settings.definitions, files, happening)]
    asked = (one for run in runs for one in _reviewed(run, case, settings, changed))
    found = (_carried_out(one, case, world, files, settings) for one in asked)
    return [each for each in found if each is not None]


# ---------------------------------------------------------------- what happens in the world


def _happenings(case: Case, world: World, changed: Sequence[str]) -> Iterator[Happening]:
    match case.occurrence:
        case Pushed(branch):
            yield Push(f"refs/heads/{branch}", changed)
        case TagPushed(tag):
            yield Push(f"refs/tags/{tag}", changed)
        case PullRequestOpened(source, target):
            world.commit(MERGE, {changed[0]: f"from {source}\n"}, start=target)
            yield PullRequest(source, target, changed)
        case TimerFired(name):
            for pipeline in case.delivery.pipelines:
                if isinstance(pipeline.event, Scheduled) and pipeline.event.name == name:
                    yield Clock(pipeline.event.cron, tuple(dict.fromkeys((*BRANCHES, pipeline.event.branch))))
        case ActionStarted(name, branch, parameters):
            kind = "tags" if branch in TAGS else "heads"
            yield ByHand(f"{case.model} action-{name}", f"refs/{kind}/{branch}", parameters)


def _reviewed(run: Queued, case: Case, settings: Settings, changed: Sequence[str]) -> Iterator[Queued]:
    """The check of the repository has the reviews of the models run that the pull request concerns.

    What it does is carried out in tests/test_azure_verdict.py; here is what it asks for. `pipegen models --into` names
    the models that have a review of pull requests into that branch and that the change touches. It refuses a run that
    no pull request started.
    """
    if run.file != CHECK:
        yield run
        return
    if run.reason != "PullRequest":
        return
    source, target = (run.variables[f"System.PullRequest.{each}"] for each in ("SourceBranch", "TargetBranch"))
    review = review_of(case.delivery)
    if ":" in source or review is None or not isinstance(review.event, Review):
        return
    if any(each.branch == target for each in review.event.targets) and concerns(review, changed, tuple):
        told = {"models": case.model, "branch": source, "target": target, "actor": case.outcomes.starter}
        yield Queued(settings.definitions[REVIEWS], "Manual", run.ref, told)


# ---------------------------------------------------------------- a run


def _carried_out(one: Queued, case: Case, world: World, files: Files, settings: Settings) -> Observed | None:
    try:
        node = compiled(files, one.file, one.parameters)
    except Refused:
        return None
    stem = Path(one.file).stem
    (pipeline,) = (
        each
        for each in case.delivery.pipelines
        if each.id == stem or (stem == REVIEWS and isinstance(each.event, Review))
    )
    book = Book(pipeline, case, world)
    number = next(_NUMBERS)
    tasks = Tasks(world, _short(one.ref), settings, world.uploads(f"azure-{number}"))
    run = Run(node, _predefined(one, case, world, number), settings, book.people, tasks, book)
    return book.told(run.carry_out())


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("refs/")


def _predefined(one: Queued, case: Case, world: World, number: int) -> dict[str, str]:
    return {
        "Agent.OS": "Linux",
        "Build.BuildId": str(number),
        "Build.Reason": one.reason,
        "Build.RequestedFor": case.outcomes.starter or "Alice",
        "Build.SourceBranch": one.ref,
        "Build.SourceBranchName": one.ref.rpartition("/")[2],
        "Build.SourceVersion": world.commit_of(_short(one.ref)),
        "System.CollectionUri": "https://dev.azure.com/org/",
        "System.JobAttempt": "1",
        "System.StageAttempt": "1",
        "System.TeamProject": "project",
        "System.TeamProjectId": "p-id",
        **one.variables,
    }


def name_of(neutral: str) -> str:
    """What a file calls a job or an approval of that id."""
    name = neutral.replace("-", "_")
    return f"{name}_" if name in {"deploy", "deployment"} else name


def _squeezed(title: str) -> str:
    """A title to be found again: Azure's is on one line, and a space parts what would be a macro or an expression."""
    return "".join(title.split())


@dataclass(frozen=True)
class Book:
    """Whose names are whose, and what is to go wrong: it watches a run of one pipeline."""

    pipeline: Pipeline
    case: Case
    world: World

    @property
    def path(self) -> str:
        return self.world.path

    @property
    def people(self) -> People:
        return People(self.case.outcomes.answers, self.case.outcomes.starter)

    def folder(self, job: str) -> Path:
        return self.world.fresh_folder(f"azure-{next(_NUMBERS)}-{job}")

    def begin(self, job: str, step: str) -> None:
        self.world.tell_stubs(job, step)

    def script(self, job: str, title: str, number: int) -> tuple[str, str, Ending | None] | None:
        neutral = self._job(job)
        titles = {(of, _squeezed(name)): ids for (of, name), ids in scripts_by_title(self.pipeline).items()}
        ids = titles.get((neutral, _squeezed(title)), ())
        if not ids:
            return None
        return neutral, ids[number], self._ending(neutral, ids[number])

    def approval(self, job: str) -> str:
        """A job that asks is called after the approval, and numbered where one answer is not enough."""
        ids = {f"approve_{name_of(each.id)}": each.id for each in self._approvals()}
        return ids.get(job) or ids[job.rpartition("_")[0]]

    def _approvals(self) -> Iterator[Approval]:
        for phase in self.pipeline.phases:
            asked = [phase.approval, *(each.approval for each in (phase.deployment.jobs if phase.deployment else ()))]
            yield from (each for each in asked if each is not None)

    def _job(self, name: str) -> str:
        (found,) = (each.id for each in self.pipeline.jobs if name_of(each.id) == name)
        return found

    def _ending(self, job: str, step: str) -> Ending | None:
        fault = self.case.outcomes.faults.get(job)
        if fault is None:
            return None
        main = next(main_step(each) for each in self.pipeline.jobs if each.id == job)
        at = fault.step or (main.id if isinstance(main, Script) else None)
        return fault.ending if at == step else None

    # ------------------------------------------------------------ what happened

    def told(self, run: Run) -> Observed:
        ids = {(each.stage, each.job): self._job(each.job) for each in run.ran}
        jobs = tuple(self._told_job(each, ids) for each in run.ran)
        failed = self.pipeline.failed
        told = failed is not None and any(each.id == failed.id for each in jobs)
        return Observed(self.pipeline.id, jobs, tuple(self._told_approvals(run)), told)

    def _told_job(self, ran: Ran, ids: Mapping[tuple[str, str], str]) -> ObservedJob:
        after = tuple(ids[each] for each in ran.after if each in ids)
        return ObservedJob(ids[ran.stage, ran.job], _RESULTS[ran.result], ran.scripts, after, ran.secrets)

    def _told_approvals(self, run: Run) -> Iterator[ObservedApproval]:
        """An approval that takes several answers is granted with the last of them."""
        found: dict[str, ApprovalResult] = {}
        for name, result in run.asked:
            found[name if name in self._environments() else self.approval(name)] = result
        yield from (ObservedApproval(name, result) for name, result in found.items())

    def _environments(self) -> set[str]:
        return {phase.approval.id for phase in self.pipeline.phases if phase.approval}
