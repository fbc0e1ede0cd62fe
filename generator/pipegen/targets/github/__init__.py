"""GitHub Actions: a workflow for each pipeline."""

from __future__ import annotations

from pipegen.config import Config
from pipegen.delivery import Delivery, Verdict
from pipegen.targets.github.capabilities import capabilities
from pipegen.targets.github.names import FOLDER
from pipegen.targets.github.verdict import verdict_files
from pipegen.targets.github.workflows import pipeline_files

__all__ = ["COMMENT", "FOLDERS", "TITLE", "capabilities", "render", "root"]

TITLE = "GitHub Actions"
FOLDERS = (FOLDER,)
COMMENT = "#"


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    return {path: text for each in delivery.pipelines for path, text in pipeline_files(delivery, each, config)}


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The workflow of the verdict."""
    return verdict_files(config, verdict) if verdict else {}
