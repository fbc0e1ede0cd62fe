"""`make demo` shows what it says, or fails."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pages import BIN, ROOT, lay_out


def _demo(folder: Path, programs: Path, *specs: str) -> subprocess.CompletedProcess[str]:
    lay_out(folder, *specs)
    environment = os.environ | {"BIN": str(programs), "NO_COLOR": "1"}
    return subprocess.run(
        ["sh", str(ROOT / "docs" / "demo.sh")], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_demonstration_ends_well(tmp_path: Path) -> None:
    done = _demo(tmp_path, BIN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"\bPG\d{3}\b", done.stderr) == ["PG413", "PG203", "PG252"]
    assert "then run: pipegen render" in done.stderr


@pytest.mark.parametrize(
    ("word", "status"), [("validate", 1), ("--out", 2), ("--check", 1), ("--check", 0), ("explain", 1), ("mistaken", 0)]
)
def test_the_demonstration_fails_when_a_command_ends_otherwise(word: str, status: int, tmp_path: Path) -> None:
    """A pipegen that answers with one and the same exit code whenever an argument holds the word."""
    programs = tmp_path / "bin"
    programs.mkdir()
    lying = programs / "pipegen"
    lying.write_text(
        f'#!/bin/sh\nstatus=0\n"{BIN}/pipegen" "$@" || status=$?\n'
        f'case "$*" in *{word}*) exit {status} ;; esac\nexit $status\n',
        "utf-8",
    )
    lying.chmod(0o755)
    done = _demo(tmp_path / "repository", programs, "minimal", "churn-prediction")
    assert (done.returncode, "demo: the last command ended with" in done.stderr) == (1, True)
