"""A run of a compiled pipeline: stages with their checks, jobs with what they hand on, and how each ends.

Sources: learn.microsoft.com/azure/devops/pipelines/process/{stages,phases,conditions,expressions (dependencies),
deployment-jobs,variables}. Jobs that wait for nothing of each other run one after the other, in the file's order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.azure_agent_job import Agent, Surroundings
from conformance.azure_checks import People, approved, passes_branch_control, resources, secrets, validated
from conformance.azure_expressions import Facts, Status, UnknownConstruct, Value, as_text, evaluate, holds
from conformance.azure_parts import Part, Ran, before, named, need_known, results, waits_for, was_ready
from conformance.azure_settings import Settings
from conformance.azure_tasks import Tasks
from conformance.azure_templates import Node, known
from conformance.azure_worker import Variables
from pipegen.simulation import ApprovalResult

_RUNTIME = re.compile(r"\$\[(.*)\]\Z", re.DOTALL)
_PIPELINE = {"trigger", "pr", "schedules", "parameters", "resources", "pool", "variables", "stages"}
_STAGE = {
    "stage",
    "displayName",
    "dependsOn",
    "condition",
    "isSkippable",
    "lockBehavior",
    "variables",
    "jobs",
}
_JOB = {
    "displayName",
    "dependsOn",
    "condition",
    "continueOnError",
    "pool",
    "container",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "variables",
}
_HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")
WAITING = "Waiting"
"""Not a result of Azure's: people are asked and nobody has answered, so it has not ended."""


