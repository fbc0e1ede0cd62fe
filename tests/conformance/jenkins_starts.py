"""Which builds an occurrence brings about on Jenkins, with which causes, variables and outcomes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from conformance.cases import TAGS, Case, scripts_by_title
from conformance.jenkins_engine import PERSON, PUSH, TIMER, Build
from conformance.jenkins_settings import Job
from conformance.jenkins_world import KEPT_AS, UNREACHABLE, Installation
from pipegen.delivery import Pipeline, Scheduled
from pipegen.simulation import ActionStarted, Answer, Outcomes, PullRequestOpened, Pushed, TagPushed, TimerFired
from pipegen.simulation.jobs import main_step
from pipegen.targets.jenkins.names import method_name

OUTSIDER = "mallory"
"""Somebody who belongs to no team."""

_BY_PUSH = {"class": PUSH}
_BY_TIMER = {"class": TIMER}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Started:
    """A build, and whether the job that it is of should see the occurrence at all."""

    job: Job
    build: Build
    stray: bool


def builds(case: Case, place: Installation, *, strays: bool = False) -> Iterator[Started]:
    """A build of every job that sees the occurrence, and of `strays`: jobs that discover more than they should.

    Whether a build does anything is for its file to say.
    """
    for look in _looks(case, place):
        for job in place.settings.jobs:
            stray = not _sees(job, look)
            if look.only in {"", job.name} and (strays or not stray):
                yield Started(job, _build(case, place, job, look), stray)


@dataclass(frozen=True, slots=True)
class _Look:
    """A branch, a tag or a pull request as jobs find it, and why they build it; `only` one of the jobs, or all."""

    name: str
    kind: Literal["branch", "tag", "change"]
    cause: Mapping[str, str]
    env: Mapping[str, str]
    source: Mapping[str, str]
    only: str = ""
    timer: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)


def _sees(job: Job, look: _Look) -> bool:
    match look.kind:
        case "branch":
            return job.has_branch(look.name)
        case "tag":
            return job.has_tag(look.name)
        case "change":
            return job.changes


def _looks(case: Case, place: Installation) -> Iterator[_Look]:
    match case.occurrence:
        case Pushed(branch):
            yield _ref(branch, "branch", _BY_PUSH)
        case TagPushed(tag, reachable):
            yield _ref(tag if reachable else UNREACHABLE, "tag", _BY_PUSH)
        case TimerFired(name):
            yield from _of_timer(place, name)
        case ActionStarted():
            yield _of_person(case, case.occurrence)
        case PullRequestOpened(source, target):
            yield _of_change(source, target)


def _ref(name: str, kind: Literal["branch", "tag"], cause: Mapping[str, str]) -> _Look:
    env = {"BRANCH_NAME": name, **({"TAG_NAME": name} if kind == "tag" else {})}
    return _Look(name, kind, cause, env, {"ref": f"refs/tags/{name}" if kind == "tag" else _branch(name)})


def _of_timer(place: Installation, name: str) -> Iterator[_Look]:
    """Every branch of every job has the timer that its file gives it; those of this moment start."""
    events = [each.event for each in place.delivery.pipelines if isinstance(each.event, Scheduled)]
    (event,) = (each for each in events if each.name == name)
    moment = f"TZ=UTC\n{event.cron}"
    for branch in dict.fromkeys(("dev", "prod", "main", "feat/a", event.branch)):
        yield replace(_ref(branch, "branch", _BY_TIMER), timer=moment)


def _of_person(case: Case, action: ActionStarted) -> _Look:
    """A person opens the job of the action, there the branch or tag, and fills in the form."""
    given = {f"PIPEGEN_PARAM_{name.upper()}": value for name, value in action.parameters.items()}
    who = {"class": PERSON, "userId": case.outcomes.starter or "somebody"}
    look = _ref(action.branch, "tag" if action.branch in TAGS else "branch", who)
    return replace(look, only=f"{case.model}-action-{action.name}", given=given)


def _of_change(source: str, target: str) -> _Look:
    """The merge of both; the branch of a fork holds what ours of that name does."""
    fork, _, branch = source.rpartition(":")
    env = {
        "BRANCH_NAME": "PR-1",
        "CHANGE_ID": "1",
        "CHANGE_TARGET": target,
        "CHANGE_BRANCH": branch,
        "CHANGE_AUTHOR": "ann",
        **({"CHANGE_FORK": fork} if fork else {}),
    }
    return _Look("PR-1", "change", _BY_PUSH, env, {"ref": _branch(branch), "into": target})


def _branch(name: str) -> str:
    return f"refs/remotes/origin/{KEPT_AS.get(name, name)}"


def _build(case: Case, place: Installation, job: Job, look: _Look) -> Build:
    number = str(next(_numbers))
    pipeline = place.pipeline_of(job.path)
    world = place.world
    known = {
        "BUILD_NUMBER": number,
        "BUILD_TAG": f"jenkins-{job.name}-{number}",
        "BUILD_URL": f"https://jenkins.example.com/job/{job.name}/{number}/",
        "JOB_NAME": job.name,
    }
    clones = str(world.folder / "clones")
    return Build(
        file=place.files[job.path],
        folder=world.folder / "builds" / number,
        path=world.path,
        env={**look.env, **known},
        causes=[look.cause],
        timer=look.timer,
        given=look.given,
        repository={"place": str(world.repository), "clones": clones, **look.source},
        previous=place.first_commit,
        credentials=place.credentials(job.name),
        places=methods_of(pipeline),
        steps=_titles(pipeline),
        current=str(world.folder / "current"),
        **_outcomes(place, pipeline, case.outcomes),  # type: ignore[arg-type]
    )


def methods_of(pipeline: Pipeline) -> dict[str, str]:
    """The methods of a file that are jobs, by the ids of these; the end of a deployment may be a part of its job."""
    found = {method_name("job", each.id): each.id for each in pipeline.jobs}
    for phase in pipeline.phases:
        if unit := phase.deployment:
            closing = unit.closing or unit.jobs[0].job
            name = closing.id.removesuffix("-closing") if unit.closing else closing.id
            found[method_name("close", name)] = closing.id
    return found


def _titles(pipeline: Pipeline) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for (job, title), ids in scripts_by_title(pipeline).items():
        found.setdefault(job, {})[title] = ids
    return found


def _outcomes(place: Installation, pipeline: Pipeline, outcomes: Outcomes) -> dict[str, object]:
    """Where things go wrong, and what people say; all but one of them belong to every team."""
    faults: dict[str, str] = {}
    for job in pipeline.jobs:
        if fault := outcomes.faults.get(job.id):
            faults[f"{job.id}/{fault.step or getattr(main_step(job), 'id', None)}"] = fault.ending.value
    teams = sorted({who for each in place.delivery.environments for asked in each.approvals for who in asked.approvers})
    groups = {"*": [team.removeprefix("@") for team in teams], OUTSIDER: ["-"]}
    return {
        "faults": faults,
        "groups": groups,
        "answers": {name: _said(each) for name, each in outcomes.answers.items()},
    }


def _said(answer: Answer) -> dict[str, object]:
    return {"approved_by": list(answer.approved_by), "rejected_by": answer.rejected_by, "expires": answer.expires}
