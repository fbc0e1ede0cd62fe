"""GitHub Actions: a workflow for each pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipegen.config import Config, Host
from pipegen.delivery import Capability, Delivery, Verdict
from pipegen.targets.github.names import FOLDER

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

TITLE = "GitHub Actions"
FOLDERS = (FOLDER,)
COMMENT = "#"
PATTERNS = ("/.github/workflows/*.*.yml", "/.github/workflows/pipegen.yml")
"""Workflows that people write have rarely a second dot in their names."""
SIGNS = (".github/workflows",)
HOSTS: tuple[Host, ...] = ("github",)
MOST_MODELS: int | None = None
EXAMPLE = """[github.runners]
gpu = ["self-hosted", "gpu"]
[github.teams]
ml-release = "acme/ml-release"
"""


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    from pipegen.targets.github.workflows import pipeline_files  # noqa: PLC0415  (only who renders pays for it)

    return {path: text for each in delivery.pipelines for path, text in pipeline_files(delivery, each, config)}


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The workflow of the verdict."""
    from pipegen.targets.github.verdict import verdict_files  # noqa: PLC0415  (only who renders pays for it)

    return verdict_files(config, verdict) if verdict else {}


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What it makes of each item of a delivery."""
    from pipegen.targets.github import report  # noqa: PLC0415  (only who asks pays for it)

    return report.capabilities(delivery, config)


def settings() -> type[TargetSettings]:
    """The shape of [github] in pipegen.toml."""
    from pipegen.targets.github.table import GitHub  # noqa: PLC0415  (pydantic is for who has the file)

    return GitHub
