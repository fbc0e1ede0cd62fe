"""Runs a step of a workflow the way GitHub's runner does: its shell, its variables, its files for results."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_COMMANDS = {
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail"),
    "python3 -I {0}": (sys.executable, "-I"),
}


@dataclass(frozen=True)
class Done:
    """How a step ended and what it left."""

    code: int
    text: str
    outputs: Mapping[str, str]
    variables: Mapping[str, str]
    summary: str


def run_step(step: Mapping[str, Any], variables: Mapping[str, str], folder: Path) -> Done:
    """The step in `folder`; its own variables must be literal, `variables` hold the values of expressions."""
    script = folder / "step-script"
    script.write_text(step["run"], encoding="utf-8")
    files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("", encoding="utf-8")
    literal = {name: value for name, value in step.get("env", {}).items() if "${{" not in value}
    here = {"PATH": os.environ["PATH"], "HOME": str(folder), "GITHUB_WORKSPACE": str(folder)}
    done = subprocess.run(
        [*_COMMANDS[step.get("shell", "bash")], str(script)],
        env={**here, **{name: str(file) for name, file in files.items()}, **literal, **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    written = {name: file.read_text("utf-8") for name, file in files.items()}
    return Done(
        done.returncode,
        done.stdout + done.stderr,
        _pairs(written["GITHUB_OUTPUT"]),
        _pairs(written["GITHUB_ENV"]),
        written["GITHUB_STEP_SUMMARY"],
    )


def _pairs(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def step_named(steps: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found = [step for step in steps if step["name"] == name]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} steps are called {name!r}: {[step['name'] for step in steps]}")
    return found[0]
