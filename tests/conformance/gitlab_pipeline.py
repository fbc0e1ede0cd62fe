"""A pipeline: its jobs in the order in which statuses let them begin, people who are asked, and pipelines below it.

Sources: docs.gitlab.com/ci/yaml (needs, dependencies, trigger, when, allow_failure, resource_group),
docs.gitlab.com/ci/pipelines/downstream_pipelines (strategy: depend, forward, dotenv variables in trigger:variables),
docs.gitlab.com/ci/environments/deployment_approvals, docs.gitlab.com/ci/jobs/job_control (manual jobs; cancellation).
Jobs that wait for nothing of each other run one after the other, in the file's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.gitlab_files import Document, Node, Refused, UnknownConstruct, document, known
from conformance.gitlab_job import Ended, Given
from conformance.gitlab_rules import Chosen, Facts, chosen
from conformance.gitlab_settings import Settings
from conformance.gitlab_status import Status, composite, next_status
from conformance.gitlab_values import expanded, inherited, names, own_variables, tokens
from pipegen.simulation import ApprovalResult

Ask = Callable[[str], ApprovalResult]
CarryOut = Callable[[Given], Ended]


@dataclass
class Job:
    """A job of a pipeline; `scheduled` are the jobs that it waits for, None where stages say it."""

    name: str
    node: Node
    chosen: Chosen
    status: Status = "created"
    ended: Ended | None = None
    below: Pipeline | None = None
    secrets: tuple[str, ...] = ()

    @property
    def needs(self) -> list[Node] | None:
        """Those of the same pipeline; a job that only fetches from another one waits for its stage."""
        if "needs" not in self.node:
            return None
        own = [{"job": each} if isinstance(each, str) else each for each in self.node["needs"]]
        for each in own:
            known(each, {"job", "artifacts", "optional", "pipeline"}, f"needs of {self.name}")
        found = [each for each in own if "pipeline" not in each]
        return found if found or not own else None

    @property
    def allowed(self) -> bool:
        """Whether the pipeline goes on without it: what its rule says, else what the job says."""
        found = self.node.get("allow_failure") if self.chosen.allow_failure is None else self.chosen.allow_failure
        if found is None:
            return self.chosen.when == "manual" and "rules" not in self.node
        if not isinstance(found, bool):
            raise UnknownConstruct(f"allow_failure of {self.name}")
        return found


@dataclass
class Around:
    """What all pipelines of a run share."""

    files: Mapping[str, str]
    settings: Settings
    predefined: Mapping[str, str]
    changed: Sequence[str]
    ask: Ask
    carry_out: CarryOut
    fault: Callable[[str], tuple[str | None, str]]
    source_ref: str
    protected: bool
    order: list[Job] = field(default_factory=list)
    """The jobs that ran, as they began."""


@dataclass
class Pipeline:
    """One pipeline; `given` are the variables that win over those of files."""

    doc: Document
    around: Around
    given: Mapping[str, str]
    predefined: Mapping[str, str]
    above: Pipeline | None = None
    jobs: dict[str, Job] = field(default_factory=dict)
    canceled: bool = False

    # ------------------------------------------------------------ beginning

    def created(self) -> Pipeline:
        """The pipeline with the jobs that rules put into it. Raises Refused."""
        own = {**self.given, **self.predefined}
        facts = Facts({**self.doc.variables, **own}, self.around.changed)
        known(self.doc.workflow, {"auto_cancel", "rules"}, "workflow")
        if "rules" in self.doc.workflow and chosen(self.doc.workflow["rules"], facts) is None:
            raise Refused("workflow rules")
        for name, node in self.doc.jobs.items():
            seen = {**inherited(node, self.doc.variables), **own_variables(node), **own}
            found = _chosen(node, Facts(seen, self.around.changed))
            if found is not None:
                self.jobs[name] = Job(name, node, found)
        if not self.jobs:
            raise Refused("no jobs")
        for job in self.jobs.values():
            self._check(job)
        return self

    def _check(self, job: Job) -> None:
        for each in job.needs or ():
            if each["job"] not in self.jobs and not each.get("optional", False):
                raise Refused(f"{job.name} needs {each['job']}, which is not in the pipeline")
        if len(job.node.get("needs", ())) > 50:
            raise Refused(f"{job.name} has more than 50 needs")

    # ------------------------------------------------------------ going on

    def run(self) -> Status:
        """Carries out what can be, and says how it stands then."""
        moved = True
        while moved and not self.canceled:
            moved = sum(self._move(job) for job in self._ordered() if job.status == "created") > 0
        if self.canceled:
            for job in self.jobs.values():
                job.status = "canceled" if job.status in {"created", "manual"} else job.status
        return self.status

    def _ordered(self) -> list[Job]:
        return sorted(self.jobs.values(), key=self._stage)

    def _stage(self, job: Job) -> int:
        return self.doc.stages.index(job.node.get("stage", "test"))

    @property
    def status(self) -> Status:
        states = [(job.status, job.allowed) for job in self.jobs.values()]
        return composite(states, needs=False)  # type: ignore[return-value]

    def _move(self, job: Job) -> bool:
        if self.canceled:
            return False
        waited = [(each.status, each.allowed) for each in self._waits_for(job)]
        job.status = next_status(
            job.chosen.when, composite(waited, needs=job.needs is not None), needs=job.needs is not None
        )
        if job.status == "manual":
            job.status = self._asked(job)
        if job.status == "running":
            job.status = self._trigger(job) if "trigger" in job.node else self._run(job)
        return job.status != "created"

    def _waits_for(self, job: Job) -> list[Job]:
        if job.needs is not None:
            return [self.jobs[each["job"]] for each in job.needs if each["job"] in self.jobs]
        return [each for each in self.jobs.values() if self._stage(each) < self._stage(job)]

    def _asked(self, job: Job) -> Status:
        """A manual job; one of an environment with approval rules can be started when enough people agree."""
        environment = self._environment(job)
        if environment not in self.around.settings.approvals:
            return "running" if self.around.ask(f"job {job.name}") is ApprovalResult.GRANTED else "manual"
        result = self.around.ask(str(environment))
        return {ApprovalResult.GRANTED: "running", ApprovalResult.REJECTED: "failed"}.get(result, "manual")  # type: ignore[return-value]

    # ------------------------------------------------------------ jobs

    def _run(self, job: Job) -> Status:
        variables = self._variables(job)
        self.around.order.append(job)
        given = self.around.settings.given(self._environment(job), protected=self.around.protected)
        job.secrets = tuple(dict.fromkeys(each.secret for name, each in given.items() if names(job.node, name)))
        texts = {name: each.value for name, each in given.items() if not each.is_file}
        files = {name: each.value for name, each in given.items() if each.is_file}
        known(job.node.get("environment", {}), {"name", "action"}, "environment")
        everything = {**variables, **texts, **tokens(job.node)}
        fetched = [each.files for each in self._fetches(job) if each.files]
        fault = self.around.fault(job.name)
        work = Given(job.name, job.node, everything, self.around.source_ref, files, fetched, fault)
        job.ended = self.around.carry_out(work)
        if job.ended.status == "canceled":
            self._cancel()
        return job.ended.status

    def _cancel(self) -> None:
        """A person cancels the run, and that is the pipeline above together with all below it."""
        place: Pipeline | None = self
        while place is not None:
            place.canceled, place = True, place.above

    def _trigger(self, job: Job) -> Status:
        trigger = job.node["trigger"]
        known(trigger, {"include", "strategy", "forward"}, "trigger")
        known(trigger.get("forward", {}), {"yaml_variables", "pipeline_variables"}, "forward")
        if trigger.get("strategy") != "depend" or trigger.get("forward", {}).get("pipeline_variables"):
            raise UnknownConstruct(f"trigger of {job.name}")
        ((_, path),) = trigger["include"][0].items()
        handed = {}
        if trigger.get("forward", {}).get("yaml_variables", True):
            outer = inherited(job.node, self.doc.variables)
            handed = {
                name: expanded(value, self._variables(job))
                for name, value in {**outer, **own_variables(job.node)}.items()
            }
        below = {**self.predefined, "CI_PIPELINE_SOURCE": "parent_pipeline"}
        below |= {"CI_PIPELINE_ID": f"{self.predefined['CI_PIPELINE_ID']}1"}
        try:
            job.below = Pipeline(document(self.around.files, path), self.around, handed, below, self).created()
        except Refused:
            return "failed"
        ended = job.below.run()
        return ended if ended in {"success", "failed", "canceled", "skipped"} else "running"

    # ------------------------------------------------------------ what a job gets

    def _variables(self, job: Job) -> dict[str, str]:
        """GitLab's own, those of the file, of jobs before, and what the pipeline was given, which wins."""
        number = str(1000 + 1 + list(self.doc.jobs).index(job.name))
        own = own_variables(job.node)
        dotenv: dict[str, str] = {}
        for each in self._fetches(job):
            dotenv |= each.dotenv
        base = {**self.predefined, "CI_JOB_ID": f"{self.predefined['CI_PIPELINE_ID']}{number}", "CI_JOB_NAME": job.name}
        if "trigger" in job.node:
            return {**base, **dotenv, **self.given}
        outer = inherited(job.node, self.doc.variables)
        found = {**base, **outer, **own, **dotenv, **self.given}
        return {name: expanded(value, found) if name in {**outer, **own} else value for name, value in found.items()}

    def _fetches(self, job: Job) -> Iterator[Ended]:
        """Of jobs that it needs, unless it says no; without needs of all in earlier stages, or of those it names."""
        for each in job.node.get("needs", ()):
            if isinstance(each, dict) and "pipeline" in each:
                yield from self._from_above(each)
        needs = job.needs
        sources = [each["job"] for each in needs or () if each.get("artifacts", True)]
        if needs is None and "needs" not in job.node:
            sources = [each.name for each in self._waits_for(job)]
        if "dependencies" in job.node:
            sources = [each for each in sources if each in job.node["dependencies"]]
        for name in sources:
            if name in self.jobs and (ended := self.jobs[name].ended):
                yield ended

    def _from_above(self, need: Node) -> Iterator[Ended]:
        """Files of a job of the pipeline whose number the variable holds; that job must have handed some on."""
        number = expanded(need["pipeline"], self.given)
        if self.above is None or number != self.above.predefined["CI_PIPELINE_ID"]:
            raise UnknownConstruct(f"needs of pipeline {number}")
        ended = self.above.jobs[need["job"]].ended
        if need.get("artifacts", True) and ended is not None:
            # Variables of dotenv reports do not come along.
            yield replace(ended, dotenv={})

    def _environment(self, job: Job) -> str | None:
        node: Node | str | None = job.node.get("environment")
        return str(node["name"]) if isinstance(node, dict) else node

    # ------------------------------------------------------------ afterwards

    def before(self, job: Job) -> Iterator[Job]:
        """All jobs that are over when this one begins, those of the pipelines above included."""
        for each in self._waits_for(job):
            yield each
            yield from self.before(each)
            if each.below:
                yield from each.below.jobs.values()
        if self.above:
            (trigger,) = (each for each in self.above.jobs.values() if each.below is self)
            yield from self.above.before(trigger)


def _chosen(node: Node, facts: Facts) -> Chosen | None:
    if "rules" in node:
        found = chosen(node["rules"], facts)
        if found and found.when == "on_success" and "when" in node:
            return Chosen(node["when"], found.allow_failure)
        return found
    if facts.variables.get("CI_PIPELINE_SOURCE") == "merge_request_event":
        return None
    return Chosen(node.get("when", "on_success"), None)
