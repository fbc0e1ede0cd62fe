"""docs/findings.md: its pipelines are accepted by what reads them, and its commands are run by test_docs.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages import PAGES, Block, blocks
from validators import azure, github, jenkins

PAGE = "docs/findings.md"


def shown(language: str, opening: str) -> list[Block]:
    return [block for block in blocks(PAGE) if block.language == language and block.text.startswith(opening)]


def test_the_commands_of_the_page_are_among_those_that_are_run() -> None:
    assert PAGE in PAGES


@pytest.mark.parametrize("block", shown("text", "name: "), ids=str)
def test_github_accepts_the_workflow(block: Block, tmp_path: Path) -> None:
    file = tmp_path / ".github" / "workflows" / "specs.yml"
    file.parent.mkdir(parents=True)
    file.write_text(block.text, "utf-8")
    assert [str(each) for check in (github.parser, github.schema, github.actionlint) for each in check([file])] == []


def test_azure_accepts_the_steps(tmp_path: Path) -> None:
    (block,) = shown("text", "steps:")
    file = tmp_path / "azure-pipelines.yml"
    file.write_text(block.text, "utf-8")
    assert [str(each) for check in (azure.language_service, azure.schema) for each in check([file])] == []


def test_groovy_accepts_the_jenkinsfile(tmp_path: Path) -> None:
    (block,) = shown("groovy", "pipeline {")
    file = tmp_path / "Jenkinsfile"
    file.write_text(block.text, "utf-8")
    assert [str(each) for each in jenkins.groovy([file])] == []


def test_there_are_two_workflows() -> None:
    assert len(shown("text", "name: ")) == 2
