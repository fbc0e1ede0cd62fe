from __future__ import annotations

from itertools import product
from typing import Any, Literal

import pytest

from azure_agent import job_steps, named
from azure_evaluation import Facts, compiled, evaluate, holds
from azure_samples import job, jobs_of, phase, pipeline, read, script
from pipegen.config import Host
from pipegen.delivery import (
    Action,
    Change,
    CollectOutputs,
    Download,
    Event,
    Merged,
    Parameter,
    PublishedValue,
    Review,
    ReviewTarget,
    Scheduled,
    Tagged,
    Upload,
)

REVIEW = Review((ReviewTarget("dev", ("feat/*",)), ReviewTarget("prod", ("dev",))))
NONE = {"trigger": "none", "pr": "none"}
Kind = Literal["string", "integer", "number", "boolean", "choice"]


@pytest.mark.parametrize(
    ("event", "host", "expected"),
    [
        (Change(("feat/*", "fix/*")), "github", {"trigger": {"branches": {"include": ["feat/*", "fix/*"]}}}),
        (Merged("prod"), "github", {"trigger": {"batch": False, "branches": {"include": ["prod"]}}}),
        (Tagged("v*", "main"), "github", {"trigger": {"branches": {"exclude": ["*"]}, "tags": {"include": ["v*"]}}}),
        (Action("retrain", (), ("prod",)), "github", {}),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str | dict) else None,
)
def test_trigger_and_pr_are_always_said(event: Event, host: Host, expected: dict[str, Any]) -> None:
    data = read(pipeline(phase("checks", (job("test"),)), event=event), host)
    assert {key: data.get(key) for key in ("trigger", "pr")} == NONE | expected
    assert "schedules" not in data


def test_a_schedule_runs_on_its_branch_alone_even_when_nothing_changed() -> None:
    data = read(pipeline(phase("checks", (job("test"),)), event=Scheduled("nightly", "30 2 * * 1-5", "prod")))
    assert {key: data[key] for key in NONE} == NONE
    assert data["schedules"] == [
        {"cron": "30 2 * * 1-5", "displayName": "nightly", "branches": {"include": ["prod"]}, "always": True}
    ]


def test_path_filters_name_the_folder_and_the_file_itself() -> None:
    paths = ("models/m/**", "libs/**/*.py", "pipegen.toml")
    data = read(pipeline(phase("checks", (job("test"),)), event=Merged("prod"), paths=paths))
    own = "azure-pipelines/m/sample.yml"
    assert data["trigger"]["paths"]["include"] == ["models/m", "libs/**/*.py", "pipegen.toml", own]


def test_an_action_has_typed_parameters_and_asks_for_what_has_no_default() -> None:
    def asked(name: str, kind: Kind, default: str = "", choices: tuple[str, ...] = ()) -> Parameter:
        return Parameter(name, kind, "", default, choices, "", "", "", ())

    given = (
        asked("version", "string"),
        asked("months", "integer", "12"),
        asked("share", "number", "0.5"),
        asked("strict", "boolean", "true"),
        asked("environment", "choice", "dev", ("dev", "prod")),
    )
    data = read(pipeline(phase("checks", (job("test"),)), event=Action("retrain", given, ("prod",))))
    assert data["parameters"] == [
        {"name": "version", "type": "string"},
        {"name": "months", "type": "number", "default": 12},
        {"name": "share", "type": "number", "default": 0.5},
        {"name": "strict", "type": "boolean", "default": True},
        {"name": "environment", "type": "string", "default": "dev", "values": ["dev", "prod"]},
    ]


