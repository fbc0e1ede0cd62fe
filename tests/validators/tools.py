"""How validators are started: one process for all files, JSON out, and never a crash that reads as a clean file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runners import missing, require

from .report import Report

HERE = Path(__file__).parent


def run_json(
    command: Sequence[str],
    *,
    stdin: str = "",
    ok: Sequence[int] = (0,),
    cwd: Path = HERE,
    environment: Mapping[str, str] | None = None,
) -> Any:  # noqa: ANN401
    """What a command prints, read as JSON. Another exit code than `ok` is the tool's own failure and raises."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=cwd, env=environment, check=False)
    if done.returncode not in ok:
        raise RuntimeError(f"{Path(command[0]).name} exited with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout or "null")


def by_path(files: Sequence[Path]) -> dict[str, Path]:
    """The absolute paths that a tool gets, and the files as the caller named them."""
    return {str(file.resolve()): file for file in files}


def language_service(tool: str, script: str, files: Sequence[Path], *arguments: str) -> list[Report]:
    """The reports of a Node script that reads a list of paths on stdin."""
    node = require("node")
    if not (HERE / "node_modules").is_dir():
        missing("the Node packages are not installed: npm ci --prefix tests/validators")
    original = by_path(files)
    command = [node, "--import", "./json_imports.mjs", script, *arguments]
    found = run_json(command, stdin=json.dumps(list(original)))
    return [Report(original[one["file"]], one["line"], tool, one["rule"], one["message"]) for one in found]
