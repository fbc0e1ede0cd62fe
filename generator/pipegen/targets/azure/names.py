"""Names that the files and the settings have in common."""

from __future__ import annotations

from pipegen.delivery import VERDICT, Delivery, EnvironmentSettings, Pipeline
from pipegen.quoting import sh_quote

TARGET = "azure"
FOLDER = "azure-pipelines"
VERDICT_FILE = f"{FOLDER}/{VERDICT}.yml"
REVIEWS = f"{VERDICT}-reviews"
"""The definition in which the models' reviews run; the one of the verdict is named after the verdict."""
REVIEWS_FILE = f"{FOLDER}/{REVIEWS}.yml"
MODELS_IN_A_RUN = 50
"""Reviews that one run takes: Azure puts at most 100 files together, and a company's template may add some."""

HOSTED = "ubuntu-24.04"
"""The image of Microsoft's agents, on which everything runs that names no runner."""


def path_of(delivery: Delivery, pipeline: Pipeline) -> str:
    return f"{FOLDER}/{delivery.model}/{pipeline.id}.yml"


def definition_of(delivery: Delivery, pipeline: Pipeline) -> str:
    """The name under which the pipeline is created in Azure DevOps."""
    return f"{delivery.model} {pipeline.id}"


def creation(name: str, path: str) -> str:
    """The command that creates a pipeline, in a checkout of the repository."""
    return f"az pipelines create --name {sh_quote(name)} --yml-path {path} --skip-first-run"


def branch_control(environment: EnvironmentSettings) -> str:
    """The check that lets nothing but the environment's own branches and tags use what belongs to it."""
    refs = [f"refs/heads/{each}" for each in environment.branches] + [f"refs/tags/{each}" for each in environment.tags]
    return f"a branch control check for {', '.join(refs)}" if refs else ""
