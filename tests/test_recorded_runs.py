"""Deliveries with a real ledger: what was deployed is recorded, and what the record forbids never begins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local_models import CHURN_VALUES, MODEL, lineage, metrics, run, world_of
from local_trace import Started, Trace
from local_world import REAL_RECORD, World

CHURN, MINIMAL = "churn-prediction", "minimal"
FAIL = "echo this step fails; exit 3\n"
WELL = "true\n"


def trained(version: str, auc: float) -> str:
    """A training whose model has a version and is so good."""
    values = metrics(auc=auc, psi_max=0.1, score_mean_shift=0.01)
    return MODEL + values + CHURN_VALUES.replace("7.0.0", version) + lineage(version)


def recorded_world(model: str, folder: Path) -> World:
    world = world_of(model, folder)
    (world.folder / REAL_RECORD).touch()
    return world


def ledger(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a person asks the ledger that the runs wrote."""
    command = [sys.executable, "-I", "-m", "pipegen.ledger", *arguments, "--remote", f"file://{world.repository}"]
    alone = {"PATH": os.environ["PATH"], "HOME": str(world.folder)}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=alone)


def entries(world: World, model: str) -> list[dict[str, Any]]:
    """The lines of the ledger on its branch, which nothing but its commands wrote."""
    command = ["git", "-C", str(world.repository), "show", f"pipegen-ledger:ledger/{model}.jsonl"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def story(world: World, model: str) -> list[tuple[object, ...]]:
    return [(each["kind"], each.get("environment", ""), each.get("version", "")) for each in entries(world, model)]


class Runs:
    """One run after the other in a world, each under a number of its own."""

    def __init__(self, world: World, model: str) -> None:
        self.world, self.model, self.number = world, model, 0

    def run(self, pipeline: str, branch: str, **parameters: str) -> Trace:
        self.number += 1
        how = Started(branch, parameters=parameters, run_id=str(self.number))
        return run(self.world, self.model, pipeline, how)

    def deliver(self, version: str, auc: float) -> Trace:
        """A change of the model is merged into dev."""
        self.world.commit("dev", {"models/churn/train.py": f"VERSION = {version!r}\n"})
        self.world.behave({"train": trained(version, auc)})
        return self.run("deliver-dev", "dev")


@pytest.fixture
def churn(tmp_path: Path) -> Runs:
    """A model that was deployed to dev once."""
    runs = Runs(recorded_world(CHURN, tmp_path), CHURN)
    trace = runs.deliver("7.0.0", 0.85)
    assert trace.succeeded, [each for each in trace.ran if each.code]
    return runs


def test_a_deployment_is_recorded_with_all_that_is_known_of_the_model(churn: Runs) -> None:
    (entry,) = entries(churn.world, CHURN)
    gates = {(each["title"], each["subject"], each["verdict"]) for each in entry["gates"]}
    assert gates == {
        *(("gate-validate", metric, "pass") for metric in ("auc", "psi_max", "score_mean_shift")),
        *(("gate-deploy-order", subject, "pass") for subject in ("descent", "version")),
        ("gate-deploy-champion", "auc", "pass"),
        *(("gate-deploy-version", subject, "pass") for subject in ("version", "record")),
    }
    assert entry["metrics"] == {"auc": "0.85", "psi_max": "0.1", "score_mean_shift": "0.01"}
    assert entry["training_window"] == {"from": "2026-01-01", "to": "2026-06-30"}
    assert entry["commit"] == churn.world.commit_of("dev")
    assert entry["artifacts"] == {"model": churn.world.digest(churn.world.uploads() / "model-1")}
    spec = churn.world.repository / "model-specs" / f"{CHURN}.yaml"
    assert entry["spec_digest"] == churn.world.digest(spec)
    assert (entry["owner"], entry["actor"], entry["run_id"]) == ("retention-analytics", "alice", "1")
    assert "approvers" not in entry


def test_a_model_that_is_better_and_says_so_takes_its_place(churn: Runs) -> None:
    assert churn.deliver("7.1.0", 0.88).succeeded
    assert story(churn.world, CHURN) == [("deployment", "dev", "7.0.0"), ("deployment", "dev", "7.1.0")]


REFUSED = [
    ("the model is worse", "7.0.1", 0.83, "gate-deploy-champion", "auc"),
    ("it gained more than its version says", "7.0.1", 0.88, "gate-deploy-version", "7.1.0"),
    ("its version is another model's", "7.0.0", 0.85, "gate-deploy-order", "7.0.0"),
]


@pytest.mark.parametrize(("title", "version", "auc", "step", "said"), REFUSED, ids=[each[0] for each in REFUSED])
def test_what_the_record_forbids_never_begins(
    title: str, version: str, auc: float, step: str, said: str, churn: Runs
) -> None:
    trace = churn.deliver(version, auc)
    assert not trace.succeeded, title
    assert trace.names(job="deploy-dev")[-1] == step
    assert said in trace.step(f"deploy-dev/{step}").output
    assert churn.world.calls_in("deploy-dev/rollout")[3:] == []
    assert story(churn.world, CHURN) == [("deployment", "dev", "7.0.0")]


def test_a_commit_from_before_is_refused(churn: Runs) -> None:
    before = churn.world.commit_of("dev")
    assert churn.deliver("7.1.0", 0.88).succeeded
    churn.world.commit("kept", {}, start="dev")
    churn.world.commit("dev", {}, start=before)
    trace = churn.deliver("7.2.0", 0.91)
    assert trace.names(job="deploy-dev")[-1] == "gate-deploy-order"
    assert "does not descend" in trace.step("deploy-dev/gate-deploy-order").output


def test_a_deployment_that_fails_is_recorded_as_undone_and_the_one_before_runs_again(churn: Runs) -> None:
    churn.world.behave({"verify": FAIL})
    assert not churn.deliver("7.1.0", 0.88).succeeded
    (_, restored) = entries(churn.world, CHURN)
    found = {key: restored.get(key) for key in ("kind", "restored", "environment", "version", "undone")}
    assert found == {"kind": "restore", "restored": True, "environment": "dev", "version": "7.0.0", "undone": "7.1.0"}
    churn.world.behave({"verify": WELL})
    assert churn.deliver("7.1.0", 0.88).succeeded


def test_after_a_way_back_that_failed_only_a_rollback_is_admitted(churn: Runs) -> None:
    trace = churn.deliver("7.1.0", 0.88)
    assert trace.succeeded
    churn.world.behave({"restore": FAIL, "verify": FAIL})
    assert not churn.deliver("7.2.0", 0.91).succeeded
    failed = entries(churn.world, CHURN)[2]
    assert (failed["kind"], failed["restored"], failed["undone"]) == ("restore", False, "7.2.0")
    churn.world.behave({"restore": WELL, "verify": WELL})
    refused = churn.deliver("7.2.0", 0.91)
    assert refused.names(job="deploy-dev")[-1] == "gate-deploy-order"
    assert "the way back from 7.2.0 failed (entry 3" in refused.step("deploy-dev/gate-deploy-order").output
    assert churn.run("action-rollback", "dev", version="7.1.0", environment="dev").succeeded
    assert churn.deliver("7.2.0", 0.91).succeeded


ROLLBACKS = [("7.0.0", True, ""), ("6.0.0", False, "never deployed to dev"), ("7.1.0", False, "runs 7.1.0 already")]


@pytest.mark.parametrize(("version", "admitted", "said"), ROLLBACKS, ids=[each[0] for each in ROLLBACKS])
def test_a_rollback_goes_to_a_version_that_ran_there_and_runs_no_more(
    version: str, said: str, churn: Runs, *, admitted: bool
) -> None:
    assert churn.deliver("7.1.0", 0.88).succeeded
    before = len(churn.world.calls)
    trace = churn.run("action-rollback", "dev", version=version, environment="dev")
    assert trace.succeeded == admitted
    assert said in trace.step("rollback-dev/gate-deploy-order").output
    carried_out = [line for line in churn.world.calls[before:] if "snow" in line.split("\t")[2]]
    assert bool(carried_out) == admitted
    assert story(churn.world, CHURN)[2:] == ([("rollback", "dev", version)] if admitted else [])


def test_a_release_is_told_from_the_first_deployment_to_the_archive(churn: Runs) -> None:
    churn.world.merge("dev", "prod")
    churn.world.behave({"train": trained("7.0.1", 0.85)})
    assert churn.run("deliver-prod", "prod").succeeded
    churn.world.merge("prod", "main")
    assert churn.run("archive-main", "main").succeeded
    assert story(churn.world, CHURN) == [
        ("deployment", "dev", "7.0.0"),
        ("deployment", "prod", "7.0.1"),
        ("archive", "", ""),
    ]
    _, prod, archive = entries(churn.world, CHURN)
    assert (prod["approvers"], prod["asked"]) == (["ann"], "1 of ml-release")
    assert archive["tree"] == churn.world.tree_of("main")
    assert archive["record"] == churn.world.digest(churn.world.uploads("3") / "record-1")
    verified = ledger(churn.world, "verify", "--history")
    assert (verified.returncode, "entries: 3" in verified.stdout) == (0, True), verified.stdout + verified.stderr


def test_a_model_without_versions_is_recorded_under_its_commit_and_comes_from_dev(tmp_path: Path) -> None:
    world = recorded_world(MINIMAL, tmp_path)
    runs = Runs(world, MINIMAL)
    world.commit("dev", {"models/minimal/train.py": "pass\n"})
    world.merge("dev", "prod")
    refused = runs.run("deliver-prod", "prod")
    assert refused.names(job="deploy-prod")[-1] == "gate-deploy-order"
    assert "never deployed to dev" in refused.step("deploy-prod/gate-deploy-order").output
    assert runs.run("deliver-dev", "dev").succeeded
    assert runs.run("deliver-prod", "prod").succeeded
    assert story(world, MINIMAL) == [
        ("deployment", "dev", world.commit_of("dev")[:12]),
        ("deployment", "prod", world.commit_of("prod")[:12]),
    ]
    assert ledger(world, "verify", MINIMAL).returncode == 0


def test_a_ledger_that_cannot_be_read_stops_a_deployment_before_it_begins(churn: Runs) -> None:
    churn.world.commit("pipegen-ledger", {f"ledger/{CHURN}.jsonl": "{}\n"})
    trace = churn.deliver("7.1.0", 0.88)
    assert trace.names(job="deploy-dev")[-1] == "gate-deploy-order"
    assert trace.step("deploy-dev/gate-deploy-order").code == 2
    assert ledger(churn.world, "verify").returncode == 1
