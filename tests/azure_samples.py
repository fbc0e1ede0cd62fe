"""Small deliveries for the tests of the Azure target, and its files read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from azure_agent import Agent
from pipegen.config import Config, Host
from pipegen.delivery import (
    Approval,
    Checkout,
    Delivery,
    Deployment,
    DeploymentJob,
    EnvironmentSettings,
    Event,
    Job,
    Lock,
    Merged,
    Phase,
    Pipeline,
    Prepare,
    Run,
    Step,
    When,
)
from pipegen.targets import azure

STRICT = "set -euo pipefail\n"
PREPARE = Prepare(f"{STRICT}mkdir -p .pipegen/artifacts\n: > .pipegen/outputs\n: > .pipegen/summary.md\n")
OPENING: tuple[Step, ...] = (Checkout(), PREPARE)


def script(step_id: str, text: str, **options: Any) -> Run:  # noqa: ANN401  (what Run takes)
    return Run(step_id, step_id, STRICT + text + "\n", **options)


def job(job_id: str, *steps: Step, **options: Any) -> Job:  # noqa: ANN401  (what Job takes)
    return Job(job_id, f"The job {job_id}", (*OPENING, *steps), **options)


def phase(phase_id: str, *waves: tuple[Job, ...], **options: Any) -> Phase:  # noqa: ANN401  (what Phase takes)
    usual: dict[str, Any] = {"environment": None, "approval": None, "deployment": None, "needs": (), "only": None}
    return Phase(id=phase_id, title=f"The phase {phase_id}", waves=waves, origin=(), **(usual | options))


def pipeline(*phases: Phase, event: Event = Merged("prod"), **options: Any) -> Pipeline:  # noqa: ANN401, B008  (frozen)
    usual: dict[str, Any] = {"title": "a pipeline", "paths": (), "variables": (), "origin": ()}
    return Pipeline(id="sample", event=event, phases=phases, **(usual | options))


def approval(approval_id: str = "prod", count: int = 1, approvers: tuple[str, ...] = ("release",)) -> Approval:
    return Approval(approval_id, f"Deploy to {approval_id}", "prod", count, approvers, 240, ("approvals",))


def deployed(*parts: tuple[Job, Approval | None], closing: Job | None = None, lock: str = "prod") -> Deployment:
    jobs = tuple(DeploymentJob(each, asked) for each, asked in parts)
    return Deployment("prod", jobs, closing, Lock(lock, "all"), ("stages", 0))


def restore(text: str = "echo restored") -> Run:
    return script("restore", text, when=When.UNDO)


def delivery(*pipelines: Pipeline, **options: Any) -> Delivery:  # noqa: ANN401  (what Delivery takes)
    prod = EnvironmentSettings("prod", "Production", ("prod",), (), (), (), (), "all", deployed_to=True, origin=("e",))
    usual: dict[str, Any] = {"environments": (prod,), "merge_rules": (), "shared_secrets": (), "allowed_weaker": ()}
    named: dict[str, Any] = {
        "spec": "model-specs/m.yaml",
        "model": "m",
        "title": "The model",
        "owner": "us",
        "path": ".",
    }
    return Delivery(pipelines=pipelines, **named, **(usual | options))


def read(one: Pipeline, host: Host = "github") -> dict[str, Any]:
    """The file of one pipeline, read back."""
    (text,) = azure.render(delivery(one), Config(host=host)).values()
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def jobs_of(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    jobs = [each for stage in data["stages"] for each in stage["jobs"]]
    return {each.get("job") or each["deployment"]: each for each in jobs}


def one_job(*steps: Step, **options: Any) -> Pipeline:  # noqa: ANN401  (what Job takes)
    return pipeline(phase("checks", (job("work", *steps, **options),)))


def ran(one: Pipeline, workspace: Path, name: str = "work", **agent: Any) -> Agent:  # noqa: ANN401  (what Agent takes)
    """A job of the pipeline, run by an agent."""
    data = read(one)
    return Agent(workspace, **agent).run(data, jobs_of(data)[name])
