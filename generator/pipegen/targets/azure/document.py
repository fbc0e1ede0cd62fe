"""The files of a model: a pipeline definition for each event, and the template of its review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from pipegen.config import Config
from pipegen.delivery import (
    Action,
    Change,
    Delivery,
    Event,
    Merged,
    Pipeline,
    Review,
    ReviewTarget,
    Scheduled,
    Tagged,
)
from pipegen.targets.azure.jobs import Line
from pipegen.targets.azure.names import VERDICT_FILE, path_of
from pipegen.targets.azure.places import containers, places_of
from pipegen.targets.azure.pools import pool
from pipegen.targets.azure.required_template import Extends, required_template
from pipegen.targets.azure.stages import stages
from pipegen.targets.azure.texts import label, listed
from pipegen.targets.azure.triggers import parameters, triggers
from pipegen.targets.azure.variables import PUSHED, TOLD, TOLD_PARAMETERS, pipeline_variables
from pipegen.yaml_text import Node, Section, Spaced, present


def document(delivery: Delivery, pipeline: Pipeline, config: Config) -> Node:
    if isinstance(pipeline.event, Review):
        return _review(delivery, pipeline, config)
    head: dict[str, Node] = {
        **triggers(pipeline, path_of(delivery, pipeline)),
        "parameters": parameters(pipeline.event),
        "resources": _resources(pipeline, config),
        "pool": pool(config, None),
        "variables": pipeline_variables(pipeline.variables, PUSHED),
    }
    found = stages(delivery, Line(pipeline, places_of(pipeline), config))
    heading = f"{delivery.title}: {pipeline.title}\n{_started(pipeline.event)}"
    return definition(head, found, config, heading)


def definition(head: Mapping[str, Node], found: Sequence[Node], config: Config, heading: str) -> Node:
    """A file that a pipeline is created with: its stages, or the company's template which gets them."""
    extends = required_template(config)
    body: dict[str, Node] = {"extends": _extended(extends, found)} if extends else {"stages": Spaced(found)}
    return Section(Spaced(present({**head, **body})), heading)


def _extended(extends: Extends, found: Sequence[Node]) -> Node:
    given: dict[str, Node] = {**dict(extends.parameters), extends.parameter: Spaced(found)}
    return {"template": _template(extends), "parameters": given}


def _template(extends: Extends) -> str:
    """Without a repository it is in this one, where a path counts from the file unless it begins at the root."""
    if extends.repository is not None:
        return f"{extends.template}@{extends.repository.alias}"
    return extends.template if extends.template.startswith("/") else f"/{extends.template}"


def repositories(config: Config) -> Node:
    """The repository of the company's template."""
    extends = required_template(config)
    given = extends.repository if extends else None
    if given is None:
        return []
    named = {"repository": given.alias, "type": given.type, "name": given.name, "ref": given.ref}
    return [present({**named, "endpoint": given.endpoint})]


def _resources(pipeline: Pipeline, config: Config) -> Node:
    """The images by name: a step that restricts itself would leave the container of its job if it did not name it."""
    images = containers(pipeline)
    named: Node = [{"container": name, "image": image} for image, name in images.items()]
    return present({"repositories": repositories(config), "containers": named})


def _started(event: Event) -> str:
    match event:
        case Change(branches):
            return f"Started by a push to {listed(branches)}."
        case Review(targets):
            return f"The check of {VERDICT_FILE} runs it for pull requests into {_branches(targets)}."
        case Merged(branch):
            return f"Started by a merge into {branch}; a manual run on {branch} does the same again."
        case Tagged(pattern):
            return f"Started by a tag {pattern}; a manual run on the tag does the same again."
        case Scheduled(cron=cron, branch=branch):
            return f"Started by the clock ({cron}, UTC) on {branch}; a manual run on {branch} does the same again."
        case Action():
            return "Started by hand or through the REST API."
        case _:
            assert_never(event)


def _branches(targets: Sequence[ReviewTarget]) -> str:
    return listed(tuple(each.branch for each in targets))


# ---------------------------------------------------------------- reviews


def _review(delivery: Delivery, pipeline: Pipeline, config: Config) -> Node:
    """A template: no setting knows of it, so that a model that is added changes none."""
    pipeline = among_others(delivery, pipeline)
    scope: dict[str, Node] = {"variables": pipeline_variables(pipeline.variables, TOLD)}
    line = Line(pipeline, places_of(pipeline, shared_by=delivery.model), config)
    node: dict[str, Node] = {
        "parameters": [{"name": name, "type": "string"} for name in TOLD_PARAMETERS],
        "stages": Spaced(stages(delivery, line, scope)),
    }
    return Section(Spaced(node), f"{delivery.title}: {pipeline.title}\n{_started(pipeline.event)}")


def among_others(delivery: Delivery, pipeline: Pipeline) -> Pipeline:
    """The pipeline with phases that differ from those of other models in the same run."""

    def named(phase_id: str) -> str:
        return f"{phase_id}-of-{delivery.model}"

    phases = tuple(
        replace(
            phase,
            id=named(phase.id),
            title=label(f"{delivery.title}: {phase.title}"),
            needs=tuple(map(named, phase.needs)),
        )
        for phase in pipeline.phases
    )
    return replace(pipeline, phases=phases)
