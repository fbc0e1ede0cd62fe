"""What must hold for the record in the delivery of every spec: what asks it, what enters it, and who has its token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipegen.delivery import (
    Begin,
    Checkout,
    Complete,
    Delivery,
    Deployment,
    Download,
    Job,
    PublishTests,
    Run,
    Step,
    Upload,
    When,
)
from pipegen.plan.flow import arrivals
from pipegen.plan.recording import ARCHIVE
from pipegen.plan.variables import LEDGER_TOKEN
from pipegen.spec.model import ModelSpec
from walking import all_jobs, all_runs, jobs_with_ancestors

ASKING = re.compile(r" -m pipegen\.gates (order|champion|version) ")
ENTERING = re.compile(r" -m pipegen\.ledger add (deployment|rollback|restore|archive) ")
MOVING = re.compile(r" -m pipegen\.registry (promote|rollback|restore) ")
REGISTRY = re.compile(r" -m pipegen\.registry ")


def of_the_record(script: str) -> bool:
    """Whether a script reads the ledger or writes to it: gates that compare, entries, and aliases that follow them."""
    return any(each.search(script) for each in (ASKING, ENTERING, MOVING))


# ---------------------------------------------------------------- the token


def the_token_of_the_ledger_is_where_the_ledger_is_used(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    deployed_to = {each.environment for pipeline in delivery.pipelines for each in units(pipeline.phases)}
    used = set()
    for job, step in all_runs(delivery):
        tokens = [each.value for each in step.variables if each.name == LEDGER_TOKEN]
        if bool(tokens) != of_the_record(step.script):
            yield f"{job.id}/{step.id} has {len(tokens)} tokens of the ledger"
        if tokens and job.environment not in {*deployed_to, ARCHIVE}:
            yield f"{job.id}/{step.id} has the token in {job.environment}, where nothing is deployed"
        used |= {job.environment for _ in tokens}
    for place in delivery.environments:
        if (place.name in used) != any(each.name == LEDGER_TOKEN for each in place.secrets):
            yield f"the settings of {place.name} and its jobs do not agree about the token"


def the_archive_has_an_environment_for_its_token_alone(spec: ModelSpec, delivery: Delivery) -> Iterator[str]:
    last = tuple(each.trunk for each in arrivals(spec) if each.role == "archive")
    archiving = {each.id for pipeline in delivery.pipelines for each in pipeline.jobs if each.environment == ARCHIVE}
    if archiving - {"archive"}:
        yield f"{archiving} are in {ARCHIVE}"
    for place in (each for each in delivery.environments if each.name == ARCHIVE):
        if [each.name for each in place.secrets] != [LEDGER_TOKEN] or place.tokens or place.approvals:
            yield f"{ARCHIVE} has {place.secrets}, {place.tokens}, {place.approvals}"
        if (place.branches, place.tags) != (last, ()):
            yield f"{ARCHIVE} is reached from {place.branches} and {place.tags}"


# ---------------------------------------------------------------- deployments


def units(phases: Sequence[object]) -> Iterator[Deployment]:
    yield from (unit for phase in phases if isinstance(unit := getattr(phase, "deployment", None), Deployment))


def the_record_is_asked_right_before_a_deployment_begins(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for unit in _all_units(delivery):
        first, *others = (each.job for each in unit.jobs)
        place = _index(first, Begin)
        asking = [step.id for step in first.steps[:place] if isinstance(step, Run) and ASKING.search(step.script)]
        block = [step.id for step in first.steps[place - 2 * len(asking) : place] if isinstance(step, Run)]
        if not asking or not asking[0].endswith("-order") or block != asking:
            yield f"{first.id} asks {asking} before it begins, and {block} come right before it"
        if not all(isinstance(each, PublishTests) for each in first.steps[place - 2 * len(asking) + 1 : place : 2]):
            yield f"{first.id} does not show what {asking} found"
        if [each.depth for each in first.steps if isinstance(each, Checkout)] != [0]:
            yield f"{first.id} asks about the order of commits without their history"
        late = [each for job in (first, *others) for each in _runs(job) if ASKING.search(each.script)]
        if len(late) != len(asking):
            yield f"{unit.environment} asks the record again after it began"


def a_deployment_is_entered_right_before_it_completes(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for unit in _all_units(delivery):
        last = unit.jobs[-1].job
        place = _index(last, Complete)
        rollback = last.id.startswith("rollback-")
        before = [step.id for step in last.steps[:place] if isinstance(step, Run)]
        entered = [name for name in ("ledger", "champion") if name in before]
        if before[-len(entered) :] != entered or "ledger" not in entered or (rollback and "champion" in entered):
            yield f"{last.id} completes after {before}"
        done = [each for job in unit.jobs[:-1] for each in _runs(job.job) if _enters(each, When.SUCCESS)]
        if done or len([each for each in _runs(last) if _enters(each, When.SUCCESS)]) != len(
            [each for each in _runs(last) if each.id in ("ledger", "champion")]
        ):
            yield f"{unit.environment} enters something elsewhere: {[each.id for each in done]}"


def a_way_back_is_entered_after_it_was_gone(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for unit in _all_units(delivery):
        last = unit.closing or unit.jobs[-1].job
        undoing = [each.id for each in _runs(last) if each.when is When.UNDO]
        expected = [each for each in ("restore", "ledger-restore", "champion-restore") if each in undoing]
        wanted = not last.id.startswith("rollback-")
        if undoing != expected or ("ledger-restore" in undoing) != wanted:
            yield f"{last.id} goes back by {undoing}"


def _all_units(delivery: Delivery) -> Iterator[Deployment]:
    for pipeline in delivery.pipelines:
        yield from units(pipeline.phases)


def _runs(job: Job) -> Iterator[Run]:
    yield from (step for step in job.steps if isinstance(step, Run))


def _index(job: Job, kind: type[Step]) -> int:
    return [isinstance(step, kind) for step in job.steps].index(True)


def _enters(step: Run, when: When) -> bool:
    return step.when is when and bool(ENTERING.search(step.script) or MOVING.search(step.script))


# ---------------------------------------------------------------- rollbacks, and what is known of a model


def rollbacks_wait_for_no_registry(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for job in all_jobs(delivery):
        if job.id.startswith("rollback-"):
            before = [each.id for each in job.steps[: _index(job, Complete)] if isinstance(each, Run)]
            texts = [each.script for each in job.steps[: _index(job, Complete)] if isinstance(each, Run)]
            if "install-registry" in before or any(REGISTRY.search(text) for text in texts):
                yield f"{job.id} asks the registry before it is done: {before}"


def a_deployment_has_all_evidence_of_its_run(_: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        entering = {unit.jobs[-1].job.id for unit in units(pipeline.phases)}
        for job, before in jobs_with_ancestors(pipeline):
            made = {name for each in before.values() for name in _evidence(each, Upload)}
            if job.id in entering and made != _evidence(job, Download):
                yield f"{pipeline.id}/{job.id} enters without {made - _evidence(job, Download)}"


def _evidence(job: Job, kind: type[Upload | Download]) -> set[str]:
    return {each.name for each in job.steps if isinstance(each, kind) and each.name.startswith("evidence-")}


RECORD_CLAIMS = (
    the_token_of_the_ledger_is_where_the_ledger_is_used,
    the_archive_has_an_environment_for_its_token_alone,
    the_record_is_asked_right_before_a_deployment_begins,
    a_deployment_is_entered_right_before_it_completes,
    a_way_back_is_entered_after_it_was_gone,
    rollbacks_wait_for_no_registry,
    a_deployment_has_all_evidence_of_its_run,
)
