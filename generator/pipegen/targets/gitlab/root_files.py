"""The files of the repository as a whole: the one that GitLab reads first, and what all jobs have in common."""

from __future__ import annotations

from pipegen.config import Config
from pipegen.delivery import VERDICT, Job, Verdict
from pipegen.targets.gitlab.events import STARTED
from pipegen.targets.gitlab.functions import ENDING, PREPARATION, VALUES
from pipegen.targets.gitlab.names import FOLDER, JOB, JOB_FILE, PARAMETERS, ROOT_FILE, STAGE, START, tags
from pipegen.targets.gitlab.steps import in_file, step_lines
from pipegen.targets.gitlab.values import context
from pipegen.yaml_text import Commented, Flow, Node, Section, Spaced, emit, present

_SAFE = "A-Za-z0-9 ._:/@+=,~%;-"
"""What the parameters of an action may consist of: nothing that YAML, a shell or GitLab gives a meaning."""


def root_files(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """Path -> text; without a verdict there is only what the models' files need."""
    return {ROOT_FILE: f"{emit(_header())}---\n{emit(_root(config, verdict))}", JOB_FILE: emit(_common())}


def _header() -> Node:
    comment = (
        "The first file that GitLab reads: for all models together, made from pipegen.toml alone.\n"
        "A schedule and an action are started with these two inputs, and their first job checks them."
    )
    inputs = {
        "pipeline": {
            "description": "What to start, as <model>/<pipeline>",
            "default": "",
            "regex": "^([a-z0-9-]+/[A-Za-z0-9_-]+)?$",
        },
        "parameters": {
            "description": "Its parameters, as name=value;name=value",
            "default": "",
            "regex": f"^[{_SAFE}]*$",
        },
    }
    return Section({"spec": {"inputs": inputs}}, comment)


def _root(config: Config, verdict: Verdict | None) -> Node:
    document: dict[str, Node] = {
        "include": [{"local": f"{FOLDER}/*.yml"}],
        "stages": [STAGE],
        "workflow": _workflow(),
        "variables": {START: "$[[ inputs.pipeline ]]", PARAMETERS: "$[[ inputs.parameters ]]"},
    }
    return Spaced(document | ({VERDICT: _verdict(verdict, config)} if verdict else {}))


def _workflow() -> Node:
    comment = "A newer commit ends checks of the one before, and nothing else: every merge is delivered."
    allowed: list[Node] = [
        {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'},
        {"if": '$CI_PIPELINE_SOURCE == "push"'},
        {"if": f'$CI_PIPELINE_SOURCE == "schedule" && ${START}'},
        {"if": f"{STARTED} && ${START}"},
        {"when": Commented("never", "nothing else starts anything")},
    ]
    cancelled = Section({"on_new_commit": "interruptible", "on_job_failure": "none"}, comment)
    return {"auto_cancel": cancelled, "rules": allowed}


def _common() -> Node:
    comment = (
        "What all jobs have in common. Steps run by these functions, which note in files how far a job has come:\n"
        "`after_script` is a shell of its own and finishes what a cancellation or a timeout cut off."
    )
    job: dict[str, Node] = {
        "interruptible": False,
        "retry": 0,
        "inherit": {"default": False},
        "variables": {
            "GIT_STRATEGY": "clone",
            "GIT_SUBMODULE_STRATEGY": "none",
            "GIT_DEPTH": "1",
        },
        "before_script": [PREPARATION],
        "after_script": [ENDING],
    }
    return Section({JOB: job}, comment)


def _verdict(verdict: Verdict, config: Config) -> Node:
    """The check that is there at every merge request, so that its pipeline is never empty."""
    job = verdict.job
    comment = (
        "Files must be what their specs say. The reviews of the models that a merge request touches run beside it:\n"
        "the pipeline as a whole has to succeed, and it holds no job of another model."
    )
    node: dict[str, Node] = {
        "extends": JOB,
        "stage": STAGE,
        "rules": [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}],
        "tags": Flow(tags(job.runner, config) or tags(None, config)),
        "image": {"name": job.image, "entrypoint": [""]} if job.image else None,
        "interruptible": True,
        "timeout": f"{job.timeout_minutes} minutes",
        "variables": {"GIT_DEPTH": "0", "GIT_LFS_SKIP_SMUDGE": "1"},
        "script": _script(job),
    }
    return Section(present(node), comment)


def _script(job: Job) -> list[Node]:
    values = "export PIPEGEN_EVENT=review\n" + context(reviewed=True)
    return [in_file(VALUES, values), *step_lines(job.steps, job.id, told=False), "pipegen_finish"]
