"""A phase as a stage, which is what Azure asks checks for, locks and lets people skip unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipegen.config import Config
from pipegen.delivery import Delivery, Deployment, Job, Phase, Pipeline
from pipegen.targets.azure.jobs import Line, approvers_of, asking_jobs, closing_job, deployment_job, ordinary_job
from pipegen.targets.azure.places import deployment_ids, environment_of, read_values
from pipegen.targets.azure.texts import identifier, label, listed, minutes
from pipegen.targets.azure.triggers import condition
from pipegen.yaml_text import Flow, Node, Section, Spaced, present


def stages(delivery: Delivery, line: Line, scope: Mapping[str, Node] | None = None) -> list[Node]:
    """The stages of a pipeline; `scope` is what each of them says where the file cannot say it for all."""
    pipeline = line.pipeline
    found = [_stage(phase, line, delivery, scope or {}) for phase in pipeline.phases]
    return [*found, _failure(pipeline, pipeline.failed, line, scope or {})] if pipeline.failed else found


def _stage(phase: Phase, line: Line, delivery: Delivery, scope: Mapping[str, Node]) -> Node:
    environment, waiting = environment_of(phase), _waiting(phase, delivery)
    makers = (line.places[each.job].stage for job in phase.jobs for each in read_values(job))
    before = dict.fromkeys([*map(identifier, phase.needs), *makers])
    before.pop(identifier(phase.id), None)
    behavior = "runLatest" if waiting == "newest" else "sequential"
    node = {
        "stage": identifier(phase.id),
        "displayName": label(phase.title),
        "dependsOn": Flow(tuple(before)),
        **present({"condition": condition(phase, line.pipeline.event)}),
        "isSkippable": False,
        **({"lockBehavior": behavior} if environment else {}),
        **scope,
        "jobs": Spaced(list(_jobs(phase, line))),
    }
    return Section(node, _comment(environment, phase, waiting, line.config)) if environment else node


def _failure(pipeline: Pipeline, job: Job, line: Line, scope: Mapping[str, Node]) -> Node:
    """A last stage; `failed()` would also hold for a run that was cancelled after something in it had failed."""
    before = [identifier(phase.id) for phase in pipeline.phases]
    failures = [f"eq(dependencies.{name}.result, 'Failed')" for name in before]
    happened = failures[0] if len(failures) == 1 else f"or({', '.join(failures)})"
    node: dict[str, Node] = {
        "stage": line.places[job.id].stage,
        "displayName": label(job.title),
        "dependsOn": Flow(tuple(before)),
        "condition": f"and(not(canceled()), {happened})",
        "isSkippable": False,
        **scope,
        "jobs": [ordinary_job(job, line)],
    }
    return Section(node, "Runs if a stage above failed, and changes nothing about the run's result.")


def _waiting(phase: Phase, delivery: Delivery) -> str:
    """What becomes of runs that queue up; the environment's lock holds where nothing is deployed, too."""
    if phase.deployment is not None:
        return phase.deployment.lock.waiting
    return next((each.waiting for each in delivery.environments if each.name == phase.environment), "all")


def _comment(environment: str, phase: Phase, waiting: str, config: Config) -> str:
    """What the file cannot say: it lives on the environment."""
    lines, approval, unit = [], phase.approval, phase.deployment
    if approval is not None:
        people = (
            f"{approval.count} of {listed(approvers_of(approval, config))} within {minutes(approval.expires_minutes)}"
        )
        lines.append(f"Approval: environment {environment} asks {people}, once, before any of these jobs starts.")
    queue = "only the newest run waits" if waiting == "newest" else "runs wait in order"
    lines.append(f"Lock: the environment's exclusive lock lets one run in at a time, until this stage ends; {queue}.")
    if unit is not None and unit.lock.name != unit.environment:
        lines.append(f"It does not wait for a deployment under way, which holds the lock of {unit.environment}.")
    return "\n".join(lines)


def _jobs(phase: Phase, line: Line) -> Iterator[Node]:
    """Each wave waits for the whole wave before it."""
    environment, deploying = environment_of(phase), deployment_ids(phase)
    for wave in phase.waves:
        for job in wave:
            named = environment if job.id in deploying else None
            yield deployment_job(job, line, named) if named else ordinary_job(job, line)
        line = replace(line, after=[line.places[job.id].job for job in wave])
    if phase.deployment is not None:
        yield from _deployment(phase.deployment, line)


def _deployment(unit: Deployment, line: Line) -> Iterator[Node]:
    done: list[str] = []
    first = unit.jobs[0].job
    for each in unit.jobs:
        asked = list(asking_jobs(each.approval, line.config, done[-1])) if each.approval else []
        yield from (asking for _, asking in asked)
        done += [name for name, _ in asked]
        here = replace(line, after=[*line.after, *(name for name, _ in asked)])
        yield deployment_job(each.job, here, unit.lock.name, None if each.job is first else first)
        done.append(line.places[each.job.id].job)
        line = replace(line, after=[line.places[first.id].job, done[-1]])
    if unit.closing is not None:
        yield closing_job(unit, unit.closing, replace(line, after=done))
