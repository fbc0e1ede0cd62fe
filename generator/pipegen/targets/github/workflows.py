"""Workflow files: one for each pipeline, and one for each deployment in several jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from pipegen.config import Config
from pipegen.delivery import Action, Change, Delivery, Job, Merged, Phase, Pipeline, Review, Scheduled, Tagged
from pipegen.targets.github.endings import failed_node, summary_node
from pipegen.targets.github.events import relays, timer_nodes, triggers
from pipegen.targets.github.names import CHECK_REF, SUMMARY, file_name, unit_path, workflow_path
from pipegen.targets.github.phases import bases, phase_nodes
from pipegen.targets.github.units import Unit, call_trigger, unit_nodes, unit_of
from pipegen.targets.github.variables import File, expression, file_variables, label, plain_label, shared_variables
from pipegen.yaml_text import Node, Section, Spaced, emit


def pipeline_files(delivery: Delivery, pipeline: Pipeline, config: Config) -> Iterator[tuple[str, str]]:
    units = units_of(delivery, pipeline, config)
    own = [job for phase in pipeline.phases for job in _own_jobs(phase, units)]
    file = File(workflow_path(delivery, pipeline), config, shared=shared_variables(own))
    yield file.path, emit(_workflow(delivery, pipeline, config, file, units))
    for unit in units.values():
        yield unit.file.path, emit(_unit_workflow(delivery, pipeline, unit))


def units_of(delivery: Delivery, pipeline: Pipeline, config: Config) -> Mapping[str, Unit]:
    """The deployments in several jobs, by phase."""
    found = (unit_of(pipeline, each, unit_path(delivery, pipeline, each), config) for each in pipeline.phases)
    return {unit.phase.id: unit for unit in found if unit}


def _own_jobs(phase: Phase, units: Mapping[str, Unit]) -> Iterator[Job]:
    """The jobs of a phase that stand in the pipeline's own file."""
    elsewhere = units[phase.id].jobs if phase.id in units else ()
    return (job for job in phase.jobs if job not in elsewhere)


def _workflow(delivery: Delivery, pipeline: Pipeline, config: Config, file: File, units: Mapping[str, Unit]) -> Node:
    paths = (file.path, *(unit.file.path for unit in units.values()))
    jobs = dict(job_nodes(delivery, pipeline, config, file, units))
    document = {
        "name": plain_label(f"{delivery.title}: {pipeline.title}"),
        **_run_name(delivery, pipeline),
        "on": triggers(pipeline, paths),
        "permissions": {},
        "concurrency": _concurrency(delivery, pipeline),
        "defaults": {"run": {"shell": "bash"}},
        "env": file_variables(pipeline, file.shared),
        "jobs": Spaced(jobs),
    }
    heading = f"{_sentence(pipeline, config)} It belongs to {delivery.owner}."
    return Section(Spaced(document), heading)


def _run_name(delivery: Delivery, pipeline: Pipeline) -> dict[str, Node]:
    """Runs of an action are told apart by their parameters; GitHub names others after a commit or a pull request.

    A review's name is how the verdict knows it: branches have neither spaces nor colons in their names.
    """
    if isinstance(pipeline.event, Review):
        number = expression("github.event.pull_request.number || inputs.pull_request")
        into = expression("github.base_ref || inputs.into")
        return {"run-name": f"Review of #{number} into {into}: {label(delivery.title)}"}
    parameters = pipeline.event.parameters if isinstance(pipeline.event, Action) else ()
    given = [f"{each.name} {expression(f'inputs.{each.name}')}" for each in parameters]
    return {"run-name": ", ".join([label(f"{delivery.title}: {pipeline.title}"), *given])} if given else {}


def _unit_workflow(delivery: Delivery, pipeline: Pipeline, unit: Unit) -> Node:
    document = {
        "name": plain_label(f"{delivery.title}: {pipeline.title}, {unit.phase.title}"),
        "on": call_trigger(unit),
        "permissions": {},
        "defaults": {"run": {"shell": "bash"}},
        "env": file_variables(pipeline, unit.file.shared),
        "jobs": Spaced(dict(unit_nodes(unit))),
    }
    heading = (
        f"A deployment in several jobs, called by {file_name(delivery, pipeline)}: the job there that calls it\n"
        "holds the lock until everything here is done, approvals half-way and the way back included."
    )
    return Section(Spaced(document), heading)


def _sentence(pipeline: Pipeline, config: Config) -> str:
    event = pipeline.event
    match event:
        case Change():
            return f"Runs at every push to {_listed(event.branches)}."
        case Review():
            touching = " that touches the model" if pipeline.paths else ""
            return f"Runs at every pull request into {_listed(each.branch for each in event.targets)}{touching}."
        case Merged():
            return f"Runs when something arrives on {event.branch}."
        case Tagged():
            return f"Runs at every tag {event.pattern}."
        case Scheduled():
            where = f", by way of {config.default_branch}" if relays(event, config) else ""
            return f"Runs by the clock on {event.branch}{where}."
        case Action():
            return f"Runs when somebody starts it from {_listed(event.branches)}."
        case _:
            assert_never(event)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _concurrency(delivery: Delivery, pipeline: Pipeline) -> Node:
    name = f"pipegen.{delivery.model}.{pipeline.id}"
    if isinstance(pipeline.event, Change | Review):
        reviewing = isinstance(pipeline.event, Review)
        what = "github.event.pull_request.number || inputs.pull_request" if reviewing else "github.ref"
        node: Node = {"group": f"{name}.{expression(what)}", "cancel-in-progress": True}
        return Section(node, "A newer commit makes checks of the one before pointless.")
    node = {"group": f"{name}.{expression('github.run_id')}", "cancel-in-progress": False}
    return Section(node, "A group for each run: no other run cancels it. Deployments wait for each other on their own.")


# ---------------------------------------------------------------- jobs


def job_nodes(
    delivery: Delivery, pipeline: Pipeline, config: Config, file: File, units: Mapping[str, Unit]
) -> Iterator[tuple[str, Node]]:
    """The jobs of a pipeline's own file, in the order in which they may start."""
    nodes = dict(_planned_nodes(delivery, pipeline, config, file, units))
    yield from nodes.items()
    if isinstance(pipeline.event, Review):
        yield SUMMARY, summary_node(delivery, tuple(nodes), config)
    if pipeline.failed:
        yield pipeline.failed.id, failed_node(pipeline.failed, nodes, file)


def _planned_nodes(
    delivery: Delivery, pipeline: Pipeline, config: Config, file: File, units: Mapping[str, Unit]
) -> Iterator[tuple[str, Node]]:
    start: tuple[str, ...] = ()
    if isinstance(pipeline.event, Scheduled):
        yield from timer_nodes(pipeline.event, config, file_name(delivery, pipeline))
        start = (CHECK_REF,)
    needs = bases(pipeline.phases, start)
    for phase in pipeline.phases:
        yield from phase_nodes(phase, file, needs[phase.id], units.get(phase.id))
