"""Traps in what starts a run: none of them occurs in what is generated."""

from __future__ import annotations

import re

import pytest

from conformance.azure_starting import matches as azure_matches
from conformance.generated import (
    documents,
    github_jobs,
    gitlab_jobs,
    gitlab_rules,
    of_kind,
    pipeline_of,
    said_of,
    starts,
    texts,
)
from conformance.github_patterns import matches as github_matches
from conformance.random_specs import errors
from local_models import DELIVERIES
from pipegen.simulation import Pushed, started
from specs import spec_from


def spec_with(**changes: object) -> dict[str, object]:
    stages = [{"id": "test", "run": "true"}]
    return {"pipegen": 1, "model": {"name": "drawn", "owner": "team"}, "stages": stages, **changes}


@pytest.mark.parametrize(("branch", "begins"), [("feat/a", True), ("feat/a/b", True), ("feature", False)])
def test_trap_01_nested_branches_start_what_branches_start(branch: str, begins: bool) -> None:  # noqa: FBT001
    found = {
        github_matches([pattern], branch)
        for path in of_kind("github", "change")
        for pattern in documents("github")[path]["on"]["push"]["branches"]
        if pattern.startswith("feat")
    } | {
        azure_matches(pattern, branch)
        for path in of_kind("azure", "change")
        for pattern in documents("azure")[path]["trigger"]["branches"]["include"]
        if pattern.startswith("feat")
    }
    spoken = re.compile(r"branch pattern: '(\^feat.*)', comparator: 'REGEXP'|CI_COMMIT_BRANCH =~ /(\^feat.*)/")
    said = [
        one or two
        for kind in ("jenkins", "gitlab")
        for text in texts(kind).values()
        for one, two in spoken.findall(text)
    ]
    assert len(said) > 10
    assert found | {re.search(pattern.replace("\\/", "/"), branch) is not None for pattern in said} == {begins}


def test_trap_11_a_required_check_neither_waits_for_ever_nor_passes_by_skipping() -> None:
    checks = [path for path in texts("github") if path.endswith("/pipegen.yml")]
    for path in checks:
        workflow = documents("github")[path]
        assert not {"paths", "paths-ignore", "branches", "branches-ignore"} & workflow["on"]["pull_request"].keys()
        assert [(name, job.get("if"), job.get("needs")) for name, job in workflow["jobs"].items()] == [
            ("pipegen", None, None)
        ]
    verdicts = [each for each in github_jobs() if each.name == "pipegen_summary"]
    assert len(verdicts) == len(DELIVERIES) + 1
    for each in verdicts:
        others = set(documents("github")[each.path]["jobs"]) - {each.name}
        assert (each.node["if"], set(each.node["needs"])) == ("always()", others)
        assert each.node["steps"][0]["env"]["RESULTS"] == "${{ join(needs.*.result, ' ') }}"


def test_trap_15_a_timer_means_one_branch_and_no_other() -> None:
    for path in of_kind("github", "schedule"):
        jobs = documents("github")[path]["jobs"]
        first = next(name for name in jobs if name != "relay")
        assert first == "check_ref"
        assert all(each["needs"] for name, each in jobs.items() if name not in {"relay", "check_ref"})
    for path in of_kind("azure", "schedule"):
        (timer,) = documents("azure")[path]["schedules"]
        (branch,) = timer["branches"]["include"]
        assert f"eq(variables['Build.SourceBranch'], 'refs/heads/{branch}')" in texts("azure")[path]
    for text in of_kind("jenkins", "schedule").values():
        (branch,) = re.findall(r"cron\(env\.BRANCH_NAME == '([^']+)' \? ", text)
        assert f"branch pattern: '{branch}', comparator: 'EQUALS'" in text
    assert all(re.search(r"branch \S+, input pipeline", each) for each in said_of("schedule ", "gitlab").values())


