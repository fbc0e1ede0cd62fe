"""Jenkins: one Declarative Jenkinsfile for each pipeline, built by a multibranch job of its own."""

from __future__ import annotations

from pipegen.config import Config
from pipegen.delivery import Verdict
from pipegen.targets.jenkins.capabilities import capabilities
from pipegen.targets.jenkins.files import render

__all__ = ["COMMENT", "FOLDERS", "TITLE", "capabilities", "render", "root"]

TITLE = "Jenkins"
FOLDERS = ("jenkins",)
COMMENT = "//"


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The Jenkinsfile of the verdict."""
    del config, verdict
    return {}
