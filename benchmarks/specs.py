"""The specs of models, as a team writes them, and a repository that holds nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.models import Model

SPECS = "model-specs"

SETTINGS = """\
[repository]
host = "github"
default_branch = "main"
targets = ["azure", "github", "jenkins"]

[pipegen]
version = "0.1.0"
index = "https://nexus.example.com/repository/pypi/simple"
sha256 = "0f343b0931126a20f133d67c2b018a3b5f3c4e9e6d7a8b9c0d1e2f3a4b5c6d7e"
"""

_SPEC = """\
pipegen: 1
model:
  name: {name}
  owner: {owner}
  title: {title}
  path: {folder}

runtime:
  python: "3.11"
  install: pip install --require-hashes -r requirements.lock
  cache: pip

environments:
  checks:
    variables: {{WAREHOUSE_DATABASE: ML_DEV}}
    secrets: [WAREHOUSE_READ_TOKEN]
  dev:
    variables: {{WAREHOUSE_DATABASE: ML_DEV}}
    secrets: [WAREHOUSE_TOKEN]
  prod:
    variables: {{WAREHOUSE_DATABASE: ML_PROD}}
    secrets: {{WAREHOUSE_TOKEN: {{stages: [train, deploy]}}}}
    approvals: {{count: 1, approvers: [ml-release], expires: 2d}}

stages:
  - id: tests
    title: Unit tests
    use: pytest
    with: {{paths: [tests/unit]}}
  - id: train
    title: Train
    run: |
      python -m {package}.train --sample "$SAMPLE" --out "$PIPEGEN_ARTIFACTS/model"
      python -m {package}.register --model "$PIPEGEN_ARTIFACTS/model" --publish "$PIPEGEN_OUTPUTS"
    variables: {{SAMPLE: "1.0"}}
    override:
      - {{at: [change, review], variables: {{SAMPLE: "0.05"}}}}
    timeout: 3h
    produces: model
    publishes: PIPEGEN_VERSION
    metrics: {{file: metrics.json, names: [auc, latency_p95_ms]}}
  - id: validate
    title: Validate
    run: python -m {package}.validate --model "$PIPEGEN_ARTIFACTS/model" --version "$PIPEGEN_VERSION"
    gates:
      - {{metric: auc, min: {lowest_auc}, at: [merged]}}
      - {{metric: latency_p95_ms, max: 50}}
{drift}  - id: deploy
    title: Deploy
    needs: [validate]
    deploys: true
    run: ./deploy.sh "$PIPEGEN_ENVIRONMENT" "$PIPEGEN_VERSION"
    verify: ./smoke.sh "$PIPEGEN_ENVIRONMENT"
    restore: ./restore.sh "$PIPEGEN_ENVIRONMENT"
    rollback: ./deploy.sh "$PIPEGEN_ENVIRONMENT" "$PIPEGEN_VERSION"
{schedules}
allow_weaker:
  - target: jenkins
    control: initiator of approval prod
    reason: Merges to prod need an approval of their own, by somebody other than the author.
"""

_DRIFT = """\
  - id: drift
    title: Drift of features
    at: [scheduled]
    needs: []
    consumes: []
    run: python -m {package}.drift --database "$WAREHOUSE_DATABASE" --metrics drift.json
    metrics: {{file: drift.json, names: [psi]}}
    gates: [{{metric: psi, max: 0.25}}]
"""

_SCHEDULES = """
schedules:
  monitor: {cron: "0 6 1 * *", environment: checks, branch: prod, stages: [drift]}
"""


def spec(model: Model) -> str:
    """The text of a model's spec."""
    return _SPEC.format(
        name=model.name,
        owner=model.owner,
        title=f"{model.subject.title()} model {model.name}",
        folder=model.folder,
        package=model.package,
        lowest_auc=model.lowest_auc,
        drift=_DRIFT.format(package=model.package) if model.scheduled else "",
        schedules=_SCHEDULES if model.scheduled else "",
    )


def change(root: Path, model: Model, comment: str) -> None:
    """Another text of a model's spec, so that it has to be compiled anew."""
    (root / SPECS / f"{model.name}.yaml").write_text(f"{spec(model)}# {comment}\n", "utf-8")


def write_repository(root: Path, models: Iterable[Model]) -> None:
    """A repository below `root` with a spec for each model, and the folders that the specs name."""
    (root / SPECS).mkdir(parents=True)
    (root / "pipegen.toml").write_text(SETTINGS, "utf-8")
    for model in models:
        (root / model.folder).mkdir(parents=True)
        (root / SPECS / f"{model.name}.yaml").write_text(spec(model), "utf-8")
