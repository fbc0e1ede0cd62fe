"""Azure Pipelines: one YAML file, and one pipeline definition, for each event of a model; reviews share one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipegen.config import Config, Host
from pipegen.delivery import Capability, Delivery, Verdict
from pipegen.targets.azure.names import FOLDER, path_of

if TYPE_CHECKING:
    from pipegen.config.platforms import TargetSettings

__all__ = [
    "COMMENT",
    "EXAMPLE",
    "FOLDERS",
    "HOSTS",
    "MOST_MODELS",
    "PATTERNS",
    "SIGNS",
    "TITLE",
    "capabilities",
    "render",
    "root",
    "settings",
]

TITLE = "Azure Pipelines"
FOLDERS = (FOLDER,)
COMMENT = "#"
PATTERNS = ("/azure-pipelines/**/*.yml",)
SIGNS = ("azure-pipelines", "azure-pipelines.yml", ".azure-pipelines", ".azuredevops")
HOSTS: tuple[Host, ...] = ("azure-repos",)
MOST_MODELS: int | None = None
EXAMPLE = r"""[azure.runners]
gpu = "gpu-pool"
[azure.teams]
ml-release = '[ML Platform]\ML Release'
"""


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    """Path -> text of every pipeline."""
    from pipegen.targets.azure.document import document  # noqa: PLC0415  (only who renders pays for it)
    from pipegen.yaml_text import emit  # noqa: PLC0415

    return {path_of(delivery, each): emit(document(delivery, each, config)) for each in delivery.pipelines}


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The check of the repository, and what all reviews have in common."""
    from pipegen.targets.azure import root_files  # noqa: PLC0415  (only who renders pays for it)

    return root_files.root(config, verdict)


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What it makes of each item of a delivery."""
    from pipegen.targets.azure import report  # noqa: PLC0415  (only who asks pays for it)

    return report.capabilities(delivery, config)


def settings() -> type[TargetSettings]:
    """The shape of [azure] in pipegen.toml."""
    from pipegen.targets.azure.table import Azure  # noqa: PLC0415  (pydantic is for who has the file)

    return Azure
