"""The verdict on GitHub: its workflow, and its waiting, really run against a server that answers as GitHub's API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from github_api import TOKEN, context, serving
from github_expressions import conditions, values
from github_model import read_back
from github_runs import ACTIONS, HEAD, START, RunsApi, dispatched, pull_of, run_of
from github_steps import Done, run_step, step_named
from pipegen.config import CompanyStep, Config, Names, Pin, Runner
from pipegen.plan.verdict import verdict
from pipegen.targets import github

PIN = Pin("0.1.0", "0" * 64, requirements="requirements/pipegen.txt")
CONFIG = Config(pin=PIN)


def workflow(config: Config = CONFIG) -> dict[str, Any]:
    ((path, text),) = github.root(config, verdict(config, "github")).items()
    assert path == ".github/workflows/pipegen.yml"
    return read_back(text)


def job(config: Config = CONFIG) -> dict[str, Any]:
    found: dict[str, Any] = workflow(config)["jobs"]["pipegen"]
    return found


WAIT = step_named(job()["steps"], "Wait for the reviews of these models")

# ---------------------------------------------------------------- the workflow


def test_without_a_way_to_install_pipegen_there_is_no_check() -> None:
    assert github.root(Config(), None) == {}


def test_every_pull_request_gets_the_check_whatever_it_goes_into_and_touches() -> None:
    made = workflow()
    assert made["on"] == {
        "pull_request": {"types": ["opened", "synchronize", "reopened", "edited"]},
        "merge_group": {"types": ["checks_requested"]},
    }
    assert list(made["jobs"]) == ["pipegen"]
    assert (job()["name"], job().get("if")) == ("pipegen", None)


def test_it_may_read_the_repository_and_its_pull_requests_and_start_reviews_and_nothing_else() -> None:
    assert workflow()["permissions"] == {}
    assert job()["permissions"] == {"contents": "read", "actions": "write", "pull-requests": "read"}
    holders = [step["name"] for step in job()["steps"] if "github.token" in str(step)]
    assert holders == ["Wait for the reviews of these models"]


def test_findings_show_up_at_the_lines_of_the_pull_request() -> None:
    assert workflow()["env"]["PIPEGEN_FORMAT"] == "github"


@pytest.mark.parametrize(("event", "holds"), [("pull_request", True), ("merge_group", False)])
def test_a_merge_queue_compares_files_and_waits_for_nothing(event: str, holds: bool) -> None:  # noqa: FBT001
    only = [step for step in job()["steps"] if "github.event_name" in step.get("if", "")]
    assert [step["name"] for step in only] == ["Find the models that the change concerns", WAIT["name"]]
    asked = [(step["if"], {"github": {"event_name": event}}, "success") for step in only]
    assert conditions(asked) == [holds, holds]


@pytest.mark.parametrize(
    ("owner", "branch"), [("acme/models", "feat/$(id)'; x"), ("eve/models", "")], ids=["own branch", "fork"]
)
def test_only_a_branch_of_the_repository_itself_can_be_reviewed_on_request(owner: str, branch: str) -> None:
    pull = {"number": 12, "head": {"sha": HEAD, "repo": {"full_name": owner}}}
    where = {"event": {"pull_request": pull}, "repository": "acme/models", "base_ref": "dev"}
    where["head_ref"] = "feat/$(id)'; x"
    names = ("PULL_REQUEST", "INTO", "HEAD_SHA", "HEAD_BRANCH")
    assert values([(WAIT["env"][name], {"github": where}) for name in names]) == ["12", "dev", HEAD, branch]


RUNNERS = {"default": Runner(("self-hosted",)), "check": Runner(("self-hosted", "small"))}


@pytest.mark.parametrize(
    ("runners", "machine", "minutes"),
    [
        ({}, "ubuntu-24.04", 360),
        ({"default": RUNNERS["default"]}, "self-hosted", 400),
        (RUNNERS, ["self-hosted", "small"], 400),
    ],
    ids=["GitHub's", "the ordinary ones", "one for the check"],
)
def test_its_machine_is_the_ordinary_one_unless_another_is_named(
    runners: dict[str, Runner], machine: object, minutes: int
) -> None:
    made = job(Config(pin=PIN, names={"github": Names(runners)}))
    assert (made["runs-on"], made["timeout-minutes"]) == (machine, minutes)
    assert made["timeout-minutes"] > WAIT["timeout-minutes"] > int(WAIT["env"]["WAIT_MINUTES"])


def test_the_companys_steps_which_a_change_may_bring_do_not_run_in_the_check() -> None:
    steps = (CompanyStep("Log in", "./ci/log-in.sh"),)
    assert job(Config(pin=PIN, steps_before=steps, steps_after=steps)) == job(Config(pin=PIN))


# ---------------------------------------------------------------- waiting


@pytest.fixture
def api() -> Iterator[RunsApi]:
    with serving(RunsApi(known=frozenset({"churn.review.yml", "fraud.review.yml"}))) as started:
        assert isinstance(started, RunsApi)
        yield started


def wait(api: RunsApi, folder: Path, models: str = "churn\n", **more: str) -> Done:
    """The verdict on pull request 12 from feat/x into dev, at a quick pace."""
    (folder / ".pipegen").mkdir(exist_ok=True)
    (folder / ".pipegen" / "models").write_text(models, encoding="utf-8")
    pace = {"POLL_SECONDS": "0.05", "GRACE_SECONDS": "0.5", "RETRY_SECONDS": "0.001"}
    pull = {"PULL_REQUEST": "12", "INTO": "dev", "HEAD_SHA": HEAD, "HEAD_BRANCH": "feat/x"}
    done = run_step(WAIT, context(api, **(pace | pull | more)), folder)
    assert TOKEN not in done.text
    assert "Traceback" not in done.text
    return done


def test_a_change_that_concerns_no_model_passes_without_a_look_at_runs(api: RunsApi, tmp_path: Path) -> None:
    done = wait(api, tmp_path, "")
    assert (done.code, done.text) == (0, "The change concerns no model.\n")
    assert not [path for _, path, _, _ in api.asked if path.startswith(ACTIONS)]


def test_all_reviews_must_succeed(api: RunsApi, tmp_path: Path) -> None:
    api.runs = [run_of("churn"), run_of("fraud")]
    assert wait(api, tmp_path, "churn\nfraud\n").code == 0
    api.runs = [run_of("churn"), run_of("fraud", "failure")]
    done = wait(api, tmp_path, "churn\nfraud\n")
    assert done.code == 1
    assert f"::error::the review of fraud ended with failure: {api.runs[1]['html_url']}; see to it" in done.text
    assert "::error::the review of churn" not in done.text


@pytest.mark.parametrize(
    "result",
    ["failure", "cancelled", "timed_out", "skipped", "neutral", "stale", "startup_failure"],
)
def test_nothing_passes_but_success(api: RunsApi, tmp_path: Path, result: str) -> None:
    api.runs = [run_of(result=result)]
    done = wait(api, tmp_path)
    assert done.code == 1
    assert f"::error::the review of churn ended with {result}: https://github.com/" in done.text


def test_a_run_that_somebody_must_let_run_is_named(api: RunsApi, tmp_path: Path) -> None:
    api.runs = [run_of(result="action_required")]
    assert "the review of churn waits for somebody to let it run" in wait(api, tmp_path).text


def becoming(run: dict[str, Any], *states: dict[str, Any]) -> Iterator[Callable[[], object]]:
    for state in ({}, *states):
        yield partial(run.update, state)
        yield lambda: None


def test_it_waits_for_a_run_and_says_only_what_is_new(api: RunsApi, tmp_path: Path) -> None:
    run = run_of(result=None, status="queued")
    done_at_last = {"status": "completed", "conclusion": "success"}
    api.runs, api.changes = [run], becoming(run, {"status": "waiting"}, {"status": "in_progress"}, done_at_last)
    done = wait(api, tmp_path)
    assert done.code == 0
    said = [line.split()[1] for line in done.text.splitlines()[:-1]]
    assert said == ["queued", "waiting", "in_progress", "success"]


def test_a_review_that_does_not_end_fails_in_the_end(api: RunsApi, tmp_path: Path) -> None:
    api.runs = [run_of(result=None)]
    done = wait(api, tmp_path, WAIT_MINUTES="0.01")
    assert done.code == 1
    assert "::error::the review of churn takes longer than this run waits; see to it that it ends" in done.text


# ---------------------------------------------------------------- which run it is


@pytest.mark.parametrize(
    "other",
    [
        {"display_title": "Review of #12 into prod: churn"},
        {"display_title": "Review of #12 into dev-2: churn"},
        {"display_title": "Review of #123 into dev: churn"},
        {"display_title": "Review of #2 into dev: churn"},
        {"display_title": "x Review of #12 into dev: churn"},
        {"display_title": None},
        {"path": ".github/workflows/churn.change.yml"},
        {"path": ".github/workflows/other-churn.review.yml"},
        {"head_sha": "2" * 40},
        {"event": "push"},
        {"event": "workflow_dispatch"},
    ],
    ids=str,
)
def test_no_other_run_counts(api: RunsApi, tmp_path: Path, other: dict[str, Any]) -> None:
    api.runs = [run_of(**other)]
    done = wait(api, tmp_path, HEAD_BRANCH="")
    assert done.code == 1
    assert "::error::GitHub did not start the review of churn" in done.text
    api.runs = [run_of(result="failure", **other), run_of()]
    assert wait(api, tmp_path).code == 0


def test_a_branch_with_a_hostile_name_is_a_name(api: RunsApi, tmp_path: Path) -> None:
    into = "x/$(touch-stolen)';`id`"
    api.pulls = [pull_of(into=into)]
    api.runs = [run_of(display_title=f"Review of #12 into {into}: churn")]
    assert wait(api, tmp_path, INTO=into).code == 0


def test_a_file_is_known_with_its_branch_behind_it_too(api: RunsApi, tmp_path: Path) -> None:
    api.runs = [run_of(path=".github/workflows/churn.review.yml@refs/pull/12/merge")]
    assert wait(api, tmp_path).code == 0


def test_the_newest_run_counts(api: RunsApi, tmp_path: Path) -> None:
    api.runs = [run_of(), run_of(result="failure")]
    assert wait(api, tmp_path).code == 1
    api.runs = [run_of(result="failure"), run_of()]
    assert wait(api, tmp_path).code == 0


OLD, NEARLY_START = "2026-11-01T11:00:00Z", "2026-11-01T11:59:10Z"


@pytest.mark.parametrize(
    "old",
    [{"run_started_at": OLD, "result": "failure"}, {"result": "cancelled"}, {"result": "action_required"}],
    ids=str,
)
def test_what_failed_before_may_be_followed_by_a_newer_run(api: RunsApi, tmp_path: Path, old: dict[str, Any]) -> None:
    api.runs = [run_of(**old)]
    api.changes = iter([lambda: None, lambda: None, lambda: api.runs.append(run_of())])
    assert wait(api, tmp_path).code == 0


def test_what_failed_before_may_run_again(api: RunsApi, tmp_path: Path) -> None:
    run = run_of(result="failure", run_started_at=OLD)
    again = {"status": "in_progress", "conclusion": None, "run_attempt": 2}
    api.runs, api.changes = [run], becoming(run, again, {"status": "completed", "conclusion": "success"})
    assert wait(api, tmp_path).code == 0


def test_what_succeeded_before_may_be_followed_by_a_newer_run_that_counts(api: RunsApi, tmp_path: Path) -> None:
    api.runs = [run_of(run_started_at=OLD)]
    api.changes = iter([lambda: None, lambda: None, lambda: api.runs.append(run_of(result="failure"))])
    done = wait(api, tmp_path)
    assert done.code == 1
    assert f"the review of churn ended with failure: {api.runs[1]['html_url']}" in done.text


def looks(api: RunsApi) -> int:
    """How often it looked at the runs of reviews."""
    return sum(path.startswith(f"{ACTIONS}/runs?") for _, path, _, _ in api.asked)


@pytest.mark.parametrize(
    ("attempt", "started_at", "is_waited_for"),
    [("1", OLD, True), ("1", START, False), ("1", NEARLY_START, False), ("2", OLD, False)],
    ids=["old", "of the same moment", "of the same event", "run again"],
)
def test_what_succeeded_before_counts_once_nothing_has_followed_for_a_while(
    api: RunsApi, tmp_path: Path, attempt: str, started_at: str, *, is_waited_for: bool
) -> None:
    api.runs = [run_of(run_started_at=started_at)]
    begin = time.monotonic()
    assert wait(api, tmp_path, GITHUB_RUN_ATTEMPT=attempt).code == 0
    assert (looks(api) > 1, time.monotonic() - begin > 0.5) == (is_waited_for, is_waited_for)


def test_what_failed_before_fails_if_nothing_follows(api: RunsApi, tmp_path: Path) -> None:
    api.runs = [run_of(result="failure", run_started_at=OLD)]
    assert "the review of churn ended with failure" in wait(api, tmp_path).text


# ---------------------------------------------------------------- one commit, two pull requests

SAME_COMMIT = "has the same newest commit, and GitHub counts results by commit: give one of the two a commit of its own"


@pytest.mark.parametrize("models", ["churn\n", ""], ids=["with a review", "without a review"])
def test_another_open_pull_request_of_the_commit_into_another_branch_fails_at_once(
    api: RunsApi, tmp_path: Path, models: str
) -> None:
    api.runs, api.pulls = [run_of(result=None)], [pull_of(), pull_of(13, "prod")]
    done = wait(api, tmp_path, models)
    assert done.code == 1
    assert done.text == f"::error::pull request #13 into prod {SAME_COMMIT}, then run `pipegen` again\n"
    assert looks(api) == 0


@pytest.mark.parametrize(
    "other",
    [pull_of(13), pull_of(13, "prod", "2" * 40), pull_of(13, "prod", state="closed"), pull_of(11, "prod", "2" * 40)],
    ids=["into the same branch", "of another commit", "closed", "older"],
)
def test_other_pull_requests_do_no_harm(api: RunsApi, tmp_path: Path, other: dict[str, Any]) -> None:
    api.runs, api.pulls = [run_of()], [pull_of(), other]
    assert wait(api, tmp_path).code == 0


def test_it_is_found_among_hundreds(api: RunsApi, tmp_path: Path) -> None:
    others = [pull_of(number, "prod", "2" * 40) for number in range(100, 2300)]
    api.runs, api.pulls = [run_of()], [pull_of(3, "prod"), pull_of(), *others]
    assert "pull request #3 into prod" in wait(api, tmp_path).text


def test_one_that_is_opened_while_it_waits_fails_in_the_end(api: RunsApi, tmp_path: Path) -> None:
    run = run_of(result=None)
    done_at_last = {"status": "completed", "conclusion": "success"}
    opened = partial(api.pulls.append, pull_of(13, "prod"))
    api.runs, api.changes = [run], iter([lambda: None, opened, partial(run.update, done_at_last)])
    done = wait(api, tmp_path)
    assert done.code == 1
    assert f"::error::pull request #13 into prod {SAME_COMMIT}" in done.text


def test_a_run_for_a_branch_that_the_pull_request_no_longer_goes_into_counts_for_nothing(
    api: RunsApi, tmp_path: Path
) -> None:
    api.runs, api.pulls = [run_of()], [pull_of(12, "prod")]
    done = wait(api, tmp_path, GITHUB_RUN_ATTEMPT="2")
    assert done.code == 1
    assert "::error::the pull request goes into prod by now: run the newest `pipegen` of it again, not this one" in (
        done.text
    )


# ---------------------------------------------------------------- reviews that GitHub did not start


def test_a_review_that_comes_late_is_waited_for(api: RunsApi, tmp_path: Path) -> None:
    api.changes = iter([lambda: None, lambda: None, lambda: api.runs.append(run_of())])
    assert wait(api, tmp_path).code == 0
    assert api.requests == []


def test_a_review_that_github_did_not_start_is_started_once(api: RunsApi, tmp_path: Path) -> None:
    done = wait(api, tmp_path)
    assert done.code == 0
    inputs = {"pull_request": "12", "into": "dev"}
    assert api.requests == [("churn.review.yml", {"ref": "feat/x", "inputs": inputs, "return_run_details": True})]
    assert "churn: started, as GitHub did not; it reviews the branch itself, not merged" in done.text


def test_a_started_review_must_succeed_too(api: RunsApi, tmp_path: Path) -> None:
    api.started = {"result": "failure"}
    assert "the review of churn ended with failure" in wait(api, tmp_path).text


def test_a_review_that_somebody_else_started_does_not_count(api: RunsApi, tmp_path: Path) -> None:
    api.runs, api.started = [dispatched()], {"result": "failure"}
    done = wait(api, tmp_path)
    assert len(api.requests) == 1
    assert f"ended with failure: {api.runs[1]['html_url']}" in done.text
    api.runs, api.started = [dispatched(result="failure")], {}
    assert wait(api, tmp_path).code == 0


@pytest.mark.parametrize(
    ("how", "more", "complaint"),
    [
        (
            {},
            {"HEAD_BRANCH": ""},
            "GitHub did not start the review of churn, and none can be started for a fork: close",
        ),
        ({"may_write": False}, {}, "GitHub did not start the review of churn, nor when asked to (HTTP 403): close the"),
        (
            {"known": frozenset()},
            {},
            "GitHub did not start the review of churn, nor when asked to (HTTP 404): close the",
        ),
        ({"tells_id": False}, {}, "GitHub does not say which run of churn it started; close the pull request"),
        ({"started": {"head_sha": "2" * 40}}, {}, "the review of churn was started and does not appear; then run"),
    ],
    ids=["a fork", "a token that only reads", "a model that is new", "an older server", "a branch that moved"],
)
def test_a_review_that_cannot_be_started_fails_with_what_to_do(
    api: RunsApi, tmp_path: Path, how: dict[str, Any], more: dict[str, str], complaint: str
) -> None:
    for name, value in how.items():
        setattr(api, name, value)
    done = wait(api, tmp_path, **more)
    assert done.code == 1
    assert f"::error::{complaint}" in done.text


# ---------------------------------------------------------------- the API


def test_many_models_take_few_requests(api: RunsApi, tmp_path: Path) -> None:
    models = [f"m{number}" for number in range(250)]
    api.runs = [run_of(model) for model in models]
    assert wait(api, tmp_path, "\n".join(models)).code == 0
    assert len(api.asked) == 6  # its own run, three pages, and twice the open pull requests


def test_answers_that_do_not_change_are_not_sent_again(api: RunsApi, tmp_path: Path) -> None:
    run = run_of(result=None)
    api.runs, api.changes = [run], becoming(run, {}, {}, {"status": "completed", "conclusion": "success"})
    assert wait(api, tmp_path).code == 0
    assert api.unchanged == looks(api) - 2 + 1  # the first and the last, and the open pull requests at the end


def test_an_api_that_is_out_of_reach_is_asked_again(api: RunsApi, tmp_path: Path) -> None:
    api.runs, api.failures = [run_of()], 3
    done = wait(api, tmp_path)
    assert done.code == 0
    assert done.text.count("asking again") == 1


def test_an_api_that_stays_out_of_reach_fails(api: RunsApi, tmp_path: Path) -> None:
    api.runs, api.failures = [run_of()], 1000
    done = wait(api, tmp_path, RETRY_SECONDS="0")
    assert done.code == 1
    assert "::error::GitHub's API did not answer: HTTP 502; then run this job again" in done.text
    assert len(api.asked) == 20


@pytest.mark.parametrize("answer", [{}, [{}], [{"number": 13, "head": None, "base": {"ref": "prod"}}]], ids=str)
def test_pull_requests_in_another_form_pass_nothing_even_where_no_model_is_concerned(
    api: RunsApi, tmp_path: Path, answer: object
) -> None:
    api.answer = answer
    done = wait(api, tmp_path, "")
    assert done.code == 1
    assert "::error::GitHub's answer cannot be read" in done.text


@pytest.mark.parametrize(
    ("refusal", "headers"),
    [
        ((429, {"message": "Too Many Requests"}), {}),
        ((403, {"message": "You have exceeded a secondary rate limit."}), {}),
        ((403, {"message": "Forbidden"}), {"Retry-After": "0"}),
        ((403, {"message": "API rate limit exceeded"}), {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}),
    ],
    ids=str,
)
def test_a_limit_on_requests_is_waited_for(
    api: RunsApi, tmp_path: Path, refusal: tuple[int, object], headers: dict[str, str]
) -> None:
    api.runs, api.failures, api.refusal, api.headers = [run_of()], 2, refusal, headers
    assert wait(api, tmp_path).code == 0


@pytest.mark.parametrize(
    "refusal", [(401, {}), (403, {"message": "Resource not accessible by integration"}), (404, {})]
)
def test_a_refusal_is_final(api: RunsApi, tmp_path: Path, refusal: tuple[int, object]) -> None:
    api.runs, api.failures, api.refusal = [run_of()], 1, refusal
    done = wait(api, tmp_path)
    assert done.code == 1
    assert f"::error::GitHub does not say what is asked: HTTP {refusal[0]}; this job needs the permissions" in done.text


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"workflow_runs": [{}], "run_started_at": OLD}, {"run_started_at": None}, {"run_started_at": "x"}],
)
def test_an_answer_of_another_form_passes_nothing(api: RunsApi, tmp_path: Path, answer: object) -> None:
    api.answer = answer
    done = wait(api, tmp_path)
    assert done.code == 1
    assert "::error::GitHub's answer cannot be read" in done.text


@pytest.mark.parametrize("line", ["../x", "churn/../../x", "a?b", "::error::x", "-x", "Churn", "chürn", "a%2fb"])
def test_only_names_of_models_reach_githubs_api(api: RunsApi, tmp_path: Path, line: str) -> None:
    done = wait(api, tmp_path, f"churn\n{line}\n")
    assert (done.code, api.asked) == (1, [])
    assert f"::error::not the name of a model: {line!r}" in done.text
