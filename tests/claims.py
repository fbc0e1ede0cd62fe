"""What must hold for the delivery of every spec. A claim yields a sentence for each place where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from pipegen.delivery import (
    Action,
    Approval,
    Begin,
    Cache,
    Complete,
    Delivery,
    Deployment,
    Download,
    Job,
    ParameterValue,
    Phase,
    Pipeline,
    Prepare,
    PublishedValue,
    Run,
    Upload,
    UsePython,
    When,
)
from pipegen.diagnostics import KeyPath
from pipegen.plan.flow import arrivals, environments
from pipegen.plan.recording import ARCHIVE
from pipegen.spec.model import ModelSpec
from record_claims import RECORD_CLAIMS
from secret_claims import secrets_reach_only_the_steps_they_are_for
from walking import all_approvals, all_jobs, all_runs, ancestors_of, is_place, jobs_with_ancestors, place_of

Claim = Callable[[ModelSpec, Delivery], Iterator[str]]


# ---------------------------------------------------------------- scripts and ids


def scripts_are_strict(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for job in all_jobs(delivery):
        for step in job.steps:
            if isinstance(step, Run | Prepare) and not step.script.startswith("set -euo pipefail\n"):
                yield f"a script of {job.id} is not strict: {step.script[:40]!r}"


def ids_are_unique(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    yield from _twice("pipeline", [each.id for each in delivery.pipelines])
    for pipeline in delivery.pipelines:
        yield from _twice(f"phase of {pipeline.id}", [each.id for each in pipeline.phases])
        yield from _twice(f"job of {pipeline.id}", [each.id for each in pipeline.jobs])
        for job in pipeline.jobs:
            yield from _twice(
                f"step of {pipeline.id}/{job.id}", [each.id for each in job.steps if isinstance(each, Run)]
            )
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", job.id):
                yield f"{job.id!r} is no id of a job"
    asked: dict[str, Approval] = {}
    for approval in all_approvals(delivery):
        if asked.setdefault(approval.id, approval) != approval:
            yield f"two approvals are called {approval.id}"


def _twice(what: str, ids: list[str]) -> Iterator[str]:
    yield from (f"{what} {each} is there twice" for each in sorted(set(ids)) if ids.count(each) > 1)


def job_timeouts_leave_room_for_every_step(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for job in all_jobs(delivery):
        needed = sum(step.timeout_minutes for step in job.steps if isinstance(step, Run))
        if job.timeout_minutes <= needed:
            yield f"{job.id} has {job.timeout_minutes} minutes for steps of {needed}"


# ---------------------------------------------------------------- approvals


def guarded_environments_wait_for_their_approval(spec: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        for phase in pipeline.phases:
            before = [phase, *ancestors_of(pipeline, phase)]
            granted = {each.approval.environment for each in before if each.approval}
            for job in phase.jobs:
                if job.environment == ARCHIVE and ARCHIVE not in spec.environments:
                    yield from _only_archived(spec, pipeline, phase)
                    continue
                asked = job.environment and environments(spec)[job.environment].approvals
                if asked and job.environment not in granted:
                    yield f"{pipeline.id}/{job.id} is in {job.environment} before anybody approved it"


def _only_archived(spec: ModelSpec, pipeline: Pipeline, phase: Phase) -> Iterator[str]:
    """The archive's own environment asks nobody, and runs take place there after merges into the last branch alone."""
    last = {each.trunk for each in arrivals(spec) if each.role == "archive"}
    if place_of(pipeline.event) not in last or phase.approval is not None or phase.deployment is not None:
        yield f"{pipeline.id}/{phase.id} is in {ARCHIVE}"


