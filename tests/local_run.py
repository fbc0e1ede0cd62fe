"""Runs a planned pipeline for real in temporary folders: the meaning of the neutral form, as plain steps.

It is the reference that targets are compared with, so it reads the neutral form alone and knows no CI system.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from local_trace import Ran, Result, Started, Trace
from local_world import World
from pipegen.delivery import (
    PATH_VARIABLES,
    Approval,
    ApprovedBy,
    Begin,
    Cache,
    Checkout,
    CollectOutputs,
    Complete,
    Deployment,
    Download,
    Job,
    JobValue,
    ParameterValue,
    Phase,
    Pipeline,
    Prepare,
    PublishedValue,
    PublishSummary,
    PublishTests,
    Run,
    SecretValue,
    Step,
    StepValue,
    Text,
    TokenValue,
    Upload,
    UsePython,
    When,
)
from pipegen.scripts import collect

APPROVER = "ann"
"""Who gives every approval that is not refused."""


@dataclass
class _Unit:
    """How far a deployment got."""

    begun: bool = False
    completed: bool = False


@dataclass
class _Workspace:
    """One agent for one job."""

    folder: Path
    unit: _Unit
    failed: bool = False


class LocalRun:
    """One run of one pipeline; `before_job` may meddle with the world before each job."""

    def __init__(
        self, pipeline: Pipeline, world: World, started: Started, before_job: Callable[[str], None] = lambda _: None
    ) -> None:
        self.pipeline = pipeline
        self.world = world
        self.how = started
        self.before_job = before_job
        self.trace = Trace()

    def run(self) -> Trace:
        for phase in self.pipeline.phases:
            self.trace.phases[phase.id] = self._phase(phase)
        failed = self.pipeline.failed
        if failed is not None and "failed" in self.trace.jobs.values():
            results = dict(self.trace.jobs)
            self._job(failed, _Unit())
            self.trace.jobs = results
        return self.trace

    # ------------------------------------------------------------ phases and deployments

    def _phase(self, phase: Phase) -> Result:
        self.trace.jobs |= {job.id: "skipped" for job in phase.jobs}
        wanted = phase.only is None or self.how.parameters.get(phase.only[0]) == phase.only[1]
        if not wanted or any(self.trace.phases[each] != "success" for each in phase.needs):
            return "skipped"
        if not self._granted(phase.approval):
            return "failed"
        for wave in phase.waves:
            if "failed" in [self._job(job, _Unit()) for job in wave]:
                return "failed"
        return self._deployment(phase.deployment) if phase.deployment else "success"

    def _deployment(self, deployment: Deployment) -> Result:
        unit, result = _Unit(), "success"
        started = False
        for each in deployment.jobs:
            if result == "failed" or not self._granted(each.approval):
                result = "failed"
                continue
            started = True
            result = self._job(each.job, unit)
        if deployment.closing and started and self._job(deployment.closing, unit) == "failed":
            result = "failed"
        return "success" if result == "success" else "failed"

    def _granted(self, approval: Approval | None) -> bool:
        if approval is None:
            return True
        self.trace.asked.append(approval.id)
        return approval.id not in self.how.refused

    # ------------------------------------------------------------ jobs and steps

    def _job(self, job: Job, unit: _Unit) -> Result:
        self.before_job(job.id)
        workspace = _Workspace(self.world.fresh_folder(f"{job.id}-{self.how.run_id}-{self.how.attempt}"), unit)
        for step in job.steps:
            if self._due(step, workspace) and not self._step(step, job, workspace):
                workspace.failed = True
        self.trace.jobs[job.id] = "failed" if workspace.failed else "success"
        return self.trace.jobs[job.id]

    def _due(self, step: Step, workspace: _Workspace) -> bool:
        match step:
            case Run(when=When.UNDO):
                return workspace.unit.begun and not workspace.unit.completed
            case Run(when=When.ALWAYS) | PublishTests() | PublishSummary():
                return True
            case _:
                return not workspace.failed

    def _step(self, step: Step, job: Job, workspace: _Workspace) -> bool:
        """Whether the step leaves the job as good as it was."""
        match step:
            case Checkout(depth):
                self.world.check_out(workspace.folder, self.how.branch, depth)
            case Prepare(script):
                return self._bash(job, "prepare", script, workspace, {}) == 0
            case Run():
                return self._bash(job, step.id, step.script, workspace, self._own(step, job)) == 0 or step.advisory
            case CollectOutputs(names):
                return self._collected(job, names, workspace)
            case Upload(name, file):
                return self._uploaded(f"{name}-{self.how.attempt}", workspace.folder / file)
            case Download():
                return self._downloaded(step, workspace.folder / step.file)
            case Begin():
                workspace.unit.begun = True
            case Complete():
                workspace.unit.completed = True
            case UsePython() | Cache() | PublishTests() | PublishSummary():
                pass
            case _:
                assert_never(step)
        return True

    def _bash(self, job: Job, step_id: str, script: str, workspace: _Workspace, own: Mapping[str, str]) -> int:
        file = self.world.script_file(job.id, step_id, script)
        self.world.tell_stubs(job.id, step_id)
        variables = {**self._variables(job, workspace), **own}
        done = subprocess.run(
            ["bash", str(file)],
            cwd=workspace.folder,
            env=variables,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output = done.stdout.decode(errors="replace")
        self.trace.ran.append(Ran(job.id, step_id, done.returncode, output, variables))
        return done.returncode

    # ------------------------------------------------------------ what goes from job to job

    def _collected(self, job: Job, names: tuple[str, ...], workspace: _Workspace) -> bool:
        handed = workspace.folder / ".pipegen" / "handed"
        script = collect(names, 'printf \'%s=%s\\n\' "$name" "$value" >> "$PIPEGEN_HOME/handed"')
        if self._bash(job, "collect", script, workspace, {}) != 0:
            return False
        lines = handed.read_text("utf-8").splitlines()
        self.trace.published[job.id] = dict(line.split("=", 1) for line in lines)
        return True

    def _uploaded(self, name: str, file: Path) -> bool:
        place = self.world.uploads(self.how.run_id) / name
        if place.exists() or not file.is_file():
            return False
        shutil.copyfile(file, place)
        return True

    def _downloaded(self, step: Download, file: Path) -> bool:
        place = self.world.uploads(self.how.run_id) / self._value(step.remote_name)
        if place.name.rpartition("-")[0] != step.name or not place.is_file():
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place, file)
        return True

    # ------------------------------------------------------------ variables

    def _variables(self, job: Job, workspace: _Workspace) -> dict[str, str]:
        context = {
            "PATH": self.world.path,
            "PIPEGEN_BRANCH": self.how.branch,
            "PIPEGEN_TARGET_BRANCH": self.how.target_branch,
            "PIPEGEN_COMMIT": self.world.commit_of(self.how.branch),
            "PIPEGEN_RUN_ID": self.how.run_id,
            "PIPEGEN_ATTEMPT": str(self.how.attempt),
            "PIPEGEN_RUN_URL": f"https://ci.example.com/runs/{self.how.run_id}",
            "PIPEGEN_ACTOR": "alice",
        }
        paths = {name: str(workspace.folder / path) for name, path in PATH_VARIABLES.items()}
        own = {each.name: self._value(each.value) for each in job.variables}
        return context | paths | dict(self.pipeline.variables) | own

    def _own(self, step: Run, job: Job) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in step.variables:
            found |= self._named(each.name, each.value, job)
        return found

    def _named(self, name: str, value: StepValue, job: Job) -> dict[str, str]:
        match value:
            case SecretValue(type="username-password"):
                return {f"{name}_{part}": self.world.secret(value, part) for part in ("USERNAME", "PASSWORD")}
            case SecretValue(type="file"):
                return {name: str(self.world.secret_file(value))}
            case SecretValue():
                return {name: self.world.secret(value)}
            case TokenValue():
                return {name: f"token for {value.audience} in {job.environment}"}
            case _:
                return {name: self._value(value)}

    def _value(self, value: JobValue) -> str:
        match value:
            case Text(text):
                return text
            case PublishedValue(job, name):
                return self.trace.published[job][name]
            case ApprovedBy():
                return APPROVER
            case ParameterValue(name):
                return self.how.parameters[name]
            case _:
                assert_never(value)
