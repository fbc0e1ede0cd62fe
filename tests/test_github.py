"""What the workflows of a delivery say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deliveries import CONFIG as SPEC_CONFIG
from deliveries import SPECS, delivery_of
from github_expressions import conditions, values
from github_model import (
    Workflow,
    approval,
    delivery,
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
from pipegen.config import Config, Names, Runner
from pipegen.delivery import (
    Action,
    Change,
    Checkout,
    Event,
    JobVariable,
    Merged,
    Parameter,
    PublishedValue,
    Review,
    ReviewTarget,
    Scheduled,
    SecretValue,
    StepVariable,
    Tagged,
    Text,
    TokenValue,
    Upload,
    UsePython,
)
from pipegen.targets import github
from pipegen.targets.github.pins import PinnedAction


def test_rendering_again_gives_the_same_files() -> None:
    for spec in SPECS:
        made = delivery_of(spec)
        assert github.render(made, SPEC_CONFIG) == github.render(made, SPEC_CONFIG)


def test_every_file_lies_in_the_folder_of_workflows_under_a_name_of_its_own() -> None:
    paths = [path for spec in SPECS for path in github.render(delivery_of(spec), SPEC_CONFIG)]
    assert len(set(paths)) == len(paths)
    assert {path.rpartition("/")[0] for path in paths} == set(github.FOLDERS)


# ---------------------------------------------------------------- events

WINDOW = Parameter("months", "integer", "How many ${{ months }}", "12", (), "", "1", "36", ())
SHARE = Parameter("share", "number", "", "0.5", (), "", "", "", ())
STRICTLY = Parameter("strict", "boolean", "", "true", (), "", "", "", ())
WHERE = Parameter("where", "choice", "Where", "dev", ("dev", "prod"), "", "", "", ())
WHY = Parameter("why", "string", "", "", (), "", "", "", ())


@pytest.mark.parametrize(
    ("event", "on"),
    [
        (Change(("feat/*", "fix-*", "*")), {"push": {"branches": ["feat/**", "fix-**", "**"]}}),
        (Merged("prod"), {"push": {"branches": ["prod"]}}),
        (Tagged("v*", "main"), {"push": {"tags": ["v**"]}}),
        (
            Review((ReviewTarget("dev", ("feat/*",)), ReviewTarget("prod", ("dev",)))),
            {
                "pull_request": {
                    "branches": ["dev", "prod"],
                    "types": ["opened", "synchronize", "reopened", "edited"],
                },
                "workflow_dispatch": {
                    "inputs": {
                        "pull_request": {
                            "description": "The number of the pull request",
                            "type": "string",
                            "required": True,
                        },
                        "into": {"description": "The branch that it goes into", "type": "string", "required": True},
                    }
                },
            },
        ),
        (Scheduled("weekly", "0 6 * * 1", "main"), {"schedule": [{"cron": "0 6 * * 1"}], "workflow_dispatch": None}),
        (Action("go", (), ("main",)), {"workflow_dispatch": None}),
        (
            Action("go", (WINDOW, SHARE, STRICTLY, WHERE, WHY), ("main",)),
            {
                "workflow_dispatch": {
                    "inputs": {
                        "months": {"description": "How many $ {{ months }}", "type": "number", "default": 12},
                        "share": {"type": "number", "default": 0.5},
                        "strict": {"type": "boolean", "default": True},
                        "where": {
                            "description": "Where",
                            "type": "choice",
                            "options": ["dev", "prod"],
                            "default": "dev",
                        },
                        "why": {"type": "string", "required": True},
                    }
                }
            },
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "",
)
def test_an_event_starts_its_workflow(event: Event, on: dict[str, object]) -> None:
    assert workflow(phase("checks", (job("work"),)), event=event)["on"] == on


def test_a_push_must_touch_the_models_paths_or_the_workflows_that_it_starts() -> None:
    filtered = replace(pipeline(phase("prod", deployment=deployment())), paths=("models/churn/**", "libs/c++/[x]"))
    assert workflows(filtered)["churn.deliver-prod.yml"]["on"]["push"]["paths"] == [
        "models/churn/**",
        r"libs/c\+\+/\[x\]",
        ".github/workflows/churn.deliver-prod.yml",
    ]


def test_a_model_that_a_pull_request_does_not_touch_starts_no_run() -> None:
    event = Review((ReviewTarget("dev", ("*",)),))
    whole = pipeline(phase("checks", (job("work"),)), event=event, pipeline_id="review")
    filtered = replace(whole, paths=("models/churn/**", "libs/c++/**"))
    assert workflows(filtered)["churn.review.yml"]["on"]["pull_request"]["paths"] == [
        "models/churn/**",
        r"libs/c\+\+/**",
        ".github/workflows/churn.review.yml",
    ]
    assert "paths" not in workflows(whole)["churn.review.yml"]["on"]["pull_request"]


CHECK = Review((ReviewTarget("dev", ()),))
OF_12 = {
    "github": {
        "event": {"pull_request": {"number": 12, "head": {"repo": {"full_name": "a/b"}, "label": "a:feat/x"}}},
        "repository": "a/b",
        "head_ref": "feat/x",
        "base_ref": "dev",
        "ref_name": "12/merge",
    },
    "inputs": {},
}
OF_A_FORK = {
    **OF_12,
    "github": {
        **OF_12["github"],
        "event": {"pull_request": {"number": 13, "head": {"repo": {"full_name": "eve/b"}, "label": "eve:feat/x"}}},
    },
}
STARTED = {
    "github": {"event": {}, "repository": "a/b", "head_ref": "", "base_ref": "", "ref_name": "feat/y"},
    "inputs": {"pull_request": "14", "into": "prod"},
}


@pytest.mark.parametrize(
    ("contexts", "name", "group", "branch", "into"),
    [
        (OF_12, "Review of #12 into dev: Churn", "12", "feat/x", "dev"),
        (OF_A_FORK, "Review of #13 into dev: Churn", "13", "eve:feat/x", "dev"),
        (STARTED, "Review of #14 into prod: Churn", "14", "feat/y", "prod"),
    ],
    ids=["a pull request", "one from a fork", "started by the verdict"],
)
def test_a_review_is_known_by_its_pull_request_and_branch(
    contexts: dict[str, Any], name: str, group: str, branch: str, into: str
) -> None:
    made = workflow(phase("checks", (job("a"),)), event=CHECK)
    texts = [made["run-name"], made["concurrency"]["group"]]
    texts += [made["env"][each] for each in ("PIPEGEN_BRANCH", "PIPEGEN_TARGET_BRANCH")]
    found = values([(text, contexts) for text in texts])
    assert found == [name, f"pipegen.churn.deliver-prod.{group}", branch, into]


@pytest.mark.parametrize(
    ("event", "cancels"),
    [
        (Change(("feat/*",)), True),
        (Review((ReviewTarget("dev", ()),)), True),
        (Merged("dev"), False),
        (Tagged("v*", "main"), False),
        (Scheduled("weekly", "0 6 * * 1", "main"), False),
        (Action("go", (), ("main",)), False),
    ],
)
def test_only_checks_are_cancelled_by_newer_runs(event: Event, cancels: bool) -> None:  # noqa: FBT001
    concurrency = workflow(phase("checks", (job("work"),)), event=event)["concurrency"]
    each = "github.event.pull_request.number || inputs.pull_request" if isinstance(event, Review) else "github.ref"
    per_run = f"${{{{ {each if cancels else 'github.run_id'} }}}}"
    assert concurrency == {"group": f"pipegen.churn.deliver-prod.{per_run}", "cancel-in-progress": cancels}


# ---------------------------------------------------------------- timers


def test_a_timer_on_the_default_branch_runs_at_once() -> None:
    jobs = workflow(phase("run", (job("work"),)), event=Scheduled("weekly", "0 6 * * 1", "main"))["jobs"]
    assert list(jobs) == ["check_ref", "work"]
    assert "if" not in jobs["check_ref"]


def test_a_timer_for_another_branch_starts_the_run_there_and_does_nothing_else() -> None:
    jobs = workflow(phase("run", (job("work"),)), event=Scheduled("weekly", "0 6 * * 1", "prod"))["jobs"]
    assert jobs["relay"]["if"] == "github.event_name == 'schedule'"
    assert jobs["relay"]["permissions"] == {"actions": "write"}
    assert jobs["check_ref"]["if"] == "github.event_name != 'schedule'"
    assert jobs["work"]["needs"] == ["check_ref"]
    assert not any("checkout" in str(step) for step in jobs["relay"]["steps"])


# ---------------------------------------------------------------- order and values


def needs(made: Workflow) -> dict[str, list[str]]:
    return {name: one.get("needs", []) for name, one in made["jobs"].items()}


def test_waves_and_phases_follow_each_other() -> None:
    made = workflow(
        phase("build", (job("a"), job("b")), (job("c"),)),
        phase("dev", deployment=deployment(), needs=("build",)),
        phase("after", (job("d"),), needs=("dev",)),
    )
    assert needs(made) == {"a": [], "b": [], "c": ["a", "b"], "deploy": ["c"], "d": ["deploy"]}


def test_a_job_needs_every_job_whose_values_it_reads() -> None:
    made = workflow(
        phase("build", (job("a", publishes=("X",)),), (job("b"),), (reading("c", PublishedValue("a", "X")),))
    )
    assert needs(made)["c"] == ["b", "a"]
    assert made["jobs"]["c"]["env"]["X"] == "${{ needs.a.outputs.X }}"
    assert made["jobs"]["a"]["outputs"] == {"X": "${{ steps.outputs.outputs.X }}"}


def test_a_phase_for_one_value_of_a_parameter_is_skipped_for_others() -> None:
    made = workflow(
        phase("prod", (job("a"),), deployment=deployment(), only=("where", "prod")),
        event=Action("go", (WHERE,), ("main",)),
    )
    assert {one["if"] for one in made["jobs"].values()} == {"inputs.where == 'prod'"}


def test_what_all_jobs_share_is_said_once() -> None:
    region, size = JobVariable("REGION", Text("eu")), JobVariable("SIZE", Text("big"))
    made = workflow(phase("build", (job("a", variables=(region, size)), job("b", variables=(region,)), job("c"))))
    assert made["env"]["REGION"] == "eu"
    assert [one.get("env") for one in made["jobs"].values()] == [{"SIZE": "big"}, None, None]


def test_a_review_has_one_result_that_waits_for_every_job() -> None:
    made = workflow(phase("checks", (job("a"),), (job("b"),)), event=Review((ReviewTarget("dev", ()),)))
    summary = made["jobs"]["pipegen_summary"]
    assert (summary["name"], summary["if"], summary["needs"]) == ("pipegen: churn", "always()", ["a", "b"])


# ---------------------------------------------------------------- secrets, identity, rights

SECRET = StepVariable("TOKEN", SecretValue("TOKEN", "string", "prod", "prod-token"))
PAIR = StepVariable("STORE", SecretValue("STORE", "username-password", "prod", "prod-store"))
FILE = StepVariable("CA", SecretValue("CA", "file", "prod", "prod-ca"))
SHARED = StepVariable("INDEX", SecretValue("INDEX", "string", None, "index"))
IDENTITY = StepVariable("CLOUD", TokenValue("CLOUD", "cloud.example.com", "prod", "prod-cloud"))


def test_secrets_reach_the_one_step_that_names_them() -> None:
    made = workflow(
        phase("prod", (job("a", run("first"), run("second", variables=(SECRET, PAIR, FILE)), environment="prod"),))
    )
    first, second = made["jobs"]["a"]["steps"]
    assert "env" not in first
    assert second["env"] == {
        "TOKEN": "${{ secrets.TOKEN }}",
        "STORE_USERNAME": "${{ secrets.STORE_USERNAME }}",
        "STORE_PASSWORD": "${{ secrets.STORE_PASSWORD }}",
        "CA_CONTENT": "${{ secrets.CA }}",
    }
    assert "secrets." not in str({name: value for name, value in made["jobs"]["a"].items() if name != "steps"})


@pytest.mark.parametrize(
    ("variable", "environment"),
    [
        (SECRET, {"name": "prod", "deployment": False}),
        (IDENTITY, {"name": "prod", "deployment": False}),
        (SHARED, None),
        (None, None),
    ],
)
def test_a_job_stands_in_its_environment_only_for_what_it_gets_there(
    variable: StepVariable | None, environment: object
) -> None:
    step = run(variables=(variable,) if variable else ())
    made = workflow(phase("prod", (job("a", step, environment="prod"),)))
    assert made["jobs"]["a"].get("environment") == environment


def test_a_deployment_is_noted_in_its_environment() -> None:
    assert workflow(phase("prod", deployment=deployment()))["jobs"]["deploy"]["environment"] == "prod"


def test_a_job_may_do_no_more_than_its_steps_need() -> None:
    made = workflow(phase("prod", (job("a"), job("b", Checkout()), job("c", Checkout(), run(variables=(IDENTITY,))))))
    assert [one["permissions"] for one in made["jobs"].values()] == [
        {},
        {"contents": "read"},
        {"contents": "read", "id-token": "write"},
    ]
    assert made["permissions"] == {}


def test_only_the_step_that_names_an_identity_can_have_a_token() -> None:
    made = workflow(phase("prod", (job("a", run("first"), run("second", variables=(IDENTITY,))),)))
    first, second = made["jobs"]["a"]["steps"]
    assert first["run"].startswith("set -euo pipefail\nunset ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    assert "curl" in second["run"]
    assert "curl" not in first["run"]


# ---------------------------------------------------------------- steps


def test_an_attempt_does_not_collide_with_the_one_before() -> None:
    made = workflow(phase("build", (job("a", Upload("model", ".pipegen/packed/model.tar")),)))
    assert step_named(made["jobs"]["a"]["steps"], "Hand on model")["with"] == {
        "name": "model-${{ github.run_attempt }}",
        "path": ".pipegen/packed/model.tar",
        "include-hidden-files": True,
        "if-no-files-found": "error",
        "retention-days": 30,
    }


COMPANY = Config(
    names={
        "github": Names(
            runners={"default": Runner(("self-hosted", "linux")), "gpu": Runner(("ubuntu-gpu",))},
            teams={"release": "acme/release"},
        )
    },
    own={"github": {"actions/checkout": PinnedAction("v9.0.0", "f" * 40)}},
)


def test_pipegen_toml_names_machines_and_hosted_ones_are_known_by_their_labels() -> None:
    python = UsePython("3.11")
    jobs = (job("a", python), job("b", python, runner="gpu"), job("c", python, runner="arm"))
    made = workflow(phase("build", jobs), phase("prod", approval=approval(), needs=("build",)), config=COMPANY)["jobs"]
    machines = {name: one["runs-on"] for name, one in made.items()}
    assert machines == {
        "a": ["self-hosted", "linux"],
        "b": "ubuntu-gpu",
        "c": ["self-hosted", "arm"],
        **{key: ["self-hosted", "linux"] for key in ("ask_prod", "approve_prod_1", "approved_prod")},
    }
    assert ["uses" in made[name]["steps"][0] for name in "abc"] == [False, True, False]


def test_pipegen_toml_names_teams_and_pins_actions() -> None:
    given = approval(approvers=("release", "@ada"))
    (text,) = github.render(
        delivery(pipeline(phase("prod", (job("a", Checkout()),), approval=given))), COMPANY
    ).values()
    assert "# One person out of acme/release, @ada, not the one who started the run," in text
    assert "name: Approved by one of acme/release, @ada" in text
    assert f"uses: actions/checkout@{'f' * 40} # v9.0.0" in text


def test_what_tells_of_a_failure_waits_for_all_jobs_of_the_workflow() -> None:
    given = deployment(asked_half_way=approval("prod-full"))
    timer = Scheduled("weekly", "0 6 * * 1", "prod")
    whole = pipeline(phase("build", (job("a"),)), phase("prod", deployment=given, needs=("build",)), event=timer)
    made = workflows(replace(whole, failed=job("notify-failed", run(advisory=True))))
    jobs = made["churn.deliver-prod.yml"]["jobs"]
    assert list(jobs) == ["relay", "check_ref", "a", "deployment_prod", "notify-failed"]
    assert jobs["notify-failed"]["needs"] == ["relay", "check_ref", "a", "deployment_prod"]
    assert not any("checkout" in str(step) for step in jobs["notify-failed"]["steps"])
    assert "notify-failed" not in made["churn.deliver-prod.prod.yml"]["jobs"]


@pytest.mark.parametrize(
    ("status", "told"), [("success", False), ("failure", True), ("cancelled", False), ("skipped", False)]
)
def test_only_a_failure_is_told(status: str, told: bool) -> None:  # noqa: FBT001
    whole = replace(pipeline(phase("build", (job("a"),))), failed=job("notify-failed"))
    condition = workflows(whole)["churn.deliver-prod.yml"]["jobs"]["notify-failed"]["if"]
    assert conditions([(condition, {}, status)]) == [told]


def test_machines_are_githubs_unless_the_delivery_names_others() -> None:
    made = workflow(phase("build", (job("a"), job("b", runner="gpu"), job("c", image="x@sha256:" + "0" * 64))))
    assert [one["runs-on"] for one in made["jobs"].values()] == ["ubuntu-24.04", ["self-hosted", "gpu"], "ubuntu-24.04"]
    assert made["jobs"]["c"]["container"] == {"image": "x@sha256:" + "0" * 64}


def test_an_advisory_step_that_fails_changes_no_result() -> None:
    made = workflow(phase("build", (job("a", run(advisory=True)),)))
    assert made["jobs"]["a"]["steps"][0]["continue-on-error"] is True
