"""Names that the files and the settings have in common."""

from __future__ import annotations

from pipegen.delivery import Delivery, EnvironmentSettings, Pipeline

HOSTED = "ubuntu-24.04"
"""The image of Microsoft's agents, on which everything runs that names no runner."""


def path_of(delivery: Delivery, pipeline: Pipeline) -> str:
    return f"azure-pipelines/{delivery.model}/{pipeline.id}.yml"


def definition_of(delivery: Delivery, pipeline: Pipeline) -> str:
    """The name under which the pipeline is created in Azure DevOps; a host's required check has this name."""
    return f"{delivery.model} {pipeline.id}"


def branch_control(environment: EnvironmentSettings) -> str:
    """The check that lets nothing but the environment's own branches and tags use what belongs to it."""
    refs = [f"refs/heads/{each}" for each in environment.branches] + [f"refs/tags/{each}" for each in environment.tags]
    return f"a branch control check for {', '.join(refs)}" if refs else ""
