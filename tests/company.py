"""A company that uses all of pipegen.toml, and a small model of it, for the tests of all targets."""

from __future__ import annotations

from pathlib import Path

from pipegen.compiler import Repository, compile_root, compile_spec, open_repository
from pipegen.targets import Files

SPEC = "model-specs/card-limits.yaml"

PIPEGEN_TOML = """\
[repository]
host = "github"
default_branch = "main"
targets = ["azure", "github", "gitlab", "jenkins"]

[pipegen]
version = "0.1.0"
sha256 = "0f343b0931126a20f133d67c2b018a3b5f3c4e9e6d7a8b9c0d1e2f3a4b5c6d7e"
index = "https://nexus.example.com/repository/pypi/simple"
requirements = "ci/pipegen-requirements.txt"

[github.runners]
default = "ubuntu-24.04-arm"
gpu = ["self-hosted", "linux", "gpu"]
check = ["self-hosted", "small"]

[github.teams]
ml-release = "acme/ml-release"
model-risk = "acme/model-risk"

[github.actions]
"actions/checkout" = {version = "v7.0.0", commit = "9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0"}

[azure.runners]
default = {image = "ubuntu-24.04"}
gpu = {pool = "gpu-pool", demands = ["cuda"]}
check = "small-pool"

[azure.teams]
ml-release = '[ML Platform]\\ML Release'
model-risk = '[ML Platform]\\Model Risk'

[azure.extends]
template = "governed.yml"
repository = {alias = "templates", name = "Platform/pipeline-templates", ref = "refs/tags/v3"}
parameters = {costCenter = "ml"}

[gitlab.runners]
default = "linux"
gpu = ["linux", "gpu"]
check = "small"

[gitlab.teams]
ml-release = "acme/ml-release"
model-risk = "acme/model-risk"

[jenkins]
libraries = ["company-ci@3.2.1"]

[jenkins.runners]
default = "linux"
gpu = "linux && gpu"
check = "small"

[jenkins.teams]
ml-release = "ML-Release"
model-risk = "ML-Risk"

[[steps.before]]
title = "Register the run"
run = './ci/register-run.sh "$PIPEGEN_RUN_URL"'
timeout = "5m"

[[steps.after]]
title = "Scan what was made"
run = "./ci/scan.sh"
"""

MODEL = """\
pipegen: 1
model: {name: card-limits, owner: cards, title: Card limits, path: models/limits}
runtime: {python: "3.11", install: pip install --require-hashes -r requirements.txt, timeout: 30m}
flow:
  - {branch: feat/*}
  - {branch: main, environments: [staging, prod], approvals: {merge: 1}}
environments:
  staging:
    secrets: [GATEWAY_KEY]
    approvals: {approvers: [ml-release]}
  prod:
    secrets: [GATEWAY_KEY]
    approvals: {count: 2, approvers: [ml-release, model-risk], expires: 2d}
secrets:
  TEAMS_URL: {stages: []}
  ARTIFACT_STORE: {type: username-password, stages: [store]}
store:
  put: ./scripts/store.sh put "$PIPEGEN_ARTIFACT_KEY" "$PIPEGEN_ARTIFACT_FILE" "$PIPEGEN_ARTIFACT_DIGEST"
  get: ./scripts/store.sh get "$PIPEGEN_ARTIFACT_KEY" "$PIPEGEN_ARTIFACT_FILE" "$PIPEGEN_ARTIFACT_DIGEST_FILE"
notify:
  webhook: TEAMS_URL
  form: adaptive-card
  moments: [approval-waiting, deployed, failed, restored, rolled-back]
allow_weaker:
  - {target: github, control: expiry of approval staging-full, reason: Somebody of model-risk is always on duty}
  - {target: github, control: expiry of approval prod-full, reason: Somebody of model-risk is always on duty}
  - {target: gitlab, control: expiry of approval staging-full, reason: Somebody of model-risk is always on duty}
  - {target: gitlab, control: expiry of approval prod-full, reason: Somebody of model-risk is always on duty}
  - {target: jenkins, control: initiator of approval staging, reason: The host asks for another person before a merge}
  - {target: jenkins, control: initiator of approval staging-full, reason: Merges are approved by another person}
  - {target: jenkins, control: initiator of approval prod, reason: Merges are approved by another person}
  - {target: jenkins, control: initiator of approval prod-full, reason: Merges are approved by another person}
stages:
  - {id: test, title: Unit tests, use: pytest, with: {paths: [tests], junit: unit.xml}}
  - id: train
    title: Train
    runner: gpu
    run: python -m limits.train --out "$PIPEGEN_ARTIFACTS/model" --outputs "$PIPEGEN_OUTPUTS"
    override: [{at: [change, review], runner: default}]
    produces: model
    publishes: PIPEGEN_VERSION
    metrics: {file: metrics.json, names: [auc]}
    gates: [{metric: auc, min: 0.8}]
  - id: deploy
    title: Deploy
    deploys: true
    install: false
    rollout:
      - {id: tenth, title: One tenth of the traffic, run: ./scripts/traffic.sh 10}
      - id: full
        title: All of the traffic
        run: ./scripts/traffic.sh 100
        approvals: {approvers: [model-risk], expires: 4h}
    verify: ./scripts/smoke.sh
    restore: ./scripts/traffic.sh 0
    rollback: ./scripts/serve_version.sh "$PIPEGEN_VERSION"
    finally: ./scripts/cleanup.sh
  - {id: drift, title: Drift, at: [scheduled], needs: [], consumes: [], run: python -m limits.drift}
schedules:
  monitor: {cron: "0 6 * * 1", environment: staging, stages: [drift]}
actions:
  refresh:
    title: Train again and deploy
    environment: prod
    stages: [train, deploy]
    parameters:
      reason: {type: string, pattern: "[A-Za-z0-9 ._-]{5,100}", description: "Why now, for the record"}
"""


def repository(root: Path) -> Repository:
    """The company's repository, laid out in an empty folder."""
    (root / "pipegen.toml").write_text(PIPEGEN_TOML, encoding="utf-8")
    (root / SPEC).parent.mkdir()
    (root / SPEC).write_text(MODEL, encoding="utf-8")
    return open_repository(root)


def files(root: Path, target: str) -> Files:
    """All that one target has of the company, made in an empty folder."""
    laid_out = repository(root)
    made: Files = {}
    for compiled in (compile_spec(laid_out, SPEC, (target,)), compile_root(laid_out, (target,))):
        if compiled.diagnostics or compiled.files is None:
            raise AssertionError(compiled.diagnostics)
        made |= compiled.files[target]
    return made
