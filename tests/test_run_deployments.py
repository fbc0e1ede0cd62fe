"""Deployments really run: what had begun and did not complete is undone exactly once, whatever the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from deliveries import CONFIG, ROOT, source_of
from local_models import ordinary_start, pipeline, run, world_of
from local_run import LocalRun
from local_trace import Started, Trace
from pipegen.delivery import Delivery
from pipegen.plan import plan
from spec_stages import Data
from specs import spec_from

FAIL = "echo this step fails; exit 3\n"
RETRAIN = Started("prod", parameters={"reason": "the market moved", "window_months": "12", "strict": "true"})


def undone(trace: Trace, job: str) -> tuple[int, int]:
    """How often the job restored and cleaned up."""
    return len(trace.steps(f"{job}/restore")), len(trace.steps(f"{job}/finally"))


ALONE = [
    ("nothing fails", {}, True, (0, 1)),
    ("the first step of the rollout fails", {"rollout-canary": FAIL}, False, (1, 1)),
    ("the last step of the rollout fails", {"rollout-full": FAIL}, False, (1, 1)),
    ("the verification fails", {"verify": FAIL}, False, (1, 1)),
    ("the verification and the restore fail", {"verify": FAIL, "restore": FAIL}, False, (1, 1)),
    ("cleaning up fails", {"finally": FAIL}, False, (0, 1)),
]


@pytest.mark.parametrize(("title", "behaviour", "succeeded", "expected"), ALONE)
def test_a_deployment_in_one_job_undoes_itself(
    title: str, behaviour: dict[str, str], *, succeeded: bool, expected: tuple[int, int], tmp_path: Path
) -> None:
    world = world_of("fraud-detection", tmp_path)
    world.behave(behaviour)
    trace = run(world, "fraud-detection", "deliver-dev")
    assert trace.succeeded == succeeded, title
    assert undone(trace, "deploy-serving-dev") == expected
    assert ("store" in trace.started) == succeeded


def test_an_artifact_that_is_not_the_one_stops_a_deployment_before_it_began(tmp_path: Path) -> None:
    world = world_of("fraud-detection", tmp_path)

    def meddle(job: str) -> None:
        if job == "deploy-serving-dev":
            (world.uploads() / "model-1").write_bytes(b"x")

    trace = run(world, "fraud-detection", "deliver-dev", before_job=meddle)
    assert not trace.succeeded
    assert trace.names(job="deploy-serving-dev")[-2:] == ["check-model", "finally"]
    assert not [line for line in world.record_calls if line.startswith("deploy-")]


# ---------------------------------------------------------------- the record

OPENED = ["gate-deploy-order", "gate-deploy-champion", "gate-deploy-version"]
ROLLED_OUT = [*OPENED, "rollout-canary", "rollout-watch", "rollout-full", "verify"]
UNDONE = ["restore", "ledger-restore", "champion-restore", "finally"]
RECORD_FAULTS = [
    ("nothing fails", {}, [*ROLLED_OUT, "ledger", "champion", "finally"], None),
    ("it is out of order", {"gate-deploy-order": FAIL}, ["gate-deploy-order", "finally"], None),
    ("the model is worse", {"gate-deploy-champion": FAIL}, [*OPENED[:2], "finally"], None),
    ("its version is too low", {"gate-deploy-version": FAIL}, [*OPENED, "finally"], None),
    ("the verification fails", {"verify": FAIL}, [*ROLLED_OUT, *UNDONE], True),
    ("the ledger cannot be reached", {"ledger": FAIL}, [*ROLLED_OUT, "ledger", *UNDONE], True),
    ("the registry cannot be reached", {"champion": FAIL}, [*ROLLED_OUT, "ledger", "champion", *UNDONE], True),
    ("the restore fails as well", {"verify": FAIL, "restore": FAIL}, [*ROLLED_OUT, *UNDONE], False),
    ("the way back is not entered", {"verify": FAIL, "ledger-restore": FAIL}, [*ROLLED_OUT, *UNDONE], True),
]


@pytest.mark.parametrize(("title", "behaviour", "steps", "restored"), RECORD_FAULTS, ids=[e[0] for e in RECORD_FAULTS])
def test_the_record_is_asked_before_told_after_and_told_how_the_way_back_ended(
    title: str, behaviour: dict[str, str], steps: list[str], *, restored: bool | None, tmp_path: Path
) -> None:
    world = world_of("fraud-detection", tmp_path)
    world.behave(behaviour)
    trace = run(world, "fraud-detection", "deliver-dev")
    names = trace.names(job="deploy-serving-dev")
    assert names[names.index("gate-deploy-order") :] == steps, title
    assert trace.succeeded == (not behaviour)
    told = world.record_calls_in("deploy-serving-dev/ledger-restore")
    assert [each.endswith(" --failed") for each in told] == ([] if restored is None else [not restored])


def test_a_way_back_that_is_not_there_is_told_as_one_that_failed(tmp_path: Path) -> None:
    (found,) = (each for each in without_restore().pipelines if each.id == "deliver-dev")
    world = world_of("minimal", tmp_path)
    world.behave({"deploy": FAIL, "rollout": FAIL})
    trace = LocalRun(found, world, ordinary_start(found)).run()
    assert trace.names(job="deploy-dev")[-2:] == ["rollout", "ledger-restore"]
    (told,) = world.record_calls_in("deploy-dev/ledger-restore")
    assert told.endswith(" --failed")


def without_restore() -> Delivery:
    data: Data = dict(source_of(ROOT / "model-specs" / "minimal.yaml").data)
    *others, deploy = data["stages"]
    data["stages"] = [*others, {key: value for key, value in deploy.items() if key != "restore"}]
    return plan(spec_from(data), CONFIG, "model-specs/minimal.yaml")


# ---------------------------------------------------------------- what began, and what did not


def test_what_fails_before_the_deployment_began_is_not_restored(tmp_path: Path) -> None:
    world = world_of("demand-forecast", tmp_path)
    world.behave({"before-1": FAIL})
    trace = run(world, "demand-forecast", "deliver-dev")
    assert not trace.succeeded
    assert trace.names(job="deploy-bundle-dev")[-1] == "before-1"
    assert not [line for line in world.record_calls if line.startswith("deploy-")]


def test_a_required_program_that_is_missing_stops_the_deployment_before_it_began(tmp_path: Path) -> None:
    world = world_of("churn-prediction", tmp_path)
    (world.folder / "bin" / "snow").unlink()
    trace = run(world, "churn-prediction", "deliver-dev")
    assert "this runner has no snow" in trace.step("deploy-dev/tools").output
    assert trace.names(job="deploy-dev") == ["prepare", "tools"]


@pytest.mark.parametrize("step", ["rollout", "rollout-2", "verify"])
def test_what_fails_after_the_deployment_began_is_restored_in_its_environment(step: str, tmp_path: Path) -> None:
    world = world_of("demand-forecast", tmp_path)
    world.behave({f"deploy-bundle-staging.{step}": FAIL})
    trace = run(world, "demand-forecast", "deliver-main")
    assert not trace.succeeded
    assert world.calls_in("deploy-bundle-staging/restore") == ["repository-script ./scripts/restore.sh staging"]
    assert trace.asked == []
    assert "deploy-bundle-prod" not in trace.started


TWICE = ["serving-prod", "serving-prod-full"]
IN_SEVERAL_JOBS = [
    ("nothing fails", {}, (), True, TWICE, (0, 1)),
    ("the first approval is refused", {}, ("serving-prod",), False, ["serving-prod"], (0, 0)),
    (
        "the approval half-way is refused",
        {},
        ("serving-prod-full",),
        False,
        TWICE,
        (1, 1),
    ),
    ("the canary fails", {"rollout-canary": FAIL}, (), False, ["serving-prod"], (1, 1)),
    ("the comparison fails", {"rollout-watch": FAIL}, (), False, ["serving-prod"], (1, 1)),
    ("the last step fails", {"rollout-full": FAIL}, (), False, TWICE, (1, 1)),
    ("the verification fails", {"verify": FAIL}, (), False, TWICE, (1, 1)),
    ("cleaning up fails", {"finally": FAIL}, (), False, TWICE, (0, 1)),
]


@pytest.mark.parametrize(("title", "behaviour", "refused", "succeeded", "asked", "expected"), IN_SEVERAL_JOBS)
def test_a_deployment_in_several_jobs_undoes_itself_in_its_closing_job(
    title: str,
    behaviour: dict[str, str],
    refused: tuple[str, ...],
    *,
    succeeded: bool,
    asked: list[str],
    expected: tuple[int, int],
    tmp_path: Path,
) -> None:
    world = world_of("fraud-detection", tmp_path)
    world.behave(behaviour)
    how = Started(RETRAIN.branch, parameters=RETRAIN.parameters, refused=frozenset(refused))
    trace = run(world, "fraud-detection", "action-retrain-now", how)
    assert trace.succeeded == succeeded, title
    assert trace.asked == asked
    assert undone(trace, "deploy-serving-prod-closing") == expected


def test_a_deployment_that_never_began_is_closed_without_a_restore(tmp_path: Path) -> None:
    world = world_of("fraud-detection", tmp_path)

    def meddle(job: str) -> None:
        if job == "deploy-serving-prod-canary":
            (world.uploads() / "model-1").write_bytes(b"")

    trace = run(world, "fraud-detection", "action-retrain-now", RETRAIN, before_job=meddle)
    assert trace.names(job="deploy-serving-prod-canary")[-1] == "check-model"
    assert undone(trace, "deploy-serving-prod-closing") == (0, 1)


def test_a_restore_runs_even_if_the_artifact_is_gone_by_then(tmp_path: Path) -> None:
    world = world_of("fraud-detection", tmp_path)
    world.behave({"rollout-full": FAIL})

    def meddle(job: str) -> None:
        if job == "deploy-serving-prod-closing":
            (world.uploads() / "model-1").unlink()

    trace = run(world, "fraud-detection", "action-retrain-now", RETRAIN, before_job=meddle)
    assert undone(trace, "deploy-serving-prod-closing") == (1, 1)


# ---------------------------------------------------------------- approvals


@pytest.mark.parametrize(
    ("model", "pipeline_id", "refused", "started"),
    [
        ("churn-prediction", "deliver-prod", "prod", []),
        (
            "demand-forecast",
            "deliver-main",
            "bundle-prod",
            ["checks", "dependencies", "backtest", "validate-bundle-bundle-staging", "deploy-bundle-staging"],
        ),
        ("price-elasticity", "deliver-tag-elasticity-v", "pricing-prod", ["guard", "test", "train", "validate"]),
    ],
)
def test_nothing_that_an_approval_guards_starts_without_it(
    model: str, pipeline_id: str, refused: str, started: list[str], tmp_path: Path
) -> None:
    branch = ordinary_start(pipeline(model, pipeline_id)).branch
    trace = run(world_of(model, tmp_path), model, pipeline_id, Started(branch, refused=frozenset({refused})))
    assert not trace.succeeded
    assert trace.started == started