@pytest.mark.parametrize(
    ("event", "reasons", "refs"),
    [
        (Change(("feat/*", "fix/*")), {"IndividualCI", "BatchedCI", "Manual"}, {"heads/feat/a/b", "heads/fix/a"}),
        (Merged("prod"), {"IndividualCI", "BatchedCI", "Manual"}, {"heads/prod"}),
        (Tagged("v*-rc*", "main"), {"IndividualCI", "BatchedCI", "Manual"}, {"tags/v1-rc2"}),
        (REVIEW, {"Manual"}, {"pull/1/merge"}),
        (Scheduled("nightly", "0 1 * * *", "prod"), {"Schedule", "Manual"}, {"heads/prod"}),
        (Action("retrain", (), ("prod",)), {"Manual"}, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_stages_run_for_their_event_alone(event: Event, reasons: set[str], refs: set[str] | None) -> None:
    first, second = read(pipeline(phase("a", (job("x"),)), phase("b", (job("y"),), needs=("a",)), event=event))[
        "stages"
    ]
    everywhere = {"heads/prod", "heads/feat/a/b", "heads/fix/a", "heads/dev", "tags/v1-rc2", "tags/v1", "pull/1/merge"}
    anyhow = ("IndividualCI", "BatchedCI", "Manual", "Schedule", "PullRequest", "ResourceTrigger")
    for reason, ref in product(anyhow, everywhere if refs else {"heads/anything"}):
        facts = Facts({"Build.Reason": reason, "Build.SourceBranch": f"refs/{ref}"})
        expected = reason in reasons and (refs is None or ref in refs or event is REVIEW)
        assert holds(first["condition"], facts) is expected, (reason, ref)
    assert (second["dependsOn"], second.get("condition")) == ([first["stage"]], None)
    assert not holds(second.get("condition"), Facts(results={first["stage"]: "Skipped"}))


def test_a_review_is_told_where_it_comes_from_and_goes_to() -> None:
    data = read(pipeline(phase("checks", (job("test"),)), event=REVIEW))
    assert data["parameters"] == [{"name": name, "type": "string"} for name in ("branch", "target", "actor")]
    (stage,) = data["stages"]
    given = {"branch": "feat/$(x)", "target": "dev", "actor": "Ann $[y]"}
    values = {name: compiled(text, given) for name, text in named(stage["variables"]) if "parameters" in text}
    assert values == {"PIPEGEN_BRANCH": "feat/$ (x)", "PIPEGEN_TARGET_BRANCH": "dev", "PIPEGEN_ACTOR": "Ann $ [y]"}


def test_a_review_is_a_template_that_shares_a_run_with_those_of_other_models() -> None:
    image = f"registry.example.com/ml@sha256:{'0' * 64}"
    source = PublishedValue("make", "PIPEGEN_ARTIFACT_MODEL")
    make = job("make", CollectOutputs((source.name,)), Upload("model", "packed/model.tar"), publishes=(source.name,))
    take = job("take", Download("model", "make", "packed/model.tar", source), script("x", "true"), image=image)
    later = phase("b", (job("y"),), needs=("checks",))
    data = read(pipeline(phase("checks", (make,), (take,)), later, event=REVIEW))
    assert data.keys() == {"parameters", "stages"}
    assert [(stage["stage"], stage["dependsOn"]) for stage in data["stages"]] == [
        ("checks_of_m", []),
        ("b_of_m", ["checks_of_m"]),
    ]
    assert [stage["displayName"] for stage in data["stages"]] == [
        "The model: The phase checks",
        "The model: The phase b",
    ]
    jobs = jobs_of(data)
    assert job_steps(jobs["make"])[-1]["artifact"] == "m-model-$(PIPEGEN_ATTEMPT)"
    (down,) = (step for step in job_steps(jobs["take"]) if step.get("task") == "DownloadPipelineArtifact@2")
    assert down["inputs"]["artifactName"] == "m-$(PIPEGEN_ARTIFACT_MODEL)"
    assert jobs["take"]["container"] == {"image": image}
    assert not any("target" in step for step in job_steps(jobs["take"]))


@pytest.mark.parametrize(
    ("ref", "branch"),
    [("refs/heads/prod", "prod"), ("refs/tags/v1", "v1"), ("refs/heads/refs/tags/v1", "refs/tags/v1")],
)
def test_a_push_knows_its_branch_or_tag(ref: str, branch: str) -> None:
    values = dict(named(read(pipeline(phase("checks", (job("test"),))))["variables"]))
    assert evaluate(values["PIPEGEN_BRANCH"][2:-1], Facts({"Build.SourceBranch": ref})) == branch
