"""Files of a change that are called like Python's own modules are not imported by what pipegen starts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from deliveries import CONFIG, ROOT
from pipegen.config import Config, Pin
from pipegen.delivery import Run
from pipegen.plan import plan
from pipegen.plan.gates import install
from pipegen.plan.verdict import verdict
from specs import spec_from

PIN = Pin("1.0", "0" * 64, index="https://127.0.0.1:9/simple")
SHADOWS = ("venv", "pip", "json", "re", "os", "typing", "http", "urllib", "encodings", "runpy", "site", "sys")
MARK = "a file of the change was imported"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The root of a change that brings a module for each name, as a file and as a package."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(f"print({MARK!r})\nraise SystemExit(0)\n", "utf-8")
        (tmp_path / name).mkdir()
        for file in ("__init__.py", "__main__.py"):
            (tmp_path / name / file).write_text(f"print({MARK!r})\nraise SystemExit(0)\n", "utf-8")
    (tmp_path / "pipegen-requirements.txt").write_text(f"mlops-pipegen==1.0 --hash=sha256:{'0' * 64}\n", "utf-8")
    (tmp_path / ".pipegen").mkdir()
    return tmp_path


def _run(step: Run, checkout: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PIPEGEN_HOME": str(checkout / ".pipegen"),
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "1",
        "PIP_CONFIG_FILE": os.devnull,
        **more,
    }
    return subprocess.run(
        ["bash", "-c", step.script], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


def _installation() -> Run:
    planned = verdict(Config(pin=PIN), "github")
    assert planned is not None
    return next(step for step in planned.job.steps if isinstance(step, Run) and step.id == "install-pipegen")


@pytest.mark.parametrize("step", [_installation(), install(PIN)], ids=["the check's", "a gate's"])
def test_the_installation_is_pips_and_fails_without_the_wheel(step: Run, checkout: Path) -> None:
    done = _run(step, checkout)
    assert done.returncode != 0
    assert MARK not in done.stdout + done.stderr
    assert "No matching distribution found" in done.stderr
    assert (checkout / ".pipegen/pipegen/bin/python").exists()


def test_a_message_is_sent_by_pythons_own_modules(checkout: Path) -> None:
    data = yaml.safe_load((ROOT / "model-specs/minimal.yaml").read_text("utf-8"))
    data |= {"secrets": ["TEAMS_URL"], "notify": {"webhook": "TEAMS_URL", "moments": ["failed"]}}
    planned = plan(spec_from(data), CONFIG, "model-specs/minimal.yaml")
    notice = next(step for each in planned.pipelines if each.failed for step in each.failed.steps)
    assert isinstance(notice, Run)
    done = _run(notice, checkout, TEAMS_URL="https://127.0.0.1:9/hook", PIPEGEN_RUN_URL="https://ci/1")
    assert MARK not in done.stdout + done.stderr
    assert "the message was not delivered" in done.stderr
