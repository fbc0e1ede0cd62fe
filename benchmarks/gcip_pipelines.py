"""The same deliveries with gcip: a program that writes a GitLab pipeline for each model.

It runs in the environment of `requirements/bench.txt`: `python -m benchmarks.gcip_pipelines COUNT FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gcip import Environment, Job, Pipeline, Retry, Rule

from benchmarks.models import Model, models

_SETUP = (
    "python3.11 -m venv .venv && . .venv/bin/activate",
    "pip install --require-hashes -r requirements.lock",
)
_REVIEW = '$CI_PIPELINE_SOURCE == "merge_request_event"'
_BRANCHES = '$CI_COMMIT_BRANCH =~ /^feat/ || $CI_COMMIT_BRANCH == "dev" || $CI_COMMIT_BRANCH == "prod"'


def pipeline(model: Model) -> Pipeline:
    """Tests, training and validation at every event, and a deployment to each environment."""
    tests = _job(model, "tests", [*_SETUP, "python -m pytest --junitxml=junit.xml tests/unit"])
    train = _job(
        model,
        "train",
        [
            *_SETUP,
            f'python -m {model.package}.train --sample "$SAMPLE" --out artifacts/model',
            f"python -m {model.package}.register --model artifacts/model --publish outputs.env",
        ],
        tests,
    ).add_variables(SAMPLE="0.05", WAREHOUSE_DATABASE="ML_DEV")
    train.artifacts.add_paths("artifacts/model", "metrics.json")
    validate = _job(
        model,
        "validate",
        [
            *_SETUP,
            f'python -m {model.package}.validate --model artifacts/model --version "$PIPEGEN_VERSION"',
            f"python -m gate metrics.json --metric auc --min {model.lowest_auc} --metric latency_p95_ms --max 50",
        ],
        train,
    )
    made = Pipeline()
    made.add_children(tests, train, validate)
    made.add_children(*(_deployment(model, environment, validate) for environment in ("dev", "prod")))
    return made


def _job(model: Model, stage: str, script: list[str], *needs: Job) -> Job:
    job = Job(name=model.name, stage=stage, script=["set -euo pipefail", f"cd {model.folder}", *script])
    job.set_image("python:3.11-slim").add_tags("linux").set_timeout("3 hours").set_retry(Retry(max=1))
    job.append_rules(Rule(if_statement=_REVIEW), Rule(if_statement=_BRANCHES))
    return job.add_needs(*needs)


def _deployment(model: Model, environment: str, validate: Job) -> Job:
    lines = [f'./deploy.sh {environment} "$PIPEGEN_VERSION"', f"./smoke.sh {environment}"]
    job = Job(name=model.name, stage=f"deploy_{environment}", script=["set -euo pipefail", *lines])
    job.set_image("python:3.11-slim").add_tags("linux").add_needs(validate)
    job.set_environment(Environment(environment)).set_resource_group(environment)
    job.add_variables(WAREHOUSE_DATABASE=f"ML_{environment.upper()}")
    return job.append_rules(Rule(if_statement=f'$CI_COMMIT_BRANCH == "{environment}"'))


def main() -> None:
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for model in models(count):
        pipeline(model).write_yaml(str(folder / f"{model.name}.gitlab-ci.yml"))


if __name__ == "__main__":
    main()