def test_trap_16_a_timer_fires_though_nothing_changed() -> None:
    timers = [timer for path in of_kind("azure", "schedule") for timer in documents("azure")[path]["schedules"]]
    assert {timer["always"] for timer in timers} == {"true"}
    assert all("no schedule in its own settings" in each for each in said_of("schedule ", "azure").values())


def test_trap_17_all_clocks_show_utc() -> None:
    timers = [each for path in of_kind("github", "schedule") for each in documents("github")[path]["on"]["schedule"]]
    assert {tuple(each) for each in timers} <= {("cron",), ("cron", "timezone")}
    assert {each.get("timezone", "UTC") for each in timers} == {"UTC"}
    assert all("'TZ=UTC\\n' + " in text for text in of_kind("jenkins", "schedule").values())
    assert all("time zone UTC" in each for each in said_of("schedule ", "gitlab").values())


@pytest.mark.parametrize(
    "cron", ["0 3 1 * 1", "0 3 * * 7", "@daily", "H 3 * * *", "0 3 * * MON", "0 3 * JAN *", "@midnight"]
)
def test_trap_18_a_time_that_systems_read_differently_is_refused(cron: str) -> None:
    found = errors(spec_with(schedules={"nightly": {"cron": cron, "stages": ["test"]}}))
    assert any(each.startswith(("PG270", "PG271")) for each in found)


def test_trap_26_an_action_first_checks_from_where_it_is_started() -> None:
    for target in ("azure", "github", "jenkins"):
        assert all('|$PIPEGEN_BRANCH" in' in text for text in of_kind(target, "action").values())
    for path in of_kind("github", "action"):
        free = [name for name, job in documents("github")[path]["jobs"].items() if not job.get("needs")]
        assert free == ["guard"]
    for path in of_kind("azure", "action"):
        stages = documents("azure")[path].get("stages") or documents("azure")[path]["extends"]["parameters"]["stages"]
        assert [each["stage"] for each in stages if each["dependsOn"] == []] == ["start"]
        assert [job["job"] for job in stages[0]["jobs"]] == ["guard"]
    for each in filter(starts, gitlab_jobs()):
        if ":action-" in each.name and "needs" not in each.node:
            assert each.name.endswith(":guard")
            assert '|$PIPEGEN_BRANCH" in' in str(each.node["script"])


def test_trap_26_settings_keep_environments_to_their_branches_too() -> None:
    assert all(
        "limited to" in each or "open to every branch" in each for each in said_of("environment ", "github").values()
    )
    assert all("branch control" in each for each in said_of("lock ", "azure").values())


def test_trap_27_a_review_asks_for_the_branches_of_the_pull_request() -> None:
    for text in of_kind("github", "review").values():
        assert "github.head_ref" in text and "PIPEGEN_TARGET_BRANCH: ${{ github.base_ref" in text  # noqa: PT018
        assert "github.ref ==" not in text
    for text in of_kind("azure", "review").values():
        assert "Build.SourceBranch'" not in text
    for path, text in texts("jenkins").items():
        if path.endswith("review.groovy"):
            assert "PIPEGEN_BRANCH: source" in text or "CHANGE_BRANCH" in text
    for each in gitlab_jobs():
        if ":review:" in each.name:
            assert all("CI_COMMIT_BRANCH" not in rule["if"] for rule in gitlab_rules(each))


def test_trap_28_one_push_starts_one_pipeline_of_a_model() -> None:
    for delivery in DELIVERIES.values():
        for branch in ("feat/a", "dev", "prod", "main", "docs"):
            assert len(started(delivery, Pushed(branch))) <= 1
    assert [path for path, each in documents("github").items() if {"push", "pull_request"} <= each["on"].keys()] == []
    both = [
        path
        for path, each in documents("azure").items()
        if "trigger" in each and each["trigger"] != "none" != each["pr"]
    ]
    assert both == []
    for path, text in texts("jenkins").items():
        if pipeline_of(path).startswith(("change", "deliver", "archive")) and "tag pattern" not in text:
            assert "not { changeRequest() }" in text
    for each in gitlab_jobs():
        for rule in gitlab_rules(each):
            assert ('== "push"' in rule.get("if", "")) + ('"merge_request_event"' in rule.get("if", "")) <= 1


