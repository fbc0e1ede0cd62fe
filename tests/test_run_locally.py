"""The shipped specs' pipelines really run, in the good case and with every fault that they must stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from local_models import (
    CHURN_VALUES,
    DELIVERIES,
    MODEL,
    PIPELINES,
    is_installing,
    lineage,
    metrics,
    ordinary_start,
    pipeline,
    publish,
    run,
    told,
    world_of,
)
from local_trace import Started
from pipegen.delivery import CONTEXT_VARIABLES, PATH_VARIABLES

NEEDS_A_STORE = {("fraud-detection", "deliver-prod"), ("fraud-detection", "action-deploy")}
GOOD = [each for each in PIPELINES if each not in NEEDS_A_STORE]
FAIL = "echo this step fails; exit 3\n"


# ---------------------------------------------------------------- the good case


@pytest.mark.parametrize(("model", "pipeline_id"), GOOD)
def test_a_pipeline_goes_well(model: str, pipeline_id: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    world = world_of(model, tmp_path)
    trace = run(world, model, pipeline_id)
    assert trace.succeeded, [each for each in trace.ran if each.code]
    assert told(trace, world) == snapshot


# ---------------------------------------------------------------- what fails stops what comes after

FAILING_STEPS = [
    ("churn-prediction", "deliver-dev", "unit-tests", ["tests"]),
    ("churn-prediction", "deliver-prod", "validate", ["tests", "train", "validate"]),
    ("demand-forecast", "deliver-main", "backtest", ["checks", "dependencies", "backtest"]),
    (
        "demand-forecast",
        "deliver-main",
        "validate-bundle-bundle-prod.validate-bundle",
        [
            "checks",
            "dependencies",
            "backtest",
            "validate-bundle-bundle-staging",
            "deploy-bundle-staging",
            "validate-bundle-bundle-prod",
        ],
    ),
    ("price-elasticity", "deliver-tag-elasticity-v", "test", ["guard", "test"]),
]


@pytest.mark.parametrize(("model", "pipeline_id", "step", "started"), FAILING_STEPS)
def test_nothing_starts_after_a_stage_that_failed(
    model: str, pipeline_id: str, step: str, started: list[str], tmp_path: Path
) -> None:
    world = world_of(model, tmp_path)
    world.behave({step: FAIL})
    trace = run(world, model, pipeline_id)
    assert not trace.succeeded
    assert trace.started == started


def test_jobs_beside_the_one_that_failed_still_run(tmp_path: Path) -> None:
    world = world_of("fraud-detection", tmp_path)
    world.behave({"unit-tests": FAIL})
    assert run(world, "fraud-detection", "change").started == ["unit-tests", "data-contract"]


def test_an_advisory_stage_fails_without_a_consequence(tmp_path: Path) -> None:
    world = world_of("demand-forecast", tmp_path)
    world.behave({"lint": FAIL})
    trace = run(world, "demand-forecast", "change")
    assert trace.step("checks/lint").code == 3
    assert trace.succeeded


# ---------------------------------------------------------------- gates

CHURN = MODEL + CHURN_VALUES + lineage("7.0.0")
GATES = [
    ("minimal", "deliver-dev", {"train": MODEL + metrics(auc=0.8)}, 0),
    ("minimal", "deliver-dev", {"train": MODEL + metrics(auc=0.79999)}, 1),
    ("minimal", "deliver-dev", {"train": MODEL + metrics(accuracy=0.9)}, 2),
    ("minimal", "deliver-dev", {"train": MODEL + "echo '{\"auc\": NaN}' > metrics.json\n"}, 2),
    ("churn-prediction", "deliver-prod", {"train": CHURN + metrics(auc=0.9, psi_max=0.3)}, 2),
    (
        "churn-prediction",
        "deliver-prod",
        {"train": CHURN + metrics(auc=0.9, psi_max=0.3, score_mean_shift=0)},
        1,
    ),
]


@pytest.mark.parametrize(("model", "pipeline_id", "behaviour", "code"), GATES)
def test_a_gate_stops_the_deployment_unless_every_bound_is_met(
    model: str, pipeline_id: str, behaviour: dict[str, str], code: int, tmp_path: Path
) -> None:
    world = world_of(model, tmp_path)
    world.behave(behaviour)
    trace = run(world, model, pipeline_id)
    assert trace.step("validate/gate-validate").code == code
    assert trace.succeeded == (code == 0)
    assert any(job.startswith("deploy-") for job in trace.started) == (code == 0)


def test_a_gate_for_merges_does_not_judge_a_change(tmp_path: Path) -> None:
    world = world_of("minimal", tmp_path)
    world.behave({"train": MODEL + metrics(auc=0.1)})
    assert run(world, "minimal", "change").succeeded


# ---------------------------------------------------------------- artifacts and values on their way


@pytest.mark.parametrize("content", [b"", b"other bytes", b"\0" * 10240])
def test_an_artifact_with_other_bytes_is_never_unpacked(content: bytes, tmp_path: Path) -> None:
    world = world_of("minimal", tmp_path)

    def meddle(job: str) -> None:
        if job == "validate":
            (world.uploads() / "model-1").write_bytes(content)

    trace = run(world, "minimal", "deliver-dev", before_job=meddle)
    assert trace.step("validate/check-model").code == 1
    assert trace.started == ["test", "train", "validate"]
    assert not (tmp_path / "world/jobs/validate-1-1/.pipegen/artifacts/model").exists()


def test_a_further_attempt_uses_its_own_artifact(tmp_path: Path) -> None:
    world = world_of("minimal", tmp_path)
    ordinary = ordinary_start(pipeline("minimal", "deliver-dev"))
    assert run(world, "minimal", "deliver-dev", ordinary).succeeded
    again = run(world, "minimal", "deliver-dev", Started(ordinary.branch, attempt=2))
    assert again.succeeded
    assert again.published["train"]["PIPEGEN_ARTIFACT_MODEL"] == "model-2"
    assert {file.name for file in world.uploads().iterdir()} >= {"model-1", "model-2"}


def test_the_same_content_has_the_same_digest_whenever_it_was_made(tmp_path: Path) -> None:
    digests = set()
    for name in ("first", "second"):
        trace = run(world_of("price-elasticity", tmp_path / name), "price-elasticity", "change")
        digests.add(trace.published["train"]["PIPEGEN_DIGEST_MODEL"])
    assert len(digests) == 1


HOSTILE_VALUES = [
    ("nothing at all", "", "was not written"),
    ("undeclared", publish(PIPEGEN_VERSION="1") + publish(LD_PRELOAD="evil.so"), "does not say that it is published"),
    ("too long", publish(PIPEGEN_VERSION="1" * 1001), "too long or has a character"),
    ("a command", publish(PIPEGEN_VERSION="$(touch pwned)"), "too long or has a character"),
    ("quotes", publish(PIPEGEN_VERSION='1"; touch pwned; "'), "too long or has a character"),
    ("a workflow command", publish(PIPEGEN_VERSION="1|2"), "too long or has a character"),
    ("two lines", "printf 'PIPEGEN_VERSION=1\\nPATH=/tmp\\n' >> \"$PIPEGEN_OUTPUTS\"\n", "does not say"),
]


@pytest.mark.parametrize(("title", "published", "message"), HOSTILE_VALUES)
def test_a_value_that_cannot_be_handed_on_fails_its_job(
    title: str, published: str, message: str, tmp_path: Path
) -> None:
    world = world_of("price-elasticity", tmp_path)
    world.behave({"train": "mkdir model; echo 1 > model/weights\n" + metrics(mape=0.1, coverage=0.95) + published})
    trace = run(world, "price-elasticity", "deliver-main")
    assert trace.step("train/collect").code == 1, title
    assert message in trace.step("train/collect").output
    assert trace.started == ["test", "train"]
    assert not list(tmp_path.rglob("pwned"))


def test_a_script_sees_its_variables_and_no_others(tmp_path: Path) -> None:
    trace = run(world_of("churn-prediction", tmp_path), "churn-prediction", "deliver-prod")
    ran = trace.step("validate/validate")
    own = {name: value for name, value in ran.variables.items() if name not in CONTEXT_VARIABLES}
    assert own.keys() - PATH_VARIABLES.keys() == {
        "PATH",
        "PIPEGEN_MODEL",
        "PIPEGEN_EVENT",
        "PIPEGEN_ENVIRONMENT",
        "PIPEGEN_VERSION",
        "PREV_MONTH_PREDS",
        "CURR_MONTH_PREDS",
        "SNOWFLAKE_ACCOUNT",
        "SNOWFLAKE_WAREHOUSE",
        "SNOWFLAKE_DATABASE",
        "SNOWFLAKE_ROLE",
        "SNOWFLAKE_TOKEN",
    }
    assert own["PIPEGEN_EVENT"] == "merged"
    assert own["PIPEGEN_ENVIRONMENT"] == "prod"
    assert own["SNOWFLAKE_TOKEN"] == "secret prod SNOWFLAKE_TOKEN"  # noqa: S105  (the runner's stand-in)
    assert "SNOWFLAKE_TOKEN" not in trace.step("tests/unit-tests").variables


# ---------------------------------------------------------------- retries

TWICE_THEN_WELL = """n="$(cat "$PIPEGEN_HOME/n" 2> /dev/null || echo 0)"
echo "$((n + 1))" > "$PIPEGEN_HOME/n"
[ "$n" -ge 2 ]
"""


TRIES = {"fails twice, then passes": (TWICE_THEN_WELL, 0, 3), "always fails": (FAIL, 1, 3), "passes": ("true\n", 0, 1)}


@pytest.mark.parametrize(("behaviour", "code", "tries"), TRIES.values(), ids=TRIES)
def test_a_stage_is_tried_as_often_as_the_spec_says(behaviour: str, code: int, tries: int, tmp_path: Path) -> None:
    world = world_of("demand-forecast", tmp_path)
    world.behave({"dependencies": behaviour})
    trace = run(world, "demand-forecast", "change")
    assert trace.step("dependencies/dependencies").code == code
    assert len(world.calls_in("dependencies/dependencies")) == tries
    assert trace.succeeded == (code == 0)


# ---------------------------------------------------------------- a rollback installs and builds nothing


@pytest.mark.parametrize("environment", ["serving-dev", "serving-staging", "serving-prod"])
def test_a_rollback_runs_the_commands_of_the_spec_and_nothing_else(environment: str, tmp_path: Path) -> None:
    world = world_of("fraud-detection", tmp_path)
    branch = "dev" if environment == "serving-dev" else "prod"
    how = Started(branch, parameters={"version": "3.0", "environment": environment})
    trace = run(world, "fraud-detection", "action-rollback", how)
    assert trace.succeeded
    assert trace.asked == (["serving-prod-rollback"] if environment == "serving-prod" else [])
    assert trace.started == ["guard", f"rollback-{environment}"]
    assert [line.split("\t")[2] for line in world.calls if not is_installing(line)] == [
        "repository-script ./scripts/serve_version.sh 3.0",
        "repository-script ./scripts/smoke.sh",
    ]
    assert trace.names(job=f"rollback-{environment}") == [
        *("prepare", "tools", "install-pipegen", "gate-deploy-order", "rollback", "verify", "ledger"),
        *("install-registry", "champion"),
    ]
    done = [line.split(" ")[1:4] for line in world.record_calls]
    assert done == [
        ["pipegen.gates", "order", "--name"],
        ["pipegen.ledger", "add", "rollback"],
        ["pipegen.registry", "rollback", "--environment"],
    ]


# ---------------------------------------------------------------- the archive


def test_the_archive_keeps_a_record_with_the_right_digests(tmp_path: Path) -> None:
    world = world_of("fraud-detection", tmp_path)
    assert run(world, "fraud-detection", "archive-main").succeeded
    record = world.unpacked(world.uploads() / "record-1") / "record"
    said = json.loads((record / "record.json").read_text("utf-8"))
    delivery = DELIVERIES["fraud-detection"]
    assert said == {
        "record": 1,
        "model": "fraud-detection",
        "owner": "payments-risk",
        "spec": delivery.spec,
        "branch": "main",
        "commit": world.commit_of("main"),
        "tree": world.tree_of("main"),
        "spec_sha256": world.digest(world.repository / delivery.spec),
        "source_sha256": world.digest(record / "source.tar"),
        "recorded_at": said["recorded_at"],
        "run": "https://ci.example.com/runs/1",
        "actor": "alice",
    }
    source = world.unpacked(record / "source.tar")
    assert (source / delivery.spec).is_file()
    assert (source / delivery.path / "README.md").is_file()
    kept = world.store / f"releases/{world.commit_of('main')}/record"
    assert (kept / "file").read_bytes() == (world.uploads() / "record-1").read_bytes()
    assert (kept / "digest").read_text("utf-8").strip() == world.digest(kept / "file")
