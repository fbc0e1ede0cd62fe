"""The files of a model: one with the jobs of all its pipelines, and one for each deployment in several jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from pipegen.config import Config
from pipegen.delivery import (
    Action,
    Change,
    Delivery,
    Deployment,
    Event,
    Merged,
    Phase,
    Pipeline,
    Review,
    Scheduled,
    Tagged,
)
from pipegen.targets.gitlab.events import rules
from pipegen.targets.gitlab.jobs import Place, job_node
from pipegen.targets.gitlab.names import (
    JOB_FILE,
    STAGE,
    model_path,
    rules_name,
    start_of,
    unit_id,
    unit_path,
)
from pipegen.targets.gitlab.phases import approval_rows, child_rules, pipeline_jobs, unit_jobs
from pipegen.yaml_text import Node, Section, Spaced, emit


def model_files(delivery: Delivery, config: Config) -> Iterator[tuple[str, str]]:
    """Path and text of each file."""
    entries: dict[str, Node] = {}
    for pipeline in delivery.pipelines:
        entries[rules_name(delivery, pipeline)] = _when(delivery, pipeline)
        entries |= dict(pipeline_jobs(delivery, pipeline, config))
    heading = f"All pipelines of {delivery.model}, as jobs that each run at one event. It belongs to {delivery.owner}."
    yield model_path(delivery), emit(Section(Spaced(entries), heading))
    for pipeline in delivery.pipelines:
        yield from _units(delivery, pipeline, config)


def _when(delivery: Delivery, pipeline: Pipeline) -> Node:
    node: Node = {"rules": rules(delivery, pipeline)}
    return Section(node, f"{pipeline.title}: {_sentence(delivery, pipeline)}")


def _sentence(delivery: Delivery, pipeline: Pipeline) -> str:
    event: Event = pipeline.event
    match event:
        case Change(branches):
            return f"runs at every push to {', '.join(branches)}."
        case Review(targets):
            return f"runs at every merge request into {', '.join(each.branch for each in targets)}."
        case Merged(branch):
            return f"runs when something arrives on {branch}."
        case Tagged(pattern):
            return f"runs at every tag {pattern}."
        case Scheduled():
            started = start_of(delivery, pipeline)
            return f"runs on {event.branch} by a pipeline schedule whose input `pipeline` is {started}."
        case Action():
            return f"runs when somebody starts a pipeline whose input `pipeline` is {start_of(delivery, pipeline)}."
        case _:
            assert_never(event)


# ---------------------------------------------------------------- deployments in several jobs


def _units(delivery: Delivery, pipeline: Pipeline, config: Config) -> Iterator[tuple[str, str]]:
    for phase in pipeline.phases:
        deployment = phase.deployment
        if deployment and (len(deployment.jobs) > 1 or deployment.closing):
            path = unit_path(delivery, pipeline, phase)
            yield path, emit(_unit(delivery, pipeline, phase, deployment, config))


def _unit(delivery: Delivery, pipeline: Pipeline, phase: Phase, deployment: Deployment, config: Config) -> Node:
    heading = (
        f"A deployment in several jobs. {unit_id(phase)} in the file of the model starts it and holds its lock until\n"
        "everything here is done, approvals half-way and the way back included."
    )
    document: dict[str, Node] = {
        "include": [{"local": JOB_FILE}],
        "stages": [STAGE],
        **dict(_unit_jobs(delivery, pipeline, phase, deployment, config)),
    }
    return Section(Spaced(document), heading)


def _unit_jobs(
    delivery: Delivery, pipeline: Pipeline, phase: Phase, deployment: Deployment, config: Config
) -> Iterator[tuple[str, Node]]:
    inside = {job.id for job in unit_jobs(phase)}
    elsewhere = tuple(job.id for job in pipeline.jobs if job.id not in inside)
    place = Place(delivery, pipeline, config, rules=child_rules(), elsewhere=elsewhere, told=True)
    before: tuple[str, ...] = ()
    names: list[str] = []
    for each in deployment.jobs:
        if each.approval:
            for row in approval_rows(each.approval, replace(place, before=before), None):
                yield from row.jobs
                before = row.names
                names += before
        action = "start" if each is deployment.jobs[-1] else "prepare"
        name = place.name(each.job.id)
        yield name, job_node(each.job, replace(place, before=before, action=action))
        before = (name,)
        names.append(name)
    if deployment.closing:
        last = replace(place, before=tuple(names), rules=child_rules("always"), told=False, continues=True)
        yield place.name(deployment.closing.id), job_node(deployment.closing, last)
