"""What an Azure pipeline of this project always has, and what it never has.

The letters are those of the list of hardening rules: A for Azure, H for all systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .azure_conditions import COMPILED
from .azure_pipeline import Job, Step, is_template, stages, variables
from .document import Document, Finding, KeyPath, items, strings

_MACRO = re.compile(r"\$\(([A-Za-z_][\w.]*)\)")
_PREDEFINED = ("Build.", "System.", "Agent.", "Pipeline.", "Environment.", "Release.", "Resources.", "Strategy.")
_PATHS = frozenset(
    {"Pipeline.Workspace", "Agent.TempDirectory", "Agent.BuildDirectory", "Build.ArtifactStagingDirectory"}
) | {"Build.SourcesDirectory", "System.DefaultWorkingDirectory"}
"""Macros that hold folders of the agent: nobody outside chooses them."""
_FIELD = re.compile(r"[\d*/,-]+\Z")
_CONNECTIONS = ("azureSubscription", "connectedServiceName", "containerRegistry", "serviceConnection")
_SERVER = "server"


def findings(document: Document) -> Iterator[Finding]:
    pipeline = document.data if isinstance(document.data, dict) else {}
    if not is_template(document):
        yield from _triggers(pipeline)
    yield from _parameter_types(pipeline)
    yield from _schedules(pipeline)
    yield from _images(document)
    for stage in stages(document):
        if stage.data.get("isSkippable") is not False:
            yield stage.path, "skippable", "A7: who starts a run may leave out what is skippable"
        if any(job.deployment for job in stage.jobs) and "lockBehavior" not in stage.data:
            yield stage.path, "lock", "a deployment says what happens to the runs that wait: lockBehavior"
        names = {name for _, name, _ in (*variables(pipeline, ()), *variables(stage.data, stage.path))}
        for job in stage.jobs:
            known = names | {name for _, name, _ in variables(job.data, job.path)}
            yield from _job(job)
            for step in job.steps:
                yield from _script(step, known)
                yield from _task(step)


def _triggers(pipeline: dict[str, Any]) -> Iterator[Finding]:
    for key in ("trigger", "pr"):
        if key not in pipeline:
            yield (), "triggers", f"A1: without {key} Azure builds every branch"
    for path, pattern in strings(pipeline.get("trigger"), ("trigger",)):
        if "paths" in path and pattern.endswith("/*"):
            yield path, "glob", f"{pattern!r} is not recursive; the folder alone is"


def _parameter_types(pipeline: dict[str, Any]) -> Iterator[Finding]:
    for index, parameter in items(pipeline.get("parameters")):
        if not parameter.get("type"):
            yield ("parameters", index), "parameter-type", "A9: a parameter has a type"


def _schedules(pipeline: dict[str, Any]) -> Iterator[Finding]:
    for index, schedule in items(pipeline.get("schedules")):
        path: KeyPath = ("schedules", index)
        fields = str(schedule.get("cron", "")).split()
        if len(fields) != 5 or not all(map(_FIELD.match, fields)) or (fields[2] != "*" and fields[4] != "*"):
            yield (*path, "cron"), "cron", "five numeric fields, of which only one chooses the day"
        if schedule.get("always") is not True:
            yield path, "always", "without always: true nothing runs while the code stays the same"
        if not (schedule.get("branches") or {}).get("include"):
            yield path, "schedule-branch", "a schedule names its branch"


def _images(document: Document) -> Iterator[Finding]:
    for path, text in strings(document.data):
        if path[-1] == "image" and "@sha256:" not in text:
            yield path, "image", f"H6: {text} is no digest"


def _job(job: Job) -> Iterator[Finding]:
    minutes = job.data.get("timeoutInMinutes")
    if not isinstance(minutes, int) or minutes < 1:
        yield job.path, "timeout", "H4: a job has timeoutInMinutes, and 0 is for ever"
    checkouts = [step for step in job.steps if "checkout" in step.data]
    if not (checkouts or job.deployment or job.data.get("pool") == _SERVER):
        yield job.path, "checkout", "A2: without a checkout step Azure checks out in its own way"
    for step in checkouts:
        if step.text("checkout") != "none" and step.data.get("persistCredentials") is not False:
            yield step.path, "checkout", "A2: persistCredentials: false"
        if step.text("checkout") != "none" and "fetchDepth" not in step.data:
            yield step.path, "fetch-depth", "A2: a checkout says how deep it is; the default is a setting"
    writes = next((step for step in job.steps if "--junitxml" in step.script), None)
    if writes and not any(step.text("task").startswith("PublishTestResults@") for step in job.steps):
        yield writes.path, "unpublished-tests", "test results are written and never published"


def _script(step: Step, variables_seen: set[str]) -> Iterator[Finding]:
    path = (*step.path, next((key for key in ("bash", "script", "pwsh") if key in step.data), "inputs"))
    for inner in COMPILED.findall(step.script):
        if not inner.strip().startswith("'"):
            yield path, "pasted", f"A3: ${{{{{inner}}}}} pastes its value into the script; pass it by env"
    for name in _MACRO.findall(step.script):
        if (name.startswith(_PREDEFINED) and name not in _PATHS) or name in variables_seen or name.isupper():
            yield path, "pasted", f"A4: $({name}) pastes its value into the script; pass it by env"


def _task(step: Step) -> Iterator[Finding]:
    task = step.text("task")
    condition = str(step.data.get("condition", ""))
    if task and not re.fullmatch(r"[\w.-]+@\d+", task):
        yield (*step.path, "task"), "task-version", "A12: a task is pinned to its major version"
    if task.startswith("PublishTestResults@") and "succeededOrFailed()" not in condition:
        yield step.path, "test-results", "results of failed tests are published too: succeededOrFailed()"
    if not isinstance(step.inputs.get("versionSpec", ""), str):
        yield (*step.path, "inputs", "versionSpec"), "version-text", "unquoted, 3.10 is read as 3.1"
    for key in _CONNECTIONS:
        if "$" in str(step.inputs.get(key, "")):
            yield (*step.path, "inputs", key), "connection", "A13: a service connection is a fixed name"
    if task.startswith("ManualValidation@"):
        yield from _question(step)


def _question(step: Step) -> Iterator[Finding]:
    """The defaults approve one's own run and, in the vendor's samples, approve by silence."""
    if step.inputs.get("onTimeout") != "reject" or "allowApproversToApproveTheirOwnRuns" not in step.inputs:
        yield step.path, "question", "a question says who may answer, and silence is a no"
