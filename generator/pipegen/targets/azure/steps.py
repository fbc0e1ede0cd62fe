"""Each step of the neutral form as the steps that Azure runs for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import assert_never

from pipegen.delivery import (
    Begin,
    Cache,
    Checkout,
    CollectOutputs,
    Complete,
    Download,
    Job,
    Prepare,
    PublishSummary,
    PublishTests,
    Run,
    Step,
    Upload,
    UsePython,
    When,
)
from pipegen.scripts import collect
from pipegen.targets.azure.bash import BEGUN, COMPLETE, bash, condition, marker, own, require_attempt, task
from pipegen.targets.azure.places import OUTPUTS
from pipegen.targets.azure.runs import run
from pipegen.targets.azure.secrets import secret_check
from pipegen.targets.azure.texts import label, script
from pipegen.targets.azure.variables import CACHES, JobScope
from pipegen.yaml_text import Node, Section, present

_SOURCES = "$(Build.SourcesDirectory)"
_HAND_OVER = 'echo "##vso[task.setvariable variable=$name;isOutput=true;isReadonly=true]${value//%/%AZP25}"'
_SUMMARY = """\
set -euo pipefail
if [ -s "$PIPEGEN_SUMMARY" ]; then echo "##vso[task.uploadsummary]$PIPEGEN_SUMMARY"; fi
"""
_UNDO = """\
Restore is a step of this job: the hook `on: failure` does not run after a cancellation and cannot know
whether the deployment had begun."""


def steps(job: Job, scope: JobScope) -> Iterator[Node]:
    """All steps of a job. Unasked, Azure would download artifacts into a deployment and check out everywhere else."""
    if scope.place.deployment:
        yield {"download": "none"}
    elif not any(isinstance(step, Checkout) for step in job.steps):
        yield {"checkout": "none"}
    if scope.place.refusal:
        yield require_attempt(scope.place.refusal, unless_unbegun=not scope.place.deployment)
    yield from secret_check(job)
    undone_here = scope.place.deployment and any(isinstance(step, Run) and step.when is When.UNDO for step in job.steps)
    for step in job.steps:
        if isinstance(step, Begin | Complete) and not (undone_here or _is_read_elsewhere(step, scope)):
            continue
        nodes = tuple(_step(step, scope))
        if undone_here and isinstance(step, Run) and step.when is When.UNDO:
            undone_here = False
            yield Section(nodes[0], _UNDO)
            nodes = nodes[1:]
        yield from nodes


def _is_read_elsewhere(step: Begin | Complete, scope: JobScope) -> bool:
    """Whether another job asks how far the deployment has come."""
    return scope.place.undone_elsewhere or (isinstance(step, Begin) and scope.place.opens)


def _step(step: Step, scope: JobScope) -> Iterator[Node]:
    match step:
        case Run():
            yield from run(step, scope)
        case Prepare() | CollectOutputs() | PublishSummary() | Begin() | Complete():
            yield _own_script(step, scope)
        case _:
            yield _task(step, scope)


def _own_script(step: Prepare | CollectOutputs | PublishSummary | Begin | Complete, scope: JobScope) -> Node:
    container, place = scope.place.container, scope.place
    match step:
        case Prepare():
            return own("Prepare the workspace", script(step.script))
        case CollectOutputs(names):
            return bash("Hand over values", collect(names, _HAND_OVER), container, name=OUTPUTS, settable=names)
        case PublishSummary():
            return own(
                "Show the summary", _SUMMARY, condition=condition(When.ALWAYS, is_continuing=bool(place.refusal))
            )
        case Begin():
            title = "Begin: from here on the environment changes"
            return marker("begin", BEGUN, title, is_output=_is_read_elsewhere(step, scope))
        case Complete():
            title = "Complete: nothing is left to undo"
            return marker("complete", COMPLETE, title, is_output=_is_read_elsewhere(step, scope))
        case _:
            assert_never(step)


def _task(step: Checkout | UsePython | Cache | PublishTests | Upload | Download, scope: JobScope) -> Node:
    match step:
        case Checkout():
            return _checkout(step)
        case UsePython(version):
            return task("UsePythonVersion@0", f"Use Python {version}", {"versionSpec": version})
        case Cache():
            return _cache(step)
        case PublishTests():
            return _test_results(step)
        case Upload():
            return _upload(step, scope)
        case Download():
            return _download(step, scope)
        case _:
            assert_never(step)


def _checkout(step: Checkout) -> Node:
    """A clean working folder, also on an agent that ran something before, and no token left in it."""
    return present(
        {
            "checkout": "self",
            "displayName": "Check out",
            "clean": True,
            "fetchDepth": step.depth,
            "fetchTags": step.depth == 0,
            "lfs": step.lfs or None,
            "persistCredentials": False,
            "timeoutInMinutes": 30,
        }
    )


def _cache(step: Cache) -> Node:
    key = f'{step.kind} | "$(Agent.OS)"'
    _, folder = CACHES[step.kind]
    inputs = {"key": f"{key} | {','.join(step.key_files)}", "restoreKeys": key, "path": folder}
    return task("Cache@2", f"Keep what {step.kind} downloads", inputs, {"continueOnError": True}, minutes=15)


def _test_results(step: PublishTests) -> Node:
    """The tests' own exit code has decided; unless told, the task passes over results that are missing or red."""
    inputs: dict[str, Node] = {
        "testResultsFormat": "JUnit",
        "testResultsFiles": step.file,
        "testRunTitle": label(step.title),
    }
    options: dict[str, Node] = {"condition": "succeededOrFailed()", "continueOnError": True}
    return task("PublishTestResults@2", f"Results: {step.title}", inputs, options)


def _of_model(scope: JobScope) -> str:
    """The artifacts of a run share one name space, also those of different models."""
    return f"{scope.place.model}-" if scope.place.model else ""


def _upload(step: Upload, scope: JobScope) -> Node:
    return {
        "publish": f"{_SOURCES}/{step.file}",
        "artifact": f"{_of_model(scope)}{step.name}-$(PIPEGEN_ATTEMPT)",
        "displayName": label(f"Upload {step.name}"),
        "timeoutInMinutes": 30,
    }


def _download(step: Download, scope: JobScope) -> Node:
    """The shortcut `download` knows no folder. The file keeps the name under which it was uploaded."""
    inputs = {
        "buildType": "current",
        "artifactName": f"{_of_model(scope)}$({scope.sources.published[step.remote_name]})",
        "targetPath": f"{_SOURCES}/{PurePosixPath(step.file).parent}",
    }
    return task("DownloadPipelineArtifact@2", f"Download {step.name}", inputs, minutes=30)
