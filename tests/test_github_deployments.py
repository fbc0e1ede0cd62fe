"""Deployments on GitHub: approvals before them, the lock around them, the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from github_expressions import conditions
from github_model import (
    Workflow,
    approval,
    deployment,
    job,
    phase,
    pipeline,
    reading,
    run,
    workflow,
    workflows,
)
from github_steps import step_named
from pipegen.delivery import (
    Action,
    Approval,
    DeploymentJob,
    JobVariable,
    Parameter,
    ParameterValue,
    PublishedValue,
    SecretValue,
    StepVariable,
    TokenValue,
)

UNIT_FILE = "churn.deliver-prod.prod.yml"


def needs(made: Workflow) -> dict[str, list[str]]:
    return {name: one.get("needs", []) for name, one in made["jobs"].items()}


def names_of(steps: list[dict[str, Any]]) -> list[str]:
    return [step["name"] for step in steps]


# ---------------------------------------------------------------- approvals


def test_approvals_are_asked_one_after_the_other_and_then_counted() -> None:
    made = workflow(phase("prod", deployment=deployment(), approval=approval(count=2, approvers=("release", "risk"))))
    assert needs(made) == {
        "ask_prod": [],
        "approve_prod_1": ["ask_prod"],
        "approve_prod_2": ["approve_prod_1"],
        "approved_prod": ["ask_prod", "approve_prod_2"],
        "deploy": ["approved_prod"],
    }


def test_each_approval_has_an_environment_of_its_own_without_secrets_and_rights() -> None:
    made = workflow(phase("prod", deployment=deployment(), approval=approval(count=2, approvers=("release", "risk"))))
    for number in (1, 2):
        asked = made["jobs"][f"approve_prod_{number}"]
        assert asked["environment"] == {"name": f"prod-approval-{number}", "deployment": False}
        assert asked["permissions"] == {}
        assert "secrets." not in str(asked)


@pytest.mark.parametrize(
    ("count", "approvers", "asked"),
    [
        (1, ("a", "b"), [["a", "b"]]),
        (2, ("a", "b"), [["a"], ["b"]]),
        (2, ("a", "b", "c"), [["a", "c"], ["b"]]),
    ],
)
def test_no_approver_is_asked_for_two_approvals(count: int, approvers: tuple[str, ...], asked: list[list[str]]) -> None:
    made = workflow(phase("prod", deployment=deployment(), approval=approval(count=count, approvers=approvers)))
    shown = [made["jobs"][f"approve_prod_{number + 1}"]["steps"][0]["name"] for number in range(count)]
    assert shown == [f"Approved by one of {', '.join(each)}" for each in asked]


def test_an_approval_precedes_everything_in_its_phase() -> None:
    made = workflow(
        phase("build", (job("a"),)),
        phase("prod", (job("b"), job("c")), needs=("build",), approval=approval(), deployment=deployment()),
    )
    assert needs(made)["ask_prod"] == ["a"]
    assert needs(made)["b"] == needs(made)["c"] == ["approved_prod"]
    assert needs(made)["deploy"] == ["b", "c", "approved_prod"]


def test_what_stands_in_the_environment_refuses_the_approval_of_an_earlier_attempt() -> None:
    secret = StepVariable("TOKEN", SecretValue("TOKEN", "string", "prod", "x"))
    inside = job("b", run(variables=(secret,)), environment="prod")
    made = workflow(phase("prod", (job("a"), inside), approval=approval(), deployment=deployment()))
    first = {name: made["jobs"][name]["steps"][0] for name in ("a", "b", "deploy")}
    assert "env" not in first["a"]
    for name in ("b", "deploy"):
        assert first[name]["env"]["EARLIER_ATTEMPT"] == "${{ needs.approved_prod.outputs.attempt }}"


# ---------------------------------------------------------------- the lock


@pytest.mark.parametrize(("waiting", "queue"), [("all", {"queue": "max"}), ("newest", {})])
def test_a_deployment_waits_for_others_and_is_never_cancelled_by_them(waiting: str, queue: dict[str, str]) -> None:
    made = workflow(phase("prod", deployment=deployment(waiting=waiting)))
    lock = {"group": "pipegen-prod", "cancel-in-progress": False, **queue}
    assert made["jobs"]["deploy"]["concurrency"] == lock


def test_the_lock_is_taken_after_the_approval_and_covers_every_job_of_the_deployment() -> None:
    files = workflows(
        pipeline(
            phase("prod", approval=approval(), deployment=deployment(asked_half_way=approval("prod-full"))),
        )
    )
    caller = files["churn.deliver-prod.yml"]["jobs"]["deployment_prod"]
    assert caller["needs"] == ["approved_prod"]
    assert caller["concurrency"]["group"] == "pipegen-prod"
    assert caller["uses"] == f"$/.github/workflows/{UNIT_FILE}"
    holders = [one for made in files.values() for one in made["jobs"].values() if "concurrency" in one]
    assert holders == [caller]


# ---------------------------------------------------------------- deployments in several jobs

SECRET = StepVariable("TOKEN", SecretValue("TOKEN", "string", "prod", "x"))
CLOUD = StepVariable("CLOUD", TokenValue("CLOUD", "cloud", "prod", "x"))


def halves(**more: Any) -> tuple[Workflow, Workflow]:  # noqa: ANN401  (fields of a phase)
    files = workflows(pipeline(phase("prod", deployment=deployment(asked_half_way=approval("prod-full")), **more)))
    return files["churn.deliver-prod.yml"], files[UNIT_FILE]


def test_a_deployment_in_several_jobs_asks_half_way_and_always_closes() -> None:
    _, unit = halves()
    assert needs(unit) == {
        "deploy-tenth": [],
        "ask_prod-full": ["deploy-tenth"],
        "approve_prod-full_1": ["ask_prod-full"],
        "approved_prod-full": ["ask_prod-full", "approve_prod-full_1"],
        "deploy-full": ["approved_prod-full", "deploy-tenth"],
        "deploy-closing": ["deploy-tenth", "deploy-full"],
    }


def test_only_the_job_that_completes_a_deployment_is_noted_as_one() -> None:
    _, unit = halves()
    noted = {name: one.get("environment") for name, one in unit["jobs"].items() if name.startswith("deploy")}
    silent = {"name": "prod", "deployment": False}
    assert noted == {"deploy-tenth": silent, "deploy-full": "prod", "deploy-closing": silent}


def test_a_rollout_does_not_go_on_where_an_earlier_attempt_was_closed() -> None:
    _, unit = halves(approval=approval())
    first, last = unit["jobs"]["deploy-tenth"], unit["jobs"]["deploy-full"]
    assert first["steps"][0]["env"]["EARLIER_ATTEMPT"] == "${{ inputs.approved-attempt }}"
    assert last["steps"][0]["env"]["EARLIER_ATTEMPT"] == "${{ needs.deploy-tenth.outputs.attempt }}"
    assert first["outputs"]["attempt"] == "${{ github.run_attempt }}"


def unit_with(*variables: StepVariable, jobs: tuple[JobVariable, ...] = ()) -> DeploymentJob:
    return DeploymentJob(job("deploy-tenth", run(variables=variables), environment="prod", variables=jobs), None)


def test_values_secrets_and_rights_are_handed_to_the_called_workflow_by_name() -> None:
    parameter = Parameter("months", "integer", "", "", (), "", "", "", ())
    whole = deployment(asked_half_way=approval("prod-full"))
    read = (
        JobVariable("VERSION", PublishedValue("train", "VERSION")),
        JobVariable("PIPEGEN_PARAM_MONTHS", ParameterValue("months")),
    )
    changed = type(whole)(
        whole.environment, (unit_with(SECRET, CLOUD, jobs=read), *whole.jobs[1:]), whole.closing, whole.lock, ()
    )
    files = workflows(
        pipeline(
            phase("build", (job("train", publishes=("VERSION",)),)),
            phase("prod", needs=("build",), deployment=changed),
            event=Action("go", (parameter,), ("prod",)),
        )
    )
    caller, unit = files["churn.deliver-prod.yml"]["jobs"]["deployment_prod"], files[UNIT_FILE]
    assert caller["with"] == {"VERSION": "${{ needs.train.outputs.VERSION }}", "months": "${{ inputs.months }}"}
    assert caller["secrets"] == {"TOKEN": "${{ secrets.TOKEN }}"}
    assert caller["permissions"] == {"actions": "read", "id-token": "write"}
    assert unit["on"]["workflow_call"] == {
        "inputs": {"VERSION": {"type": "string", "required": True}, "months": {"type": "number", "required": True}},
        "secrets": {"TOKEN": {"required": False}},
    }
    assert unit["jobs"]["deploy-tenth"]["env"]["VERSION"] == "${{ inputs.VERSION }}"


def test_equal_names_of_two_jobs_stay_apart_in_the_called_workflow() -> None:
    values = (PublishedValue("a", "X"), PublishedValue("b", "X"))
    whole = deployment(asked_half_way=approval("prod-full"))
    first = DeploymentJob(reading("deploy-tenth", *values), None)
    changed = type(whole)(whole.environment, (first, *whole.jobs[1:]), whole.closing, whole.lock, ())
    files = workflows(
        pipeline(phase("build", (job("a"), job("b"))), phase("prod", needs=("build",), deployment=changed))
    )
    assert files["churn.deliver-prod.yml"]["jobs"]["deployment_prod"]["with"] == {
        "a_X": "${{ needs.a.outputs.X }}",
        "b_X": "${{ needs.b.outputs.X }}",
    }


# ---------------------------------------------------------------- the way back

Contexts = Mapping[str, Any]


def steps(begin: str, complete: str) -> Contexts:
    return {"steps": {"begin": {"outcome": begin}, "complete": {"outcome": complete}}}


@pytest.mark.parametrize("how", ["success", "failure", "cancelled"])
def test_a_deployment_in_one_job_is_undone_if_it_began_and_did_not_complete(how: str) -> None:
    made = workflow(phase("prod", deployment=deployment()))["jobs"]["deploy"]["steps"]
    undo, tidy = step_named(made, "Undo")["if"], step_named(made, "Tidy")["if"]
    outcomes = {
        ("success", "success"): False,
        ("success", "failure"): True,
        ("success", "skipped"): True,
        ("success", "cancelled"): True,
        ("skipped", "skipped"): False,
        ("failure", "skipped"): False,
    }
    assert conditions([(undo, steps(*each), how) for each in outcomes]) == list(outcomes.values())
    assert conditions([(tidy, steps(*each), how) for each in outcomes]) == [True] * len(outcomes)


def unit_contexts(first: str, begun: str | None, complete: str | None, attempt: str = "1") -> Contexts:
    given = {"begun": begun, "complete": complete, "attempt": "1" if begun else None}
    known = {name: value for name, value in given.items() if value is not None}
    needed = {"deploy-tenth": {"result": first, "outputs": known}, "deploy-full": {"outputs": known}}
    return {"needs": needed, "github": {"run_attempt": attempt}}


CLOSINGS = {
    # how the first job ended, whether it began, whether the last one completed: does closing run, does it undo
    ("success", "success", "success"): (True, False),
    ("success", "success", "skipped"): (True, True),
    ("success", "success", None): (True, True),  # rejected or expired half-way: the last job never ran
    ("failure", "success", None): (True, True),
    ("cancelled", "success", None): (True, True),
    ("failure", "skipped", None): (True, False),  # refused before it began
    ("failure", None, None): (True, True),  # the runner was lost and said nothing
    ("cancelled", None, None): (True, False),  # cancelled before it had a runner
    ("skipped", None, None): (False, False),
}


@pytest.mark.parametrize("how", ["success", "failure", "cancelled"])
def test_a_deployment_in_several_jobs_is_closed_once_it_started_and_undone_if_it_began(how: str) -> None:
    closing = halves()[1]["jobs"]["deploy-closing"]
    undo = step_named(closing["steps"], "Undo")["if"]
    runs = conditions([(closing["if"], unit_contexts(*each), how) for each in CLOSINGS])
    undone = conditions([(undo, unit_contexts(*each), how) for each in CLOSINGS])
    assert [(ran, ran and undo) for ran, undo in zip(runs, undone, strict=True)] == list(CLOSINGS.values())


@pytest.mark.parametrize("how", ["success", "failure", "cancelled"])
def test_a_deployment_that_an_earlier_attempt_closed_is_not_undone_again(how: str) -> None:
    undo = step_named(halves()[1]["jobs"]["deploy-closing"]["steps"], "Undo")["if"]
    half_way = [unit_contexts("success", "success", None, attempt) for attempt in ("1", "2")]
    assert conditions([(undo, each, how) for each in half_way]) == [True, False]


def test_closing_again_is_refused_unless_all_that_is_left_to_do_is_to_tidy() -> None:
    steps = halves(approval=approval())[1]["jobs"]["deploy-closing"]["steps"]
    refusal, tidy = steps[0], step_named(steps, "Tidy")["if"]
    ended = [unit_contexts("success", "success", complete, "2") for complete in ("success", "failure", None)]
    assert conditions([(refusal["if"], each, "success") for each in ended]) == [False, True, True]
    assert refusal["env"]["EARLIER_ATTEMPT"] == "${{ needs.deploy-tenth.outputs.attempt }}"
    assert "others may have changed prod since" in refusal["env"]["REFUSAL"]
    refused = [{"steps": {"attempt": {"outcome": outcome}}} for outcome in ("failure", "success", "skipped")]
    assert conditions([(tidy, each, "failure") for each in refused]) == [False, True, True]


def test_what_runs_always_does_not_run_in_an_attempt_that_nobody_approved() -> None:
    made = workflow(phase("prod", deployment=deployment(), approval=approval()))["jobs"]["deploy"]["steps"]
    let_in = [{"steps": {"attempt": {"outcome": outcome}}} for outcome in ("failure", "success")]
    assert conditions([(step_named(made, "Tidy")["if"], each, "failure") for each in let_in]) == [False, True]


@pytest.mark.parametrize(("asked", "where"), [(None, "Deploy-tenth"), (approval(), "Ask: Deploy to prod")])
def test_a_refusal_half_way_says_at_once_where_to_start_over(asked: Approval | None, where: str) -> None:
    refusal = halves(approval=asked)[1]["jobs"]["deploy-full"]["steps"][0]["env"]["REFUSAL"]
    assert refusal.endswith(f"run the job again that is called {where}")
