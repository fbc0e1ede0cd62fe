"""Approvals on GitHub as their scripts count them, against a server that answers as GitHub's API does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from github_api import Api, context, review, serving
from github_model import approval, job, phase, run, workflow
from github_steps import Done, run_step
from pipegen.delivery import SecretValue, StepVariable


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api()) as started:
        yield started


RELEASE, RISK = "prod-approval-1", "prod-approval-2"
JOBS = workflow(phase("prod", (job("a"),), approval=approval(count=2, approvers=("release", "risk"))))["jobs"]
(ASK,) = JOBS["ask_prod"]["steps"]
(COUNT,) = JOBS["approved_prod"]["steps"]


def count(api: Api, folder: Path, **more: str) -> Done:
    """Count approvals that were asked a minute ago in this attempt of a run without history."""
    asked = {"ASKED": str(int(time.time()) - 60), "ASKED_ATTEMPT": "1", "EARLIER": "[]", "RETRY_SECONDS": "0"}
    return run_step(COUNT, context(api, **(asked | more)), folder)


@pytest.mark.parametrize(
    ("reviews", "complaint"),
    [
        ([review("ada", RELEASE), review("bob", RISK)], None),
        ([review("bob", RISK), review("ada", RELEASE), review("eve", "other")], None),
        ([review("ada", RELEASE)], "nobody approved prod-approval-2"),
        ([], "nobody approved prod-approval-1, prod-approval-2"),
        ([review("ada", RELEASE), review("Ada", RISK)], "2 different people must approve, but it was ada alone"),
        ([review("ada", RELEASE), review("STARTER", RISK)], "starter started this run and may not approve it"),
        ([review("ada", RELEASE), review("bob", "staging-approval-2")], "nobody approved prod-approval-2"),
        ([review("ada", RELEASE), review("bob", RISK, "rejected")], "somebody rejected it"),
        ([review("ada", RELEASE), review("bob", RISK), review("eve", RISK, "rejected")], "somebody rejected it"),
        ([review("ada", RELEASE), review("bob", RISK, "pending")], "somebody rejected it"),
        ([{"state": "approved", "environments": [{"name": RELEASE}], "user": None}], "GitHub did not say who approved"),
    ],
    ids=[
        "enough",
        "enough in any order",
        "one short",
        "none",
        "the same person twice",
        "who started the run",
        "another environment",
        "rejected",
        "rejected after all",
        "neither yes nor no",
        "no person named",
    ],
)
def test_different_people_must_have_approved(
    api: Api, tmp_path: Path, reviews: list[dict[str, Any]], complaint: str | None
) -> None:
    api.reviews = reviews
    done = count(api, tmp_path)
    if complaint is None:
        assert (done.code, done.outputs) == (0, {"attempt": "1", "approved-by": "ada,bob"})
        assert done.summary == "Approved by ada, bob.\n"
    else:
        assert done.code == 1
        assert f"::error::{complaint}" in done.text
        assert done.outputs == {}


@pytest.mark.parametrize(("minutes", "code"), [(119, 0), (121, 1)])
def test_an_approval_comes_in_time_or_not_at_all(api: Api, tmp_path: Path, minutes: int, code: int) -> None:
    api.reviews = [review("ada", RELEASE), review("bob", RISK)]
    assert count(api, tmp_path, ASKED=str(int(time.time()) - minutes * 60)).code == code


def test_an_approval_of_an_earlier_attempt_does_not_count_again(api: Api, tmp_path: Path) -> None:
    api.reviews = [review("ada", RELEASE), review("bob", RISK)]
    done = run_step(ASK, context(api, GITHUB_RUN_ATTEMPT="2"), tmp_path)
    noted = done.outputs
    assert (done.code, noted["attempt"]) == (0, "2")
    asked = {name.upper(): noted[name] for name in ("asked", "earlier")} | {"ASKED_ATTEMPT": "2"}
    api.reviews = [*api.reviews, review("ada", RELEASE), review("ada", RISK)]
    done = count(api, tmp_path, GITHUB_RUN_ATTEMPT="2", **asked)
    assert "2 different people must approve, but it was ada alone" in done.text
    api.reviews = [*api.reviews[:3], review("bob", RISK)]
    assert count(api, tmp_path, GITHUB_RUN_ATTEMPT="2", **asked).outputs == {"attempt": "2", "approved-by": "ada,bob"}


def test_what_was_asked_in_an_earlier_attempt_is_asked_again(api: Api, tmp_path: Path) -> None:
    api.reviews = [review("ada", RELEASE), review("bob", RISK)]
    done = count(api, tmp_path, GITHUB_RUN_ATTEMPT="2")
    assert (done.code, done.outputs) == (1, {})
    assert "earlier attempt" in done.text


@pytest.mark.parametrize(("failures", "code"), [(2, 0), (3, 1)])
def test_an_api_that_does_not_answer_approves_nothing(api: Api, tmp_path: Path, failures: int, code: int) -> None:
    api.reviews, api.failures = [review("ada", RELEASE), review("bob", RISK)], failures
    done = count(api, tmp_path)
    assert done.code == code
    assert ("GitHub did not say who approved" in done.text) == bool(code)


def test_who_is_asked_reads_how_long_a_yes_counts(api: Api, tmp_path: Path) -> None:
    done = run_step(ASK, context(api), tmp_path)
    until = time.gmtime(int(done.outputs["asked"]) + 120 * 60)
    assert done.summary == f"A yes counts until {time.strftime('%Y-%m-%d %H:%M', until)} UTC.\n"


def test_nothing_is_asked_when_the_history_cannot_be_read(api: Api, tmp_path: Path) -> None:
    api.failures = 1
    done = run_step(ASK, context(api), tmp_path)
    assert done.code != 0
    assert done.outputs == {}


@pytest.mark.parametrize(("earlier", "code"), [("1", 0), ("2", 1), ("", 1)])
def test_a_job_runs_only_in_the_attempt_that_was_approved(tmp_path: Path, earlier: str, code: int) -> None:
    secret = StepVariable("TOKEN", SecretValue("TOKEN", "string", "prod", "x"))
    made = workflow(phase("prod", (job("a", run(variables=(secret,)), environment="prod"),), approval=approval()))
    step = made["jobs"]["a"]["steps"][0]
    done = run_step(step, {"EARLIER_ATTEMPT": earlier, "GITHUB_RUN_ATTEMPT": "1"}, tmp_path)
    assert done.code == code
    assert ("run the job again that is called Ask: Deploy to prod" in done.text) == bool(code)
