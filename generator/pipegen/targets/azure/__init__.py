"""Azure Pipelines: one YAML file, and one pipeline definition, for each event of a model; reviews share one."""

from __future__ import annotations

from pipegen.config import Config
from pipegen.delivery import Delivery
from pipegen.targets.azure.capabilities import capabilities
from pipegen.targets.azure.document import document
from pipegen.targets.azure.names import FOLDER, path_of
from pipegen.targets.azure.root import root
from pipegen.yaml_text import emit

TITLE = "Azure Pipelines"
FOLDERS = (FOLDER,)
COMMENT = "#"

__all__ = ["COMMENT", "FOLDERS", "TITLE", "capabilities", "render", "root"]


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    """Path -> text of every pipeline."""
    return {path_of(delivery, each): emit(document(delivery, each, config)) for each in delivery.pipelines}
