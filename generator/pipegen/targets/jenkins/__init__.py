"""Jenkins: a Declarative Jenkinsfile for each pipeline, with a multibranch job of its own, and one for all reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipegen.config import Host
from pipegen.targets.jenkins.capabilities import capabilities
from pipegen.targets.jenkins.files import render, root
from pipegen.targets.jenkins.names import FOLDER

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

TITLE = "Jenkins"
FOLDERS = (FOLDER,)
COMMENT = "//"
PATTERNS = ("/jenkins/**/*.Jenkinsfile", "/jenkins/**/*.groovy")
SIGNS = ("jenkins", "Jenkinsfile")
HOSTS: tuple[Host, ...] = ()
EXAMPLE = """[jenkins.runners]
gpu = "gpu-linux"
[jenkins.teams]
ml-release = "ml-release-approvers"
"""


def settings() -> type[TargetSettings]:
    """The shape of [jenkins] in pipegen.toml."""
    from pipegen.targets.jenkins.table import Jenkins  # noqa: PLC0415  (pydantic is for who has the file)

    return Jenkins
