"""Traps in whom a run asks, what it keeps to itself and what it waits for: none of them occurs in what is generated."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from conformance.azure import project_of
from conformance.generated import (
    azure_jobs,
    azure_stages,
    documents,
    github_jobs,
    gitlab_jobs,
    gitlab_rules,
    of_kind,
    said,
    said_of,
    steps,
    texts,
)
from local_models import DELIVERIES
from pipegen.delivery import Approval
from pipegen.targets import TARGETS


def approvals(model: str) -> Iterator[Approval]:
    yield from (each for environment in DELIVERIES[model].environments for each in environment.approvals)


ASKED = [(model, each) for model in DELIVERIES for each in approvals(model)]
EVERY = pytest.mark.parametrize(("model", "approval"), ASKED, ids=[f"{model} {each.id}" for model, each in ASKED])


# ---------------------------------------------------------------- approvals


@EVERY
def test_trap_02_as_many_environments_ask_as_people_must_say_yes(model: str, approval: Approval) -> None:
    counted = {
        step["env"]["ENVIRONMENTS"]: step["run"]
        for job in github_jobs()
        if job.path.startswith(f"{model}/") and job.name == f"approved_{approval.id}"
        for step in steps(job.node)
        if "ENVIRONMENTS" in step.get("env", {})
    }
    ((names, script),) = counted.items()
    assert names.split() == [f"{approval.id}-approval-{number + 1}" for number in range(approval.count)]
    assert "if len(people) < len(wanted):" in script


@pytest.mark.parametrize("model", DELIVERIES)
def test_trap_03_a_check_asks_for_no_more_answers_than_it_has_approvers(model: str) -> None:
    """And never for none, which Azure takes for all."""
    checks = [each.approval for each in project_of(DELIVERIES[model], {}).environments.values() if each.approval]
    assert all(1 <= each.minimum <= len(set(each.approvers)) for each in checks)


@EVERY
def test_trap_04_that_an_approval_starts_nothing_by_itself_is_reported(model: str, approval: Approval) -> None:
    detail = said(model, "gitlab")[f"approval {approval.id}"]
    assert "After the approvals one of them must start the job by hand" in detail


def test_trap_05_a_rule_that_nobody_can_meet_is_not_taken_for_met() -> None:
    for detail in said_of("merge approvals", "gitlab", "gitlab").values():
        count = int(found[1]) if (found := re.search(r"requires (\d+) approval", detail)) else 0
        assert (f"at least {count + 1} people who may approve" in detail) == (count > 0)


@EVERY
def test_trap_06_what_an_edition_must_have_for_an_approval_is_reported(model: str, approval: Approval) -> None:
    on_github = said(model, "github")[f"approval {approval.id}"]
    assert "GitHub Enterprise" in on_github
    assert "Whatever is not set up so is refused: a job counts" in on_github
    assert "Premium" in said(model, "gitlab")[f"approval {approval.id}"]


def test_trap_07_a_question_in_a_stage_is_never_answered_by_silence_or_by_the_starter() -> None:
    asking = [each for each in azure_jobs() if each.node.get("pool") == "server"]
    assert asking
    for each in asking:
        (step,) = each.node["steps"]
        assert step["task"] == "ManualValidation@1"
        assert step["inputs"]["allowApproversToApproveTheirOwnRuns"] == "false"
        assert step["inputs"]["onTimeout"] == "reject"
        siblings = [job for job in azure_jobs() if (job.path, job.stage) == (each.path, each.stage)]
        behind = siblings[siblings.index(each) + 1 :]
        assert behind
        assert all(each.name in job.node["dependsOn"] for job in behind)


def test_trap_14_nobody_is_asked_before_it_is_known_that_the_stage_is_due() -> None:
    for text in texts("jenkins").values():
        assert not re.search(r"^\s*input \{", text, re.MULTILINE)
        assert text.count("when {") == text.count("beforeInput true") == text.count("beforeAgent true")


# ---------------------------------------------------------------- waiting

NEWEST = {"bundle-prod", "rest-prod"}
"""Environments for which a spec says `waiting: newest`."""


def _environment(group: str) -> str:
    return group.removeprefix("pipegen-").removesuffix("-rollback")


def test_trap_19_no_deployment_that_waits_is_dropped_or_overtaken_unasked() -> None:
    groups = [each.node["concurrency"] for each in github_jobs() if "concurrency" in each.node]
    assert groups
    assert {each["cancel-in-progress"] for each in groups} == {"false"}
    assert {_environment(each["group"]) for each in groups if each.get("queue") != "max"} == NEWEST
    for stage in azure_stages():
        locked = {job["environment"] for job in stage.node["jobs"] if "deployment" in job}
        if locked and "schedule-monitor" not in stage.path:
            newest = {name.removesuffix("-rollback") for name in locked} <= NEWEST
            assert stage.node["lockBehavior"] == ("runLatest" if newest else "sequential")
    for subject, detail in said_of("lock ", "gitlab").items():
        newest = subject.rpartition(" ")[2].removesuffix("-rollback") in NEWEST
        assert ("process_mode newest_" if newest else "process_mode oldest_first") in detail
    overtaken = re.findall(r"lock\(resource: '([^']+)', inversePrecedence: true", "".join(texts("jenkins").values()))
    assert set(map(_environment, overtaken)) == NEWEST


@pytest.mark.parametrize(
    ("target", "scope"),
    [
        ("azure", "for this project alone"),
        ("github", "for this repository alone"),
        ("gitlab", "for this project alone"),
        ("jenkins", "for all jobs of one controller"),
    ],
)
def test_trap_20_how_far_a_lock_reaches_is_reported(target: str, scope: str) -> None:
    assert all(scope in each for each in said_of("lock ", target).values())


def test_trap_21_no_lock_is_held_while_people_are_asked_for_a_deployment() -> None:
    asking = [each for each in github_jobs() if each.name.startswith(("ask_", "approve_", "approved_"))]
    assert asking
    assert not any("concurrency" in each.node for each in asking)
    manual = [each for each in gitlab_jobs() if each.name.rpartition(":")[2].startswith(("ask_", "approve_"))]
    assert manual
    assert not any("resource_group" in each.node for each in manual)
    for text in texts("jenkins").values():
        for name in re.findall(r"lock\(resource: '([^']+)'", text):
            asked = re.search(rf"askForApproval\(\s*id: '{name}',", text)
            assert asked is None or asked.start() < text.index(f"lock(resource: '{name}'")


def test_trap_22_no_run_begins_behind_its_approvals() -> None:
    files = {path: text for path, text in texts("jenkins").items() if path.endswith(".Jenkinsfile")}
    assert [path for path, text in files.items() if "\n    disableRestartFromStage()\n" not in text] == []


def test_trap_23_that_nobody_may_replay_an_edited_run_is_asked_of_the_settings() -> None:
    """A change and a review may run what a branch says anyway."""
    own = re.compile(r": event (deliver|archive|action|schedule)-")
    events = {name: detail for name, detail in said_of("event ", "jenkins").items() if own.search(name)}
    assert len(events) > 20
    assert all("give nobody the permission to replay" in each for each in events.values())


@EVERY
@pytest.mark.parametrize("target", TARGETS)
def test_trap_25_who_counts_as_the_starter_is_reported(target: str, model: str, approval: Approval) -> None:
    detail = said(model, target)[f"initiator of approval {approval.id}"]
    assert re.search("start|own runs|triggerer|pushed", detail)


def test_trap_48_a_job_that_people_start_blocks_what_is_behind_it() -> None:
    by_hand = [(each, rule) for each in gitlab_jobs() for rule in gitlab_rules(each) if rule.get("when") == "manual"]
    assert by_hand
    assert {rule.get("allow_failure") for _, rule in by_hand} == {"false"}
    assert not any("when" in each.node for each in gitlab_jobs())


# ---------------------------------------------------------------- secrets


_SHARED = {"pipegen-shared", "pipegen-checks"}


def test_trap_43_a_review_reads_what_is_for_checks_and_what_all_may_read() -> None:
    reviews = [each for each in github_jobs() if "pull_request" in documents("github")[each.path]["on"]]
    assert len(reviews) > 20
    bound = {each.node["environment"]["name"] for each in reviews if "environment" in each.node}
    assert bound == {"checks"}
    groups = {
        variable["group"]
        for each in azure_jobs()
        if each.path.endswith("/review.yml") and isinstance(each.node.get("variables"), list)
        for variable in each.node["variables"]
        if "group" in variable
    }
    assert groups == _SHARED
    credentials = {
        name
        for path, text in texts("jenkins").items()
        if path.endswith(".groovy")
        for name in re.findall(r"credentialsId: '([^']+)'", text)
    }
    assert {name for name in credentials if not name.startswith("checks-")} == {"nexus-credentials"}


def test_trap_44_a_secret_reaches_the_step_that_names_it_and_no_other() -> None:
    for each in github_jobs():
        assert "secrets." not in str(each.node.get("env", "")) + str(documents("github")[each.path].get("env", ""))
        for step in steps(each.node):
            assert "secrets." not in str({key: value for key, value in step.items() if key not in {"env", "with"}})
    for text in texts("jenkins").values():
        assert not re.search(r"^\s*environment \{|credentials\(", text, re.MULTILINE)
    for each in azure_jobs():
        for step in steps(each.node):
            assert "task.setvariable" not in str(step.get("env", ""))
    reads = [each for each in gitlab_jobs() if "export -n " in str(each.node.get("script", ""))]
    assert reads
    assert all("hide it from scripts that do not name it" in each for each in said_of("secret ", "gitlab").values())


def test_trap_45_trust_in_a_token_names_what_the_subject_leaves_out() -> None:
    for detail in said_of("token ", "github").values():
        name = re.search(r"environment:(\S+);", detail)
        assert name
        limited = {each.split(": ")[1]: told for each, told in said_of("environment ", "github").items()}
        assert "limited to" in limited[f"environment {name[1]}"]
    for detail in said_of("token ", "gitlab").values():
        assert "requires the claims environment" in detail
        assert "ref_protected true" in detail
    assert all("branch control" in each for each in said_of("token ", "azure").values())


def test_trap_45_no_job_without_an_environment_gets_a_token() -> None:
    signing = [each for each in github_jobs() if each.node["permissions"].get("id-token") == "write"]
    assert signing
    assert all("environment" in each.node or "uses" in each.node for each in signing)
    assert of_kind("github", "deliver")
