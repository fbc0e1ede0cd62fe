"""The same deliveries for jenkins-job-builder: four templates and a project for each model, as its users write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.models import Model

_TEMPLATES = r"""
- defaults:
    name: global
    project-type: freestyle
    concurrent: false
    node: linux
    sample: "0.05"
    description: Do not edit; written by jenkins-job-builder.

- parameter:
    name: delivery
    parameters:
      - string: {name: PIPEGEN_VERSION, default: "", description: "A version of {model}"}

- scm:
    name: repository
    scm:
      - git:
          url: https://git.example.com/ml/models.git
          branches: ["{branch}"]
          credentials-id: git-read
          shallow-clone: true
          wipe-workspace: true

- wrapper:
    name: surroundings
    wrappers:
      - timestamps
      - timeout: {timeout: 180, fail: true}
      - credentials-binding:
          - text: {credential-id: "{environment}-warehouse-token", variable: WAREHOUSE_TOKEN}

- builder:
    name: tests
    builders:
      - shell: |
          set -euo pipefail
          python3.11 -m venv .venv && . .venv/bin/activate
          pip install --require-hashes -r requirements.lock
      - shell: |
          set -euo pipefail
          python -m pytest --junitxml=junit.xml tests/unit

- builder:
    name: train
    builders:
      - shell: |
          set -euo pipefail
          export SAMPLE={sample}
          python -m {package}.train --sample "$SAMPLE" --out "$WORKSPACE/artifacts/model"
          python -m {package}.register --model "$WORKSPACE/artifacts/model" --publish "$WORKSPACE/outputs"
      - shell: |
          set -euo pipefail
          python -m {package}.validate --model "$WORKSPACE/artifacts/model" --version "$PIPEGEN_VERSION"
          python -m gate metrics.json --metric auc --min {lowest_auc} --metric latency_p95_ms --max 50

- builder:
    name: deploy
    builders:
      - shell: |
          set -euo pipefail
          trap './restore.sh "{environment}"' ERR
          ./deploy.sh "{environment}" "$PIPEGEN_VERSION"
          ./smoke.sh "{environment}"

- publisher:
    name: results
    publishers:
      - junit: {results: junit.xml, keep-long-stdio: true}
      - archive: {artifacts: "artifacts/**, metrics.json", fingerprint: true, only-if-success: true}
      - email: {recipients: "{owner}@example.com", notify-every-unstable-build: true}

- job-template:
    name: "{model}-change"
    scm: [{repository: {branch: "feat/*"}}]
    wrappers: [{surroundings: {environment: checks}}]
    triggers: [{pollscm: {cron: "H/5 * * * *"}}]
    builders:
      - tests
      - train: {package: "{package}", lowest_auc: "{lowest_auc}", sample: "{sample}"}
    publishers: [{results: {owner: "{owner}"}}]

- job-template:
    name: "{model}-review"
    scm: [{repository: {branch: "pull/*"}}]
    wrappers: [{surroundings: {environment: checks}}]
    triggers: [{pollscm: {cron: "H/5 * * * *"}}]
    builders:
      - tests
      - train: {package: "{package}", lowest_auc: "{lowest_auc}", sample: "{sample}"}
    publishers: [{results: {owner: "{owner}"}}]

- job-template:
    name: "{model}-deliver-{environment}"
    parameters: [{delivery: {model: "{model}"}}]
    scm: [{repository: {branch: "{environment}"}}]
    wrappers: [{surroundings: {environment: "{environment}"}}]
    triggers: [{pollscm: {cron: "H/5 * * * *"}}]
    builders:
      - tests
      - train: {package: "{package}", lowest_auc: "{lowest_auc}", sample: "1.0"}
      - deploy: {environment: "{environment}"}
    publishers: [{results: {owner: "{owner}"}}]
"""

_PROJECT = """\
- project:
    name: {name}
    model: {name}
    package: {package}
    owner: {owner}
    lowest_auc: "{lowest_auc}"
    environment: [dev, prod]
    jobs: ["{{model}}-change", "{{model}}-review", "{{model}}-deliver-{{environment}}"]
"""


def write_definitions(folder: Path, models: Iterable[Model]) -> None:
    """A folder that `jenkins-jobs test` turns into four jobs for each model."""
    folder.mkdir(parents=True)
    (folder / "templates.yaml").write_text(_TEMPLATES, "utf-8")
    for model in models:
        text = _PROJECT.format(name=model.name, package=model.package, owner=model.owner, lowest_auc=model.lowest_auc)
        (folder / f"{model.name}.yaml").write_text(text, "utf-8")
