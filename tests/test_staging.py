"""Which files a commit lacks, and the words a hook has for it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pages import ROOT
from pipegen.cli import main
from pipegen.onboarding.git import Entry
from pipegen.onboarding.staging import additions

ROOTS = ["jenkins", ".github/workflows"]
MANY = [f"jenkins/a/{number}.Jenkinsfile" for number in range(13)]


@pytest.mark.parametrize(
    ("entries", "ours", "commands"),
    [
        ([], ["jenkins/a/x"], []),
        ([Entry("jenkins/a/x")], [], []),
        ([Entry("jenkins/a/x")], ["jenkins/a/x"], ["git add -- :/jenkins/a/x"]),
        ([Entry("jenkins/a/x", gone=True)], ["jenkins/a/x"], ["git add -- :/jenkins/a/x"]),
        ([Entry("jenkins/it's")], ["jenkins/it's"], ["""git add -- ':/jenkins/it'"'"'s'"""]),
        ([Entry("jenkins/a/x", ignored=True)], ["jenkins/a/x"], ["git add --force -- :/jenkins/a/x"]),
        ([*map(Entry, MANY)], MANY, ["git add -- :/jenkins"]),
        ([*map(Entry, MANY), Entry("jenkins/mine")], MANY, ["git add -- :/jenkins/a"]),
        (
            [*map(Entry, MANY), Entry("jenkins/a/mine"), Entry(".github/workflows/a.yml")],
            [*MANY, ".github/workflows/a.yml"],
            ["git add -- :/.github/workflows " + " ".join(f":/{path}" for path in sorted(MANY))],
        ),
    ],
)
def test_the_command_adds_exactly_what_is_ours(
    entries: Sequence[Entry], ours: Sequence[str], commands: list[str]
) -> None:
    assert list(additions(entries, ours, ROOTS)) == commands


# ---------------------------------------------------------------- pipegen render --fail-on-change

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "pipegen.toml", tmp_path)
    (tmp_path / "model-specs").mkdir()
    shutil.copy(ROOT / "model-specs" / "minimal.yaml", tmp_path / "model-specs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def _hook(*more: str) -> Result:
    return CliRunner().invoke(main, ["render", "--prune", "--fail-on-change", *more])


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.usefixtures("folder")
def test_outside_git_a_change_fails_and_says_that_there_is_nothing_to_add_to() -> None:
    first = _hook()
    assert first.exit_code == 1
    assert "There is no git repository here" in first.stderr
    assert _hook().exit_code == 0


def test_files_in_the_index_pass_whatever_was_committed(folder: Path) -> None:
    _git(folder, "init", "-q")
    assert _hook().exit_code == 1
    assert _hook().exit_code == 1
    _git(folder, "add", "--all")
    result = _hook()
    assert result.exit_code == 0
    assert "git add" not in result.stderr


def test_deletions_of_an_earlier_run_are_still_asked_for(folder: Path) -> None:
    _git(folder, "init", "-q")
    _hook()
    _git(folder, "add", "--all")
    shutil.copy(folder / "model-specs" / "minimal.yaml", folder / "model-specs" / "other.yaml")
    spec = folder / "model-specs" / "other.yaml"
    spec.write_text(spec.read_text("utf-8").replace("minimal", "other"), "utf-8")
    (folder / "model-specs" / "minimal.yaml").unlink()
    _hook()
    _git(folder, "add", "jenkins/other", "azure-pipelines/other", ".github/workflows/*other*", ".gitlab/pipegen/other*")
    result = _hook()
    assert result.exit_code == 1
    assert "git add -- :/.github/workflows :/.gitlab/pipegen :/azure-pipelines :/jenkins\n" in result.stderr
    _git(folder, "add", "--", ":/.github/workflows", ":/.gitlab/pipegen", ":/azure-pipelines", ":/jenkins")
    assert _hook().exit_code == 0


def test_a_repository_below_the_root_of_git_is_told_paths_that_can_be_pasted(folder: Path) -> None:
    inner = folder / "models"
    inner.mkdir()
    for path in ("pipegen.toml", "model-specs"):
        shutil.move(folder / path, inner / path)
    _git(folder, "init", "-q")
    result = CliRunner().invoke(main, ["render", "--fail-on-change", str(inner / "model-specs" / "minimal.yaml")])
    folders = (".github/workflows", ".gitlab/pipegen", "azure-pipelines", "jenkins")
    assert f"git add -- {' '.join(f':/models/{each}' for each in folders)}\n" in result.stderr


def test_what_git_ignores_elsewhere_is_not_looked_at(folder: Path) -> None:
    _git(folder, "init", "-q")
    (folder / ".gitignore").write_text("*.log\n", "utf-8")
    (folder / "a.log").write_text("", "utf-8")
    (folder / "b.txt").write_text("", "utf-8")
    _hook()
    _git(folder, "add", "--", *(path.name for path in folder.iterdir() if path.name not in {".git", "a.log", "b.txt"}))
    result = _hook()
    assert result.exit_code == 0
    assert "git add" not in result.stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_what_writes_nothing_has_nothing_to_add(option: str) -> None:
    assert _hook(option).exit_code == 2
