"""Deployments really run: what had begun and did not complete is undone exactly once, whatever the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_models import ordinary_start, pipeline, run, world_of
from local_trace import Started, Trace

FAIL = "echo this step fails; exit 3\n"
RETRAIN = Started("prod", parameters={"reason": "the market moved", "window_months": "12", "strict": "true"})


def undone(trace: Trace, job: str) -> tuple[int, int]:
    """How often the job restored and cleaned up."""
    return len(trace.steps(f"{job}/restore")), len(trace.steps(f"{job}/finally"))


ALONE = [
    ("nothing fails", {}, True, (0, 1)),
    ("an artifact is not the one", {"validate": 'printf x > "@UPLOADS@/model-1"\n'}, False, (0, 1)),
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
    world.behave({name: text.replace("@UPLOADS@", str(world.uploads())) for name, text in behaviour.items()})
    trace = run(world, "fraud-detection", "deliver-dev")
    assert trace.succeeded == succeeded, title
    assert undone(trace, "deploy-serving-dev") == expected
    assert ("store" in trace.started) == succeeded


def test_what_fails_before_the_deployment_began_is_not_restored(tmp_path: Path) -> None:
    world = world_of("demand-forecast", tmp_path)
    world.behave({"before-1": FAIL})
    trace = run(world, "demand-forecast", "deliver-dev")
    assert not trace.succeeded
    assert trace.names(job="deploy-bundle-dev") == ["prepare", "tools", "before-1"]


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
