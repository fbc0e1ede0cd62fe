"""Jenkins: a Declarative Jenkinsfile for each pipeline, with a multibranch job of its own, and one for all reviews."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipegen.config import Config, Host
from pipegen.delivery import Capability, Delivery, Verdict
from pipegen.targets.jenkins.names import FOLDER

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

TITLE = "Jenkins"
FOLDERS = (FOLDER,)
COMMENT = "//"
PATTERNS = ("/jenkins/**/*.Jenkinsfile", "/jenkins/**/*.groovy")
SIGNS = ("jenkins", "Jenkinsfile")
HOSTS: tuple[Host, ...] = ()
MOST_MODELS: int | None = None
EXAMPLE = """[jenkins.runners]
gpu = "gpu-linux"
[jenkins.teams]
ml-release = "ml-release-approvers"
"""


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    """A file for each pipeline."""
    from pipegen.targets.jenkins import files  # noqa: PLC0415  (only who renders pays for it)

    return files.render(delivery, config)


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The file of the check of the repository."""
    from pipegen.targets.jenkins import files  # noqa: PLC0415  (only who renders pays for it)

    return files.root(config, verdict)


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What it makes of each item of a delivery."""
    from pipegen.targets.jenkins import report  # noqa: PLC0415  (only who asks pays for it)

    return report.capabilities(delivery, config)


def settings() -> type[TargetSettings]:
    """The shape of [jenkins] in pipegen.toml."""
    from pipegen.targets.jenkins.table import Jenkins  # noqa: PLC0415  (pydantic is for who has the file)

    return Jenkins
