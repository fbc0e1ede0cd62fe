"""The commands that docs/registry.md shows print what it shows, over a real MLflow."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from mlflow_server import python, variables
from pages import ROOT, blocks, text_of
from test_docs import _fits as fits
from test_docs import commands

PAGE = "docs/registry.md"


def test_every_command_of_the_page_prints_what_the_page_shows(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "pipegen"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {python()} -m pipegen "$@"\n', "utf-8")
    program.chmod(0o755)
    shown = tuple(commands(PAGE))
    lines = ["exec 2>&1"]
    for each in shown:
        lines += [each.text, "printf '\\036'"]
    environment = variables() | {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    folder = tmp_path / "repository"
    folder.mkdir()
    script = ["bash", "-c", "\n".join(lines)]
    done = subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    for command, printed in zip(shown, done.stdout.split("\x1e")[:-1], strict=True):
        assert fits(command.shown, printed), f"{command.place}: $ {command.text}\n{printed}"


def test_every_link_of_the_page_leads_somewhere_and_every_block_is_played() -> None:
    assert {block.language for block in blocks(PAGE)} == {"console"}
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text_of(PAGE)):
        assert (ROOT / "docs" / target).exists(), target
