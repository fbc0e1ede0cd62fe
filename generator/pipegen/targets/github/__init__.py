"""GitHub Actions: a workflow for each pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipegen.config import Config, Host
from pipegen.delivery import Delivery, Verdict
from pipegen.targets.github.capabilities import capabilities
from pipegen.targets.github.names import FOLDER
from pipegen.targets.github.verdict import verdict_files
from pipegen.targets.github.workflows import pipeline_files

if TYPE_CHECKING:
    from pipegen.config.platforms import TargetSettings

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

TITLE = "GitHub Actions"
FOLDERS = (FOLDER,)
COMMENT = "#"
PATTERNS = ("/.github/workflows/*.*.yml", "/.github/workflows/pipegen.yml")
"""Workflows that people write have rarely a second dot in their names."""
SIGNS = (".github/workflows",)
HOSTS: tuple[Host, ...] = ("github",)
EXAMPLE = """[github.runners]
gpu = ["self-hosted", "gpu"]
[github.teams]
ml-release = "acme/ml-release"
"""


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    return {path: text for each in delivery.pipelines for path, text in pipeline_files(delivery, each, config)}


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The workflow of the verdict."""
    return verdict_files(config, verdict) if verdict else {}


def settings() -> type[TargetSettings]:
    """The shape of [github] in pipegen.toml."""
    from pipegen.targets.github.table import GitHub  # noqa: PLC0415  (pydantic is for who has the file)

    return GitHub
