"""Azure Pipelines: one YAML file, and one pipeline definition, for each event of a model; reviews share one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipegen.config import Config, Host
from pipegen.delivery import Delivery
from pipegen.targets.azure.capabilities import capabilities
from pipegen.targets.azure.document import document
from pipegen.targets.azure.names import FOLDER, path_of
from pipegen.targets.azure.root import root
from pipegen.yaml_text import emit

if TYPE_CHECKING:
    from pipegen.config.platforms import TargetSettings

TITLE = "Azure Pipelines"
FOLDERS = (FOLDER,)
COMMENT = "#"
PATTERNS = ("/azure-pipelines/**/*.yml",)
SIGNS = ("azure-pipelines", "azure-pipelines.yml", ".azure-pipelines", ".azuredevops")
HOSTS: tuple[Host, ...] = ("azure-repos",)
EXAMPLE = r"""[azure.runners]
gpu = "gpu-pool"
[azure.teams]
ml-release = '[ML Platform]\ML Release'
"""

__all__ = [
    "COMMENT",
    "EXAMPLE",
    "FOLDERS",
    "HOSTS",
    "PATTERNS",
    "SIGNS",
    "TITLE",
    "capabilities",
    "render",
    "root",
    "settings",
]


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    """Path -> text of every pipeline."""
    return {path_of(delivery, each): emit(document(delivery, each, config)) for each in delivery.pipelines}


def settings() -> type[TargetSettings]:
    """The shape of [azure] in pipegen.toml."""
    from pipegen.targets.azure.table import Azure  # noqa: PLC0415  (pydantic is for who has the file)

    return Azure
