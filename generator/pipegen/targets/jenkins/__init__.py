"""Jenkins: one Declarative Jenkinsfile for each pipeline, built by a multibranch job of its own."""

from __future__ import annotations

from pipegen.targets.jenkins.capabilities import capabilities
from pipegen.targets.jenkins.files import render

__all__ = ["COMMENT", "FOLDERS", "TITLE", "capabilities", "render"]

TITLE = "Jenkins"
FOLDERS = ("jenkins",)
COMMENT = "//"
