"""What GitLab's files do at each event, as gitlab-ci-local selects and runs their jobs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

import gitlab_local
from conftest import GOLDEN
from gitlab_local import SPEC, TOML, Repository, committed, laid_out

PUSH = {"CI_PIPELINE_SOURCE": "push"}
ROLLBACK = {"CI_PIPELINE_SOURCE": "web", "PIPEGEN_START": "m/action-rollback"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return laid_out(tmp_path_factory.mktemp("gitlab"), {"model-specs/m.yaml": SPEC, "pipegen.toml": TOML})


# ---------------------------------------------------------------- which jobs an event selects

REVIEW = {"CI_PIPELINE_SOURCE": "merge_request_event"}
CASES: tuple[tuple[str, Mapping[str, str], set[str]], ...] = (
    ("feat/a", PUSH, {"change"}),
    ("feat/b/c", PUSH, {"change"}),
    ("feature", PUSH, set()),
    ("dev", PUSH, {"deliver-dev"}),
    ("Dev", PUSH, set()),
    ("prod", PUSH, {"deliver-prod"}),
    ("main", PUSH, {"archive-main"}),
    ("feat/a", {**REVIEW, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "dev"}, {"review"}),
    ("feat/a", {**REVIEW, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "other"}, set()),
    ("prod", {"CI_PIPELINE_SOURCE": "schedule", "PIPEGEN_START": "m/schedule-nightly"}, {"schedule-nightly"}),
    ("dev", {"CI_PIPELINE_SOURCE": "schedule", "PIPEGEN_START": "m/schedule-nightly"}, set()),
    ("prod", {"CI_PIPELINE_SOURCE": "schedule", "PIPEGEN_START": "m/schedule-other"}, set()),
    ("prod", {"CI_PIPELINE_SOURCE": "push", "PIPEGEN_START": "m/schedule-nightly"}, {"deliver-prod"}),
    ("dev", ROLLBACK, {"action-rollback"}),
    ("dev", {**ROLLBACK, "CI_PIPELINE_SOURCE": "parent_pipeline"}, set()),
)


@pytest.mark.parametrize(("branch", "variables", "pipelines"), CASES)
def test_an_event_selects_the_jobs_of_its_pipeline_and_no_others(
    branch: str, variables: Mapping[str, str], pipelines: set[str], repository: Repository
) -> None:
    names = repository.selected(branch, variables)
    assert {name.split(":")[1] for name in names} == pipelines


def test_a_parameter_selects_the_jobs_of_its_value_and_its_default_where_it_is_left_out(repository: Repository) -> None:
    def deployments(parameters: str) -> set[str]:
        names = repository.selected("dev", {**ROLLBACK, "PIPEGEN_PARAMETERS": parameters})
        return {name.split(":")[2] for name in names} - {"guard"}

    assert deployments("version=1;environment=dev") == {"rollback-dev"}
    assert deployments("version=1") == {"rollback-dev"}
    assert {"rollback-prod", "approve_prod-rollback"} <= deployments("environment=prod;version=1")
    assert deployments("version=1;environment=production") == set()


@pytest.mark.parametrize(("branch", "variables"), [case[:2] for case in CASES if case[2]])
def test_no_selected_job_waits_for_one_that_is_not(
    branch: str, variables: Mapping[str, str], repository: Repository
) -> None:
    assert repository.needed(branch, variables) <= repository.selected(branch, variables)


@pytest.mark.parametrize(("branch", "source"), [("dev", "push"), ("feat/a", "push"), ("main", "push")])
def test_gitlab_ci_local_finds_the_needs_of_all_jobs(branch: str, source: str, repository: Repository) -> None:
    assert "All job dependencies are valid" in repository.dependencies(branch, {"CI_PIPELINE_SOURCE": source})


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """All models that are shipped, in one repository."""
    folder = tmp_path_factory.mktemp("shipped")
    for place in GOLDEN.glob("*/gitlab"):
        if place.parent.name != "company":
            shutil.copytree(place, folder, dirs_exist_ok=True)
    return committed(folder)


@pytest.mark.parametrize(("branch", "asks"), [("feat/a", False), ("dev", False), ("prod", True), ("main", True)])
def test_gitlab_ci_local_finds_the_needs_of_all_jobs_of_the_shipped_models(
    branch: str, shipped: Repository, *, asks: bool
) -> None:
    """It refuses to look where people must start a job, so that there the jobs are compared with what they need."""
    assert shipped.waits_for_people(branch, PUSH) is asks
    assert shipped.needed(branch, PUSH) <= shipped.selected(branch, PUSH) != set()
    assert asks or "All job dependencies are valid" in shipped.dependencies(branch, PUSH)


def test_jobs_that_start_a_pipeline_take_over_what_their_rules_ask_for() -> None:
    """A rule sees of the variables of a file those alone that its job takes over."""
    (root,) = GOLDEN.glob("repository/gitlab/.gitlab-ci.yml")
    *_, document = yaml.safe_load_all(root.read_text("utf-8"))
    files = [yaml.safe_load(path.read_text("utf-8")) for path in GOLDEN.glob("*/gitlab/.gitlab/pipegen/*.yml")]
    starting = [job for file in files for job in file.values() if "trigger" in job]
    assert starting
    assert all(job["inherit"] == {"variables": list(document["variables"])} for job in starting)


# ---------------------------------------------------------------- what the jobs do


def test_a_merge_deploys_what_was_trained_and_checked(repository: Repository) -> None:
    log = repository.run("dev", PUSH)
    assert re.findall(r"> (ran .*|deploying .*|restoring|finally)", log) == [
        "ran test dev unset",
        "deploying 1.2 x s3cret weights",
        "finally",
    ]


def test_a_deployment_that_fails_is_undone_once_and_closed(repository: Repository) -> None:
    log = repository.run("dev", {**PUSH, "FAULT": "deploy"})
    assert re.findall(r"m:deliver-dev:deploy-dev +> (deploying|restoring|finally)", log) == [
        "deploying",
        "restoring",
        "finally",
    ]
    assert "FAIL  m:deliver-dev:deploy-dev" in log


def test_a_failure_before_the_deployment_began_undoes_nothing(repository: Repository) -> None:
    log = repository.run("dev", {**PUSH, "FAULT": "test"})
    assert "> restoring" not in log
    assert "> deploying" not in log


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("version=1.2;environment=dev", "back to 1.2"),
        ("version=1;version=2", "parameter version is given twice"),
        ("version=1.2;other=3", "there is no parameter other"),
        ("version=1.2;words", "'words' is not name=value"),
        ('version=1"; echo PWN""ED; "', "error: "),
        ("version=$(touch pwned)", "parameter version is not of its form"),
    ],
)
def test_what_people_give_to_an_action_is_checked_and_never_run(
    parameters: str, said: str, repository: Repository
) -> None:
    log = repository.run("dev", {**ROLLBACK, "PIPEGEN_PARAMETERS": parameters})
    assert said in log
    assert "> PWNED" not in log
    assert not (repository.folder / "pwned").exists()


def test_a_stage_may_be_called_like_a_step_that_every_job_has(tmp_path: Path) -> None:
    names = ("prepare", "python", "publish")
    stages = "".join(f"  - {{id: {name}, run: echo ran {name}, job: all}}\n" for name in names)
    spec = f"pipegen: 1\nmodel: {{name: m, owner: retention, path: models/m}}\nstages:\n{stages}"
    log = laid_out(tmp_path, {"model-specs/m.yaml": spec, "pipegen.toml": TOML}).run("feat/a", PUSH)
    assert tuple(re.findall(r"> ran (\w+)", log)) == names


# ---------------------------------------------------------------- what a cancellation leaves to after_script


def test_what_was_cut_off_is_undone_by_the_shell_that_runs_afterwards(tmp_path: Path) -> None:
    """GitLab ends the first shell at a cancellation; the second one has none of its functions and exports."""
    first, second = gitlab_local.shells("restore=echo restoring", "finally=echo finally")
    _bash(f"{first}\npipegen_mark begun\nexit 1\n", tmp_path)
    assert _bash(second, tmp_path).split("\n") == ["", "== restore", "restoring", "", "== finally", "finally", ""]
    assert _bash(second, tmp_path) == ""


def test_nothing_is_undone_afterwards_that_did_not_begin_or_was_complete(tmp_path: Path) -> None:
    first, second = gitlab_local.shells("restore=echo restoring")
    _bash(f"{first}\nexit 1\n", tmp_path)
    assert _bash(second, tmp_path) == ""
    _bash(f"{first}\npipegen_mark begun\npipegen_mark complete\nexit 1\n", tmp_path)
    assert _bash(second, tmp_path) == ""


def test_credentials_of_gitlabs_own_are_hidden_from_steps_in_both_shells(tmp_path: Path) -> None:
    first, second = gitlab_local.shells("finally=echo ${CI_JOB_TOKEN-hidden}")
    shown = "pipegen_step test test 1 success <<'END'\necho ${CI_JOB_TOKEN-hidden}\nEND\n"
    assert _bash(f"{first}\n{shown}", tmp_path).split("\n") == ["", "== test", "hidden", ""]
    assert _bash(second, tmp_path).split("\n") == ["", "== finally", "hidden", ""]


def test_a_step_ends_with_its_job_before_anything_is_undone(tmp_path: Path) -> None:
    """A runner ends the process group of the job; `timeout` puts the step into another one."""
    first, _ = gitlab_local.shells()
    step = "pipegen_step deploy deploy 1 success <<'END'\necho $$ > pid.new; mv pid.new pid; sleep 30\nEND\n"
    job = subprocess.Popen(["bash", "-c", f"{first}\n{step}"], cwd=tmp_path, start_new_session=True)
    while not (tmp_path / "pid").exists():
        assert job.poll() is None
    os.killpg(job.pid, signal.SIGTERM)
    assert job.wait() != 0
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text('utf-8').strip()}").exists()


def _bash(script: str, folder: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "CI_PROJECT_DIR": str(folder), "CI_JOB_TOKEN": "t0ken"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout
