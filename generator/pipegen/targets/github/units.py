"""Deployments in several jobs: a workflow of their own, so that the one job which calls it holds the lock for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipegen.config import Config
from pipegen.delivery import Action, Deployment, Job, Parameter, Phase, Pipeline, PublishedValue
from pipegen.targets.github.approvals import HISTORY, approval_nodes, ask_name, require_approval
from pipegen.targets.github.events import input_type
from pipegen.targets.github.jobs import Role, job_node, lock_node, permissions
from pipegen.targets.github.names import approved_id
from pipegen.targets.github.steps import BEGIN, COMPLETE, require_attempt
from pipegen.targets.github.variables import (
    File,
    expression,
    label,
    parameters_of,
    published_of,
    read_published,
    secret_names,
    secrets_of,
    shared_variables,
)
from pipegen.yaml_text import Flow, Node, Section, present

APPROVED_ATTEMPT = "approved-attempt"
"""The input that says in which attempt the deployment was approved; no parameter's name has a hyphen."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A deployment in several jobs, with the phase and the file that it belongs to."""

    phase: Phase
    deployment: Deployment
    file: File
    parameters: tuple[Parameter, ...]

    @property
    def jobs(self) -> tuple[Job, ...]:
        return _jobs(self.deployment)

    @property
    def first(self) -> Job:
        return self.deployment.jobs[0].job

    @property
    def last(self) -> Job:
        return self.deployment.jobs[-1].job


def _jobs(deployment: Deployment) -> tuple[Job, ...]:
    return (*(each.job for each in deployment.jobs), *((deployment.closing,) if deployment.closing else ()))


def unit_of(pipeline: Pipeline, phase: Phase, path: str, config: Config) -> Unit | None:
    """The phase's deployment, if it takes several jobs."""
    deployment = phase.deployment
    if deployment is None or len(deployment.jobs) == 1:
        return None
    jobs = _jobs(deployment)
    used = frozenset[str]().union(*(parameters_of(job) for job in jobs))
    known = pipeline.event.parameters if isinstance(pipeline.event, Action) else ()
    file = File(path, config, _inputs(jobs), shared_variables(jobs))
    return Unit(phase, deployment, file, tuple(each for each in known if each.name in used))


def _inputs(jobs: Sequence[Job]) -> Mapping[PublishedValue, str]:
    """The values that come from jobs before the deployment; their names say enough unless two are the same."""
    inside = {job.id for job in jobs}
    values = dict.fromkeys(value for job in jobs for value in published_of(job) if value.job not in inside)
    names = [value.name for value in values]
    return {value: value.name if names.count(value.name) == 1 else f"{value.job}_{value.name}" for value in values}


# ---------------------------------------------------------------- the job that calls it


def caller_node(unit: Unit, needs: tuple[str, ...], condition: str | None, approved: str | None) -> Node:
    asks = any(each.approval for each in unit.deployment.jobs)
    inputs = {name: read_published(value, {}) for value, name in unit.file.inputs.items()}
    head: dict[str, Node] = {
        "name": label(unit.phase.title),
        "if": condition,
        "needs": Flow(needs),
        "concurrency": lock_node(unit.deployment.lock),
    }
    body: dict[str, Node] = {
        "uses": f"$/{unit.file.path}",
        "with": {
            **({APPROVED_ATTEMPT: approved} if approved else {}),
            **inputs,
            **{each.name: expression(f"inputs.{each.name}") for each in unit.parameters},
        },
        "secrets": {name: expression(f"secrets.{name}") for name in _secrets(unit)},
    }
    allowed = {**(HISTORY if asks else {}), **permissions(unit.jobs)}
    return {**present(head), "permissions": allowed, **present(body)}


def _secrets(unit: Unit) -> tuple[str, ...]:
    found = (name for job in unit.jobs for secret in secrets_of(job) for _, name in secret_names("", secret))
    return tuple(dict.fromkeys(found))


# ---------------------------------------------------------------- what it calls


