"""Jobs of the delivery as jobs of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipegen.delivery import Checkout, Job, Lock
from pipegen.targets.github.machines import runs_on
from pipegen.targets.github.names import lock_group
from pipegen.targets.github.scene import Scene
from pipegen.targets.github.setup_steps import cache_variables
from pipegen.targets.github.steps import OUTPUTS, UNFINISHED, step_nodes
from pipegen.targets.github.variables import File, expression, job_variables, label, tokens_of, uses_environment
from pipegen.yaml_text import Commented, Flow, Node, Section, present


@dataclass(frozen=True, slots=True)
class Role:
    """What its place in a workflow adds to a job.

    `first` are steps before all others, which may refuse the job; `records`: GitHub keeps it as a deployment to the
    job's environment; `undo` is when its `When.UNDO` steps run.
    """

    needs: tuple[str, ...] = ()
    condition: str | None = None
    first: tuple[Node, ...] = ()
    lock: Lock | None = None
    deploys: bool = False
    records: bool = False
    undo: str = UNFINISHED
    outputs: Mapping[str, str] = field(default_factory=dict)


def job_node(job: Job, file: File, role: Role) -> Node:
    scene = Scene(job, file, role.undo, may_refuse=bool(role.first))
    head: dict[str, Node] = {
        "name": label(job.title),
        "if": role.condition,
        "needs": Flow(role.needs),
        "runs-on": runs_on(job.runner, file.config),
        "container": {"image": job.image} if job.image else None,
        "timeout-minutes": job.timeout_minutes,
        "environment": _environment(job, role),
        "concurrency": lock_node(role.lock) if role.lock else None,
    }
    body: dict[str, Node] = {
        "env": job_variables_node(job, file),
        "outputs": {**published(job), **role.outputs},
        "steps": [*role.first, *step_nodes(job.steps, scene)],
    }
    return {**present(head), "permissions": permissions((job,)), **present(body)}


def job_variables_node(job: Job, file: File) -> dict[str, str]:
    return {**cache_variables(job), **job_variables(job, file)}


def needs_environment(job: Job, *, deploys: bool) -> bool:
    """Whether the job stands in its environment: for its secrets or identity, or because it changes it."""
    return job.environment is not None and (deploys or uses_environment(job))


def _environment(job: Job, role: Role) -> Node:
    """The environment, which GitHub would note as deployed to by every job that names it."""
    if not needs_environment(job, deploys=role.deploys):
        return None
    return job.environment if role.records else {"name": job.environment, "deployment": False}


def lock_node(lock: Lock) -> Node:
    """One at a time among all workflows of the repository; a job enters it once its approvals are given."""
    queue = (
        "those that wait keep their order" if lock.waiting == "all" else "of those that wait only the newest is kept"
    )
    node: dict[str, Node] = {
        "group": lock_group(lock),
        "cancel-in-progress": False,
        "queue": "max" if lock.waiting == "all" else None,
    }
    return Section(present(node), f"One at a time among all models; {queue}.")


def permissions(jobs: tuple[Job, ...]) -> dict[str, Node]:
    """The least that the jobs need; nothing where they need nothing."""
    reads = any(isinstance(step, Checkout) for job in jobs for step in job.steps)
    signs = any(tokens_of(job) for job in jobs)
    return present(
        {
            "contents": "read" if reads else None,
            "id-token": Commented("write", "tokens that GitHub signs for this job") if signs else None,
        }
    )


def published(job: Job) -> dict[str, str]:
    return {name: expression(f"steps.{OUTPUTS}.outputs.{name}") for name in job.publishes}
