"""Traps in what a run does and leaves out, hands on and undoes: none of them occurs in what is generated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
import yaml
from ruamel.yaml import YAML

from conformance import gitlab_starts, jenkins_world
from conformance.generated import (
    azure_jobs,
    azure_stages,
    github_jobs,
    gitlab_jobs,
    gitlab_rules,
    of_kind,
    starts,
    steps,
    texts,
)
from conformance.observing import Observed, differences
from conformance.random_runs import EXECUTORS
from conformance.random_runs_gitlab import on_gitlab
from conformance.random_specs import NAME, Drawn, DrawnCase, errors
from pipegen.simulation import ActionStarted, Ending, Fault, Occurrence, Outcomes, PullRequestOpened, Pushed

# ---------------------------------------------------------------- what is seen in files

_WHATEVER_FAILED = re.compile(r"\b(always|failure|cancelled)\(")
_CLOSING = re.compile(r"and\(always\(\), in\(dependencies\.\w+\.result, ")
_TELLING = re.compile(r"and\(not\(canceled\(\)\), or\(eq\(dependencies\.\w+\.result, 'Failed'\)")


def test_trap_08_no_condition_on_azure_drops_the_test_for_success() -> None:
    conditions = [
        (each, each.node["condition"]) for each in (*azure_stages(), *azure_jobs()) if "condition" in each.node
    ]
    free = [each for each, condition in conditions if not condition.startswith("and(succeeded(), ")]
    assert len(free) < len(conditions) / 2
    for each in free:
        condition = each.node["condition"]
        assert _CLOSING.match(condition) if each.name.endswith("_closing") else _TELLING.match(condition), each.place
    assert not any("deployment" in each.node for each in free)


def test_trap_09_nobody_who_starts_a_run_on_azure_can_leave_a_stage_out() -> None:
    assert {each.node.get("isSkippable") for each in azure_stages() if not each.path.endswith("/pipegen.yml")} == {
        "false"
    }


def test_trap_10_a_job_that_is_left_out_takes_with_it_what_is_left_out_anyway_and_nothing_else() -> None:
    conditions = {(each.path, each.name): each.node.get("if") for each in github_jobs()}
    for each in github_jobs():
        condition = each.node.get("if", "")
        for need in each.node.get("needs", []):
            waits_for = conditions[each.path, need]
            # Where the timer's own run starts another one, everything behind `check_ref` is to be left out.
            if waits_for and need != "check_ref":
                assert waits_for == condition or _WHATEVER_FAILED.search(condition), each.place


def test_trap_12_no_job_needs_one_that_its_pipeline_may_lack() -> None:
    jobs = {(each.path, each.name): each for each in gitlab_jobs()}
    for each in filter(starts, gitlab_jobs()):
        for need in each.node.get("needs", []):
            there = [rule["if"] for rule in gitlab_rules(jobs[each.path, need["job"]])]
            assert all(any(rule["if"].startswith(other) for other in there) for rule in gitlab_rules(each)), each.place


def test_trap_13_reports_decide_nothing_and_exit_codes_everything() -> None:
    for text in texts("jenkins").values():
        assert text.count("junit(") == text.count("skipMarkingBuildUnstable: true")
        assert "unstable(" not in text
        assert "skipStagesAfterUnstable()" in text or "pipeline {" not in text
    publishing = [
        step for each in azure_jobs() for step in steps(each.node) if step.get("task") == "PublishTestResults@2"
    ]
    assert publishing
    assert {step["continueOnError"] for step in publishing} == {"true"}


def _uploads() -> Iterator[Mapping[str, str]]:
    for each in github_jobs():
        for step in steps(each.node):
            if step.get("uses", "").startswith("actions/upload-artifact@"):
                yield step["with"]


def test_trap_35_an_artifact_that_was_not_made_fails_its_job_everywhere() -> None:
    handed = [each for each in _uploads() if each["path"].startswith(".pipegen/packed/")]
    assert handed
    assert {each["if-no-files-found"] for each in handed} == {"error"}
    checked, packed = (re.compile(each) for each in (_CHECKED, _PACKED))
    for target in ("azure", "github", "gitlab", "jenkins"):
        for text in texts(target).values():
            # Values for a later branch are written by the script itself that packs them.
            assert checked.findall(text) == [name for name in packed.findall(text) if name != "values"]


_CHECKED = r'echo "error: (\S+) was not made" >&2; exit 1'
_PACKED = r'-cf \.pipegen/packed/\S+\.tar -C "\$PIPEGEN_ARTIFACTS" (\S+)'


def test_trap_36_what_jobs_hand_on_is_one_archive_that_keeps_names_and_modes() -> None:
    assert {each["path"][-4:] for each in _uploads() if each["path"].startswith(".pipegen/packed/")} == {".tar"}
    published = [step["publish"] for each in azure_jobs() for step in steps(each.node) if "publish" in step]
    assert published
    assert all(path.endswith(".tar") for path in published)
    files = [
        name
        for text in texts("jenkins").values()
        for name in re.findall(r"handOver\('[^']+', '[^']+', '([^']+)'\)", text)
    ]
    assert files
    assert all(name.endswith(".tar") for name in files)
    copied = [
        line
        for text in texts("gitlab").values()
        for line in re.findall(r"^ *cp \.pipegen/packed/(\S+)", text, re.MULTILINE)
    ]
    assert copied
    assert all(name.endswith(".tar") for name in copied)


def test_trap_37_no_run_takes_what_another_run_left_with_the_system() -> None:
    for each in github_jobs():
        for step in steps(each.node):
            if step.get("uses", "").startswith("actions/download-artifact@"):
                assert not {"run-id", "github-token", "repository"} & step["with"].keys()
    for job in azure_jobs():
        for step in steps(job.node):
            assert step.get("download", "none") in {"none", "current"}
            assert step.get("inputs", {}).get("buildType", "current") == "current"
    assert not any("copyArtifacts" in text for text in texts("jenkins").values())
    for each in gitlab_jobs():
        assert not any("project" in need for need in each.node.get("needs", []))
    for text in of_kind("jenkins", "action-rollback").values():
        assert "unstash(" not in text


def test_trap_38_a_job_on_azure_says_what_it_checks_out_and_downloads() -> None:
    for each in azure_jobs():
        told = list(steps(each.node))
        if "deployment" in each.node:
            assert {"download": "none"} in told, each.place
        elif each.node.get("pool") != "server":
            assert any("checkout" in step for step in told), each.place


_OUTPUT = re.compile(r"(stageDependencies|dependencies)\.([\w.]+)\.outputs\['([\w.]+)'\]")


def test_trap_39_an_output_on_azure_is_read_by_the_name_that_it_has() -> None:
    jobs = {(each.path, each.stage, each.name): each.node for each in azure_jobs()}
    read = 0
    for each in azure_jobs():
        for kind, place, name in _OUTPUT.findall(str(each.node.get("variables", "")) + each.node.get("condition", "")):
            stage, job = place.split(".") if kind == "stageDependencies" else (each.stage, place)
            source = jobs[each.path, stage, job]
            *hook, step, value = name.split(".")
            assert hook == ([job] if "deployment" in source else [])
            (setting,) = (known for known in steps(source) if known.get("name") == step)
            assert value in str(setting)
            read += 1
    assert read > 20


def test_trap_42_no_limit_of_a_run_counts_the_time_for_which_people_wait() -> None:
    for text in texts("jenkins").values():
        options = re.findall(r"^  options \{\n(.*?)^  \}", text, re.MULTILINE | re.DOTALL)
        assert not any("timeout(" in each for each in options)
    for each in azure_jobs():
        if each.node.get("pool") == "server":
            assert int(each.node["timeoutInMinutes"]) >= int(each.node["steps"][0]["timeoutInMinutes"])
        assert "timeoutInMinutes" in each.node
    assert all("timeout-minutes" in each.node or "uses" in each.node for each in github_jobs())
    assert all("timeout" in each.node or "trigger" in each.node for each in gitlab_jobs())


def test_trap_46_a_condition_is_an_expression_and_a_word_means_the_same_to_every_reader() -> None:
    for path, text in texts("github").items():
        assert not re.search(r"^\s*(- )?if: [|>]", text, re.MULTILINE), path
        for found in re.findall(r"^\s*(?:- )?if: (.*)$", text, re.MULTILINE):
            assert "${{" not in found or re.fullmatch(r"\$\{\{ [^}]* \}\}", found), path
    for target in ("azure", "github", "gitlab"):
        path, text = max(texts(target).items(), key=lambda each: -len(each[1]))
        assert list(yaml.load_all(text, Loader=yaml.CSafeLoader)) == list(YAML(typ="safe").load_all(text)), path


# ---------------------------------------------------------------- what is seen in runs


def small() -> dict[str, object]:
    """A model with a check before its deployment begins, and an action with a boolean."""
    return {
        "pipegen": 1,
        "model": {"name": NAME, "owner": "team", "path": "models/x"},
        "flow": [{"branch": "feat/*"}, {"branch": "dev", "environments": ["prod"]}],
        "environments": {"prod": {}},
        "stages": [
            {"id": "test", "run": "true"},
            {
                "id": "deploy",
                "deploys": True,
                "run": "true",
                "steps_before": [{"title": "Look first", "run": "true"}],
                "restore": "true",
            },
        ],
        "actions": {"again": {"stages": ["test"], "parameters": {"strict": {"type": "boolean", "default": True}}}},
    }


SYSTEMS = {"gitlab": on_gitlab, **EXECUTORS}
AGAIN = ActionStarted("again", "dev", {"strict": "false"})
RUNS: Mapping[str, tuple[Occurrence, Mapping[str, Fault]]] = {
    "nested": (Pushed("feat/a/b"), {}),
    "other case": (Pushed("Dev"), {}),
    "review": (PullRequestOpened("feat/a", "dev"), {}),
    "false": (AGAIN, {}),
    "merged": (Pushed("dev"), {}),
    "tests fail": (Pushed("dev"), {"test": Fault(Ending.FAILED)}),
    "tests are cancelled": (Pushed("dev"), {"test": Fault(Ending.CANCELLED)}),
    "fails before it begins": (Pushed("dev"), {"deploy-prod": Fault(Ending.FAILED, "before-1")}),
    "fails": (Pushed("dev"), {"deploy-prod": Fault(Ending.FAILED)}),
    "is cancelled": (Pushed("dev"), {"deploy-prod": Fault(Ending.CANCELLED)}),
}


@dataclass(frozen=True)
class Tried:
    """What each run did on one CI system."""

    cases: Mapping[str, DrawnCase]
    runs: Mapping[str, list[Observed]]

    def scripts(self, name: str) -> list[str]:
        return [f"{job.id}/{script.id}" for run in self.runs[name] for job in run.jobs for script in job.scripts]

    def variable(self, name: str, variable: str) -> set[str]:
        found = [script.variables for run in self.runs[name] for job in run.jobs for script in job.scripts]
        return {each[variable] for each in found if variable in each}


@pytest.fixture(scope="module", params=SYSTEMS)
def tried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    drawn = Drawn(small())
    assert errors(drawn.data) == []
    cases = {
        name: DrawnCase(NAME, occurrence, Outcomes(faults, starter="sam"), planned=drawn.delivery)
        for name, (occurrence, faults) in RUNS.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        for kept in (jenkins_world.KEPT_AS, gitlab_starts.KEPT_AS):
            patch.setitem(kept, "feat/a/b", "feat/a")
        (runs,) = SYSTEMS[request.param]([(drawn, list(cases.values()))], tmp_path_factory.mktemp(request.param))
    return Tried(cases, dict(zip(cases, runs, strict=True)))


@pytest.mark.parametrize("name", RUNS)
def test_each_of_these_runs_does_what_the_reference_says(name: str, tried: Tried) -> None:
    assert differences(tried.cases[name].expected, tried.runs[name]) == []


def test_trap_01_a_push_to_a_nested_branch_runs(tried: Tried) -> None:
    assert tried.scripts("nested") == ["test/test"]


def test_trap_08_nothing_is_deployed_after_tests_that_failed(tried: Tried) -> None:
    assert tried.scripts("tests fail") == ["test/test"]


def test_trap_27_a_review_sees_the_branches_of_the_pull_request(tried: Tried) -> None:
    assert tried.variable("review", "PIPEGEN_BRANCH") == {"feat/a"}
    assert tried.variable("review", "PIPEGEN_TARGET_BRANCH") == {"dev"}


def test_trap_31_a_branch_that_differs_in_case_starts_nothing(tried: Tried) -> None:
    assert tried.runs["other case"] == []


def test_trap_32_a_boolean_arrives_as_the_word_that_it_is(tried: Tried) -> None:
    assert tried.variable("false", "PIPEGEN_PARAM_STRICT") == {"false"}


def test_trap_40_what_has_not_begun_is_not_undone_and_what_failed_is_undone_unasked(tried: Tried) -> None:
    assert "deploy-prod/restore" not in tried.scripts("fails before it begins")
    assert "deploy-prod/restore" not in tried.scripts("tests fail")
    assert "deploy-prod/restore" in tried.scripts("fails")


def test_trap_41_a_run_that_people_cancel_deploys_nothing_more(tried: Tried) -> None:
    assert not [name for name in tried.scripts("tests are cancelled") if name.startswith("deploy")]
    assert "deploy-prod/restore" in tried.scripts("is cancelled")
