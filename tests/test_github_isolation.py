"""Programs in GitHub workflows, run amid files of a pull request that are called like modules of Python."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deliveries import SPECS, delivery_of
from github_api import context, review, serving
from github_model import approval, job, phase, read_back, run, workflow
from github_runs import HEAD, RunsApi
from github_steps import Done, run_step, step_named
from pipegen.config import Config, Pin
from pipegen.delivery import PublishTests
from pipegen.plan.verdict import verdict
from pipegen.targets import github
from shadows import SHADOWED, cast_shadows

CONFIG = Config(pin=Pin("0.1.0", "0" * 64, requirements="requirements/pipegen.txt"))
CHECK = github.root(CONFIG, verdict(CONFIG, "github"))
TESTED = phase("prod", (job("a", run("test"), PublishTests("tests", "Tests", "junit.xml")),), approval=approval())
JOBS = {**workflow(TESTED)["jobs"], **read_back(*CHECK.values())["jobs"]}
WAIT, ASK, COUNT, SHOW = (
    step_named(JOBS[place]["steps"], name)
    for place, name in (
        ("pipegen", "Wait for the reviews of these models"),
        ("ask_prod", "Note what was approved before"),
        ("approved_prod", "Count who approved"),
        ("a", "Show test results"),
    )
)


@pytest.fixture
def api() -> Iterator[RunsApi]:
    with serving(RunsApi()) as started:
        assert isinstance(started, RunsApi)
        yield started


def amid_shadows(step: Mapping[str, Any], api: RunsApi, folder: Path, **more: str) -> Done:
    """The step in a checkout that an earlier step has also named in PYTHONPATH."""
    cast_shadows(folder)
    done = run_step(step, context(api, PYTHONPATH=str(folder), **more), folder)
    assert SHADOWED not in done.text
    return done


def test_files_of_a_pull_request_do_not_stand_in_for_the_wait(api: RunsApi, tmp_path: Path) -> None:
    (tmp_path / ".pipegen").mkdir()
    (tmp_path / ".pipegen" / "models").write_text("churn\n", "utf-8")
    pull = {"PULL_REQUEST": "12", "INTO": "dev", "HEAD_SHA": HEAD, "HEAD_BRANCH": "", "GRACE_SECONDS": "0"}
    done = amid_shadows(WAIT, api, tmp_path, POLL_SECONDS="0.01", **pull)
    assert (done.code, "GitHub did not start the review of churn" in done.text) == (1, True)


def test_nor_for_the_note_of_what_was_approved_before(api: RunsApi, tmp_path: Path) -> None:
    done = amid_shadows(ASK, api, tmp_path, GITHUB_RUN_ID="4712")
    assert (done.code, "HTTP Error 404" in done.text) == (1, True)


def test_nor_for_the_count_of_approvals(api: RunsApi, tmp_path: Path) -> None:
    asked = {"ASKED": str(int(time.time())), "ASKED_ATTEMPT": "1", "EARLIER": "[]", "RETRY_SECONDS": "0"}
    api.answer = [review("ada", "other")]
    done = amid_shadows(COUNT, api, tmp_path, **asked)
    assert (done.code, "nobody approved prod-approval-1" in done.text) == (1, True)


def test_nor_for_the_view_of_test_results(api: RunsApi, tmp_path: Path) -> None:
    done = amid_shadows(SHOW, api, tmp_path)
    assert (done.code, done.summary) == (0, "### Tests: no results\n\n")


def test_every_program_of_every_workflow_is_started_apart_from_the_files_around_it() -> None:
    rendered = [github.render(delivery_of(path), CONFIG) for path in SPECS]
    texts = [text for files in (CHECK, *rendered) for text in files.values()]
    shells = [line.split("shell: ", 1)[1] for text in texts for line in text.splitlines() if "shell: python" in line]
    assert len(shells) > len(SPECS)
    assert set(shells) == {"python3 -I {0}"}
