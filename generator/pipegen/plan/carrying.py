"""Artifacts between branches: kept once they are validated, fetched instead of made again."""

from __future__ import annotations

from collections.abc import Sequence

from pipegen.delivery import CollectOutputs, Job, PublishedValue, PublishSummary, Step
from pipegen.plan import artifacts, registering, selection
from pipegen.plan.artifacts import VALUES, Available, is_evidence
from pipegen.plan.flow import Arrival, Occasion, arrivals
from pipegen.plan.jobs import Setting, job_minutes, opening
from pipegen.plan.variables import VERSION, job_variables
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage


def carried_makers(spec: ModelSpec, arrival: Arrival | None) -> tuple[Stage, ...]:
    """The stages of the other branch whose results are carried, and which therefore do not run on this one."""
    if arrival is None or arrival.carried_from is None:
        return ()
    stages = selection.chosen(spec, Occasion("merged", arrival.carried_from))
    return tuple(stage for stage in stages if selection.builds(stage) and selection.makes(stage))


def fetch_job(setting: Setting, environment: str | None, makers: Sequence[Stage], branch: str) -> tuple[Job, Available]:
    """All that `branch` made, out of the store: found by the source's digest, checked by its own."""
    spec = setting.spec
    names = tuple(each.name for stage in makers for each in setting.made_by(stage, occasion=Occasion("merged", branch)))
    values = tuple(name for stage in makers for name in stage.publishes)
    published = (
        *values,
        *(each for name in names for each in (artifacts.digest_name(name), artifacts.remote_name(name))),
    )
    steps: list[Step] = [*opening(spec, spec.runtime.requires), *registering.store_tools(spec, setting.config)]
    variables = registering.store_variables(spec, setting.config, environment)
    steps += [
        artifacts.fetch(spec, name, variables, version=False) for name in (*names, *((VALUES,) if values else ()))
    ]
    steps += [artifacts.read_values()] if values else []
    steps += [artifacts.again(name) for name in names]
    steps += [
        CollectOutputs(published),
        *(artifacts.hand_over(artifacts.Made(name, None)) for name in names),
        PublishSummary(),
    ]
    job = _plain_job(setting, "fetch", "Fetch what was validated", environment, steps, published)
    return job, Available(dict.fromkeys(names, job.id), dict.fromkeys(values, job.id))


def _plain_job(
    setting: Setting,
    id_: str,
    title: str,
    environment: str | None,
    steps: Sequence[Step],
    publishes: tuple[str, ...] = (),
) -> Job:
    return Job(
        id=id_,
        title=title,
        steps=tuple(steps),
        environment=environment,
        variables=job_variables(setting.spec, environment, setting.extra, (), setting.parameters),
        runner=setting.spec.runtime.runner,
        image=setting.spec.runtime.image,
        timeout_minutes=job_minutes(steps),
        publishes=publishes,
        origin=("store",),
    )


def is_carried_on(setting: Setting, arrival: Arrival) -> bool:
    """Whether what this branch makes is wanted later: by another branch, or by `deploy` under its version."""
    spec = setting.spec
    return registering.has_store(spec, setting.config) and (
        any(each.carried_from == arrival.trunk for each in arrivals(spec)) or not arrival.carried_from
    )


def store_job(setting: Setting, environment: str | None, available: Available) -> Job:
    spec = setting.spec
    version = VERSION in available.values
    makers = (stage for stage in spec.stages if selection.builds(stage) and selection.makes(stage))
    kept = {
        each.name
        for stage in makers
        for each in setting.made_by(stage)
        if setting.carries or not is_evidence(each.name)
    }
    steps: list[Step] = [*opening(spec, spec.runtime.requires), *registering.store_tools(spec, setting.config)]
    secrets = registering.store_variables(spec, setting.config, environment)
    for name, job_id in available.artifacts.items():
        if name in kept:
            steps += artifacts.obtain(name, job_id, unpack=False)
            steps.append(artifacts.keep(spec, name, secrets, version=False))
            steps += [artifacts.keep(spec, name, secrets, version=True)] if version and not is_evidence(name) else []
    if available.values:
        steps += [
            artifacts.write_values(available.values, available),
            artifacts.keep(spec, VALUES, secrets, version=False),
        ]
    steps.append(PublishSummary())
    job = _plain_job(setting, "store", "Keep for promotion", environment, steps)
    published = tuple(PublishedValue(maker, name) for name, maker in available.values.items())
    variables = job_variables(spec, environment, setting.extra, published, setting.parameters)
    return Job(
        job.id, job.title, job.steps, environment, variables, job.runner, job.image, job.timeout_minutes, (), ("store",)
    )
