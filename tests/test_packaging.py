"""What is built from this repository can be installed and used where the repository is not."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipegen import __version__
from pipegen.targets import TARGETS

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CARRIED = ("pipegen.toml", "model-specs/minimal.yaml")
WRITTEN = {pattern.split("/")[1] for target in TARGETS.values() for pattern in target.PATTERNS}
NAMES = ("click", "jinja2", "pydantic", "pyyaml")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built_by = ("-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    _run(sys.executable, *built_by, "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.iterdir()
    return built


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def _packaged(folder: str) -> set[str]:
    """What the repository holds below a folder, by its names inside the wheel."""
    listed = _run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder, cwd=ROOT).splitlines()
    return {f"pipegen/{path.removeprefix('generator/pipegen/')}" for path in listed if (ROOT / path).is_file()}


@pytest.mark.parametrize("folder", ["generator/pipegen", "templates", "schemas", "docs/rules.md"])
def test_the_wheel_holds_all_of(folder: str, wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    expected = _packaged(folder)
    assert expected
    assert expected <= inside


def test_the_wheel_holds_no_tests_and_no_specs(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert tops == {"pipegen", f"mlops_pipegen-{__version__}.dist-info"}


def test_the_installed_wheel_renders_in_another_folder(wheel: Path, tmp_path: Path) -> None:
    assert sorted(requirement.split(">")[0] for requirement in PROJECT["dependencies"]) == sorted(NAMES)
    known = tmp_path / "known.txt"
    known.write_text("".join(f"{name}=={version(name)}\n" for name in NAMES), "utf-8")
    _run(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    python, pipegen = (str(tmp_path / "venv" / "bin" / program) for program in ("python", "pipegen"))
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(known), str(wheel))

    repository = tmp_path / "elsewhere"
    (repository / "model-specs").mkdir(parents=True)
    for path in CARRIED:
        (repository / path).write_text((ROOT / path).read_text("utf-8"), "utf-8")
    assert _run(pipegen, "--version", cwd=repository) == f"pipegen {__version__}\n"
    _run(pipegen, "render", "--target", "all", cwd=repository)
    _run(pipegen, "render", "--check", cwd=repository)
    written = {path.relative_to(repository).parts[0] for path in repository.rglob("*") if path.is_file()}
    assert written == {
        "pipegen.toml",
        "pipegen-requirements.txt",
        "pipegen-registry-requirements.txt",
        "model-specs",
        *WRITTEN,
    }
