"""The agents that jobs run on: pools and hosted images, by the names that pipegen.toml gives them."""

from __future__ import annotations

from pipegen.config import Config, Runner
from pipegen.targets.azure.names import HOSTED, TARGET
from pipegen.yaml_text import Flow, Node, present


def pool(config: Config, name: str | None) -> Node:
    """The pool of a runner; None is the one that all jobs run on which name none."""
    return _pool(runner(config, name))


def runner(config: Config, name: str | None) -> Runner:
    """What pipegen.toml says of the runner; where it is silent, a pool of that name, or Microsoft's agents."""
    mapped = config.runner(TARGET, name)
    if mapped is not None:
        return mapped
    return Runner(labels=(name,)) if name else Runner(image=HOSTED)


def is_hosted(config: Config, name: str | None) -> bool:
    """Whether the agents are Microsoft's."""
    return runner(config, name).image is not None


def _pool(given: Runner) -> Node:
    named = given.labels[0] if given.labels else None
    return present({"name": named, "vmImage": given.image, "demands": Flow(given.demands)})
