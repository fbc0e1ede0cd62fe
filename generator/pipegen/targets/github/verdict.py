"""The workflow whose one job is the check that the host requires: it compares files and waits for reviews."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import VERDICT, Run, Step, Verdict
from pipegen.targets.github.embedded import script_text
from pipegen.targets.github.events import review_types
from pipegen.targets.github.jobs import job_variables_node, permissions
from pipegen.targets.github.machines import HOSTED_MINUTES, is_hosted, runs_on
from pipegen.targets.github.names import FOLDER
from pipegen.targets.github.scene import Scene
from pipegen.targets.github.steps import PYTHON, UNFINISHED, step_nodes
from pipegen.targets.github.variables import SAME_REPOSITORY, SOURCE_BRANCH, File, context, expression
from pipegen.yaml_text import Commented, Flow, Node, Section, Spaced, emit, present

VERDICT_FILE = "pipegen.yml"
_MARGIN = 10
_ON_PULL_REQUESTS = "github.event_name == 'pull_request'"


def verdict_files(config: Config, verdict: Verdict) -> dict[str, str]:
    """The file by its path; ids of models and pipelines hold no dots, so it meets no file of theirs."""
    file = File(f"{FOLDER}/{VERDICT_FILE}", config)
    document: dict[str, Node] = {
        "name": VERDICT,
        "on": _triggers(),
        "permissions": {},
        "concurrency": Section(
            {"group": f"{VERDICT}.{expression('github.ref')}", "cancel-in-progress": True},
            "A newer commit makes the verdict on the one before pointless.",
        ),
        "defaults": {"run": {"shell": "bash"}},
        "env": {
            "PIPEGEN_EVENT": "review",
            **context(SOURCE_BRANCH, expression("github.base_ref")),
            "PIPEGEN_FORMAT": "github",
        },
        "jobs": {VERDICT: _job(verdict, file)},
    }
    heading = (
        "Runs at every pull request: the check that the host requires, for all models together. Files must be what\n"
        "their specs say, and the reviews of the models that the change concerns must succeed; others do not run."
    )
    return {file.path: emit(Section(Spaced(document), heading))}


def _triggers() -> Node:
    comment = (
        "A merge queue wants the check for what it merges too. The reviews ran before, on the pull requests;\n"
        "here only files and specs are compared, which two pull requests can spoil together."
    )
    return {
        "pull_request": {"types": review_types()},
        "merge_group": Section({"types": Flow(("checks_requested",))}, comment),
    }


def _job(verdict: Verdict, file: File) -> Node:
    job = verdict.job
    minutes = job.timeout_minutes + verdict.wait_minutes + _MARGIN
    head: dict[str, Node] = {
        "name": VERDICT,
        "runs-on": runs_on(job.runner, file.config),
        "container": {"image": job.image} if job.image else None,
        "timeout-minutes": min(minutes, HOSTED_MINUTES) if is_hosted(job.runner, file.config) else minutes,
    }
    allowed = {
        **permissions((job,)),
        "actions": Commented("write", "reads how reviews went, and starts those that GitHub did not start"),
        "pull-requests": Commented("read", "whether another one brings the same commit, which shares this result"),
    }
    body: dict[str, Node] = {"env": job_variables_node(job, file), "steps": list(_steps(verdict, file))}
    return {**present(head), "permissions": allowed, **present(body)}


def _steps(verdict: Verdict, file: File) -> Iterator[Node]:
    scene = Scene(verdict.job, file, UNFINISHED, may_refuse=False)
    for step in verdict.job.steps:
        for node in step_nodes((step,), scene):
            yield _only_on_pull_requests(node) if _finds(step, verdict) else node
    yield _wait(verdict)


def _finds(step: Step, verdict: Verdict) -> bool:
    """Whether the step looks for the models that the change concerns."""
    return isinstance(step, Run) and verdict.models_file in step.script


def _only_on_pull_requests(node: Node) -> Node:
    if not isinstance(node, dict):
        raise TypeError(f"a step is a mapping, and not {node!r}")
    return {"name": node["name"], "if": _ON_PULL_REQUESTS, **node}


def _wait(verdict: Verdict) -> Node:
    variables = {
        "GITHUB_TOKEN": expression("github.token"),
        "MODELS_FILE": verdict.models_file,
        "WAIT_MINUTES": str(verdict.wait_minutes),
        "PULL_REQUEST": expression("github.event.pull_request.number"),
        "INTO": expression("github.base_ref"),
        "HEAD_SHA": expression("github.event.pull_request.head.sha"),
        "HEAD_BRANCH": expression(f"{SAME_REPOSITORY} && github.head_ref || ''"),
    }
    return {
        "name": "Wait for the reviews of these models",
        "if": _ON_PULL_REQUESTS,
        "timeout-minutes": verdict.wait_minutes + _MARGIN,
        "shell": PYTHON,
        "env": variables,
        "run": script_text("await_reviews"),
    }
