"""The check of a repository, run by an agent against a server that answers as Azure DevOps does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from azure_agent import Agent, job_steps, named
from azure_evaluation import Facts, evaluate
from azure_verdicts import (
    CANCELS,
    CHECK,
    COMMIT,
    TOKEN,
    Project,
    checked,
    pull_request,
    root,
    served,
)
from shadows import SHADOWED, cast_shadows


def errors(agent: Agent) -> str:
    return "\n".join(agent.issues)


# ---------------------------------------------------------------- what becomes of the reviews


def test_a_change_that_concerns_no_model_succeeds_without_another_run(tmp_path: Path) -> None:
    project = Project()
    agent = checked([], project, tmp_path)
    assert (agent.failed, project.asked) == (False, [])
    assert "the change concerns no model" in agent.log


def test_reviews_that_succeed_make_the_check_succeed(tmp_path: Path) -> None:
    project = Project()
    agent = checked(["churn-prediction", "fraud"], project, tmp_path)
    assert not agent.failed, agent.log
    assert project.runs == [
        {
            "resources": {"repositories": {"self": {"refName": "refs/pull/12/merge", "version": COMMIT}}},
            "templateParameters": {
                "models": "churn-prediction,fraud",
                "branch": "feat/better",
                "target": "main",
                "actor": "Ann O'Neil $ (x)",
            },
        }
    ]
    assert (project.cancelled, project.tokens) == ([], {f"Bearer {TOKEN}"})
    assert TOKEN not in agent.log


@pytest.mark.parametrize("result", ["failed", "canceled", "skipped", "abandoned", "absent"])
def test_a_review_that_does_not_succeed_fails_the_check_and_is_named(result: str, tmp_path: Path) -> None:
    agent = checked(["churn", "fraud"], Project({"fraud": result}), tmp_path)
    said = "missing" if result == "absent" else result
    assert agent.failed
    assert f"the review of fraud: {said}; see http" in errors(agent)
    assert "mend it, push again" in errors(agent)
    assert "churn" not in errors(agent)


def test_warnings_fail_nothing(tmp_path: Path) -> None:
    project = Project({"fraud": "succeededWithIssues"}, result="partiallySucceeded")
    assert not checked(["fraud"], project, tmp_path).failed


@pytest.mark.parametrize("result", ["failed", "canceled"])
def test_a_run_counts_by_its_result_even_if_its_stages_say_otherwise(result: str, tmp_path: Path) -> None:
    agent = checked(["fraud"], Project(result=result), tmp_path)
    assert agent.failed
    assert f"the run of the reviews of fraud: {result}" in errors(agent)


def test_a_model_is_not_taken_for_one_whose_name_ends_alike(tmp_path: Path) -> None:
    agent = checked(["of-b", "b"], Project({"b": "absent"}), tmp_path)
    assert errors(agent).startswith("the review of b: missing")
    assert len(agent.issues) == 1


def test_a_review_that_never_ends_is_given_up_and_cancelled(tmp_path: Path) -> None:
    project = Project({"fraud": ""})
    agent = checked(["fraud"], project, tmp_path)
    assert agent.failed
    assert "no result after 330 minutes: fraud" in errors(agent)
    assert "more parallel jobs" in errors(agent)
    assert project.cancelled == [101]
    assert agent.log.count("inProgress") == 1, "what does not change is said once"


def test_waiting_asks_less_and_less_often(tmp_path: Path) -> None:
    project = Project({"fraud": ""})
    checked(["fraud"], project, tmp_path)
    assert 600 < len(project.asked) < 700


@pytest.mark.parametrize(("count", "chunks"), [(50, [50]), (51, [50, 1]), (120, [50, 50, 20])])
def test_many_models_are_reviewed_in_several_runs_and_all_of_them_count(
    count: int, chunks: list[int], tmp_path: Path
) -> None:
    models = [f"model-{number}" for number in range(count)]
    project = Project()
    assert not checked(models, project, tmp_path).failed
    assert [len(project.models(101 + number)) for number in range(len(project.runs))] == chunks
    assert [model for number in range(len(chunks)) for model in project.models(101 + number)] == models


def test_one_failure_in_any_of_several_runs_fails_the_check(tmp_path: Path) -> None:
    models = [f"model-{number}" for number in range(60)]
    agent = checked(models, Project({"model-3": "failed", "model-59": "skipped"}), tmp_path)
    assert agent.failed
    assert [issue.partition(";")[0] for issue in agent.issues if "the review of" in issue] == [
        "the review of model-3: failed",
        "the review of model-59: skipped",
    ]


# ---------------------------------------------------------------- what a pull request brings


def test_files_of_a_pull_request_stand_in_for_no_module_of_python(tmp_path: Path) -> None:
    cast_shadows(tmp_path)
    project = Project({"fraud": ""})
    agent = checked(["fraud"], project, tmp_path, PYTHONPATH=str(tmp_path))
    assert SHADOWED not in agent.log
    assert (agent.failed, len(project.runs), project.cancelled) == (True, 1, [101])


def test_every_program_of_the_check_is_started_apart_from_the_files_around_it() -> None:
    (job,) = root()[CHECK]["stages"][0]["jobs"]
    scripts = [step["bash"] for step in job_steps(job) if "bash" in step]
    first_words = [word for script in scripts for word in re.findall(r"\bpython[\d.]*\"? ([^ ]+)", script)]
    assert len(first_words) >= 5
    assert set(first_words) == {"-I"}


# ---------------------------------------------------------------- what the server may answer


@pytest.mark.parametrize(
    ("place", "codes", "expected"),
    [
        ("runs", [401], "allow the build service of this project to View, Queue and Stop builds"),
        ("runs", [403], "builds of pipegen-reviews"),
        ("runs", [400], "HTTP 400: no way"),
        ("runs", [500], "could not be queued (HTTP 500): run the check again"),
        ("runs", [203], "the token of this job is not accepted"),
        ("runs", [302], "HTTP 302"),
        ("runs", [206], "a form that this check does not know (KeyError)"),
        ("builds", [206], "a form that this check does not know (KeyError)"),
        ("definitions", [404], "HTTP 404"),
        ("builds", [500] * 30, "Azure DevOps does not answer (HTTP 500)"),
        ("builds", [429, 503, 500], ""),
        ("timeline", [500, 429], ""),
        ("definitions", [503], ""),
    ],
)
def test_a_server_in_trouble_fails_the_check_with_advice_or_is_asked_again(
    place: str, codes: list[int], expected: str, tmp_path: Path
) -> None:
    agent = checked(["fraud"], Project(troubles={place: list(codes)}), tmp_path)
    assert (agent.failed, expected in errors(agent)) == (bool(expected), True), agent.log
    assert "Traceback" not in agent.log


def test_a_server_that_is_not_there_fails_the_check(tmp_path: Path) -> None:
    agent = checked(["fraud"], Project(), tmp_path, **{"System.CollectionUri": "http://127.0.0.1:9/org/"})
    assert "Azure DevOps does not answer" in errors(agent)


@pytest.mark.parametrize("definitions", [0, 2])
def test_there_has_to_be_one_pipeline_for_reviews(definitions: int, tmp_path: Path) -> None:
    agent = checked(["fraud"], Project(definitions=definitions), tmp_path)
    assert f"{definitions} pipelines of this repository are called pipegen-reviews" in errors(agent)
    assert agent.failed


def test_a_run_of_another_commit_is_refused_and_cancelled(tmp_path: Path) -> None:
    project = Project({"fraud": ""}, taken="d" * 40)
    agent = checked(["fraud"], project, tmp_path)
    assert f"took commit '{'d' * 40}' and not the one under review" in errors(agent)
    assert project.cancelled == [101]


def test_a_run_that_ends_without_a_word_on_its_commit_counts_for_nothing(tmp_path: Path) -> None:
    agent = checked(["fraud"], Project(taken=None), tmp_path)
    assert agent.failed
    assert f"took commit None and not the one under review, {COMMIT}" in errors(agent)


def test_a_run_that_has_not_begun_need_not_know_its_commit(tmp_path: Path) -> None:
    agent = checked(["fraud"], Project({"fraud": ""}, taken=None), tmp_path)
    assert "no result after 330 minutes" in errors(agent)


REF = "refs/pull/12/merge"
OTHERS = (
    {"id": 99, "status": "inProgress", "sourceVersion": COMMIT, "refName": REF},
    {"id": 301, "status": "inProgress", "sourceVersion": "d" * 40, "refName": REF},
    {"id": 302, "status": "inProgress", "sourceVersion": COMMIT, "refName": "refs/pull/13/merge"},
    {"id": 303, "status": "completed", "sourceVersion": COMMIT, "refName": REF},
)
"""Builds that were queued before the check was, of another commit, for another pull request, or that have ended."""


@pytest.mark.parametrize("trouble", [504, 0], ids=["a gateway", "the connection"])
def test_a_run_that_was_queued_although_the_answer_was_lost_is_cancelled_and_no_others(
    trouble: int, tmp_path: Path
) -> None:
    project = Project({"fraud": ""}, others=OTHERS, troubles={"runs": [trouble]})
    agent = checked(["fraud"], project, tmp_path)
    assert "the reviews of fraud could not be queued (" in errors(agent)
    assert (len(project.runs), project.cancelled) == (1, [101])


def test_what_waits_for_an_agent_may_not_know_its_commit_and_is_cancelled_too(tmp_path: Path) -> None:
    project = Project({"fraud": ""}, taken=None, troubles={"runs": [504]})
    checked(["fraud"], project, tmp_path)
    assert project.cancelled == [101]


def test_the_runs_that_were_noted_before_are_cancelled_once(tmp_path: Path) -> None:
    models = [f"model-{number}" for number in range(60)]
    project = Project({"model-1": "", "model-59": ""}, troubles={"runs": [200, 504]})
    assert checked(models, project, tmp_path).failed
    assert sorted(project.cancelled) == [101, 102]


def test_the_runs_of_a_cancelled_check_are_cancelled_and_no_others(tmp_path: Path) -> None:
    project = Project({"fraud": ""}, runs=[{"templateParameters": {"models": name}} for name in ("churn", "fraud")])
    (tmp_path / ".pipegen").mkdir()
    (tmp_path / ".pipegen/models.queued").write_text("101\n102\n", "utf-8")
    data = root()[CHECK]
    (job,) = data["stages"][0]["jobs"]
    with served(project) as address:
        known = pull_request(**{"System.CollectionUri": address})
        agent = Agent(tmp_path, variables=known, canceled=True).run(data, job)
    assert (agent.ran, project.cancelled) == (["Show the summary", CANCELS], [102])
    assert job["cancelTimeoutInMinutes"] >= 10


def test_a_check_that_cannot_cancel_says_so_and_ends_as_it_would(tmp_path: Path) -> None:
    project = Project({"fraud": ""}, taken="d" * 40, troubles={"builds": [200, 500]})
    agent = checked(["fraud"], project, tmp_path)
    assert "run 101 goes on: HTTPError" in agent.log
    assert agent.failed


# ---------------------------------------------------------------- who decides what runs


HOSTILE = ("x$(System.AccessToken)", "x;touch${IFS}pwned", "a'b", 'a"b', "$[variables.x]", "${{ 1 }}", "a%0Ab", "a\nb")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("side", ["SourceBranch", "TargetBranch"])
def test_a_branch_name_that_could_mean_something_is_refused_before_anything_is_queued(
    side: str, name: str, tmp_path: Path
) -> None:
    project = Project()
    agent = checked(["fraud"], project, tmp_path, **{f"System.PullRequest.{side}": name, "x": "expanded"})
    assert agent.failed
    assert "has characters that could mean something to Azure" in errors(agent)
    assert (project.runs, TOKEN in agent.log, list(tmp_path.glob("pwned"))) == ([], False, [])


@pytest.mark.parametrize("name", ["feat/a_b-1.2+x@y#3=4", "dependabot/npm_and_yarn/x-1.2", "größe"])
def test_ordinary_branch_names_are_taken(name: str, tmp_path: Path) -> None:
    project = Project()
    assert not checked(["fraud"], project, tmp_path, **{"System.PullRequest.SourceBranch": name}).failed
    assert project.runs[0]["templateParameters"]["branch"] == name


@pytest.mark.parametrize("model", ["../fraud", "Fraud", "fraud,churn", "$(x)", "fraud@templates"])
def test_only_models_reach_the_path_of_a_template(model: str, tmp_path: Path) -> None:
    project = Project()
    agent = checked(["fraud", model], project, tmp_path, x="expanded")
    assert "which is no model" in errors(agent)
    assert project.runs == []


def test_a_fork_never_gets_a_run_with_secrets(tmp_path: Path) -> None:
    project = Project()
    agent = checked(["fraud"], project, tmp_path, **{"System.PullRequest.IsFork": "True"})
    assert "push the branch to this repository" in errors(agent)
    assert project.asked == []


@pytest.mark.parametrize("value", ["True", "true", "", "yes", "$(System.PullRequest.IsFork)"])
def test_whatever_is_not_said_to_be_no_fork_is_one(value: str, tmp_path: Path) -> None:
    project = Project()
    agent = checked(["fraud"], project, tmp_path, **{"System.PullRequest.IsFork": value})
    assert "push the branch to this repository" in errors(agent)
    assert (agent.failed, project.asked) == (True, [])


@pytest.mark.parametrize("value", ["False", "false", "FALSE"])
def test_what_is_said_to_be_no_fork_is_none(value: str, tmp_path: Path) -> None:
    assert not checked(["fraud"], Project(), tmp_path, **{"System.PullRequest.IsFork": value}).failed


BITBUCKET = {"Build.Repository.Provider": "Bitbucket", "Build.SourceBranch": "feat/better"}


def test_bitbucket_has_the_commit_of_its_source_branch_reviewed(tmp_path: Path) -> None:
    project = Project(provider="Bitbucket")
    assert not checked(["fraud"], project, tmp_path, **BITBUCKET).failed
    taken = {"refName": "refs/heads/feat/better", "version": COMMIT}
    assert project.runs[0]["resources"] == {"repositories": {"self": taken}}


@pytest.mark.parametrize(("commit", "taken"), [("c" * 12, COMMIT), (COMMIT, "c" * 12), ("c" * 12, "c" * 12)])
def test_bitbucket_may_tell_a_commit_by_its_first_twelve_digits(commit: str, taken: str, tmp_path: Path) -> None:
    project = Project(provider="Bitbucket", taken=taken)
    assert not checked(["fraud"], project, tmp_path, **BITBUCKET, **{"Build.SourceVersion": commit}).failed


@pytest.mark.parametrize("taken", ["d" * 40, "c" * 12 + "d" * 28, "c" * 11, "d" * 12, None])
def test_bitbucket_has_no_other_commit_reviewed(taken: str | None, tmp_path: Path) -> None:
    agent = checked(["fraud"], Project(provider="Bitbucket", taken=taken), tmp_path, **BITBUCKET)
    assert "and not the one under review" in errors(agent)
    assert agent.failed


@pytest.mark.parametrize("reason", ["Manual", "IndividualCI", "Schedule", "ResourceTrigger"])
def test_a_run_that_no_pull_request_started_is_no_verdict(reason: str, tmp_path: Path) -> None:
    data = root()[CHECK]
    (job,) = data["stages"][0]["jobs"]
    agent = Agent(tmp_path, variables=pull_request(**{"Build.Reason": reason})).run(data, job)
    assert agent.failed
    assert agent.ran == ["Check what started the run", "Show the summary", CANCELS]
    assert errors(agent) == "pull requests alone have a verdict: this run was not started by one"


@pytest.mark.parametrize(
    ("variables", "branch", "target"),
    [
        ({"SourceBranch": "refs/heads/feat/x", "TargetBranch": "refs/heads/dev"}, "feat/x", "dev"),
        ({"SourceBranch": "feat/x", "TargetBranch": "dev", "IsFork": "False"}, "feat/x", "dev"),
        ({"SourceBranch": "feat/x", "TargetBranch": "dev", "IsFork": "True"}, "fork:feat/x", "dev"),
        ({"SourceBranch": "refs/heads/refs/heads/dev", "TargetBranch": "refs/heads/prod"}, "refs/heads/dev", "prod"),
    ],
)
def test_the_check_knows_where_a_pull_request_comes_from_and_goes_to(
    variables: dict[str, str], branch: str, target: str
) -> None:
    facts = Facts({f"System.PullRequest.{name}": value for name, value in variables.items()})
    found = root()[CHECK]["variables"]
    values = {name: evaluate(text[2:-1], facts) for name, text in named(found) if "_BRANCH" in name}
    assert values == {"PIPEGEN_BRANCH": branch, "PIPEGEN_TARGET_BRANCH": target}
