"""Phases as jobs: an approval, waves and a deployment, row after row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipegen.config import Config
from pipegen.delivery import Approval, Delivery, Deployment, Job, Phase, Pipeline
from pipegen.targets.gitlab.events import rules
from pipegen.targets.gitlab.functions import PUBLISHED
from pipegen.targets.gitlab.jobs import Place, head, job_node, need, own_job
from pipegen.targets.gitlab.names import (
    PARAMETERS,
    RUN_ID,
    RUN_URL,
    START,
    approval_environment,
    approve_id,
    ask_id,
    asked_variable,
    failed_id,
    handed_variable,
    job_name,
    published_variable,
    resource_group,
    rules_name,
    unit_id,
    unit_path,
)
from pipegen.targets.gitlab.values import published_of
from pipegen.yaml_text import Flow, Node, Section, present

Entries = Iterator[tuple[str, Node]]


@dataclass(frozen=True, slots=True)
class Row:
    """Jobs side by side, by name; the next row waits for all of them."""

    jobs: tuple[tuple[str, Node], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.jobs)


def pipeline_jobs(delivery: Delivery, pipeline: Pipeline, config: Config) -> Entries:
    """The jobs of a pipeline, in the order in which they may start."""
    ends: dict[str, tuple[str, ...]] = {}
    for phase in pipeline.phases:
        before = tuple(name for needed in phase.needs for name in ends[needed])
        ends[phase.id] = before
        for number, row in enumerate(_rows(delivery, pipeline, phase, config, before), start=1):
            yield from row.jobs
            yield from _notice(delivery, pipeline, phase, config, row, number)
            ends[phase.id] = row.names


def _rows(
    delivery: Delivery, pipeline: Pipeline, phase: Phase, config: Config, before: tuple[str, ...]
) -> Iterator[Row]:
    place = _place(delivery, pipeline, phase, config)
    if phase.approval:
        for row in approval_rows(phase.approval, replace(place, before=before), phase):
            yield row
            before = row.names
    for wave in phase.waves:
        row = Row(tuple((place.name(job.id), job_node(job, replace(place, before=before))) for job in wave))
        yield row
        before = row.names
    if phase.deployment:
        yield _deployment(phase, phase.deployment, replace(place, before=before))


def _place(delivery: Delivery, pipeline: Pipeline, phase: Phase, config: Config) -> Place:
    if phase.only is None:
        return Place(delivery, pipeline, config, base=rules_name(delivery, pipeline))
    return Place(delivery, pipeline, config, rules=rules(delivery, pipeline, phase))


# ---------------------------------------------------------------- approvals


def approval_rows(approval: Approval, place: Place, phase: Phase | None) -> Iterator[Row]:
    """A job that notes when people were asked, then one that they let go on; `phase` None inside a deployment."""
    asked = asked_variable(approval)
    ask = Row(((place.name(ask_id(approval)), _ask(asked, place)),))
    yield ask
    manual = rules(place.delivery, place.pipeline, phase, "manual") if phase else child_rules("manual")
    waiting = replace(place, before=ask.names, base=None, rules=manual)
    yield Row(((place.name(approve_id(approval)), _approve(approval, asked, waiting)),))


def child_rules(when: str | None = None) -> list[Node]:
    """The rule of jobs in a pipeline that another one starts."""
    condition = '$CI_PIPELINE_SOURCE == "parent_pipeline"'
    return [present({"if": condition, "when": when, "allow_failure": False if when == "manual" else None})]


def _ask(asked: str, place: Place) -> Node:
    script = f"printf '%s=%s\\n' {asked} \"$(date +%s)\" > {PUBLISHED}\n"
    kept: Node = {"access": "developer", "expire_in": "30 days", "reports": {"dotenv": PUBLISHED}}
    waits = [need(each, artifacts=False) for each in place.before]
    node = own_job(place, script, waits, {})
    return {**node, "artifacts": kept} if isinstance(node, dict) else node


def _approve(approval: Approval, asked: str, place: Place) -> Node:
    seconds = approval.expires_minutes * 60
    late = "this was approved too late; run the job again that asks, then approve again"
    unasked = "this project has no protected environments (GitLab Premium), so that nobody was asked"
    script = (
        f'case ",${{GITLAB_FEATURES:-}}," in\n  *,protected_environments,*) ;;\n'
        f"  *)\n    echo 'error: {unasked}' >&2\n    exit 1\n    ;;\nesac\n"
        f"if [ \"$(($(date +%s) - ${{{asked}:-0}}))\" -gt {seconds} ]; then\n  echo 'error: {late}' >&2\n  exit 1\nfi\n"
    )
    environment: Node = {"name": approval_environment(approval), "action": "start"}
    waits = [need(each, artifacts=True) for each in place.before]
    comment = (
        f"Waits until {approval.count} of those whom the environment's approval rules name have said yes and one who\n"
        "may deploy to it starts the job. It is the rules, in the settings, that count."
    )
    return Section(own_job(place, script, waits, {"environment": environment}), comment)


# ---------------------------------------------------------------- deployments


def _deployment(phase: Phase, deployment: Deployment, place: Place) -> Row:
    lock = resource_group(deployment.lock)
    if len(deployment.jobs) == 1 and deployment.closing is None:
        job = deployment.jobs[0].job
        return Row(((place.name(job.id), job_node(job, replace(place, action="start", lock=lock))),))
    return Row(((place.name(unit_id(phase)), _trigger(phase, lock, place)),))


def _trigger(phase: Phase, lock: str, place: Place) -> Node:
    """Starts the pipeline of a deployment in several jobs; it holds the lock until all of that is done."""
    read = {each for job in phase.jobs for each in published_of(job)} if phase.deployment else set()
    inside = {job.id for job in unit_jobs(phase)}
    values = {
        handed_variable(each.job, each.name): f"${published_variable(each.job, each.name)}"
        for each in sorted(read, key=lambda value: (value.job, value.name))
        if each.job not in inside
    }
    producers = sorted({place.name(each.job) for each in read if each.job not in inside})
    waits = dict.fromkeys((*place.before, *producers))
    handed = {RUN_ID: "$CI_PIPELINE_ID", RUN_URL: "$CI_PIPELINE_URL"}
    return present(
        {
            **head(place),
            "extends": place.base,
            "needs": [need(each, artifacts=each in producers) for each in waits],
            "resource_group": lock,
            "inherit": {"variables": Flow([START, PARAMETERS])},
            "variables": {**handed, **values},
            "trigger": {
                "include": [{"local": unit_path(place.delivery, place.pipeline, phase)}],
                "strategy": "depend",
                "forward": {"yaml_variables": True, "pipeline_variables": False},
            },
        }
    )


def unit_jobs(phase: Phase) -> tuple[Job, ...]:
    """The jobs of a deployment that has a pipeline of its own."""
    deployment = phase.deployment
    if deployment is None:
        return ()
    return (*(each.job for each in deployment.jobs), *([deployment.closing] if deployment.closing else []))


# ---------------------------------------------------------------- after a failure


def _notice(delivery: Delivery, pipeline: Pipeline, phase: Phase, config: Config, row: Row, number: int) -> Entries:
    """The job that tells of a failure, once for each row: a later row is skipped as a whole when one fails.

    GitLab takes a job for skipped, and not for failed, when any of those that it needs was skipped.
    """
    if pipeline.failed is None:
        return
    when = rules(delivery, pipeline, phase, "on_failure")
    place = Place(delivery, pipeline, config, before=row.names, rules=when, allow_failure=True)
    identifier = failed_id(pipeline.failed.id, number)
    yield job_name(delivery, pipeline, f"{identifier}_{phase.id}"), job_node(pipeline.failed, place)