@dataclass
class Run:
    """One run; `predefined` are the variables that Azure itself sets."""

    pipeline: Node
    predefined: Mapping[str, str]
    settings: Settings
    people: People
    tasks: Tasks
    around: Surroundings
    stages: dict[str, Part] = field(default_factory=dict)
    ran: list[Ran] = field(default_factory=list)
    asked: list[tuple[str, ApprovalResult]] = field(default_factory=list)
    """Approvals by the environment or the job that asked, in order."""
    log: str = ""
    canceled: bool = False

    def carry_out(self) -> Run:
        known(self.pipeline, _PIPELINE)
        above: tuple[str, ...] = ()
        for node in self.pipeline["stages"]:
            known(node, _STAGE)
            name = node["stage"]
            part = self.stages[name] = Part(waits_for(node, above))
            need_known(part, self.stages, name)
            part.result = self._stage(node, part)
            part.is_late = self.canceled
            above = (name,)
        return self

    # ------------------------------------------------------------ stages

    def _stage(self, node: Node, part: Part) -> str:
        waited = results(self.stages, part)
        if WAITING in waited.values():
            return WAITING
        if self.canceled and was_ready(self.stages, part):
            return "Canceled"
        facts = Facts(
            {"variables": self._outer(node), "dependencies": self._of_stages(part)}, Status(waited, self.canceled)
        )
        if node.get("lockBehavior", "runLatest") not in {"sequential", "runLatest"}:
            raise UnknownConstruct(f"lockBehavior {node['lockBehavior']}")
        if not holds(node.get("condition", "succeeded()"), facts):
            return "Skipped"
        return self._checked(node) or self._jobs(node, part)

    def _checked(self, node: Node) -> str:
        """How the stage ends if its checks do not let it begin; '' if they do."""
        used = dict(resources(node, self.settings))
        if not passes_branch_control(used.items(), self.predefined["Build.SourceBranch"]):
            return "Failed"
        for name, each in used.items():
            if each.approval is None:
                continue
            environment = name.removeprefix("environment ")
            answer = self.people.to(environment)
            result = approved(each.approval, answer, self.people.starter, self.settings)
            self.asked.append((environment, result))
            if result is not ApprovalResult.GRANTED:
                return _CHECKED[result]
        return ""

    def _jobs(self, node: Node, part: Part) -> str:
        for job in node["jobs"]:
            name = job["deployment"] if "deployment" in job else job["job"]
            each = part.jobs[name] = Part(waits_for(job, ()))
            need_known(each, part.jobs, name)
            each.result = self._job(job, name, node, each)
            each.is_late = self.canceled
        ends = {each.result for each in part.jobs.values()}
        worst = (WAITING, "Failed", "Canceled", "SucceededWithIssues", "Succeeded")
        return next((each for each in worst if each in ends), "Skipped")

    def _of_stages(self, part: Part) -> Value:
        """In the condition of a stage the key of an output begins with its job."""
        found = {}
        for name in part.depends_on:
            stage = self.stages[name]
            outputs = {f"{job}.{key}": text for job, each in stage.jobs.items() for key, text in each.outputs.items()}
            found[name] = {"result": stage.result, "outputs": outputs}
        return found

    # ------------------------------------------------------------ jobs

    def _job(self, job: Node, name: str, stage: Node, part: Part) -> str:
        known(job, _JOB | ({"deployment", "environment", "strategy"} if "deployment" in job else {"job", "steps"}))
        siblings = self.stages[stage["stage"]].jobs
        waited = results(siblings, part)
        if WAITING in waited.values():
            return WAITING
        if self.canceled and was_ready(siblings, part) and was_ready(self.stages, self.stages[stage["stage"]]):
            return "Canceled"
        here = self._seen_by_job(stage, part, siblings)
        outer = self._outer(stage)
        if not holds(
            job.get("condition", "succeeded()"), Facts({"variables": outer, **here}, Status(waited, self.canceled))
        ):
            return "Skipped"
        if job.get("pool") == "server":
            return self._server_job(job, name)
        agent = self._agent(job, name, self._variables(job, outer, stage, here))
        result = self._hooks(job, agent) if "deployment" in job else self._steps(job["steps"], agent, implicit=True)
        part.outputs = {
            f"{name}.{key}" if "deployment" in job else key: text for key, text in agent.variables.outputs.items()
        }
        after = tuple(self._over(stage["stage"], name))
        self.ran.append(Ran(stage["stage"], name, result, tuple(agent.scripts), after, secrets(job, self.settings)))
        self.log += agent.log
        self.canceled = self.canceled or agent.cancels_run
        return "SucceededWithIssues" if result == "Failed" and job.get("continueOnError") == "true" else result

    def _seen_by_job(self, stage: Node, part: Part, siblings: Mapping[str, Part]) -> dict[str, Value]:
        def said(each: Part) -> Value:
            return {"result": each.result, "outputs": each.outputs}

        across = self.stages[stage["stage"]].depends_on
        return {
            "dependencies": {name: said(siblings[name]) for name in part.depends_on},
            "stageDependencies": {
                name: {job: said(each) for job, each in self.stages[name].jobs.items()} for name in across
            },
        }

    def _over(self, stage: str, job: str) -> Iterator[tuple[str, str]]:
        for name in before(self.stages, self.stages[stage]):
            yield from ((name, each) for each in self.stages[name].jobs)
        jobs = self.stages[stage].jobs
        yield from ((stage, each) for each in before(jobs, jobs[job]))

    def _agent(self, job: Node, name: str, variables: Variables) -> Agent:
        container = job.get("container")
        declared = {each["container"] for each in self.pipeline.get("resources", {}).get("containers", [])}
        if isinstance(container, str) and container not in declared:
            raise UnknownConstruct(f"container {container}")
        folder = self.around.folder(name)
        variables.values |= {"Pipeline.Workspace": str(folder), "Build.SourcesDirectory": str(folder / "s")}
        variables.settle()
        return Agent(
            job=name,
            folder=folder,
            variables=variables,
            around=self.around,
            tasks=self.tasks,
            kill_after=int(job.get("cancelTimeoutInMinutes", "5")),
            minutes=int(job.get("timeoutInMinutes", "60")) or 360,
        )

    def _steps(self, steps: Sequence[Node], agent: Agent, *, implicit: bool) -> str:
        """An ordinary job checks out unless it says otherwise."""
        if implicit and not any("checkout" in step for step in steps):
            self.tasks.check_out(agent.sources, 1)
        return agent.run(list(steps)).result

    def _hooks(self, job: Node, agent: Agent) -> str:
        """A deployment checks nothing out and gets all artifacts, unless it says otherwise."""
        known(job["strategy"], {"runOnce"})
        hooks = job["strategy"]["runOnce"]
        known(hooks, {*_HOOKS, "on"})
        for name in _HOOKS:
            steps = hooks.get(name, {}).get("steps", [])
            if name == "deploy" and not any("download" in step for step in steps):
                self.tasks.fetch_all(agent)
            if self._steps(steps, agent, implicit=False) not in {"Succeeded", "SucceededWithIssues"}:
                break
        result = agent.result
        outcome = {"Failed": "failure", "Canceled": ""}.get(result, "success")
        after = hooks.get("on", {}).get(outcome, {}).get("steps", [])
        if after:
            agent.failed = False
            self._steps(after, agent, implicit=False)
            agent.failed = agent.failed or result == "Failed"
        return agent.result

    def _server_job(self, job: Node, name: str) -> str:
        """A job without an agent, in which a person is asked."""
        (step,) = job["steps"]
        known(step, {"task", "displayName", "timeoutInMinutes", "inputs"})
        if step["task"] != "ManualValidation@1" or int(job["timeoutInMinutes"]) < int(step["timeoutInMinutes"]):
            raise UnknownConstruct(f"{step['task']} in a job without an agent, with the limits of {name}")
        allowed = {"notifyUsers", "approvers", "allowApproversToApproveTheirOwnRuns", "instructions", "onTimeout"}
        known(step["inputs"], allowed)
        answer = self.people.to(self.around.approval(name))
        result, _ = validated(step["inputs"], answer, self.people.starter, self.settings)
        self.asked.append((name, result))
        return {ApprovalResult.GRANTED: "Succeeded", ApprovalResult.WAITING: WAITING}.get(result, "Failed")

    # ------------------------------------------------------------ variables

    def _outer(self, stage: Node) -> dict[str, str]:
        """What is known before a job begins: Azure's own variables, and the file's as far as they are computed."""
        found = dict(self.predefined)
        for holder in (self.pipeline, stage):
            for name, text, _ in named(holder.get("variables", [])):
                found[name] = self._computed(text, {"variables": found})
        return found

    def _computed(self, text: str, contexts: Mapping[str, Value]) -> str:
        runtime = _RUNTIME.match(text)
        return as_text(evaluate(runtime[1], Facts(contexts))) if runtime else text

    def _variables(self, job: Node, outer: Mapping[str, str], stage: Node, here: Mapping[str, Value]) -> Variables:
        found = Variables(dict(outer))
        for holder in (self.pipeline, stage):
            found.readonly |= {name.lower() for name, _, fixed in named(holder.get("variables", [])) if fixed}
        for each in job.get("variables", []):
            if isinstance(each, dict) and "group" in each:
                held = self.settings.groups[each["group"]].variables
                found.values |= {name: f"secret {secret} as {name}" for name, secret in held.items()}
                found.secret |= {name.lower() for name in held}
        for name, text, fixed in named(job.get("variables", [])):
            found.values[name] = self._computed(text, {"variables": found.values, **here})
            found.readonly |= {name.lower()} if fixed else set()
        return found


_CHECKED = {ApprovalResult.REJECTED: "Failed", ApprovalResult.EXPIRED: "Skipped", ApprovalResult.WAITING: WAITING}
