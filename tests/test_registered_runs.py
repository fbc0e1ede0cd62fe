"""A delivery with a real registry: versions go in, artifacts come out on another branch, aliases follow the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from deliveries import CONFIG
from local_models import MODEL, lineage, metrics, publish
from local_run import LocalRun
from local_trace import Started, Trace
from local_world import REAL_RECORD, new_world
from mlflow_server import python
from pipegen.delivery import Delivery
from pipegen.source import Source
from pipegen.validation import validate
from registries import Desk

SPEC = """\
pipegen: 1
model: {name: scoring, owner: pricing, path: models/scoring}
flow:
  - {branch: feat/*}
  - {branch: dev, environments: [dev]}
  - {branch: prod, environments: [staging, prod], artifacts: {from: dev}}
environments: {dev: {}, staging: {}, prod: {}}
variables: {MLFLOW_TRACKING_URI: "@URI@"}
registry: {name: scoring}
stages:
  - id: train
    run: ./train.sh
    produces: model
    publishes: PIPEGEN_VERSION
    metrics: metrics.json
    lineage: lineage.json
  - id: validate
    run: ./validate.sh
    gates:
      - {metric: auc, min: 0.8}
      - {metric: auc, against: champion, better: higher, tolerance: 0.01}
      - {version: {}}
  - {id: deploy, deploys: true, run: ./deploy.sh, restore: ./restore.sh, rollback: ./serve.sh}
"""
ALIASES = ("champion-dev", "champion-staging", "champion-prod")


class Runs:
    """Runs of the model's pipelines in a world whose pipegen has MLflow at hand, each under a number of its own."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        text = SPEC.replace("@URI@", desk.uri)
        self.delivery = _planned(text)
        self.world = new_world(folder / "world", "model-specs/scoring.yaml", text, "models/scoring", ("dev", "prod"))
        (self.world.folder / REAL_RECORD).touch()
        program = self.world.folder / "venv-python"
        program.write_text(_with_mlflow(program.read_text("utf-8")), "utf-8")
        self.number = 0

    def run(self, pipeline: str, branch: str, **parameters: str) -> Trace:
        self.number += 1
        (planned,) = (each for each in self.delivery.pipelines if each.id == pipeline)
        return LocalRun(planned, self.world, Started(branch, parameters=parameters, run_id=str(self.number))).run()

    def train(self, version: str, auc: float) -> None:
        told = metrics(auc=auc) + publish(PIPEGEN_VERSION=version) + lineage(version)
        self.world.behave({"train": MODEL + told})


def _planned(text: str) -> Delivery:
    validated = validate(Source.parse("model-specs/scoring.yaml", text.encode()), CONFIG, {})
    assert validated.delivery is not None, validated.diagnostics
    return validated.delivery


def _with_mlflow(program: str) -> str:
    """The same program, whose registry runs where MLflow is."""
    shebang, _, rest = program.partition("\n")
    registry = (
        'case "$*" in "-I -m pipegen.registry "*)\n'
        f'  export PYTHONPATH="{Path(__file__).parent.parent}/generator"; exec "{python()}" "${{@:2}}" ;;\n'
        "esac\n"
    )
    return f"{shebang}\n{registry}{rest}"


@pytest.fixture
def desk(embedded: Desk) -> Desk:
    return Desk(embedded.worker, embedded.folder, embedded.uri, "scoring")


@pytest.fixture
def runs(desk: Desk, tmp_path: Path) -> Runs:
    return Runs(desk, tmp_path)


def test_what_dev_validated_is_registered_kept_and_deployed_by_prod_and_the_aliases_follow(
    runs: Runs, desk: Desk
) -> None:
    runs.train("1.0.0", 0.85)
    made = runs.run("deliver-dev", "dev")
    assert made.succeeded, [each for each in made.ran if each.code]
    assert desk.aliases() == {"champion-dev": "1.0.0"}
    runs.world.merge("dev", "prod")
    trace = runs.run("deliver-prod", "prod")
    assert trace.succeeded, [each for each in trace.ran if each.code]
    assert "train" not in trace.started
    assert "register" not in trace.started
    assert desk.aliases() == dict.fromkeys(ALIASES, "1.0.0")
    (first,) = runs.world.folder.glob("jobs/train-1-1/.pipegen/packed/model.tar")
    used = [*runs.world.folder.glob("jobs/deploy-*-2-1/.pipegen/packed/model.tar")]
    assert len(used) == 2
    assert {each.read_bytes() for each in used} == {first.read_bytes()}
    assert desk.run("check", "--remote", f"file://{runs.world.repository}").code == 0


def test_a_deployment_that_fails_leaves_the_alias_where_it_was_and_a_rollback_moves_it_back(
    runs: Runs, desk: Desk
) -> None:
    runs.train("1.0.0", 0.85)
    assert runs.run("deliver-dev", "dev").succeeded
    runs.world.commit("dev", {"models/scoring/notes.md": "another\n"})
    runs.train("1.1.0", 0.86)
    runs.world.behave({"deploy-dev.rollout": "exit 3\n"})
    failed = runs.run("deliver-dev", "dev")
    assert failed.step("deploy-dev/ledger-restore").code == 0
    assert failed.step("deploy-dev/champion-restore").code == 0
    assert desk.aliases()["champion-dev"] == "1.0.0"
    runs.world.behave({"deploy-dev.rollout": "true\n"})
    again = runs.run("deliver-dev", "dev")
    assert again.succeeded, [each for each in again.ran if each.code]
    assert desk.aliases()["champion-dev"] == "1.1.0"
    back = runs.run("action-rollback", "dev", version="1.0.0", environment="dev")
    assert back.succeeded, [each for each in back.ran if each.code]
    assert desk.aliases()["champion-dev"] == "1.0.0"
    assert desk.run("check", "--remote", f"file://{runs.world.repository}").code == 0


def test_a_recorded_version_is_deployed_again_out_of_the_registry(runs: Runs, desk: Desk) -> None:
    runs.train("1.0.0", 0.85)
    assert runs.run("deliver-dev", "dev").succeeded
    trace = runs.run("action-deploy", "dev", version="1.0.0", environment="dev")
    assert trace.succeeded, [each for each in trace.ran if each.code]
    (first,) = runs.world.folder.glob("jobs/train-1-1/.pipegen/packed/model.tar")
    (used,) = runs.world.folder.glob("jobs/deploy-dev-2-1/.pipegen/packed/model.tar")
    assert used.read_bytes() == first.read_bytes()
    unknown = runs.run("action-deploy", "dev", version="9.9.9", environment="dev")
    assert not unknown.succeeded
    assert "begin" not in " ".join(unknown.names(job="deploy-dev"))
    assert desk.aliases()["champion-dev"] == "1.0.0"
