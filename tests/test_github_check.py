"""The whole check of a pull request on GitHub, step by step in real repositories with the real pipegen."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deliveries import ROOT
from github_api import REPOSITORY, context, serving
from github_model import read_back
from github_runs import HEAD, RunsApi, run_of
from github_steps import Done, run_step
from pages import BIN
from pipegen.config import Config, Pin
from pipegen.plan.verdict import verdict
from pipegen.targets import github

CONFIG = Config(pin=Pin("0.1.0", "0" * 64, requirements="requirements/pipegen.txt"))
(TEXT,) = github.root(CONFIG, verdict(CONFIG, "github")).values()
STEPS: list[dict[str, Any]] = read_back(TEXT)["jobs"]["pipegen"]["steps"]
INSTALL = "Install pipegen"


@pytest.fixture
def api() -> Iterator[RunsApi]:
    with serving(RunsApi()) as started:
        assert isinstance(started, RunsApi)
        yield started


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Two models as they are on dev, and the branch of a pull request into it."""
    (tmp_path / "model-specs").mkdir()
    for path in ("pipegen.toml", "model-specs/churn-prediction.yaml", "model-specs/minimal.yaml"):
        (tmp_path / path).write_text((ROOT / path).read_text("utf-8"), "utf-8")
    subprocess.run([BIN / "pipegen", "render", "--quiet"], cwd=tmp_path, check=True)
    git(tmp_path, "init", "-q", "-b", "feat/x")
    commit(tmp_path)
    git(tmp_path, "update-ref", "refs/remotes/origin/dev", "HEAD")
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "change")


def change(root: Path, path: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    with (root / path).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    commit(root)


def check(api: RunsApi, root: Path, into: str = "dev") -> Done:
    """The job, in which the pipegen of this checkout stands for the one that it would install."""
    pull = {"PULL_REQUEST": "12", "INTO": into, "HEAD_SHA": HEAD, "HEAD_BRANCH": "feat/x"}
    variables = context(api, **pull, PIPEGEN_TARGET_BRANCH=into, PIPEGEN_FORMAT="github", POLL_SECONDS="0.05")
    for step in STEPS:
        if step["name"] == INSTALL:
            programs = root / ".pipegen" / "pipegen" / "bin"
            programs.mkdir(parents=True)
            (programs / "pipegen").symlink_to(BIN / "pipegen")
        elif "run" in step:
            done = run_step(step, variables, root)
            variables |= done.variables
            if done.code:
                return done
    return done


def test_a_change_of_no_model_waits_for_nothing(api: RunsApi, checkout: Path) -> None:
    change(checkout, "README.md")
    done = check(api, checkout)
    assert (done.code, done.text) == (0, "The change concerns no model.\n")
    assert [path.partition("?")[0] for _, path, _, _ in api.asked] == [f"/repos/{REPOSITORY}/pulls"]


@pytest.mark.parametrize(("result", "code"), [("success", 0), ("failure", 1)])
def test_a_change_of_a_model_needs_its_review_and_no_other(
    api: RunsApi, checkout: Path, result: str, code: int
) -> None:
    change(checkout, "models/minimal/train.py")
    api.runs = [run_of("minimal", result), run_of("churn-prediction", "failure")]
    done = check(api, checkout)
    assert done.code == code
    assert "churn-prediction" not in done.text


def test_a_change_of_the_configuration_needs_all_reviews(api: RunsApi, checkout: Path) -> None:
    change(checkout, "pipegen.toml")
    api.runs = [run_of("minimal"), run_of("churn-prediction")]
    assert check(api, checkout).text.splitlines()[0].startswith("churn-prediction: success")


def test_a_file_that_is_not_what_its_spec_says_is_shown_at_its_place(api: RunsApi, checkout: Path) -> None:
    change(checkout, ".github/workflows/minimal.review.yml")
    done = check(api, checkout)
    assert done.code == 1
    assert "::error file=.github/workflows/minimal.review.yml," in done.text
    assert api.asked == []


def test_the_check_itself_is_compared_too(api: RunsApi, checkout: Path) -> None:
    change(checkout, ".github/workflows/pipegen.yml")
    assert "::error file=.github/workflows/pipegen.yml," in check(api, checkout).text


def test_a_branch_that_no_model_reviews_gets_no_success(api: RunsApi, checkout: Path) -> None:
    git(checkout, "update-ref", "refs/remotes/origin/feat/y", "HEAD")
    change(checkout, "models/minimal/train.py")
    done = check(api, checkout, into="feat/y")
    assert (done.code, api.asked) == (2, [])
    assert "feat/y" in done.text
