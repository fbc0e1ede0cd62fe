"""The bash of generated jobs, run the way an agent runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from azure_agent import Agent, job_steps, named
from azure_evaluation import compiled
from azure_samples import deployed, job, jobs_of, one_job, phase, pipeline, ran, read, restore, script
from pipegen.delivery import (
    Action,
    Begin,
    Cache,
    CollectOutputs,
    Complete,
    Download,
    Job,
    JobVariable,
    Parameter,
    ParameterValue,
    Pipeline,
    PublishedValue,
    PublishSummary,
    PublishTests,
    Run,
    SecretValue,
    StepVariable,
    Text,
    TokenValue,
    Upload,
    UsePython,
    When,
)

PASSWORD = SecretValue("DB", "username-password", "prod", "prod-db")
TOKEN = SecretValue("API_TOKEN", "string", None, "api-token")
FILE = SecretValue("CA_FILE", "file", "prod", "prod-ca")


# ---------------------------------------------------------------- values that leave a job


@pytest.mark.parametrize("value", ["1.4.2", "100%", "%0A%AZP25", "a=b&c", "dGVzdA==", "", "gs://bucket/x y", "(a) #1"])
def test_a_published_value_arrives_as_it_was_written(value: str, tmp_path: Path) -> None:
    make = script("make", f"echo 'VALUE={value}' >> \"$PIPEGEN_OUTPUTS\"")
    agent = ran(one_job(make, CollectOutputs(("VALUE",)), publishes=("VALUE",)), tmp_path)
    assert (agent.failed, agent.outputs) == (False, {"VALUE": value})


@pytest.mark.parametrize(
    "written",
    ["echo 'OTHER=1'", "true", "echo 'VALUE=$(Build.BuildId)'", "echo 'VALUE=1]##vso[task.setvariable variable=X]y'"],
    ids=["undeclared", "missing", "a macro", "a command"],
)
def test_values_that_are_not_declared_or_not_harmless_stop_the_job(written: str, tmp_path: Path) -> None:
    make = script("make", f'{{ {written}; }} >> "$PIPEGEN_OUTPUTS"')
    agent = ran(one_job(make, CollectOutputs(("VALUE",)), publishes=("VALUE",)), tmp_path)
    assert (agent.failed, agent.outputs) == (True, {})


def test_what_repository_code_prints_asks_the_agent_for_nothing(tmp_path: Path) -> None:
    forged = (
        "##vso[task.setvariable variable=PIPEGEN_COMPLETE]true",
        "##vso[task.setvariable variable=VALUE;isOutput=true]forged",
        "##vso[task.uploadsummary]/etc/passwd",
    )
    shouting = script("shout", "\n".join(f"echo '{line}'" for line in forged))
    agent = ran(one_job(shouting, PublishSummary()), tmp_path)
    assert (agent.outputs, agent.attachments, "PIPEGEN_COMPLETE" in agent.variables) == ({}, [], False)


def test_a_summary_is_shown_if_there_is_one_even_after_a_failure(tmp_path: Path) -> None:
    writing = script("write", 'echo "# Result" > "$PIPEGEN_SUMMARY"; false')
    agent = ran(one_job(writing, PublishSummary()), tmp_path)
    assert agent.attachments == [str(tmp_path / ".pipegen/summary.md")]
    assert ran(one_job(PublishSummary()), tmp_path).attachments == []


# ---------------------------------------------------------------- secrets


def test_secrets_reach_the_step_that_names_them_and_no_other(tmp_path: Path) -> None:
    see = 'env | grep -c "s3cret" > seen-$STEP || true'
    naming = script("naming", see, variables=(StepVariable("DB", PASSWORD), StepVariable("STEP", Text("naming"))))
    other = script("other", see, variables=(StepVariable("STEP", Text("other")),))
    held = {"DB_USERNAME": "s3cret-user", "DB_PASSWORD": "s3cret"}
    assert not ran(one_job(naming, other), tmp_path, variables=held).failed
    assert [(tmp_path / f"seen-{step}").read_text().strip() for step in ("naming", "other")] == ["2", "0"]


@pytest.mark.parametrize("held", [{}, {"DB_PASSWORD": ""}], ids=["missing", "empty"])
def test_a_secret_that_is_missing_stops_the_job_before_anything_happens(held: dict[str, str], tmp_path: Path) -> None:
    variables = (StepVariable("DB", PASSWORD), StepVariable("API_TOKEN", TOKEN))
    one = one_job(Begin(), script("deploy", "touch deployed", variables=variables), restore("touch restored"))
    agent = ran(one, tmp_path, variables={"DB_USERNAME": "u", "API_TOKEN": "t", **held})
    assert agent.failed
    assert "variable group pipegen-prod holds no DB_PASSWORD" in agent.log
    assert agent.ran == ["Check that the secrets exist"]


def test_a_job_imports_the_groups_of_its_own_secrets_alone() -> None:
    variables = (StepVariable("DB", PASSWORD), StepVariable("API_TOKEN", TOKEN), StepVariable("CA_FILE", FILE))
    data = read(pipeline(phase("a", (job("work", script("x", "", variables=variables)), job("other")))))
    jobs = jobs_of(data)
    assert [each["group"] for each in jobs["work"]["variables"] if "group" in each] == [
        "pipegen-prod",
        "pipegen-shared",
    ]
    assert jobs["other"].get("variables") is None


def test_a_secret_file_is_fetched_for_its_step_and_goes_with_it(tmp_path: Path) -> None:
    reading = script("read-ca", 'cp "$CA_FILE" copy', variables=(StepVariable("CA_FILE", FILE),))
    data = read(one_job(reading))
    (fetching,) = (step for step in job_steps(jobs_of(data)["work"]) if step.get("task") == "DownloadSecureFile@1")
    assert (fetching["name"], fetching["inputs"]) == ("read_ca_CA_FILE", {"secureFile": "prod-ca"})
    kept = tmp_path / "kept"
    kept.write_text("certificate")
    agent = Agent(tmp_path, variables={"read_ca_CA_FILE.secureFilePath": str(kept)}).run(data, jobs_of(data)["work"])
    assert not agent.failed
    assert ((tmp_path / "copy").read_text(), kept.exists()) == ("certificate", False)


def test_a_token_comes_from_the_service_connection_and_its_session_stays_behind() -> None:
    token = TokenValue("CLUSTER_TOKEN", "cluster.example.com", "prod", "prod-cluster")
    using = script("use", "kubectl", variables=(StepVariable("CLUSTER_TOKEN", token),), when=When.UNDO)
    asking, running = job_steps(jobs_of(read(one_job(using)))["work"])[-2:]
    assert (asking["task"], asking["inputs"]["azureSubscription"]) == ("AzureCLI@2", "prod-cluster")
    assert asking["inputs"]["addSpnToEnvironment"] is True
    assert "variable=CLUSTER_TOKEN;issecret=true" in asking["inputs"]["inlineScript"]
    assert asking["condition"] == running["condition"]
    assert running["env"] == {"CLUSTER_TOKEN": "$(CLUSTER_TOKEN)"}


# ---------------------------------------------------------------- restore


def deployment(*, fails: str = "") -> Pipeline:
    def step(name: str) -> Run:
        return script(name, f"echo {name} >> story" + ("; false" if name == fails else ""))

    after = (restore("echo restored >> story"), script("clean", "echo cleaned >> story", when=When.ALWAYS))
    work = job("deploy-prod", step("before"), Begin(), step("rollout"), step("verify"), Complete(), *after)
    return pipeline(phase("prod", environment="prod", deployment=deployed((work, None))))


@pytest.mark.parametrize(
    ("fails", "canceled_after", "story"),
    [
        ("", "", "before rollout verify cleaned"),
        ("before", "", "before cleaned"),
        ("rollout", "", "before rollout restored cleaned"),
        ("verify", "", "before rollout verify restored cleaned"),
        ("", "before", "before cleaned"),
        ("", "rollout", "before rollout restored cleaned"),
        ("", "Complete: nothing is left to undo", "before rollout verify cleaned"),
    ],
)
def test_a_deployment_is_undone_exactly_if_it_began_and_did_not_complete(
    fails: str, canceled_after: str, story: str, tmp_path: Path
) -> None:
    ran(deployment(fails=fails), tmp_path, name="deploy_prod", canceled_after=canceled_after)
    assert (tmp_path / "story").read_text().split() == story.split()


def rollout(*between: Job) -> Pipeline:
    first, last = job("deploy-canary", Begin()), job("deploy-full", script("full", "touch full"), ALWAYS, Complete())
    steps = (restore("touch restored"), ALWAYS)
    parts = [(each, None) for each in (first, *between, last)]
    unit = deployed(*parts, closing=job("deploy-closing", *steps))
    return pipeline(phase("prod", environment="prod", deployment=unit))


ALWAYS = script("clean", "touch cleaned", when=When.ALWAYS)


@pytest.mark.parametrize(
    ("attempt", "begun", "complete", "left"),
    [
        ("1", "1", "", {"restored", "cleaned"}),
        ("1", "1", "1", {"cleaned"}),
        ("1", "", "", {"cleaned"}),
        ("2", "2", "", {"restored", "cleaned"}),
        ("2", "2", "1", {"restored", "cleaned"}),
        ("2", "1", "", set()),
        ("2", "1", "1", set()),
    ],
)
def test_the_closing_job_undoes_by_what_the_others_left_in_the_same_attempt(
    attempt: str, begun: str, complete: str, left: set[str], tmp_path: Path
) -> None:
    data = read(rollout())
    jobs = jobs_of(data)
    markers = {name: text for name, text in named(jobs["deploy_closing"]["variables"]) if "dependencies" in text}
    assert markers == {
        "PIPEGEN_BEGUN": "$[ dependencies.deploy_canary.outputs['deploy_canary.begin.PIPEGEN_BEGUN'] ]",
        "PIPEGEN_COMPLETE": "$[ dependencies.deploy_full.outputs['deploy_full.complete.PIPEGEN_COMPLETE'] ]",
    }
    now = {"System.StageAttempt": attempt}
    for name, marker in (("deploy_canary", "PIPEGEN_BEGUN"), ("deploy_full", "PIPEGEN_COMPLETE")):
        here = {"variables": {"PIPEGEN_BEGUN": attempt}}
        assert Agent(tmp_path, variables=dict(now)).run(data, jobs[name] | here).outputs == {marker: attempt}
    for file in FILES:
        (tmp_path / file).unlink(missing_ok=True)
    said = {"PIPEGEN_BEGUN": begun, "PIPEGEN_COMPLETE": complete}
    agent = Agent(tmp_path, variables=now).run(data, jobs["deploy_closing"] | {"variables": said})
    assert {file for file in FILES if (tmp_path / file).exists()} == left
    assert agent.failed is (not left)


FILES = ("full", "restored", "cleaned")


@pytest.mark.parametrize(("begun", "goes_on"), [("2", True), ("1", False), ("", False)])
@pytest.mark.parametrize("name", ["deploy_half", "deploy_full"])
def test_a_rerun_of_failed_jobs_does_not_go_on_with_what_an_earlier_attempt_began(
    name: str, begun: str, *, goes_on: bool, tmp_path: Path
) -> None:
    half = job("deploy-half", script("half", "touch full"), ALWAYS)
    data = read(rollout(half))
    deploying = jobs_of(data)[name]
    assert deploying["variables"] == {
        "PIPEGEN_BEGUN": "$[ dependencies.deploy_canary.outputs['deploy_canary.begin.PIPEGEN_BEGUN'] ]"
    }
    assert "deploy_canary" in deploying["dependsOn"]
    now = {"System.StageAttempt": "2"}
    agent = Agent(tmp_path, variables=now).run(data, deploying | {"variables": {"PIPEGEN_BEGUN": begun}})
    assert [(tmp_path / file).exists() for file in ("full", "cleaned")] == [goes_on, goes_on or not begun]
    refusal = "the deployment began in an earlier attempt; run all jobs of the stage 'The phase prod' again"
    assert agent.issues == ([] if goes_on else [refusal])
    assert agent.failed is not goes_on


def test_the_closing_job_says_that_others_may_have_deployed_since(tmp_path: Path) -> None:
    data = read(rollout())
    said = {"PIPEGEN_BEGUN": "1", "PIPEGEN_COMPLETE": ""}
    closing = jobs_of(data)["deploy_closing"] | {"variables": said}
    agent = Agent(tmp_path, variables={"System.StageAttempt": "2"}).run(data, closing)
    closed = "an earlier attempt closed this deployment, and others may have changed prod since"
    assert agent.issues == [f"{closed}; roll back, or run all jobs of the stage 'The phase prod' again"]


def test_what_asks_nobody_on_its_way_may_be_run_again_by_itself() -> None:
    titles = [step.get("displayName") for step in job_steps(jobs_of(read(deployment()))["deploy_prod"])]
    assert "Refuse what belongs to an earlier attempt" not in titles


def test_a_deployment_that_nothing_undoes_notes_nothing() -> None:
    unit = deployed((job("rollback-prod", Begin(), script("back", "true"), Complete()), None))
    data = read(pipeline(phase("prod", environment="prod", deployment=unit)))
    titles = [step.get("displayName") for step in job_steps(jobs_of(data)["rollback_prod"])]
    assert titles[-2:] == ["Prepare the workspace", "back"]


def test_a_step_meets_its_own_limit_before_that_of_its_job() -> None:
    token = StepVariable("CLUSTER_TOKEN", TokenValue("CLUSTER_TOKEN", "cluster.example.com", "prod", "prod-cluster"))
    both = (token, StepVariable("CA_FILE", FILE))
    steps = (script("one", "true", variables=both), script("two", "true", variables=both[:1]))
    work = jobs_of(read(one_job(*steps, timeout_minutes=130)))["work"]
    assert work["timeoutInMinutes"] == 130 + 3 * 10


def test_restore_has_time_after_a_cancellation_for_what_it_has_to_fetch() -> None:
    def left(*variables: StepVariable) -> int:
        back = script("restore", "true", when=When.UNDO, variables=variables)
        unit = deployed((job("deploy-prod", Begin(), Complete(), back), None))
        data = read(pipeline(phase("prod", environment="prod", deployment=unit)))
        minutes: int = jobs_of(data)["deploy_prod"]["cancelTimeoutInMinutes"]
        return minutes

    token = StepVariable("CLUSTER_TOKEN", TokenValue("CLUSTER_TOKEN", "cluster.example.com", "prod", "prod-cluster"))
    assert left(token, StepVariable("CA_FILE", FILE)) == left() + 20


# ---------------------------------------------------------------- results


@pytest.mark.parametrize(("text", "issues"), [("exit 3", 1), ("true", 0)])
def test_an_advisory_step_is_shown_and_stops_nothing(text: str, issues: int, tmp_path: Path) -> None:
    agent = ran(one_job(script("lint", text, advisory=True), script("next", "true")), tmp_path)
    assert (agent.failed, len(agent.issues), agent.ran[-1]) == (False, issues, "next")


def test_test_results_are_published_after_failures_and_decide_nothing() -> None:
    tests = PublishTests("unit-results", "Unit tests", "models/m/junit.xml")
    (step,) = (each for each in job_steps(jobs_of(read(one_job(tests)))["work"]) if "task" in each)
    assert (step["condition"], step["continueOnError"]) == ("succeededOrFailed()", True)
    assert step["inputs"] == {
        "testResultsFormat": "JUnit",
        "testResultsFiles": "models/m/junit.xml",
        "testRunTitle": "Unit tests",
    }


def test_artifacts_go_by_a_name_of_the_attempt_and_come_by_the_published_one() -> None:
    source = PublishedValue("make", "PIPEGEN_ARTIFACT_MODEL")
    make = job("make", CollectOutputs((source.name,)), Upload("model", ".pipegen/packed/model.tar"))
    take = job("take", Download("model", "make", ".pipegen/packed/model.tar", source))
    data = read(pipeline(phase("a", (make,), (take,))))
    up, down = job_steps(jobs_of(data)["make"])[-1], job_steps(jobs_of(data)["take"])[-1]
    assert dict(named(data["variables"]))["PIPEGEN_ATTEMPT"] == "$(System.JobAttempt)"
    assert (up["publish"], up["artifact"]) == (
        "$(Build.SourcesDirectory)/.pipegen/packed/model.tar",
        "model-$(PIPEGEN_ATTEMPT)",
    )
    assert down["inputs"] == {
        "buildType": "current",
        "artifactName": "$(PIPEGEN_ARTIFACT_MODEL)",
        "targetPath": "$(Build.SourcesDirectory)/.pipegen/packed",
    }


@pytest.mark.parametrize(("kind", "variable"), [("pip", "PIP_CACHE_DIR"), ("conda", "CONDA_PKGS_DIRS")])
def test_a_cache_is_where_the_installer_looks_and_never_decides(kind: Literal["pip", "conda"], variable: str) -> None:
    work = jobs_of(read(one_job(UsePython("3.11"), Cache(kind, ("m/*.lock", "m/r.txt")))))["work"]
    python, cache = (step for step in job_steps(work) if "task" in step)
    assert python["inputs"] == {"versionSpec": "3.11"}
    assert cache["inputs"]["key"] == f'{kind} | "$(Agent.OS)" | m/*.lock,m/r.txt'
    assert work["variables"][variable] == cache["inputs"]["path"]
    assert cache["continueOnError"] is True


def test_no_script_holds_a_parameter_and_scripts_of_the_repository_are_restricted() -> None:
    parameter = Parameter("version", "string", "", "", (), "", "", "", ())
    collect = CollectOutputs(("VALUE",))
    work = job("work", script("x", "true"), collect, variables=(JobVariable("V", ParameterValue("version")),))
    data = read(pipeline(phase("a", (work,)), event=Action("act", (parameter,), ("prod",))))
    scripts = [step for step in job_steps(jobs_of(data)["work"]) if "bash" in step]
    assert all(compiled(step["bash"], {}) == step["bash"] for step in scripts)
    assert {step["displayName"]: step.get("target") for step in scripts} == {
        "Prepare the workspace": None,
        "x": {"commands": "restricted", "settableVariables": "none"},
        "Hand over values": {"commands": "restricted", "settableVariables": ["VALUE"]},
    }