def test_trap_29_a_review_tries_what_the_merge_would_make_or_the_report_says_otherwise() -> None:
    assert all("merged with their target" in each for each in said_of("verdict", "jenkins").values())
    assert all("merged results" in each for each in said_of("event review", "gitlab", "gitlab").values())
    for target in ("github", "azure"):
        reviews = "".join(of_kind(target, "review").values())
        assert "ref: ${{ github.event.pull_request.head" not in reviews


def test_trap_30_no_file_leaves_open_what_starts_it() -> None:
    assert all(each["on"] for each in documents("github").values())
    for path, each in documents("azure").items():
        if pipeline_of(path) != "review":
            assert {"trigger", "pr"} <= each.keys()
    for path, text in texts("jenkins").items():
        if path.endswith(".Jenkinsfile"):
            stages = re.findall(r"^    stage\('.*'\) \{\n      (\w+)", text, re.MULTILINE)
            assert stages
            assert set(stages) == {"when"}
    for path, each in documents("gitlab").items():
        if path.endswith(".gitlab-ci.yml"):
            assert each["workflow"]["rules"][-1] == {"when": "never"}
    assert [each.place for each in gitlab_jobs() if not gitlab_rules(each)] == []


def test_trap_31_names_that_differ_in_case_alone_are_refused() -> None:
    flow = [{"branch": "dev", "environments": ["a"]}, {"branch": "Dev", "environments": ["b"]}]
    assert any(each.startswith("PG207") for each in errors(spec_with(flow=flow)))
    with pytest.raises(ValueError, match="Prod"):
        spec_from(spec_with(environments={"Prod": {}}))


def test_trap_33_no_pipeline_but_an_action_has_parameters() -> None:
    """So that no default of one decides anything at a push."""
    for path, each in documents("github").items():
        asks = "inputs" in (each["on"].get("workflow_dispatch") or {}) or "inputs" in each["on"]
        assert pipeline_of(path).startswith(("action", "review")) or not asks, path
    for path, each in documents("azure").items():
        assert pipeline_of(path).startswith(("action", "review", "pipegen-reviews")) or "parameters" not in each
    for path, text in texts("jenkins").items():
        assert pipeline_of(path).startswith("action") or "  parameters {" not in text


def test_trap_34_timers_and_actions_have_no_filter_of_paths() -> None:
    for path in of_kind("github", "schedule", "action"):
        assert "paths:" not in texts("github")[path]
    for path in of_kind("azure", "schedule", "action"):
        assert documents("azure")[path]["trigger"] == "none"
    for text in of_kind("jenkins", "schedule", "action").values():
        assert "whatChanged()" not in text
    for each in gitlab_jobs():
        if ":schedule-" in each.name or ":action-" in each.name:
            assert all("changes" not in rule for rule in gitlab_rules(each))


def test_trap_49_on_azure_repos_the_verdict_is_a_required_build_validation() -> None:
    for detail in said_of("verdict", "azure", "azure-repos").values():
        assert "as build validation (automatic, required" in detail
    assert all("a required build validation" in each for each in said_of("merge ", "azure", "azure-repos").values())


def test_trap_50_the_required_check_has_one_name_that_nothing_changes() -> None:
    (name,) = {
        documents("github")[path]["jobs"]["pipegen"]["name"]
        for path in texts("github")
        if path.endswith("/pipegen.yml")
    }
    assert name == "pipegen"
    assert all(f"requires the status check '{name}'" in each for each in said_of("verdict", "github").values())
    assert [each.place for each in github_jobs() if "strategy" in each.node] == []
    assert [each.place for each in github_jobs() if each.node.get("name") == name and each.name != name] == []
