"""What an Azure agent makes of a job's bash steps: macros, conditions, logging commands and their restrictions.

Source: microsoft/azure-pipelines-agent (StepsRunner, Variables, VarUtil, TaskCommandExtension) and
microsoft/azure-pipelines-task-lib (_loadData), which takes some variables away from scripts.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure_evaluation import Facts, compiled, evaluate, holds
from runners import require

Node = Mapping[str, Any]

_COMMAND = re.compile(r"##vso\[(?P<name>[\w.]+)(?P<properties>[^\]]*)\](?P<data>.*)")
_KEPT_BY_TASKS = ("INPUT_", "ENDPOINT_AUTH_", "SECUREFILE_TICKET_", "SECRET_", "VSTS_TASKVARIABLE_")
_RESTRICTED = frozenset({"task.complete", "task.debug", "task.logissue", "task.setsecret", "task.setvariable"})
_SECRET = re.compile(r"(?i)token|secret|password|username|accesstoken|credential")
"""Tests name their secret variables so; the agent keeps secrets out of the environment."""


@dataclass(slots=True)
class Agent:
    """Runs steps one after the other in `workspace`. `canceled_after` names the step during which people cancel."""

    workspace: Path
    variables: dict[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    canceled_after: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    log: str = ""
    failed: bool = False
    canceled: bool = False

    def run(self, pipeline: Node, job: Node) -> Agent:
        """Run a job of a pipeline; steps that are not bash are taken to succeed."""
        self.variables |= {"Build.SourcesDirectory": str(self.workspace), "Pipeline.Workspace": str(self.workspace)}
        for name, text in (*named(pipeline.get("variables")), *named(job.get("variables"))):
            self.variables[name] = self._computed(text)
        for step in job_steps(job):
            self._step(step)
        return self

    def _computed(self, text: str) -> str:
        text = compiled(text, self.parameters)
        runtime = re.fullmatch(r"\$\[(.*)\]", text, re.DOTALL)
        if runtime and "Dependencies" not in runtime[1] and "dependencies" not in runtime[1]:
            return str(evaluate(runtime[1], Facts(self.variables)))
        return "" if runtime else text

    def _step(self, step: Node) -> None:
        facts = Facts(self.variables, failed=self.failed, canceled=self.canceled)
        title = step.get("displayName", "")
        if not holds(step.get("condition"), facts):
            return
        self.ran.append(title)
        if "bash" in step and self._bash(step) and not step.get("continueOnError"):
            self.failed = True
        self.canceled = self.canceled or (bool(title) and title == self.canceled_after)

    def _bash(self, step: Node) -> int:
        done = subprocess.run(
            [require("bash"), "--noprofile", "--norc", "-c", self._expanded(compiled(step["bash"], {}))],
            cwd=self.workspace,
            env=self._environment(step),
            capture_output=True,
            text=True,
            check=False,
        )
        self.log += done.stdout + done.stderr
        for line in (done.stdout + done.stderr).splitlines():
            self._command(line, step)
        return done.returncode

    def _environment(self, step: Node) -> dict[str, str]:
        public = {name: text for name, text in self.variables.items() if not _SECRET.search(name)}
        own = {name: self._expanded(compiled(str(text), {})) for name, text in step.get("env", {}).items()}
        found = {name.replace(".", "_").upper(): self._expanded(text) for name, text in public.items()}
        kept = {name: text for name, text in (found | own).items() if not name.startswith(_KEPT_BY_TASKS)}
        return {"PATH": os.environ["PATH"], **kept}

    def _expanded(self, text: str) -> str:
        """Macros of variables that exist, once; others stay as they are."""
        known = {name.lower(): value for name, value in self.variables.items()}
        start = text.find("$(")
        while start >= 0 and (end := text.find(")", start)) >= 0:
            value = known.get(text[start + 2 : end].lower())
            text = text if value is None else text[:start] + value + text[end + 1 :]
            start = text.find("$(", start + (1 if value is None else len(value)))
        return text

    def _command(self, line: str, step: Node) -> None:
        found = _COMMAND.search(line)
        target = step.get("target", {})
        if not found or (target.get("commands") == "restricted" and found["name"] not in _RESTRICTED):
            return
        properties = dict(each.split("=", 1) for each in found["properties"].strip().split(";") if each)
        data = re.sub(r"%0D|%0A|%AZP25", lambda code: {"%AZP25": "%"}.get(code[0], "\n"), found["data"])
        settable = target.get("settableVariables", [properties.get("variable")])
        if found["name"] == "task.setvariable" and settable != "none" and properties["variable"] in settable:
            is_output = properties.get("isOutput") == "true"
            (self.outputs if is_output else self.variables)[properties["variable"]] = data
        elif found["name"] == "task.logissue":
            self.issues.append(data)
        elif found["name"] == "task.uploadsummary":
            self.attachments.append(data)


def job_steps(job: Node) -> list[Node]:
    steps: list[Node] = job["steps"] if "job" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
    return steps


def named(variables: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  (it is what YAML holds)
    """Name and value of variables in either of their forms."""
    if isinstance(variables, dict):
        yield from ((name, str(text)) for name, text in variables.items())
    for each in variables if isinstance(variables, list) else ():
        if "name" in each:
            yield each["name"], str(each["value"])