def changes_and_reviews_run_in_checks_alone(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        if pipeline.event.label in ("change", "review"):
            yield from (
                f"{job.id} is in {job.environment}" for job in pipeline.jobs if job.environment not in (None, "checks")
            )
            if any(phase.approval or phase.deployment for phase in pipeline.phases):
                yield f"{pipeline.id} asks or deploys"


def an_approval_before_the_build_precedes_all_but_the_guard(spec: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        deploying = [phase for phase in pipeline.phases if phase.deployment and phase.only is None]
        if not deploying or not deploying[0].environment:
            continue
        asked = environments(spec)[deploying[0].environment].approvals
        earlier = [each for each in ancestors_of(pipeline, deploying[0]) if each.id != "start"]
        if asked and asked.before == "build" and (earlier or deploying[0].approval is None):
            yield f"{pipeline.id} builds before {deploying[0].environment} is approved"


# ---------------------------------------------------------------- what is read where


def values_and_artifacts_come_from_jobs_that_are_done(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        for job, before in jobs_with_ancestors(pipeline):
            yield from (f"{pipeline.id}/{job.id}: {text}" for text in _badly_read(pipeline, job, before))


def _badly_read(pipeline: Pipeline, job: Job, before: Mapping[str, Job]) -> Iterator[str]:
    parameters = {each.name for each in pipeline.event.parameters} if isinstance(pipeline.event, Action) else set()
    for value in _values(job):
        if isinstance(value, ParameterValue) and value.name not in parameters:
            yield f"there is no parameter {value.name}"
        if isinstance(value, PublishedValue) and (
            value.job not in before or value.name not in before[value.job].publishes
        ):
            yield f"{value.name} of {value.job} is not there yet"
    for step in job.steps:
        if isinstance(step, Download) and not (
            step.job in before and any(isinstance(e, Upload) and e.name == step.name for e in before[step.job].steps)
        ):
            yield f"artifact {step.name} of {step.job} is not there yet"


def _values(job: Job) -> Iterator[object]:
    yield from (each.value for each in job.variables)
    for step in job.steps:
        if isinstance(step, Run):
            yield from (each.value for each in step.variables)
        elif isinstance(step, Download):
            yield step.remote_name


def what_reads_evidence_has_it(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for job, step in all_runs(delivery):
        there = {each.id for each in job.steps if isinstance(each, Run)}
        for name in sorted(set(re.findall(r"\$PIPEGEN_ARTIFACTS/(evidence-[a-z0-9-]+)/", step.script))):
            if not {f"check-{name}", f"fetch-{name}", f"pack-{name}"} & there:
                yield f"{job.id}/{step.id} reads {name}, which the job does not have"


def caches_are_for_checks_alone(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        cached = [job.id for job in pipeline.jobs for step in job.steps if isinstance(step, Cache)]
        if cached and pipeline.event.label not in ("change", "review"):
            yield f"{pipeline.id} reads a cache in {cached}"


# ---------------------------------------------------------------- deployments


def deployments_begin_and_complete_once(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        for phase in pipeline.phases:
            if phase.deployment:
                yield from (f"{pipeline.id}/{phase.id}: {text}" for text in _badly_bracketed(phase.deployment))
            for job in (job for wave in phase.waves for job in wave):
                if any(isinstance(step, Begin | Complete) or _undoes(step) for step in job.steps):
                    yield f"{pipeline.id}/{job.id} is no deployment but has steps of one"


def _badly_bracketed(unit: Deployment) -> Iterator[str]:
    jobs = [each.job for each in unit.jobs]
    kinds = [[type(step) for step in job.steps] for job in jobs]
    if [each.count(Begin) for each in kinds] != [1] + [0] * (len(jobs) - 1):
        yield "it does not begin once, in its first job"
    if [each.count(Complete) for each in kinds] != [0] * (len(jobs) - 1) + [1]:
        yield "it does not complete once, in its last job"
    if unit.jobs[0].approval is not None or any(each.approval is None for each in unit.jobs[1:]):
        yield "its jobs are not cut at its approvals"
    undoing = [job.id for job in jobs if any(_undoes(step) for step in job.steps)]
    if undoing and len(jobs) > 1:
        yield f"{undoing} undo although there are several jobs"
    last = jobs[-1].steps
    if any(_undoes(step) for step in last[: kinds[-1].index(Complete)]):
        yield "it undoes before it completes"


def _undoes(step: object) -> bool:
    return isinstance(step, Run) and step.when is not When.SUCCESS


def rollbacks_install_nothing_and_wait_for_no_deployment(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    units = [(pipeline, phase.deployment) for pipeline in delivery.pipelines for phase in pipeline.phases]
    taken = {unit.lock.name for pipeline, unit in units if unit and pipeline.id != "action-rollback"}
    for pipeline, unit in units:
        if pipeline.id != "action-rollback" or unit is None:
            continue
        if unit.lock.name in taken:
            yield f"lock {unit.lock.name} is also a deployment's"
        for job in (each.job for each in unit.jobs):
            runs = [step.id for step in job.steps if isinstance(step, Run)]
            if any(isinstance(step, UsePython | Cache | Download) for step in job.steps) or "install" in runs:
                yield f"{job.id} installs or fetches something"
            if any('source "$PIPEGEN_HOME/activate"' in step.script for step in job.steps if isinstance(step, Run)):
                yield f"{job.id} needs an installation"


# ---------------------------------------------------------------- phases


def phases_need_only_what_comes_before(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        known: dict[str, Phase] = {}
        for phase in pipeline.phases:
            yield from (f"{phase.id} needs {each}" for each in phase.needs if each not in known)
            if any(known[each].only not in (None, phase.only) for each in phase.needs if each in known):
                yield f"{phase.id} needs a phase that may be skipped"
            if not list(phase.jobs):
                yield f"{phase.id} of {pipeline.id} does nothing"
            known[phase.id] = phase


def environments_of_jobs_have_settings(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    known = {each.name: each for each in delivery.environments}
    for pipeline in delivery.pipelines:
        used = {job.environment for job in pipeline.jobs if job.environment}
        yield from (f"{name} has no settings" for name in used - known.keys())
        for name in used & known.keys() - {"checks"}:
            reached = (*known[name].branches, *known[name].tags)
            if (place := place_of(pipeline.event)) and place not in reached:
                yield f"{pipeline.id} reaches {name} from {place}, its settings say {reached}"


def origins_are_places_of_the_spec(spec: ModelSpec, delivery: Delivery) -> Iterator[str]:
    data = spec.model_dump(by_alias=True)
    for origin in {step.origin for _, step in all_runs(delivery)} | _node_origins(delivery):
        if not is_place(data, origin):
            yield f"{origin} is no place of the spec"


def _node_origins(delivery: Delivery) -> set[KeyPath]:
    phases = [phase for pipeline in delivery.pipelines for phase in pipeline.phases]
    found = {phase.deployment.origin for phase in phases if phase.deployment}
    found |= {each.origin for each in delivery.pipelines} | {each.origin for each in phases}
    found |= {each.origin for each in all_jobs(delivery)} | {each.origin for each in all_approvals(delivery)}
    return found | {each.origin for each in delivery.environments} | {each.origin for each in delivery.merge_rules}


CLAIMS: tuple[Claim, ...] = (
    scripts_are_strict,
    ids_are_unique,
    job_timeouts_leave_room_for_every_step,
    secrets_reach_only_the_steps_they_are_for,
    guarded_environments_wait_for_their_approval,
    changes_and_reviews_run_in_checks_alone,
    an_approval_before_the_build_precedes_all_but_the_guard,
    values_and_artifacts_come_from_jobs_that_are_done,
    what_reads_evidence_has_it,
    caches_are_for_checks_alone,
    deployments_begin_and_complete_once,
    rollbacks_install_nothing_and_wait_for_no_deployment,
    phases_need_only_what_comes_before,
    environments_of_jobs_have_settings,
    origins_are_places_of_the_spec,
    *RECORD_CLAIMS,
)
