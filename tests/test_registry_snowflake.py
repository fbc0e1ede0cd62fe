"""The Snowflake adapters call the real library as it wants to be called, as far as no account can show it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pages import ROOT

LIBRARY = "PIPEGEN_SNOWFLAKE_PYTHON"


def test_every_call_of_the_adapters_fits_the_real_library(tmp_path: Path) -> None:
    python = os.environ.get(LIBRARY)
    if not python:
        # Not installed by `make`, nor required in CI: the library takes 415 MB and there is no server to run.
        pytest.skip(f"{LIBRARY} names no Python that has the extra `snowflake` (docs/registry.md)")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "generator"), "HOME": str(tmp_path)}
    command = [python, str(ROOT / "tests" / "snowflake_interface.py")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
