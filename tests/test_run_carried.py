"""Artifacts between branches really travel: exactly the bytes that were validated, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local_models import metrics, run, world_of
from local_trace import Started
from local_world import World

MODEL = "fraud-detection"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world in which dev was delivered and then merged into prod."""
    made = world_of(MODEL, tmp_path)
    assert run(made, MODEL, "deliver-dev").succeeded
    made.merge("dev", "prod")
    return made


PROD = Started("prod", run_id="2")


def test_prod_deploys_exactly_the_bytes_that_dev_validated(world: World) -> None:
    assert world.commit_of("dev") != world.commit_of("prod")
    trace = run(world, MODEL, "deliver-prod", PROD)
    assert trace.succeeded
    (made,) = world.folder.glob("jobs/train-1-1/.pipegen/packed/model.tar")
    used = sorted(world.folder.glob("jobs/deploy-*-2-1/.pipegen/packed/model.tar"))
    assert [file.parts[-4] for file in used] == [
        "deploy-serving-prod-canary-2-1",
        "deploy-serving-prod-closing-2-1",
        "deploy-serving-prod-full-2-1",
        "deploy-serving-staging-2-1",
    ]
    assert {file.read_bytes() for file in used} == {made.read_bytes()}


def test_prod_makes_nothing_again_but_judges_what_it_gets(world: World) -> None:
    trace = run(world, MODEL, "deliver-prod", PROD)
    assert "train" not in trace.started
    assert trace.step("validate/gate-validate-1").code == 0
    assert trace.step("validate/validate").variables["PIPEGEN_VERSION"] == "3.1.0"
    assert "--model-version=3.1.0" in world.calls_in("validate/validate")[-1]


def test_only_prod_asks(world: World) -> None:
    assert run(world, MODEL, "deliver-prod", PROD).asked == ["serving-prod", "serving-prod-full"]


def entry(world: World, name: str) -> Path:
    (found,) = world.store.glob(f"{MODEL}/source-*/{name}")
    return found


def other_bytes(world: World) -> None:
    (entry(world, "model") / "file").write_bytes(b"something else")


def other_digest(world: World) -> None:
    (entry(world, "model") / "digest").write_text("0" * 64 + "\n")


def no_digest(world: World) -> None:
    (entry(world, "evidence-train") / "digest").write_text("\n")


def not_a_digest(world: World) -> None:
    (entry(world, "model") / "digest").write_text("$(touch pwned)\n")


def no_entry(world: World) -> None:
    (entry(world, "model") / "file").unlink()


def no_values(world: World) -> None:
    (entry(world, "values") / "file").unlink()


def changed_source(world: World) -> None:
    world.commit("prod", {"models/fraud/hotfix.py": "pass\n"})


def changed_library(world: World) -> None:
    world.commit("prod", {"libs/features/deep/window.py": "pass\n"})


DAMAGE = [other_bytes, other_digest, no_digest, not_a_digest, no_entry, no_values, changed_source, changed_library]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda each: each.__name__)
def test_what_is_not_exactly_what_was_validated_fails_and_is_never_made_again(
    damage: Callable[[World], None], world: World
) -> None:
    damage(world)
    before = len(world.calls)
    trace = run(world, MODEL, "deliver-prod", PROD)
    assert not trace.succeeded
    assert trace.started == ["fetch"]
    assert trace.asked == []
    assert not any("fraud.train" in line for line in world.calls[before:])
    assert not list(world.folder.rglob("pwned"))


def test_a_change_beside_the_model_finds_the_same_artifact(world: World) -> None:
    world.commit("prod", {"models/other/train.py": "pass\n", "README.md": "hello\n"})
    assert run(world, MODEL, "deliver-prod", PROD).succeeded


def test_what_failed_its_gate_is_not_kept(tmp_path: Path) -> None:
    made = world_of(MODEL, tmp_path)
    made.behave({"train": BAD})
    assert not run(made, MODEL, "deliver-dev").succeeded
    assert not list(made.store.iterdir())


BAD = 'mkdir "$PIPEGEN_ARTIFACTS/model"; echo PIPEGEN_VERSION=1 >> "$PIPEGEN_OUTPUTS"\n' + metrics(
    auc=0.5, recall_at_1pct=0.7, latency_p95_ms=20, memory_mb=500
)


# ---------------------------------------------------------------- deploy by version


@pytest.mark.parametrize("environment", ["serving-dev", "serving-staging", "serving-prod"])
def test_a_version_is_deployed_again_from_the_store(environment: str, world: World) -> None:
    how = Started(
        "dev" if environment == "serving-dev" else "prod", parameters={"version": "3.1.0", "environment": environment}
    )
    before = len(world.calls)
    trace = run(world, MODEL, "action-deploy", Started(how.branch, parameters=how.parameters, run_id="2"))
    assert trace.succeeded
    assert trace.asked == (["serving-prod", "serving-prod-full"] if environment == "serving-prod" else [])
    assert not any("fraud.train" in line for line in world.calls[before:])


def test_a_version_that_nobody_kept_fails_before_the_deployment_begins(world: World) -> None:
    how = Started("prod", parameters={"version": "9.9", "environment": "serving-staging"}, run_id="2")
    trace = run(world, MODEL, "action-deploy", how)
    assert not trace.succeeded
    assert trace.names(job="deploy-serving-staging") == [
        "prepare",
        "tools",
        "install-registry",
        "fetch-model",
        "finally",
    ]
    assert (
        "holds nothing under fraud-detection/version-9.9/model"
        in trace.step("deploy-serving-staging/fetch-model").output
    )
