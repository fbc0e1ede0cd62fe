"""Running a training twice, in the same environment and into the same empty folder."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipegen.gates.processes import running
from pipegen.gates.reading import CannotJudgeError

_LOG = 2
"""The gate's own standard error: what a training prints belongs into the log."""


@contextmanager
def run_twice(command: str, seconds: float) -> Iterator[tuple[Path, Path]]:
    """Where the results of both runs are, until it is left; CannotJudgeError if one of them does not succeed."""
    with tempfile.TemporaryDirectory(prefix="pipegen-reproducible-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        yield _run(command, folder, "first", seconds), _run(command, folder, "second", seconds)


def _run(command: str, folder: Path, name: str, seconds: float) -> Path:
    """One run; it writes to a folder of the same name each time, so that no path tells the runs apart."""
    out = folder / "out"
    out.mkdir()
    with running(command, os.environ | {"PIPEGEN_OUT": str(out)}, _LOG) as process:
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise CannotJudgeError(f"the {name} run did not end within {seconds:g} seconds") from error
    if code:
        raise CannotJudgeError(f"the {name} run failed with exit code {code}; its output is in the log")
    try:
        if any(out.iterdir()):
            return out.rename(folder / name)
    except OSError as error:
        raise CannotJudgeError(f"the {name} run left no readable folder where PIPEGEN_OUT says: {error}") from error
    raise CannotJudgeError(f"the {name} run wrote nothing to the folder that PIPEGEN_OUT names")
