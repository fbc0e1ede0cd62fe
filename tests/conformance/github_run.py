"""A run of a workflow: which of its jobs take place, in which order, with which contexts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.github_actions import Artifacts
from conformance.github_calls import labels, passed, passed_secrets, permissions
from conformance.github_events import Event, context
from conformance.github_files import Job, Workflow
from conformance.github_job import Ended, Stage, carry_out, evaluated, text
from conformance.github_language import InvalidWorkflow, Status, UnknownConstruct, language
from conformance.github_machine import Machine
from conformance.github_people import People, Review, RunApi
from conformance.github_settings import Environment, Secret, Settings
from github_api import TOKEN
from local_world import World
from pipegen.simulation import Ending

_SUCCESS, _FAILURE, _CANCELLED, _SKIPPED, _WAITING = "success", "failure", "cancelled", "skipped", "waiting"

_VARIABLES = (
    *("event_name", "ref", "ref_name", "ref_type", "sha", "head_ref", "base_ref", "actor", "triggering_actor"),
    *("repository", "run_id", "run_number", "run_attempt", "server_url", "api_url"),
)
"""The parts of the github context that every step finds as GITHUB_ and their name."""


@dataclass(frozen=True)
class Lock:
    """A concurrency group; group names differ by more than case."""

    group: str
    cancels: bool
    keeps_all: bool


@dataclass(frozen=True)
class JobRun:
    """What became of a job. `result` `waiting`: its environment's reviewers have not answered, or a need's have not."""

    id: str
    path: str
    result: str
    ended: Ended | None
    before: frozenset[str]
    """The jobs that were over when it began, those of called workflows included."""
    secrets: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    environment: str = ""
    review: Review | None = None

    @property
    def took_place(self) -> bool:
        return self.ended is not None


@dataclass
class Scene:
    """Where runs take place. `faults` says how steps of a job end, and `stubs` what the world calls them.

    `workflows` are the files at the run's commit, by path.
    """

    workflows: Mapping[str, Workflow]
    settings: Settings
    world: World
    api: RunApi
    people: People
    faults: Callable[[Workflow, Job], Mapping[int, Ending]] = lambda *_: {}
    stubs: Callable[[Workflow, Job], Mapping[int, tuple[str, str]]] = lambda *_: {}
    carry_out: Callable[[Job, Stage], Ended] = carry_out


@dataclass(frozen=True)
class _Call:
    """A workflow under way: at the top, or called by a job of another one."""

    workflow: Workflow
    inputs: Mapping[str, Any]
    secrets: Mapping[str, Secret]
    before: frozenset[str]
    locks: tuple[Lock, ...]
    allowed: Mapping[str, str] | None = None
    """The permissions of the job that calls it."""


@dataclass
class Run:
    """A run of one workflow at an event."""

    scene: Scene
    event: Event
    jobs: list[JobRun] = field(default_factory=list)
    artifacts: Artifacts = field(default_factory=Artifacts)
    cancelled: bool = False

    def run(self, workflow: Workflow) -> Run:
        forked = self.event.pull_request is not None and self.event.pull_request.from_fork
        secrets = {} if forked else self.scene.settings.secrets
        call = _Call(workflow, self.event.inputs, secrets, frozenset(), ())
        locks = self._locks(workflow.document.get("concurrency"), self._contexts(call, {}, {}))
        self._workflow(_Call(workflow, self.event.inputs, secrets, frozenset(), locks))
        return self

    # ------------------------------------------------------------ jobs in their order

    def _workflow(self, call: _Call) -> dict[str, JobRun]:
        done: dict[str, JobRun] = {}
        inner: dict[str, frozenset[str]] = {}
        for job in call.workflow.jobs:
            above = self._above(job, call.workflow)
            before = call.before.union(above, *(inner[each] for each in above))
            known = len(self.jobs)
            done[job.id] = self._job(job, call, done, above, before)
            self.jobs.append(done[job.id])
            inner[job.id] = frozenset(each.id for each in self.jobs[known:])
        return done

    def _above(self, job: Job, workflow: Workflow) -> set[str]:
        """All jobs of the chain of needs."""
        return set(job.needs).union(*(self._above(workflow.job(each), workflow) for each in job.needs))

    def _job(
        self, job: Job, call: _Call, done: Mapping[str, JobRun], above: set[str], before: frozenset[str]
    ) -> JobRun:
        results = {done[each].result for each in above}
        if _WAITING in results:
            return JobRun(job.id, call.workflow.path, _WAITING, None, before)
        needs = {each: _need(done[each]) for each in job.needs}
        contexts = self._contexts(call, needs, {})
        status = Status(results <= {_SUCCESS} and not self.cancelled, _FAILURE in results, self.cancelled)
        if not language().evaluate(job.condition, contexts, status).holds:
            return JobRun(job.id, call.workflow.path, _SKIPPED, None, before)
        locks = (*call.locks, *self._locks(job.node.get("concurrency"), contexts))
        if job.uses:
            return self._called(job, call, contexts, before, locks)
        return self._carried_out(job, call, contexts, before, locks)

    # ------------------------------------------------------------ called workflows

    def _called(
        self, job: Job, call: _Call, contexts: Mapping[str, Any], before: frozenset[str], locks: tuple[Lock, ...]
    ) -> JobRun:
        """`$/` and `./` name the repository and the commit of the run; what is called sees only what is passed."""
        path = re.sub(r"^(\$|\.)/", "", job.uses)
        if path == job.uses or path not in self.scene.workflows:
            raise UnknownConstruct(f"{call.workflow.path}: {job.id} calls {job.uses}")
        workflow = self.scene.workflows[path]
        asked = workflow.events.get("workflow_call")
        if asked is None:
            raise InvalidWorkflow(f"{path} cannot be called")
        inputs = passed(asked.get("inputs") or {}, evaluated(job.node.get("with", {}), contexts), job.id)
        secrets = passed_secrets(asked.get("secrets") or {}, job, call.secrets)
        inner = self._workflow(
            _Call(workflow, inputs, secrets, before, locks, permissions(job.node, call.workflow, call.allowed))
        )
        return JobRun(job.id, call.workflow.path, _together(inner), None, before, (), locks)

    # ------------------------------------------------------------ a job of its own

    def _carried_out(
        self, job: Job, call: _Call, contexts: dict[str, Any], before: frozenset[str], locks: tuple[Lock, ...]
    ) -> JobRun:
        environment = self._environment(job, contexts)
        review = None
        if environment is not None:
            if not environment.admits(self.event.ref):
                return JobRun(job.id, call.workflow.path, _FAILURE, None, before, (), locks)
            approval = self.scene.settings.approvals.get(environment.name, "")
            review = self.scene.people.review(environment, approval, self.scene.api)
            if review is not Review.APPROVED:
                result = _WAITING if review is Review.WAITING else _FAILURE
                refused = JobRun(job.id, call.workflow.path, result, None, before, (), locks)
                return replace(refused, environment=environment.name, review=review)
        held = self._held(call, environment)
        contexts["secrets"] = {name: each.value for name, each in held.items()}
        allowed = permissions(job.node, call.workflow, call.allowed)
        self.scene.api.permissions = allowed
        ended = self.scene.carry_out(job, self._stage(job, call, contexts, allowed))
        self.artifacts.kept |= self.artifacts.new
        self.artifacts.new = {}
        self.cancelled = self.cancelled or ended.cancels
        secrets, name = labels(job, held), environment.name if environment else ""
        return JobRun(job.id, call.workflow.path, ended.result, ended, before, secrets, locks, name, review)

    def _environment(self, job: Job, contexts: Mapping[str, Any]) -> Environment | None:
        node = evaluated(job.node.get("environment"), contexts)
        if node is None:
            return None
        name = text(node["name"] if isinstance(node, dict) else node)
        if name not in self.scene.settings.environments:
            raise InvalidWorkflow(f"{job.id}: nobody set up environment {name}")
        return self.scene.settings.environments[name]

    def _held(self, call: _Call, environment: Environment | None) -> dict[str, Secret]:
        """Those of the environment win; a called workflow sees none but those that it was passed by name."""
        forked = self.event.pull_request is not None and self.event.pull_request.from_fork
        own = {} if environment is None or forked else environment.secrets
        if call.allowed is None:
            return {**call.secrets, **own}
        return {name: own.get(name, passed) for name, passed in call.secrets.items()}

    def _stage(self, job: Job, call: _Call, contexts: Mapping[str, Any], allowed: Mapping[str, str]) -> Stage:
        machine = Machine(self.scene.world, self.scene.world.fresh_folder(self._folder(job)))
        machine.seconds = self.scene.people.seconds
        machine.given = self._given(contexts["github"], job, allowed)
        faults, stubs = self.scene.faults(call.workflow, job), self.scene.stubs(call.workflow, job)
        variables, shell = call.workflow.variables, call.workflow.shell
        return Stage(machine, contexts, variables, shell, self.artifacts, self.event.place, faults, stubs)

    def _folder(self, job: Job) -> str:
        jobs = self.scene.world.folder / "jobs"
        return f"{job.id}-{len(list(jobs.iterdir())) if jobs.exists() else 0}"

    def _given(self, github: Mapping[str, Any], job: Job, allowed: Mapping[str, str]) -> dict[str, str]:
        given = {f"GITHUB_{name.upper()}": str(github[name]) for name in _VARIABLES}
        given |= {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_JOB": job.id, "RUNNER_OS": "Linux"}
        if allowed.get("id-token") == "write":
            url = f"{self.scene.api.url}/token?api-version=2.0"
            given |= {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token", "ACTIONS_ID_TOKEN_REQUEST_URL": url}
        return given

    # ------------------------------------------------------------ contexts and locks

    def _contexts(self, call: _Call, needs: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
        github = context(self.event, self.scene.people.starter or "somebody", self.scene.api.run_id, self.scene.api.url)
        return {"github": {**github, "token": TOKEN}, "inputs": call.inputs, "needs": needs, "secrets": secrets}

    def _locks(self, node: Any, contexts: Mapping[str, Any]) -> tuple[Lock, ...]:  # noqa: ANN401  (a name or a mapping)
        if node is None:
            return ()
        found = evaluated(node, contexts)
        given = found if isinstance(found, dict) else {"group": found}
        return (
            Lock(
                text(given["group"]).lower(),
                text(given.get("cancel-in-progress", False)) == "true",
                text(given.get("queue", "single")) == "max",
            ),
        )


def _need(job: JobRun) -> dict[str, Any]:
    outputs = {} if job.ended is None else {name: value for name, value in job.ended.outputs.items() if value}
    return {"result": job.result, "outputs": outputs}


def _together(jobs: Mapping[str, JobRun]) -> str:
    results = {each.result for each in jobs.values()}
    return next((each for each in (_WAITING, _FAILURE, _CANCELLED) if each in results), _SUCCESS)
