"""The wheel of this checkout is really installed by its hash in an environment of its own, and really judges."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deliveries import ROOT, SPECS, delivery_of
from pipegen.config import Config, Pin
from pipegen.delivery import PATH_VARIABLES, Run
from shell import Done, bash

(MINIMAL,) = (path for path in SPECS if path.stem == "minimal")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    subprocess.run([*command, "--wheel-dir", str(folder)], cwd=ROOT, check=True)
    (made,) = folder.glob("*.whl")
    return made


def script(step: str, wheel: Path, digest: str) -> str:
    """A script of the minimal spec's job `validate`, for a wheel that lies in the repository."""
    config = Config(pin=Pin("0.1.0", digest, wheel=f"tools/{wheel.name}"))
    jobs = [job for each in delivery_of(MINIMAL, config).pipelines if each.id == "deliver-dev" for job in each.jobs]
    (validate,) = (job for job in jobs if job.id == "validate")
    (found,) = (each.script for each in validate.steps if isinstance(each, Run) and each.id == step)
    return found


def variables(checkout: Path) -> dict[str, str]:
    paths = {name: str(checkout / path) for name, path in PATH_VARIABLES.items()}
    return {**paths, "PATH": f"{sys.base_prefix}/bin:/usr/bin:/bin"}


@pytest.fixture(scope="module")
def checkout(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which pipegen was installed from the wheel."""
    made = tmp_path_factory.mktemp("checkout")
    (made / "tools").mkdir()
    shutil.copy(wheel, made / "tools")
    (made / ".pipegen/artifacts/evidence-train").mkdir(parents=True)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    done = bash(script("install-pipegen", wheel, digest), made, variables(made))
    assert done.code == 0, done.err
    return made


def judged(checkout: Path, wheel: Path, content: str | None) -> Done:
    file = checkout / ".pipegen/artifacts/evidence-train/metrics.json"
    file.unlink(missing_ok=True)
    if content is not None:
        file.write_text(content, "utf-8")
    return bash(script("gate-validate", wheel, "0" * 64), checkout, variables(checkout))


JUDGED = [('{"auc": 0.8}', 0), ('{"auc": 0.79}', 1), ('{"other": 1}', 2), ("not JSON", 2), (None, 2)]


@pytest.mark.parametrize(("content", "code"), JUDGED)
def test_the_installed_gate_judges(content: str | None, code: int, checkout: Path, wheel: Path) -> None:
    done = judged(checkout, wheel, content)
    assert done.code == code, done.err
    assert (checkout / ".pipegen/gate-validate.xml").is_file()
    assert "auc" in (checkout / ".pipegen/summary.md").read_text("utf-8")


def test_the_gate_needs_nothing_but_the_wheel(checkout: Path) -> None:
    (site,) = (checkout / ".pipegen/pipegen/lib").glob("python3*/site-packages")
    found = {each.name.split("-")[0] for each in site.glob("*.dist-info")}
    assert found - {"pip", "setuptools"} == {"mlops_pipegen"}


def test_a_wheel_with_another_hash_is_not_installed(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    shutil.copy(wheel, tmp_path / "tools")
    (tmp_path / ".pipegen").mkdir()
    done = bash(script("install-pipegen", wheel, "0" * 64), tmp_path, variables(tmp_path))
    assert done.code != 0
    assert "DO NOT MATCH THE HASHES" in done.err
    assert not list(tmp_path.glob(".pipegen/pipegen/lib/python3*/site-packages/pipegen"))
