"""The file of one pipeline."""

from __future__ import annotations

from typing import assert_never

from pipegen.config import Config
from pipegen.delivery import Action, Change, Delivery, Event, Merged, Pipeline, Review, Scheduled, Tagged
from pipegen.targets.azure.names import HOSTED, path_of
from pipegen.targets.azure.places import containers, places_of
from pipegen.targets.azure.stages import stage
from pipegen.targets.azure.texts import listed
from pipegen.targets.azure.triggers import parameters, triggers
from pipegen.targets.azure.variables import pipeline_variables
from pipegen.yaml_text import Node, Section, Spaced, present


def document(delivery: Delivery, pipeline: Pipeline, config: Config) -> Node:
    places = places_of(pipeline)
    node: dict[str, Node] = {
        **triggers(pipeline, path_of(delivery, pipeline), config.host),
        "parameters": parameters(pipeline.event),
        "resources": _resources(pipeline),
        "pool": {"vmImage": HOSTED},
        "variables": pipeline_variables(pipeline),
        "stages": Spaced([stage(phase, pipeline, places, delivery) for phase in pipeline.phases]),
    }
    return Section(Spaced(present(node)), f"{delivery.title}: {pipeline.title}\n{_started(pipeline.event)}")


def _resources(pipeline: Pipeline) -> Node:
    """The images by name: a step that restricts itself would leave the container of its job if it did not name it."""
    images = containers(pipeline)
    return {"containers": [{"container": name, "image": image} for image, name in images.items()]} if images else {}


def _started(event: Event) -> str:
    match event:
        case Change(branches):
            return f"Started by a push to {listed(branches)}."
        case Review(targets):
            return f"Started by a pull request into {listed(tuple(each.branch for each in targets))}."
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
