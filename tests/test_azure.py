from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from azure_agent import job_steps
from azure_evaluation import Facts, holds
from azure_samples import approval, delivery, deployed, job, jobs_of, phase, pipeline, read, restore, script
from deliveries import CONFIG, SPECS, delivery_of
from pipegen.config import HOSTS, Config, Host
from pipegen.delivery import (
    Action,
    Begin,
    CollectOutputs,
    Complete,
    Deployment,
    Job,
    Parameter,
    PublishedValue,
    Run,
    StepVariable,
)
from pipegen.targets import azure
from validators import azure as validators
from validators.report import Report


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every file of every shipped spec, and of the last one for a host on which pull requests start by a policy."""
    root, found = tmp_path_factory.mktemp("azure"), []
    hosts: list[tuple[Path, Host]] = [*((spec, "github") for spec in SPECS), (SPECS[-1], "azure-repos")]
    for spec, host in hosts:
        for path, text in azure.render(delivery_of(spec), Config(host=host, pin=CONFIG.pin)).items():
            found.append(root / host / path)
            found[-1].parent.mkdir(parents=True, exist_ok=True)
            found[-1].write_text(text, "utf-8")
    return found


@pytest.mark.parametrize("check", [validators.language_service, validators.schema, validators.graph])
def test_every_shipped_spec_becomes_files_without_a_finding(
    check: Callable[[Sequence[Path]], list[Report]], shipped: list[Path]
) -> None:
    assert shipped
    assert check(shipped) == []


# ---------------------------------------------------------------- stages and jobs


def unit(*, closing: Job | None = None) -> Deployment:
    first = job("deploy-canary", Begin(), script("canary", "echo 10"))
    last = job("deploy-full", script("full", "echo 100"), Complete())
    return deployed((first, None), (last, approval("prod-full", 2, ("release", "@ann", "risk"))), closing=closing)


def test_a_phase_is_one_stage_that_asks_once_and_that_nobody_can_leave_out() -> None:
    build = job("build")
    (stage,) = read(pipeline(phase("prod", (build,), environment="prod", approval=approval(), deployment=unit())))[
        "stages"
    ]
    assert (stage["isSkippable"], stage["lockBehavior"], stage["dependsOn"]) == (False, "sequential", [])
    deployments = [each for each in stage["jobs"] if "deployment" in each]
    assert [(each["deployment"], each["environment"]) for each in deployments] == [
        ("deploy_canary", "prod"),
        ("deploy_full", "prod"),
    ]


def test_every_wave_waits_for_the_whole_wave_before_it_and_the_deployment_for_the_last() -> None:
    waves = ((job("a"), job("b")), (job("c"),))
    jobs = jobs_of(read(pipeline(phase("prod", *waves, environment="prod", deployment=unit()))))
    assert {name: each.get("dependsOn") for name, each in jobs.items()} == {
        "a": None,
        "b": None,
        "c": ["a", "b"],
        "deploy_canary": ["c"],
        "approve_prod_full_1": ["deploy_canary"],
        "approve_prod_full_2": ["approve_prod_full_1"],
        "deploy_full": ["deploy_canary", "approve_prod_full_1", "approve_prod_full_2"],
    }


def test_people_are_asked_inside_the_stage_one_task_each_and_silence_rejects() -> None:
    jobs = jobs_of(read(pipeline(phase("prod", environment="prod", deployment=unit()))))
    asking = [each for name, each in jobs.items() if name.startswith("approve")]
    assert {each["pool"] for each in asking} == {"server"}
    tasks = [step for each in asking for step in each["steps"]]
    assert [task["inputs"]["approvers"] for task in tasks] == [
        r"[$(System.TeamProject)]\release,[$(System.TeamProject)]\risk",
        "ann",
    ]
    for each, task in zip(asking, tasks, strict=True):
        assert task["task"] == "ManualValidation@1"
        assert (task["inputs"]["onTimeout"], task["inputs"]["allowApproversToApproveTheirOwnRuns"]) == ("reject", False)
        assert each["timeoutInMinutes"] > task["timeoutInMinutes"] == 240


@pytest.mark.parametrize(
    ("result", "runs"),
    [("Succeeded", True), ("SucceededWithIssues", True), ("Failed", True), ("Canceled", True), ("Skipped", False)],
)
def test_the_closing_job_runs_once_the_first_has_started_whatever_came_of_it(result: str, *, runs: bool) -> None:
    closing = job("deploy-closing", restore())
    jobs = jobs_of(read(pipeline(phase("prod", environment="prod", deployment=unit(closing=closing)))))
    after = {"deploy_canary": result, "approve_prod_full_1": "Failed", "deploy_full": "Skipped"}
    assert holds(jobs["deploy_closing"]["condition"], Facts(results=after, canceled=True)) is runs
    assert "environment" not in jobs["deploy_closing"]
    assert set(jobs["deploy_closing"]["dependsOn"]) >= set(after)


def test_an_approval_is_asked_also_where_nothing_is_deployed() -> None:
    waves = ((job("drift"),), (job("report"),))
    (stage,) = read(pipeline(phase("prod", *waves, environment="prod", approval=approval())))["stages"]
    first, second = stage["jobs"]
    assert (first["deployment"], first["environment"], stage["lockBehavior"]) == ("drift", "prod", "sequential")
    assert (second["job"], second["dependsOn"]) == ("report", ["drift"])


def test_a_rollback_has_an_environment_of_its_own() -> None:
    back = deployed((job("rollback-prod", Begin(), Complete()), None), lock="prod-rollback")
    jobs = jobs_of(read(pipeline(phase("prod", environment="prod", deployment=back))))
    assert jobs["rollback_prod"]["environment"] == "prod-rollback"


@pytest.mark.parametrize(("lock", "says_so"), [("prod-rollback", True), ("prod", False)])
def test_a_rollback_says_that_it_waits_for_no_deployment(lock: str, *, says_so: bool) -> None:
    unit = deployed((job("deploy-prod", Begin(), Complete()), None), lock=lock)
    one = pipeline(phase("prod", environment="prod", deployment=unit))
    (text,) = azure.render(delivery(one), CONFIG).values()
    assert ("It does not wait for a deployment under way, which holds the lock of prod." in text) is says_so


def test_a_phase_for_one_value_is_skipped_for_others() -> None:
    where = Parameter("environment", "choice", "", "dev", ("dev", "prod"), "", "", "", ())
    one = phase("prod", (job("x"),), needs=("start",), only=("environment", "prod"))
    event = Action("deploy", (where,), ("prod",))
    _, stage = read(pipeline(phase("start", (job("guard"),)), one, event=event))["stages"]
    assert stage["condition"] == "and(succeeded(), eq('${{ parameters.environment }}', 'prod'))"


def test_values_come_by_the_path_that_fits_where_the_maker_stands() -> None:
    def maker(name: str) -> Job:
        return job(name, script("make", "echo"), CollectOutputs(("VALUE",)), publishes=("VALUE",))

    def reader(name: str, *makers: str) -> Job:
        read_values = tuple(StepVariable(f"V{at}", PublishedValue(each, "VALUE")) for at, each in enumerate(makers))
        return job(name, Run("read", "read", "set -euo pipefail\n", variables=read_values))

    checked = phase("checked", (maker("asks"),), environment="prod", approval=approval())
    other = phase("other", (maker("builds"),), (job("between"),), (reader("near", "builds"),), needs=("checked",))
    far = phase("far", (reader("afar", "asks", "builds"),), needs=("other",))
    data = read(pipeline(checked, other, far))
    jobs = jobs_of(data)
    assert "$[ dependencies.builds.outputs['outputs.VALUE'] ]" in jobs["near"]["variables"].values()
    assert jobs["near"]["dependsOn"] == ["between", "builds"]
    assert set(jobs["afar"]["variables"].values()) == {
        "$[ stageDependencies.checked.asks.outputs['asks.outputs.VALUE'] ]",
        "$[ stageDependencies.other.builds.outputs['outputs.VALUE'] ]",
    }
    assert data["stages"][2]["dependsOn"] == ["other", "checked"]
    assert jobs["afar"]["steps"][-1]["env"] == {"V0": "$(VALUE)", "V1": "$(PIPEGEN_FROM_BUILDS_VALUE)"}


def test_jobs_run_on_hosted_agents_unless_they_name_a_pool_or_an_image() -> None:
    image = f"registry.example.com/ml@sha256:{'0' * 64}"
    data = read(pipeline(phase("checks", (job("a"), job("b", runner="gpu"), job("c", script("x", ""), image=image)))))
    jobs = jobs_of(data)
    assert (data["pool"], jobs["a"].get("pool")) == ({"vmImage": "ubuntu-24.04"}, None)
    assert jobs["b"]["pool"] == {"name": "gpu"}
    assert data["resources"]["containers"] == [{"container": "image", "image": image}]
    assert jobs["c"]["container"] == "image"
    assert {step["target"]["container"] for step in jobs["c"]["steps"] if "target" in step} == {"image"}


def test_code_is_checked_out_and_artifacts_come_only_where_asked_for() -> None:
    alone = Job("guard", "Guard", (script("guard", "true"),))
    jobs = jobs_of(read(pipeline(phase("a", (alone,)), phase("prod", environment="prod", deployment=unit()))))
    assert jobs["guard"]["steps"][0] == {"checkout": "none"}
    assert job_steps(jobs["deploy_canary"])[0] == {"download": "none"}
    (checkout,) = (step for step in job_steps(jobs["deploy_canary"]) if step.get("checkout"))
    assert (checkout["persistCredentials"], checkout["fetchDepth"], checkout["clean"]) == (False, 1, True)


def test_jobs_and_what_can_hang_have_a_timeout_and_restore_has_time_after_a_cancellation() -> None:
    steps = (Begin(), script("rollout", "x"), Complete(), restore())
    data = read(pipeline(phase("prod", environment="prod", deployment=deployed((job("deploy-prod", *steps), None)))))
    (deploy,) = jobs_of(data).values()
    assert deploy["cancelTimeoutInMinutes"] > 60
    untimed = [step["displayName"] for step in job_steps(deploy) if "timeoutInMinutes" not in step and "bash" in step]
    assert untimed == [
        "Prepare the workspace",
        "Begin: from here on the environment changes",
        "Complete: nothing is left to undo",
    ]
    assert deploy["timeoutInMinutes"]


@pytest.mark.parametrize("host", HOSTS)
def test_rendering_is_deterministic_and_stays_in_its_folder(host: Host) -> None:
    for spec in SPECS:
        files = azure.render(delivery_of(spec), Config(host=host))
        assert files == azure.render(delivery_of(spec), Config(host=host))
        assert all(path.startswith(f"{azure.FOLDERS[0]}/{spec.stem}/") for path in files)


def test_names_that_azure_keeps_for_itself_get_another_one() -> None:
    jobs = jobs_of(read(pipeline(phase("deployment", (job("deploy"),)))))
    assert list(jobs) == ["deploy_"]
    assert read(pipeline(phase("deployment", (job("x"),))))["stages"][0]["stage"] == "deployment_"


def test_no_control_is_lost_for_want_of_a_place_to_put_it() -> None:
    one = deployed((job("deploy-prod", Begin(), Complete()), None), lock="elsewhere")
    with pytest.raises(ValueError, match="approval and its lock"):
        read(pipeline(phase("prod", environment="prod", approval=approval(), deployment=one)))
    too_few = deployed((job("deploy-a", Begin()), None), (job("deploy-b", Complete()), approval("prod-b", 2)))
    with pytest.raises(ValueError, match="more people than it has approvers"):
        read(pipeline(phase("prod", environment="prod", deployment=too_few)))