def call_trigger(unit: Unit) -> Node:
    text: Node = {"type": "string", "required": True}
    inputs: dict[str, Node] = {APPROVED_ATTEMPT: text} if unit.phase.approval else {}
    inputs |= dict.fromkeys(unit.file.inputs.values(), text)
    inputs |= {each.name: {"type": input_type(each, called=True), "required": True} for each in unit.parameters}
    secrets: Node = {name: {"required": False} for name in _secrets(unit)}
    if any(secret.environment for job in unit.jobs for secret in secrets_of(job)):
        comment = "Only secrets that are passed by name are seen here; the values are those of the jobs' environment."
        secrets = Section(secrets, comment)
    return {"workflow_call": present({"inputs": inputs, "secrets": secrets})}


def unit_nodes(unit: Unit) -> Iterator[tuple[str, Node]]:
    before: str | None = None
    for each in unit.deployment.jobs:
        needs = (before,) if before else ()
        if each.approval:
            yield from approval_nodes(each.approval, needs, None, unit.file.config)
            needs = (approved_id(each.approval.id),)
        yield each.job.id, job_node(each.job, unit.file, _role(unit, each.job, needs))
        before = each.job.id
    if unit.deployment.closing:
        comment = "Runs however the deployment ended once it had started, cancelled or rejected half-way too."
        yield unit.deployment.closing.id, Section(_closing(unit, unit.deployment.closing), comment)


def _role(unit: Unit, job: Job, needs: tuple[str, ...]) -> Role:
    is_first, is_last = job is unit.first, job is unit.last
    begun = {"attempt": expression("github.run_attempt"), "begun": expression(f"steps.{BEGIN}.outcome")}
    completed = {"complete": expression(f"steps.{COMPLETE}.outcome")}
    inside = {each.id for each in unit.jobs}
    read = (value.job for value in published_of(job) if value.job in inside)
    return Role(
        needs=tuple(dict.fromkeys((*needs, *(() if is_first else (unit.first.id,)), *read))),
        first=_first_step(unit, is_first=is_first),
        deploys=True,
        records=is_last,
        outputs={**(begun if is_first else {}), **(completed if is_last else {})},
    )


def _first_step(unit: Unit, *, is_first: bool) -> tuple[Node, ...]:
    if not is_first:
        return (require_attempt(_begun_in(unit), f"the deployment began in an earlier attempt; {_anew(unit)}"),)
    if unit.phase.approval:
        return (require_approval(unit.phase.approval, expression(f"inputs.{APPROVED_ATTEMPT}")),)
    return ()


def _begun_in(unit: Unit) -> str:
    """In which attempt of the run the deployment began."""
    return expression(f"needs.{unit.first.id}.outputs.attempt")


def _anew(unit: Unit) -> str:
    """Where a deployment starts over: where people are asked, if they are."""
    title = ask_name(unit.phase.approval) if unit.phase.approval else unit.first.title
    return f"run the job again that is called {title}"


def _closing(unit: Unit, closing: Job) -> Node:
    """The way back is open to the attempt that began: after it the lock was free, and others may have deployed."""
    first, last = f"needs.{unit.first.id}", f"needs.{unit.last.id}"
    begun, unfinished = f"{first}.outputs.begun == 'success'", f"{last}.outputs.complete != 'success'"
    now = f"{first}.outputs.attempt == github.run_attempt"
    # A runner that was lost left no word of how far it came.
    lost = f"!{first}.outputs.begun && {first}.result == 'failure'"
    refusal = (
        f"an earlier attempt closed this deployment, and others may have changed {unit.deployment.environment} since; "
        f"roll back, or {_anew(unit)}"
    )
    role = Role(
        needs=tuple(each.job.id for each in unit.deployment.jobs),
        condition=f"always() && {first}.result != 'skipped'",
        first=(require_attempt(_begun_in(unit), refusal, f"{begun} && {unfinished}"),),
        deploys=True,
        undo=f"(({begun} && {now}) || ({lost})) && {unfinished}",
    )
    return job_node(closing, unit.file, role)
