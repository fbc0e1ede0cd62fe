"""Small deliveries for tests of the GitHub target, and their workflows read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from pipegen.config import Config
from pipegen.delivery import (
    Approval,
    Begin,
    Complete,
    Delivery,
    Deployment,
    DeploymentJob,
    EnvironmentSettings,
    Event,
    Job,
    JobVariable,
    Lock,
    Merged,
    Phase,
    Pipeline,
    PublishedValue,
    Run,
    Step,
    When,
)
from pipegen.scripts import STRICT
from pipegen.targets import github

Workflow = dict[str, Any]
CONFIG = Config()


def run(step_id: str = "work", text: str = "true\n", **more: Any) -> Run:  # noqa: ANN401  (fields of Run)
    return Run(step_id, step_id.capitalize(), f"{STRICT}\n{text}", **more)


def job(job_id: str, *steps: Step, **more: Any) -> Job:  # noqa: ANN401  (fields of Job)
    return Job(job_id, job_id.capitalize(), steps or (run(),), **more)


def reading(job_id: str, *values: PublishedValue) -> Job:
    """A job whose scripts see values of others."""
    return job(job_id, variables=tuple(JobVariable(value.name, value) for value in values))


def phase(phase_id: str, *waves: tuple[Job, ...], **more: Any) -> Phase:  # noqa: ANN401  (fields of Phase)
    given = {"environment": None, "approval": None, "deployment": None, "needs": (), "only": None, "origin": (), **more}
    return Phase(id=phase_id, title=f"Phase {phase_id}", waves=waves, **given)


def approval(approval_id: str = "prod", count: int = 1, approvers: Sequence[str] = ("release",)) -> Approval:
    return Approval(approval_id, f"Deploy to {approval_id}", "prod", count, tuple(approvers), 120, ())


UNDO = run("undo", when=When.UNDO)
FINALLY = run("tidy", when=When.ALWAYS)


def deployment(*, asked_half_way: Approval | None = None, waiting: str = "all") -> Deployment:
    """A deployment in one job, or in two with an approval between them."""
    lock = Lock("prod", "newest" if waiting == "newest" else "all")
    if asked_half_way is None:
        only = job("deploy", Begin(), run(), Complete(), UNDO, FINALLY, environment="prod")
        return Deployment("prod", (DeploymentJob(only, None),), None, lock, ())
    first = job("deploy-tenth", Begin(), run(), environment="prod")
    last = job("deploy-full", run(), Complete(), environment="prod")
    closing = job("deploy-closing", UNDO, FINALLY, environment="prod")
    return Deployment("prod", (DeploymentJob(first, None), DeploymentJob(last, asked_half_way)), closing, lock, ())


def pipeline(*phases: Phase, event: Event | None = None, pipeline_id: str = "deliver-prod") -> Pipeline:
    given = event or Merged("prod")
    return Pipeline(pipeline_id, pipeline_id, given, (), phases, (), ())


def delivery(*pipelines: Pipeline, environments: Sequence[EnvironmentSettings] = ()) -> Delivery:
    return Delivery(
        spec="model-specs/churn.yaml",
        model="churn",
        title="Churn",
        owner="retention",
        path="models/churn",
        pipelines=pipelines,
        merge_rules=(),
        environments=tuple(environments),
        shared_secrets=(),
        allowed_weaker=(),
    )


def workflows(*pipelines: Pipeline, config: Config = CONFIG) -> dict[str, Workflow]:
    """The rendered workflows by file name."""
    files = github.render(delivery(*pipelines), config)
    return {path.rsplit("/", 1)[1]: read_back(text) for path, text in files.items()}


def workflow(*phases: Phase, event: Event | None = None, config: Config = CONFIG) -> Workflow:
    """The workflow of a pipeline's own file."""
    found = workflows(pipeline(*phases, event=event), config=config)
    return found["churn.deliver-prod.yml"]


def read_back(text: str) -> Workflow:
    read: Workflow = yaml.safe_load(text)
    return read
