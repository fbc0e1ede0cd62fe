"""Jenkinsfiles, read by the Groovy that Jenkins runs and by a check of the Declarative structure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import jenkins_file, jenkins_structure
from .report import Report


def groovy(files: Sequence[Path]) -> list[Report]:
    """Groovy 2.4: syntax, and compilation without Jenkins' own classes."""
    return [
        Report(one.file, line, "groovy", "compile", message)
        for one in jenkins_file.read(files)
        for line, message in one.errors
    ]


def structure(files: Sequence[Path]) -> list[Report]:
    """Sections, options, conditions, steps, texts and method sizes."""
    return jenkins_file.reports("jenkins-structure", files, jenkins_structure.findings)
