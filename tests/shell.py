"""Scripts under bash, with an environment of nothing but what a test gives."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def bash(script: str, folder: Path, variables: Mapping[str, str] | None = None) -> Done:
    """Run a script in a folder with these variables and PATH alone."""
    alone = {"PATH": "/usr/bin:/bin", **(variables or {})}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=alone, check=False, capture_output=True)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
