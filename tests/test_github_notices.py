"""Messages to people in GitHub workflows: where they stand, when they are sent, and that they change no result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import company
from github_model import read_back

Step = dict[str, Any]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The jobs of the company's workflows, as `<file>/<job>`."""
    files = company.files(tmp_path_factory.mktemp("company"), "github")
    return {
        f"{Path(path).name.removeprefix('card-limits.').removesuffix('.yml')}/{name}": job
        for path, text in files.items()
        for name, job in read_back(text)["jobs"].items()
    }


def notices(job: dict[str, Any]) -> Iterator[tuple[int, Step]]:
    """The messages of a job, each with its place among the steps."""
    steps = enumerate(job.get("steps", []))
    return ((place, step) for place, step in steps if str(step["name"]).startswith("Notify: "))


def test_every_moment_is_told_somewhere(jobs: dict[str, dict[str, Any]]) -> None:
    told = {step["name"].removeprefix("Notify: ") for job in jobs.values() for _, step in notices(job)}
    assert told == {"approval waiting", "deployed", "failed", "restored", "rolled back"}


def test_a_message_that_fails_changes_no_result_and_only_it_sees_its_address(jobs: dict[str, dict[str, Any]]) -> None:
    for name, job in jobs.items():
        sending = [step for _, step in notices(job)]
        assert all(step["continue-on-error"] is True for step in sending), name
        holders = [step for step in job.get("steps", []) if "secrets.TEAMS_URL" in str(step)]
        assert holders == sending, name


def test_a_deployment_is_told_once_it_is_complete(jobs: dict[str, dict[str, Any]]) -> None:
    told = [(job, place, step) for job in jobs.values() for place, step in notices(job)]
    done = [each for each in told if each[2]["name"] in ("Notify: deployed", "Notify: rolled back")]
    assert done
    for job, place, step in done:
        assert (job["steps"][place - 1]["id"], step.get("if")) == ("complete", None)


def test_what_was_undone_is_told_exactly_when_it_was(jobs: dict[str, dict[str, Any]]) -> None:
    told = [(job, place, step) for job in jobs.values() for place, step in notices(job)]
    undone = [each for each in told if each[2]["name"] == "Notify: restored"]
    assert undone
    for job, place, step in undone:
        assert step["if"] == job["steps"][place - 1]["if"]
        assert step["if"].startswith("always() && ")


def test_who_is_asked_knows_before_anybody_waits(jobs: dict[str, dict[str, Any]]) -> None:
    assert jobs["deliver-main/ask_prod"]["needs"] == ["notify-prod"]
    assert "environment" not in jobs["deliver-main/notify-prod"]
    half_way = jobs["deliver-main.prod/deploy-prod-tenth"]
    assert [step["name"] for _, step in notices(half_way)] == ["Notify: approval waiting"]
    assert jobs["deliver-main.prod/ask_prod-full"]["needs"] == ["deploy-prod-tenth"]


@pytest.mark.parametrize("file", ["change", "review"])
def test_checks_tell_nobody(jobs: dict[str, dict[str, Any]], file: str) -> None:
    found = [job for name, job in jobs.items() if name.startswith(f"{file}/")]
    assert found
    assert not any(list(notices(job)) for job in found)


def test_every_other_run_tells_of_its_failure_after_all_of_its_jobs(jobs: dict[str, dict[str, Any]]) -> None:
    files = {"deliver-main", "schedule-monitor", "action-refresh", "action-deploy", "action-rollback"}
    telling = {name.split("/")[0]: job for name, job in jobs.items() if name.endswith("/notify-failed")}
    assert telling.keys() == files
    for file, job in telling.items():
        others = [name.split("/")[1] for name in jobs if name.startswith(f"{file}/")]
        assert [*job["needs"], "notify-failed"] == others
        assert job["if"] == "failure() && !cancelled()"
