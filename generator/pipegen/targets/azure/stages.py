"""A phase as a stage, which is what Azure asks checks for, locks and lets people skip unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipegen.delivery import Delivery, Deployment, Phase, Pipeline
from pipegen.targets.azure.jobs import Line, asking_jobs, closing_job, deployment_job, ordinary_job
from pipegen.targets.azure.places import Places, deployment_ids, environment_of, read_values
from pipegen.targets.azure.texts import identifier, label, listed, minutes
from pipegen.targets.azure.triggers import condition
from pipegen.yaml_text import Flow, Node, Section, Spaced, present


def stage(phase: Phase, pipeline: Pipeline, places: Places, delivery: Delivery) -> Node:
    environment, waiting = environment_of(phase), _waiting(phase, delivery)
    makers = (places[each.job].stage for job in phase.jobs for each in read_values(job))
    before = dict.fromkeys([*map(identifier, phase.needs), *makers])
    before.pop(identifier(phase.id), None)
    behavior = "runLatest" if waiting == "newest" else "sequential"
    node = {
        "stage": identifier(phase.id),
        "displayName": label(phase.title),
        "dependsOn": Flow(tuple(before)),
        **present({"condition": condition(phase, pipeline.event)}),
        "isSkippable": False,
        **({"lockBehavior": behavior} if environment else {}),
        "jobs": Spaced(list(_jobs(phase, pipeline, places))),
    }
    return Section(node, _comment(environment, phase, waiting)) if environment else node


def _waiting(phase: Phase, delivery: Delivery) -> str:
    """What becomes of runs that queue up; the environment's lock holds where nothing is deployed, too."""
    if phase.deployment is not None:
        return phase.deployment.lock.waiting
    return next((each.waiting for each in delivery.environments if each.name == phase.environment), "all")


def _comment(environment: str, phase: Phase, waiting: str) -> str:
    """What the file cannot say: it lives on the environment."""
    lines, approval, unit = [], phase.approval, phase.deployment
    if approval is not None:
        people = f"{approval.count} of {listed(approval.approvers)} within {minutes(approval.expires_minutes)}"
        lines.append(f"Approval: environment {environment} asks {people}, once, before any of these jobs starts.")
    queue = "only the newest run waits" if waiting == "newest" else "runs wait in order"
    lines.append(f"Lock: the environment's exclusive lock lets one run in at a time, until this stage ends; {queue}.")
    if unit is not None and unit.lock.name != unit.environment:
        lines.append(f"It does not wait for a deployment under way, which holds the lock of {unit.environment}.")
    return "\n".join(lines)


def _jobs(phase: Phase, pipeline: Pipeline, places: Places) -> Iterator[Node]:
    """Each wave waits for the whole wave before it."""
    environment, deploying = environment_of(phase), deployment_ids(phase)
    line = Line(pipeline, places, ())
    for wave in phase.waves:
        for job in wave:
            named = environment if job.id in deploying else None
            yield deployment_job(job, line, named) if named else ordinary_job(job, line)
        line = replace(line, after=[places[job.id].job for job in wave])
    if phase.deployment is not None:
        yield from _deployment(phase.deployment, line)


def _deployment(unit: Deployment, line: Line) -> Iterator[Node]:
    done: list[str] = []
    first = unit.jobs[0].job
    for each in unit.jobs:
        asked = list(asking_jobs(each.approval, done[-1])) if each.approval else []
        yield from (asking for _, asking in asked)
        done += [name for name, _ in asked]
        here = replace(line, after=[*line.after, *(name for name, _ in asked)])
        yield deployment_job(each.job, here, unit.lock.name, None if each.job is first else first)
        done.append(line.places[each.job.id].job)
        line = replace(line, after=[line.places[first.id].job, done[-1]])
    if unit.closing is not None:
        yield closing_job(unit, unit.closing, replace(line, after=done))
