"""The programs that tests start: found, or a stated reason to skip."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest


def require(program: str) -> str:
    """The path of a program, looked for beside this Python first and then on PATH."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(program, path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
    return found or missing(f"{program} is not installed")


def missing(reason: str) -> NoReturn:
    """Skip the test on a user's machine, fail it where PIPEGEN_REQUIRE_RUNNERS=1 says that everything is installed."""
    if os.environ.get("PIPEGEN_REQUIRE_RUNNERS") == "1":
        pytest.fail(f"{reason}, and PIPEGEN_REQUIRE_RUNNERS=1", pytrace=False)
    pytest.skip(reason)
