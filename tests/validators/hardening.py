"""Rules of this project that no public tool knows, one function for each kind of file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from . import document, foreign, hardening_azure, hardening_github, hardening_gitlab, hardening_jenkins, jenkins_file
from .document import Document, Finding
from .report import Report

_TOOL = "hardening"


def github(files: Sequence[Path]) -> list[Report]:
    return [*_yaml(files, hardening_github.findings), *_foreign("github", files)]


def azure(files: Sequence[Path]) -> list[Report]:
    return [*_yaml(files, hardening_azure.findings), *_foreign("azure", files)]


def gitlab(files: Sequence[Path]) -> list[Report]:
    return [*_yaml(files, hardening_gitlab.findings), *_foreign("gitlab", files)]


def jenkins(files: Sequence[Path]) -> list[Report]:
    return [*jenkins_file.reports(_TOOL, files, hardening_jenkins.findings), *_foreign("jenkins", files)]


def _yaml(files: Sequence[Path], check: Callable[[Document], Iterator[Finding]]) -> list[Report]:
    read = [document.read(file) for file in files]
    return [report for one in read for report in one.reports(_TOOL, check(one))]


def _foreign(owner: str, files: Sequence[Path]) -> list[Report]:
    return [report for file in files for report in foreign.reports(owner, file)]
