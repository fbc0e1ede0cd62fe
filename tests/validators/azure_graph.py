"""What no public tool checks in an Azure pipeline: names, the graph of stages and jobs, environments and artifacts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from .azure_pipeline import Job, Stage, Step, ancestors, stage_list, stages
from .document import Document, Finding

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_KEYWORDS = frozenset({"deploy", "deployment"})
_PUBLISHING = ("PublishPipelineArtifact@", "PublishBuildArtifacts@")
_DOWNLOADING = ("DownloadPipelineArtifact@", "DownloadBuildArtifacts@")


def findings(document: Document) -> Iterator[Finding]:
    found = stages(document)
    if not stage_list(document)[1]:
        yield (), "stages", "a pipeline of this project has stages"
    yield from _names(found)
    yield from _graph(found)
    for stage in found:
        yield from _names(stage.jobs)
        yield from _graph(stage.jobs)
        for job in stage.jobs:
            yield from _step_names(job)
            yield from _environment(job)
    yield from _artifacts(found)


def _names(found: Sequence[Stage] | Sequence[Job]) -> Iterator[Finding]:
    """Azure compares names without case, and so must they differ."""
    often = Counter(one.name.lower() for one in found)
    for one in found:
        if not _NAME.match(one.name):
            yield one.path, "name", f"{one.name!r} is not made of letters, digits and _ behind a letter or _"
        if one.name.lower() in _KEYWORDS:
            yield one.path, "name", f"{one.name!r} is a keyword of Azure"
        if often[one.name.lower()] > 1:
            yield one.path, "name", f"{one.name!r} is not unique"


def _step_names(job: Job) -> Iterator[Finding]:
    often = Counter(step.text("name").lower() for step in job.steps)
    for step in job.steps:
        name = step.text("name")
        if name and not (_NAME.match(name) and often[name.lower()] == 1):
            yield (*step.path, "name"), "name", f"step {name!r} is not unique in its job, or not a name"


def _graph(found: Sequence[Stage] | Sequence[Job]) -> Iterator[Finding]:
    edges = {one.name: one.depends_on for one in found}
    for one in found:
        for name in one.depends_on:
            if name not in edges:
                yield (*one.path, "dependsOn"), "depends-on", f"there is no {name!r} beside {one.name!r}"
        if one.name in ancestors(one.name, edges):
            yield (*one.path, "dependsOn"), "cycle", f"{one.name!r} waits for itself"


def _environment(job: Job) -> Iterator[Finding]:
    environment = job.data.get("environment")
    name = environment.get("name") if isinstance(environment, dict) else environment
    if job.deployment and not name:
        yield job.path, "environment", "a deployment job without an environment cannot be approved"


def _artifacts(found: Sequence[Stage]) -> Iterator[Finding]:
    """What is downloaded was published earlier: in the job, in one it waits for, or in a stage its stage waits for."""
    stage_edges = {stage.name: stage.depends_on for stage in found}
    by_stage = {stage.name: [name for job in stage.jobs for name in _published(job.steps)] for stage in found}
    for stage in found:
        earlier = [name for one in ancestors(stage.name, stage_edges) for name in by_stage.get(one, ())]
        job_edges = {job.name: job.depends_on for job in stage.jobs}
        by_job = {job.name: list(_published(job.steps)) for job in stage.jobs}
        for job in stage.jobs:
            here = [name for one in (*ancestors(job.name, job_edges), job.name) for name in by_job.get(one, ())]
            yield from _downloads(job, [*earlier, *here])


def _downloads(job: Job, published: Sequence[str]) -> Iterator[Finding]:
    for step in job.steps:
        wanted = _artifact(step, "download", _DOWNLOADING)
        if wanted and not any(_may_be_same(wanted, name) for name in published):
            yield step.path, "artifact", f"nothing that {job.name!r} waits for publishes {wanted!r}"


def _published(steps: Sequence[Step]) -> Iterator[str]:
    return filter(None, (_artifact(step, "publish", _PUBLISHING) for step in steps))


def _artifact(step: Step, shortcut: str, tasks: tuple[str, ...]) -> str:
    """The artifact that a step names; '' for other steps and for other runs' artifacts."""
    if step.text(shortcut) and not (shortcut == "download" and step.text(shortcut) != "current"):
        return step.text("artifact")
    if step.text("task").startswith(tasks) and step.inputs.get("buildType", step.inputs.get("source")) != "specific":
        return str(step.inputs.get("artifact") or step.inputs.get("artifactName") or "")
    return ""


def _may_be_same(one: str, other: str) -> bool:
    """Names are compared as far as they are fixed: `model-$(System.JobAttempt)` and `model-1` may be the same."""
    short, long = sorted((one.partition("$(")[0], other.partition("$(")[0]), key=len)
    return long.startswith(short) if "$(" in one + other else one == other
