"""Where a delivery asks the record and what it tells it, and that without a ledger nothing of this is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from deliveries import CONFIG, SPECS, delivery_of, source_of
from local_models import ordinary_start, world_of
from local_run import LocalRun
from pipegen.config import Config
from pipegen.delivery import Checkout, Delivery, Job, Pipeline, Run
from pipegen.plan import plan
from pipegen.plan.admitting import environment_before
from pipegen.plan.recording import ARCHIVE
from pipegen.plan.variables import LEDGER_TOKEN
from record_claims import ASKING, RECORD_CLAIMS, of_the_record, units
from spec_stages import Data
from specs import spec_from
from walking import all_jobs, all_runs

BY_NAME = {path.stem: path for path in SPECS}
DEPLOY: Data = {"id": "deploy", "deploys": True, "run": "./deploy.sh"}


def spec_data(name: str) -> Data:
    data: Data = {**source_of(BY_NAME[name]).data}
    return data


def made_up(flow: Sequence[Data], deploy: Data = DEPLOY, *before: Data) -> Data:
    names = [name for entry in flow for name in entry.get("environments", ())]
    stages = [{"id": "test", "run": "pytest"}, *before, deploy]
    model = {"name": "minimal", "owner": "retention", "path": "models/minimal"}
    return {"pipegen": 1, "model": model, "flow": flow, "environments": {name: {} for name in names}, "stages": stages}


def planned(data: Data, config: Config = CONFIG) -> Delivery:
    return plan(spec_from(data), config, "model-specs/minimal.yaml")


def job_of(delivery: Delivery, pipeline_id: str, job_id: str) -> Job:
    return next(job for job in pipeline_of(delivery, pipeline_id).jobs if job.id == job_id)


def pipeline_of(delivery: Delivery, pipeline_id: str) -> Pipeline:
    (found,) = (each for each in delivery.pipelines if each.id == pipeline_id)
    return found


def runs(job: Job) -> Iterator[Run]:
    yield from (step for step in job.steps if isinstance(step, Run))


def script_of(job: Job, step_id: str) -> str:
    (found,) = (step for step in job.steps if isinstance(step, Run) and step.id == step_id)
    return found.script


# ---------------------------------------------------------------- the environment before

SHIPPED: dict[str, dict[str, str | None]] = {
    "churn-prediction": {"dev": None, "prod": None},
    "demand-forecast": {"bundle-dev": None, "bundle-staging": None, "bundle-prod": "bundle-staging"},
    "fraud-detection": {"serving-dev": None, "serving-staging": None, "serving-prod": "serving-staging"},
    "lead-scoring": {"rest-dev": None, "rest-prod": None},
    "minimal": {"dev": None, "prod": "dev"},
    "price-elasticity": {"pricing-staging": None, "pricing-prod": "pricing-staging"},
}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_shipped_model_comes_from_the_environment_before_unless_a_hotfix_may_pass_it_by(name: str) -> None:
    asked = {
        unit.environment: re.findall(r"--after (\S+)", script_of(unit.jobs[0].job, "gate-deploy-order"))
        for pipeline in delivery_of(BY_NAME[name]).pipelines
        for unit in units(pipeline.phases)
        if pipeline.id.startswith("deliver-")
    }
    assert asked == {each: [before] if before else [] for each, before in SHIPPED[name].items()}


DEV: Data = {"branch": "dev", "environments": ["dev"]}
TEST: Data = {"branch": "test"}
PROD: Data = {"branch": "prod", "environments": ["staging", "prod"]}
MAIN: Data = {"branch": "main", "environments": ["staging"]}
CANDIDATE: Data = {"tags": "rc-*", "environments": ["candidate"]}
RELEASE: Data = {"tags": "v-*", "environments": ["prod"]}
FLOWS = [
    ("each branch from the one before", [DEV, PROD], DEPLOY, {"dev": None, "staging": "dev", "prod": "staging"}),
    ("hotfixes pass by", [DEV, {**PROD, "from": ["dev", "hotfix/*"]}], DEPLOY, {"staging": None, "prod": "staging"}),
    ("from another branch", [DEV, {**PROD, "from": ["fix/*"]}], DEPLOY, {"staging": None}),
    ("through a branch that deploys nothing", [DEV, TEST, PROD], DEPLOY, {"staging": "dev"}),
    ("tags one after the other", [MAIN, CANDIDATE, RELEASE], DEPLOY, {"candidate": "staging", "prod": "candidate"}),
    ("a branch beside tags", [MAIN, CANDIDATE, {**DEV, "from": ["main"]}], DEPLOY, {"dev": "staging"}),
    ("deployed to prod alone", [DEV, PROD], {**DEPLOY, "environments": ["prod"]}, {"prod": None}),
    ("deployed after tags alone", [MAIN, RELEASE], {**DEPLOY, "at": ["tagged"]}, {"prod": None}),
]


@pytest.mark.parametrize(("title", "flow", "deploy", "expected"), FLOWS, ids=[each[0] for each in FLOWS])
def test_a_model_comes_from_where_all_that_arrives_was_deployed(
    title: str, flow: list[Data], deploy: Data, expected: dict[str, str | None]
) -> None:
    spec = spec_from(made_up(flow, deploy))
    found = {each: environment_before(spec, spec.stages[-1], each) for each in expected}
    assert found == expected, title


# ---------------------------------------------------------------- where gates are asked


@pytest.mark.parametrize(
    ("pipeline_id", "job_id", "asked"),
    [
        ("deliver-dev", "deploy-dev", ["order", "champion", "version"]),
        ("deliver-prod", "deploy-prod", ["order", "champion", "version"]),
        ("action-deploy", "deploy-prod", ["order"]),
        ("action-rollback", "rollback-prod", ["order"]),
    ],
)
def test_gates_that_compare_are_asked_in_each_environment_after_its_approval(
    pipeline_id: str, job_id: str, asked: list[str]
) -> None:
    delivery = delivery_of(BY_NAME["churn-prediction"])
    job = job_of(delivery, pipeline_id, job_id)
    assert [step.id for step in runs(job) if ASKING.search(step.script)] == [f"gate-deploy-{each}" for each in asked]
    environment = job_id.partition("-")[2]
    (phase,) = (
        each
        for each in pipeline_of(delivery, pipeline_id).phases
        if each.environment == environment and each.deployment
    )
    assert (phase.approval is not None) == (environment == "prod")


def test_a_stage_says_its_comparison_and_does_not_ask_it_itself() -> None:
    validate = job_of(delivery_of(BY_NAME["churn-prediction"]), "deliver-dev", "validate")
    assert not [step for step in runs(validate) if of_the_record(step.script)]


def test_metrics_of_two_stages_are_compared_apart() -> None:
    gate = {"against": "champion", "better": "lower"}
    first = {
        "id": "train",
        "run": "true",
        "metrics": {"file": "a.json", "names": ["loss"]},
        "gates": [{"metric": "loss", **gate}],
    }
    second = {
        "id": "serve",
        "run": "true",
        "metrics": {"file": "b.json", "names": ["wait"]},
        "gates": [{"metric": "wait", **gate}],
    }
    job = job_of(planned(made_up([DEV], DEPLOY, first, second)), "deliver-dev", "deploy-dev")
    files = {
        name: re.findall(r"--file \S+/(evidence-\w+)/", script_of(job, f"gate-deploy-champion-{name}"))
        for name in (1, 2)
    }
    assert files == {1: ["evidence-train"], 2: ["evidence-serve"]}


# ---------------------------------------------------------------- without a ledger, and without versions


@pytest.mark.parametrize(
    "config", [replace(CONFIG, ledger=None, registry=None), replace(CONFIG, pin=None)], ids=["no ledger", "no pin"]
)
@pytest.mark.parametrize("name", BY_NAME)
def test_without_a_ledger_nothing_of_the_record_is_there(name: str, config: Config) -> None:
    data = spec_data(name)
    delivery = plan(
        spec_from({key: value for key, value in data.items() if key != "registry"}), config, "model-specs/x.yaml"
    )
    assert not [step.id for _, step in all_runs(delivery) if of_the_record(step.script)]
    assert not [step.id for _, step in all_runs(delivery) if LEDGER_TOKEN in {each.name for each in step.variables}]
    assert ARCHIVE not in {each.environment for each in all_jobs(delivery)} | {
        each.name for each in delivery.environments
    }
    usual = spec_from(data).runtime.checkout.depth
    for pipeline in delivery.pipelines:
        for unit in units(pipeline.phases):
            depths = [step.depth for step in unit.jobs[0].job.steps if isinstance(step, Checkout)]
            assert depths == [usual]


def test_the_claims_about_the_record_find_a_delivery_without_one() -> None:
    data = spec_data("minimal")
    delivery = planned(data, replace(CONFIG, ledger=None))
    broken = {claim.__name__ for claim in RECORD_CLAIMS if list(claim(spec_from(data), delivery))}
    assert broken == {
        "the_record_is_asked_right_before_a_deployment_begins",
        "a_deployment_is_entered_right_before_it_completes",
        "a_way_back_is_entered_after_it_was_gone",
        "a_deployment_has_all_evidence_of_its_run",
    }


def test_a_model_without_versions_names_none() -> None:
    for _, step in all_runs(delivery_of(BY_NAME["minimal"])):
        assert "--claimed" not in step.script
        assert not (of_the_record(step.script) and "PIPEGEN_VERSION" in step.script)


def test_only_environments_that_are_deployed_to_have_the_token() -> None:
    delivery = planned(
        made_up([DEV, PROD], {**DEPLOY, "environments": ["prod"]}, {"id": "look", "run": "true", "per": "environment"})
    )
    holding = {each.name for each in delivery.environments if LEDGER_TOKEN in {secret.name for secret in each.secrets}}
    assert holding == {"prod"}
    assert {each.name for each in delivery.environments} == {"dev", "staging", "prod"}


# ---------------------------------------------------------------- evidence


def test_evidence_is_kept_for_the_branch_that_a_model_is_carried_to_and_for_no_version() -> None:
    delivery = delivery_of(BY_NAME["fraud-detection"])
    kept = {step.id for step in runs(job_of(delivery, "deliver-dev", "store")) if step.id.startswith("keep-")}
    assert kept == {
        "keep-model-by-source",
        "keep-model-by-version",
        "keep-evidence-train-by-source",
        "keep-values-by-source",
    }
    assert "fetch-evidence-train" in {step.id for step in runs(job_of(delivery, "deliver-prod", "fetch"))}
    assert "gate-train.json" in script_of(job_of(delivery, "deliver-dev", "train"), "pack-evidence-train")


def test_a_stage_of_each_environment_leaves_evidence_of_each(tmp_path: Path) -> None:
    probe: Data = {
        "id": "probe",
        "run": "echo '{\"delay\": 1}' > probe.json",
        "per": "environment",
        "metrics": "probe.json",
        "gates": [{"metric": "delay", "max": 5}],
    }
    judged = {**DEPLOY, "gates": [{"metric": "delay", "max": 3}]}
    delivery = planned(made_up([{"branch": "main", "environments": ["staging", "prod"]}], judged, probe))
    found = pipeline_of(delivery, "deliver-main")
    trace = LocalRun(found, world_of("minimal", tmp_path), ordinary_start(found)).run()
    assert trace.succeeded, [each for each in trace.ran if each.code]
    for environment in ("staging", "prod"):
        said = script_of(job_of(delivery, "deliver-main", f"deploy-{environment}"), "gate-deploy")
        assert f"evidence-probe-{environment}/metrics.json" in said
