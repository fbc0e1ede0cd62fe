"""Jobs: ordinary ones, those that deploy, those in which people are asked, and the one that closes a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipegen.config import Config
from pipegen.delivery import Approval, Deployment, Job, Pipeline, Run, When
from pipegen.targets.azure.bash import BEGUN, COMPLETE, task
from pipegen.targets.azure.names import TARGET
from pipegen.targets.azure.places import Image, Place, Places, output, read_values
from pipegen.targets.azure.pools import pool
from pipegen.targets.azure.runs import job_minutes, minutes_to_fetch
from pipegen.targets.azure.secrets import groups
from pipegen.targets.azure.steps import steps
from pipegen.targets.azure.texts import identifier, label, listed, minutes
from pipegen.targets.azure.variables import job_scope, variables_node
from pipegen.yaml_text import Flow, Node, Section, present

_AGENT_ENDS_IN = 15
"""Minutes that an agent needs after a cancellation beside the scripts that still run: tokens, files, summary."""
_ANSWER_ENDS_IN = 5
"""Minutes by which a job outlives the question in it, so that the question's own end decides."""


@dataclass(frozen=True, slots=True)
class Line:
    """What stands around a job: the pipeline with its places, and the jobs that must have succeeded before."""

    pipeline: Pipeline
    places: Places
    config: Config
    after: Sequence[str] = ()


def ordinary_job(job: Job, line: Line) -> Node:
    return {"job": line.places[job.id].job, **_head(job, line), "steps": _steps(job, line)}


def deployment_job(job: Job, line: Line, environment: str, begun_in: Job | None = None) -> Node:
    """A job that names the environment; `begun_in` is the one that opened the deployment, if another did."""
    here = line.places[job.id]
    markers: dict[str, Node] = {BEGUN: output(here, line.places[begun_in.id], "begin", BEGUN)} if begun_in else {}
    return {
        "deployment": here.job,
        **_head(job, line, environment=environment, markers=markers),
        "strategy": {"runOnce": {"deploy": {"steps": _steps(job, line)}}},
    }


def closing_job(unit: Deployment, job: Job, line: Line) -> Node:
    """An ordinary job: one that named the environment would be recorded there as a deployment."""
    here, first, last = (line.places[each.id] for each in (job, unit.jobs[0].job, unit.jobs[-1].job))
    markers: dict[str, Node] = {
        BEGUN: output(here, first, "begin", BEGUN),
        COMPLETE: output(here, last, "complete", COMPLETE),
    }
    started = f"in(dependencies.{first.job}.result, 'Succeeded', 'SucceededWithIssues', 'Failed', 'Canceled')"
    head = _head(job, line, condition=f"and(always(), {started})", markers=markers)
    comment = "Runs however the jobs above ended, also after a rejection or a cancellation, and asks nobody."
    return Section({"job": here.job, **head, "steps": _steps(job, line)}, comment)


def _head(
    job: Job,
    line: Line,
    *,
    environment: str | None = None,
    condition: str | None = None,
    markers: Mapping[str, Node] | None = None,
) -> dict[str, Node]:
    here, scope = line.places[job.id], job_scope(job, line.pipeline, line.places)
    makers = (line.places[each.job] for each in read_values(job))
    producers = (each.job for each in makers if each.stage == here.stage)
    return present(
        {
            "displayName": label(job.title),
            "environment": environment,
            "dependsOn": Flow(tuple(dict.fromkeys([*line.after, *producers]))),
            "condition": condition,
            "pool": pool(line.config, job.runner) if job.runner else None,
            "container": _container(here),
            "timeoutInMinutes": job_minutes(job),
            "cancelTimeoutInMinutes": _after_cancellation(job),
            "variables": variables_node(groups(job), {**scope.variables, **(markers or {})}),
        }
    )


def _container(here: Place) -> Node:
    return {"image": here.container.image} if isinstance(here.container, Image) else here.container


def _steps(job: Job, line: Line) -> list[Node]:
    return list(steps(job, job_scope(job, line.pipeline, line.places)))


def _after_cancellation(job: Job) -> int | None:
    """Azure kills what still runs five minutes after a cancellation, restore included, unless told otherwise."""
    last = [step for step in job.steps if isinstance(step, Run) and step.when is not When.SUCCESS]
    needed = sum(step.timeout_minutes + minutes_to_fetch(step) for step in last)
    return needed + _AGENT_ENDS_IN if needed else None


# ---------------------------------------------------------------- people


def asking_jobs(approval: Approval, config: Config, after: str) -> Iterator[tuple[str, Node]]:
    """One job for each person wanted, with its name.

    A stage of its own would ask the environment's checks again and give up its lock.
    """
    for number, approvers in enumerate(shares(approval, config), start=1):
        name = identifier(f"approve-{approval.id}" + (f"-{number}" if approval.count > 1 else ""))
        yield name, _asking_job(approval, approvers, name, after)
        after = name


def approvers_of(approval: Approval, config: Config) -> tuple[str, ...]:
    """What Azure calls those who may answer, each once; people keep a leading `@`, unless it is in their address."""
    named = ((each, config.team(TARGET, each)) for each in approval.approvers)
    return tuple(dict.fromkeys(f"@{name}" if each[0] == "@" and "@" not in name else name for each, name in named))


def shares(approval: Approval, config: Config) -> tuple[tuple[str, ...], ...]:
    """The approvers dealt out so that nobody can answer twice: one task takes one answer.

    None of them may be empty: a task without approvers takes the answer of anybody who may start the pipeline.
    """
    people = approvers_of(approval, config)
    if approval.count > len(people):
        raise ValueError(f"approval {approval.id} asks more people than it has approvers")
    return tuple(people[number :: approval.count] for number in range(approval.count))


def _asking_job(approval: Approval, approvers: tuple[str, ...], name: str, after: str) -> Node:
    people = ",".join(map(_approver, approvers))
    inputs: dict[str, Node] = {
        "notifyUsers": people,
        "approvers": people,
        "allowApproversToApproveTheirOwnRuns": False,
        "instructions": label(approval.title),
        "onTimeout": "reject",
    }
    wait = task("ManualValidation@1", approval.title, inputs, minutes=approval.expires_minutes)
    job: dict[str, Node] = {
        "job": name,
        "displayName": label(f"{approval.title} (asks {listed(approvers)})"),
        "dependsOn": Flow([after]),
        "pool": "server",
        "timeoutInMinutes": approval.expires_minutes + _ANSWER_ENDS_IN,
        "steps": [wait],
    }
    return Section(job, f"Waits at most {minutes(approval.expires_minutes)}; no answer is a rejection.")


def _approver(name: str) -> str:
    """A person, a group that says where it belongs, or a team of the project."""
    if name.startswith("["):
        return name
    return name.removeprefix("@") if "@" in name else rf"[$(System.TeamProject)]\{name}"
