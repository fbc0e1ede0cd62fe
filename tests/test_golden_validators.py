"""Every golden file as the vendors' own parsers and the hardening checks read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conftest import GOLDEN
from validators import azure, github, gitlab, hardening, jenkins
from validators.explained import unexplained, unused
from validators.report import Report

Check = Callable[[Sequence[Path]], list[Report]]

RUNNER_LABELS = ("gpu", "small")


def actionlint(files: Sequence[Path]) -> list[Report]:
    return github.actionlint(files, labels=RUNNER_LABELS)


GITHUB: tuple[Check, ...] = (github.parser, actionlint, github.zizmor, github.schema, hardening.github)
AZURE: tuple[Check, ...] = (azure.language_service, azure.schema, azure.graph, hardening.azure)
GITLAB: tuple[Check, ...] = (gitlab.schema, hardening.gitlab)
JENKINS: tuple[Check, ...] = (jenkins.groovy, jenkins.structure, hardening.jenkins)


def golden(target: str, suffix: str, least: int = 21) -> list[Path]:
    files = sorted(GOLDEN.glob(f"*/{target}/**/*{suffix}"))
    assert len(files) >= least
    return files


def golden_jenkins() -> list[Path]:
    return [*golden("jenkins", ".Jenkinsfile"), *sorted(GOLDEN.glob("*/jenkins/**/*.groovy"))]


@pytest.mark.parametrize("check", GITHUB, ids=lambda check: check.__name__)
def test_github_files_have_no_unexplained_finding(check: Check) -> None:
    assert unexplained(check(golden("github", ".yml"))) == []


@pytest.mark.parametrize("check", AZURE, ids=lambda check: check.__name__)
def test_azure_files_have_no_unexplained_finding(check: Check) -> None:
    assert unexplained(check(golden("azure", ".yml"))) == []


@pytest.mark.parametrize("check", GITLAB, ids=lambda check: check.__name__)
def test_gitlab_files_have_no_unexplained_finding(check: Check) -> None:
    assert unexplained(check(golden("gitlab", ".yml", least=20))) == []


@pytest.mark.parametrize("check", JENKINS, ids=lambda check: check.__name__)
def test_jenkins_files_have_no_unexplained_finding(check: Check) -> None:
    assert unexplained(check(golden_jenkins())) == []


def test_every_explanation_is_still_needed() -> None:
    github_files = [
        *golden("github", ".yml"),
        *sorted((Path(__file__).parent / "validators/samples/github/good").glob("*")),
    ]
    reports = [report for check in GITHUB for report in check(github_files)]
    reports += [report for check in AZURE for report in check(golden("azure", ".yml"))]
    reports += [report for check in JENKINS for report in check(golden_jenkins())]
    assert unused(reports) == []
