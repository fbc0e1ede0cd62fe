"""Jobs as data: what runs, where, with what, and what it hands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipegen.config import Config
from pipegen.delivery import Cache, Change, Checkout, Delivery, Job, Pipeline, PublishTests, Review, Upload
from pipegen.quoting import one_line
from pipegen.targets.gitlab.functions import HANDED, PUBLISHED, VALUES
from pipegen.targets.gitlab.names import BEGUN, COMPLETE, JOB, RUN_ID, STAGE, job_name, tags
from pipegen.targets.gitlab.steps import closing_minutes, in_file, step_lines
from pipegen.targets.gitlab.values import CACHES, published_of, setting, tokens_of
from pipegen.yaml_text import Commented, Flow, Node, present

_MARGIN = 5
"""Minutes by which GitLab's own limit comes after those of the steps."""
_OWN_MINUTES = 10
_READ_STATE = f"""\
[ "${{{BEGUN}:-}}" != true ] || pipegen_mark begun
[ "${{{COMPLETE}:-}}" != true ] || pipegen_mark complete
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands: `rules` or the hidden job `base` say when it runs, `before` what it waits for.

    `elsewhere` are jobs of the pipeline above whose files it fetches; `told` says that its deployment goes on in other
    jobs, `action` what GitLab takes it for in its environment, `continues` that it goes on with what others began.
    """

    delivery: Delivery
    pipeline: Pipeline
    config: Config
    before: tuple[str, ...] = ()
    base: str | None = None
    rules: Sequence[Node] = ()
    elsewhere: tuple[str, ...] = ()
    told: bool = False
    continues: bool = False
    action: str = "access"
    lock: str | None = None
    allow_failure: bool = False

    def name(self, identifier: str) -> str:
        return job_name(self.delivery, self.pipeline, identifier)


def job_node(job: Job, place: Place) -> Node:
    return present(
        {
            **head(place, job),
            "needs": needs(job, place),
            "tags": Flow(tags(job.runner, place.config)),
            "image": {"name": job.image, "entrypoint": [""]} if job.image else None,
            "environment": {"name": job.environment, "action": place.action} if job.environment else None,
            "resource_group": place.lock,
            "interruptible": True if isinstance(place.pipeline.event, Change | Review) else None,
            "allow_failure": True if place.allow_failure else None,
            "id_tokens": {each.name: {"aud": each.audience} for each in tokens_of(job)},
            **body(job, setting(job, place.pipeline, place.delivery, place.elsewhere), place),
        }
    )


def head(place: Place, job: Job | None = None) -> dict[str, Node]:
    """What the job takes over, and when it runs."""
    bases = tuple(each for each in (JOB, place.base) if each)
    titled = Commented(STAGE, one_line(job.title)) if job and job.title != job.id else STAGE
    return {"extends": Flow(bases), "stage": titled, "rules": list(place.rules)}


def body(job: Job, values: str, place: Place) -> dict[str, Node]:
    """What runs, for how long, and what is kept of it."""
    script = [in_file(VALUES, values)]
    if place.continues:
        script.append(_READ_STATE)
    script += step_lines(job.steps, job.id, told=place.told)
    after = closing_minutes(job.steps)
    limits = {"RUNNER_SCRIPT_TIMEOUT": f"{job.timeout_minutes}m", "RUNNER_AFTER_SCRIPT_TIMEOUT": f"{after + 1}m"}
    return {
        "timeout": f"{job.timeout_minutes + _MARGIN + (after + 1 if after else 0)} minutes",
        "variables": {**_checkout(job), **(limits if after else {})},
        "cache": _caches(job, place),
        "script": [*script, "pipegen_finish"],
        "artifacts": _artifacts(job, told=place.told),
    }


def _checkout(job: Job) -> dict[str, Node]:
    checkout = next((step for step in job.steps if isinstance(step, Checkout)), None)
    if checkout is None:
        return {"GIT_STRATEGY": "none"}
    return {"GIT_DEPTH": str(checkout.depth), **({} if checkout.lfs else {"GIT_LFS_SKIP_SMUDGE": "1"})}


def needs(job: Job, place: Place) -> list[Node]:
    """The jobs before this one, and those whose values or files it reads, each once."""
    read = tuple(dict.fromkeys(each.job for each in published_of(job)))
    above: list[Node] = [
        {"pipeline": f"${RUN_ID}", "job": place.name(each), "artifacts": True}
        for each in read
        if each in place.elsewhere
    ]
    named = dict.fromkeys((*place.before, *(place.name(each) for each in read if each not in place.elsewhere)))
    state = place.before if place.continues else ()
    reads = {*(place.name(each) for each in read), *state}
    return above + [need(each, artifacts=each in reads) for each in named]


def need(name: str, *, artifacts: bool) -> Node:
    """A job that must have succeeded, with or without the files and values that it hands on."""
    return {"job": name, "artifacts": artifacts}


# ---------------------------------------------------------------- files


def _caches(job: Job, place: Place) -> list[Node]:
    """The folder of an installer; GitLab makes a key of two files at most."""
    kinds = {step.kind: step for step in job.steps if isinstance(step, Cache)}
    return [_cache(step, place) for step in kinds.values()]


MOST_KEY_FILES = 2


def _cache(step: Cache, place: Place) -> Node:
    prefix = f"{place.delivery.model}-{step.kind}"
    fits = 0 < len(step.key_files) <= MOST_KEY_FILES
    key: Node = {"files": list(step.key_files), "prefix": prefix} if fits else prefix
    return {"key": key, "paths": [f"{CACHES[step.kind][1]}/"]}


def _artifacts(job: Job, *, told: bool) -> Node:
    uploads = [step for step in job.steps if isinstance(step, Upload)]
    tests = list(dict.fromkeys(step.file for step in job.steps if isinstance(step, PublishTests)))
    published = PUBLISHED if job.publishes or told else None
    reports = present({"junit": tests, "dotenv": published})
    if not reports and not uploads:
        return {}
    return present(
        {
            "when": "always",
            "access": "developer",
            "expire_in": f"{max((step.retention_days for step in uploads), default=30)} days",
            "paths": [f"{HANDED}/{job.id}/"] if uploads else None,
            "reports": reports,
        }
    )


def own_job(place: Place, script: str, needed: Sequence[Node], more: dict[str, Node]) -> Node:
    """A job of pipegen's own, which neither checks out nor keeps anything of the repository."""
    return present(
        {
            **head(place),
            "needs": list(needed),
            "tags": Flow(tags(None, place.config)),
            **more,
            "timeout": f"{_OWN_MINUTES} minutes",
            "variables": {"GIT_STRATEGY": "none"},
            "script": [script],
        }
    )
