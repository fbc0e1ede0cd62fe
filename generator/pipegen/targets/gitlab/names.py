"""What things are called on GitLab: files, jobs, variables, locks."""

from __future__ import annotations

from pipegen.config import Config
from pipegen.delivery import Approval, Delivery, Lock, Phase, Pipeline

TARGET = "gitlab"
"""What pipegen.toml calls this target."""

ROOT_FILE = ".gitlab-ci.yml"
FOLDER = ".gitlab/pipegen"
JOB_FILE = f"{FOLDER}/_job.yml"
"""What all jobs have in common. Models have no underscore in their names, so it meets no file of theirs."""
JOB = ".pipegen"
STAGE = "pipegen"
"""The one stage: needs say what waits for what, and of several files that list stages only one would count."""

START = "PIPEGEN_START"
"""Which schedule or action a pipeline is, as `<model>/<pipeline>`."""
PARAMETERS = "PIPEGEN_PARAMETERS"
"""The parameters of an action, as `name=value;name=value`."""
RUN_ID = "PIPEGEN_PARENT_ID"
RUN_URL = "PIPEGEN_PARENT_URL"
"""What a deployment in a pipeline of its own is told of the run that it belongs to."""
BEGUN = "PIPEGEN_BEGUN"
COMPLETE = "PIPEGEN_COMPLETE"


def model_path(delivery: Delivery) -> str:
    return f"{FOLDER}/{delivery.model}.yml"


def unit_path(delivery: Delivery, pipeline: Pipeline, phase: Phase) -> str:
    """The pipeline of a deployment in several jobs; the wildcard of the root file does not reach into the folder."""
    return f"{FOLDER}/{delivery.model}/{pipeline.id}.{phase.id}.yml"


def start_of(delivery: Delivery, pipeline: Pipeline) -> str:
    return f"{delivery.model}/{pipeline.id}"


def job_name(delivery: Delivery, pipeline: Pipeline, identifier: str) -> str:
    """Unique among all models, as GitLab merges jobs of one name; ids hold no colon."""
    return f"{delivery.model}:{pipeline.id}:{identifier}"


def rules_name(delivery: Delivery, pipeline: Pipeline) -> str:
    """The hidden job that holds when the jobs of a pipeline run."""
    return f".{delivery.model}:{pipeline.id}"


# Jobs of the delivery have no underscore in their ids, so these cannot meet them.


def ask_id(approval: Approval) -> str:
    return f"ask_{approval.id}"


def approve_id(approval: Approval) -> str:
    return f"approve_{approval.id}"


def unit_id(phase: Phase) -> str:
    return f"deployment_{phase.id}"


def failed_id(identifier: str, number: int) -> str:
    return f"{identifier}_{number}"


def approval_environment(approval: Approval) -> str:
    """An environment that exists to be approved: it has approval rules and no secrets."""
    return f"{approval.id}-approval"


def asked_variable(approval: Approval) -> str:
    return f"PIPEGEN_ASKED_{_upper(approval.id)}"


def published_variable(job: str, name: str) -> str:
    """What a value is called on its way to other jobs, of which several may publish the same name."""
    return f"PIPEGEN_FROM_{_upper(job)}_{name}"


def handed_variable(job: str, name: str) -> str:
    """What the value is called on its way into another pipeline; a variable cannot be set to itself."""
    return f"PIPEGEN_ABOVE_{_upper(job)}_{name}"


def _upper(identifier: str) -> str:
    return identifier.upper().replace("-", "_")


def approvers(approval: Approval, config: Config) -> tuple[str, ...]:
    """What GitLab calls the approvers; two that it calls the same are one."""
    return tuple(dict.fromkeys(config.team(TARGET, each) for each in approval.approvers))


def resource_group(lock: Lock) -> str:
    return f"pipegen-{lock.name}"


def tags(runner: str | None, config: Config) -> tuple[str, ...]:
    """The tags that a runner has all of; none for the ordinary one unless pipegen.toml says so."""
    given = config.runner(TARGET, runner)
    if given is not None:
        return given.labels
    return () if runner is None else (runner,)
