"""Jenkins: a Declarative Jenkinsfile for each pipeline, with a multibranch job of its own, and one for all reviews."""

from __future__ import annotations

from pipegen.targets.jenkins.capabilities import capabilities
from pipegen.targets.jenkins.files import render, root
from pipegen.targets.jenkins.names import FOLDER

__all__ = ["COMMENT", "FOLDERS", "TITLE", "capabilities", "render", "root"]

TITLE = "Jenkins"
FOLDERS = (FOLDER,)
COMMENT = "//"
