"""One agent at work on one job: which of its steps run, how each ends, and how the job ends.

Sources: microsoft/azure-pipelines-agent (StepsRunner), learn.microsoft.com/azure/devops/pipelines/process/{phases
(timeouts), conditions (what runs after a cancellation), tasks (control options), deployment-jobs}.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from conformance.azure_expressions import Facts, Status, UnknownConstruct, holds
from conformance.azure_templates import Node, known
from conformance.azure_worker import Variables
from conformance.observing import Script
from pipegen.simulation import Ending

_OPTIONS = {"displayName", "name", "condition", "continueOnError", "timeoutInMinutes", "target", "env"}
_KEYS = {
    "bash": {"bash"},
    "task": {"task", "inputs"},
    "checkout": {"checkout", "clean", "fetchDepth", "fetchTags", "lfs", "persistCredentials"},
    "download": {"download", "artifact"},
    "publish": {"publish", "artifact"},
}
_UNTOLD = 1
"""Minutes that a step of a moment may take after a cancellation, if it has no limit of its own."""
_KILLED_AFTER = 5
"""Minutes from a cancellation to the end of everything, unless a job says otherwise."""


class Surroundings(Protocol):
    """Who watches a run."""

    @property
    def path(self) -> str:
        """Where programs are looked for."""

    def folder(self, job: str) -> Path:
        """An empty place for the workspace of a job."""

    def script(self, job: str, title: str, number: int) -> tuple[str, str, Ending | None] | None:
        """Whose script this is (job and step) and how it is to end; None for one of the system's own."""

    def begin(self, job: str, step: str) -> None:
        """A script is about to run."""

    def approval(self, job: str) -> str:
        """The name of the answers that a job without an agent waits for."""


class OtherSteps(Protocol):
    """What runs steps that are not bash."""

    def carry_out(self, kind: str, step: Node, agent: Agent) -> bool:
        """Whether the step succeeded."""


@dataclass
class Agent:
    """A job under way in `folder`, which is the workspace of its pipeline."""

    job: str
    folder: Path
    variables: Variables
    around: Surroundings
    tasks: OtherSteps
    kill_after: int = _KILLED_AFTER
    minutes: int = 60
    scripts: list[Script] = field(default_factory=list)
    log: str = ""
    failed: bool = False
    canceled: bool = False
    has_issues: bool = False
    cancels_run: bool = False
    _titles: dict[str, int] = field(default_factory=dict)

    @property
    def sources(self) -> Path:
        return self.folder / "s"

    @property
    def result(self) -> str:
        if self.canceled:
            return "Canceled"
        if self.failed:
            return "Failed"
        return "SucceededWithIssues" if self.has_issues else "Succeeded"

    def run(self, steps: list[Node]) -> Agent:
        self.sources.mkdir(parents=True, exist_ok=True)
        for step in steps:
            self._step(step)
        return self

    def _step(self, step: Node) -> None:
        kind = next((each for each in _KEYS if each in step), None)
        if kind is None:
            raise UnknownConstruct(f"a step of {sorted(step)}")
        known(step, _KEYS[kind] | _OPTIONS)
        known(step.get("target", {}), {"commands", "settableVariables", "container"})
        title = step.get("displayName", "")
        number = self._titles[title] = self._titles.get(title, -1) + 1
        if self._is_due(step):
            self._carry_out(kind, step, title, number)

    def _is_due(self, step: Node) -> bool:
        status = Status({"": self.result}, self.canceled)
        if not holds(step.get("condition", "succeeded()"), Facts({"variables": self.variables.values}, status)):
            return False
        if self.canceled:
            self.kill_after -= int(step.get("timeoutInMinutes", _UNTOLD))
        return self.kill_after >= 0

    def _carry_out(self, kind: str, step: Node, title: str, number: int) -> None:
        whose = self.around.script(self.job, title, number) if kind == "bash" else None
        ending = whose[2] if whose else None
        if whose:
            self.around.begin(whose[0], whose[1])
        if ending in {Ending.CANCELLED, Ending.TIMED_OUT}:
            succeeded = False
            environment = self._environment(step)
            self._end_early(step, ending)
        elif kind == "bash":
            text = "exit 1\n" if ending else self.variables.expanded(step["bash"])
            environment = self._environment(step)
            succeeded = self.bash(text, environment, step)
        else:
            environment, succeeded = {}, self.tasks.carry_out(kind, step, self)
        if whose:
            result = ending.value if ending else "success" if succeeded else Ending.FAILED.value
            self.scripts.append(Script(whose[1], result, environment))
        if not succeeded and not self.canceled:
            forgiven = step.get("continueOnError", "false") == "true"
            self.has_issues, self.failed = self.has_issues or forgiven, self.failed or not forgiven

    def _end_early(self, step: Node, ending: Ending | None) -> None:
        """A step that meets its limit fails; a job that meets its own is cancelled, as by people."""
        if ending is Ending.CANCELLED:
            self.canceled = self.cancels_run = True
        elif int(step.get("timeoutInMinutes", 0)) == 0 or int(step["timeoutInMinutes"]) >= self.minutes:
            self.canceled = True

    def _environment(self, step: Node) -> dict[str, str]:
        return {"PATH": self.around.path, **self.variables.environment(step.get("env", {}))}

    def bash(self, text: str, environment: Mapping[str, str], step: Node) -> bool:
        done = subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-c", text],
            cwd=self.sources,
            env=dict(environment),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output = done.stdout.decode(errors="replace")
        self.log += f"--- {self.job}: {step.get('displayName', '')} ({done.returncode})\n{output}"
        self.variables.listen(output, step)
        return done.returncode == 0
