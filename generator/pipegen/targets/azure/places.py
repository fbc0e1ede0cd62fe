"""Where each job of a pipeline stands, and how a job reads what another one hands over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipegen.delivery import Download, Job, Phase, Pipeline, PublishedValue, Run
from pipegen.targets.azure.texts import identifier

OUTPUTS = "outputs"
"""The name of the step that hands over values."""


@dataclass(frozen=True, slots=True)
class Image:
    """A container without a name."""

    image: str


@dataclass(frozen=True, slots=True)
class Place:
    """A job's stage and name, and whether it is a deployment job, whose outputs carry its name once more.

    `container` is the resource of the image that its steps run in, or the image itself in a file that cannot have
    resources. `undone_elsewhere`: another job restores what this one began. `opens`: other jobs go on with what this
    one began; `refusal` is what such a job says if that was in an earlier attempt, '' for all others. `model` is set
    where several models share a run, and begins the names of artifacts.
    """

    stage: str
    job: str
    deployment: bool
    container: str | Image | None
    undone_elsewhere: bool
    opens: bool
    refusal: str = ""
    model: str = ""


Places = Mapping[str, Place]
"""Places by the job's id in the neutral form."""


def places_of(pipeline: Pipeline, *, shared_by: str = "") -> Places:
    """Where the pipeline's jobs stand; `shared_by` is its model if it runs as a template beside those of others."""
    images = containers(pipeline)
    places = {
        job.id: Place(
            stage=identifier(phase.id),
            job=identifier(job.id),
            deployment=job.id in deployment_ids(phase),
            container=(Image(job.image) if shared_by else images[job.image]) if job.image else None,
            undone_elsewhere=phase.deployment is not None and phase.deployment.closing is not None,
            opens=job.id in continued and job.id == continued[0],
            refusal=_refusal(phase, job) if job.id in continued[1:] else "",
            model=shared_by,
        )
        for phase in pipeline.phases
        for continued in (_continued(phase),)
        for job in phase.jobs
    }
    return places | _place_of_failure(pipeline, images)


def _place_of_failure(pipeline: Pipeline, images: Mapping[str, str]) -> dict[str, Place]:
    job = pipeline.failed
    if job is None:
        return {}
    container = images[job.image] if job.image else None
    name = identifier(job.id)
    return {job.id: Place(name, name, deployment=False, container=container, undone_elsewhere=False, opens=False)}


def _continued(phase: Phase) -> tuple[str, ...]:
    """The jobs of a deployment that takes several of them."""
    unit = phase.deployment
    if unit is None:
        return ()
    jobs = [*(each.job for each in unit.jobs), *([unit.closing] if unit.closing else [])]
    return tuple(job.id for job in jobs) if len(jobs) > 1 else ()


def _refusal(phase: Phase, job: Job) -> str:
    anew = f"run all jobs of the stage '{phase.title}' again"
    if phase.deployment is None or phase.deployment.closing is not job:
        return f"the deployment began in an earlier attempt; {anew}"
    environment = phase.deployment.environment
    closed = f"an earlier attempt closed this deployment, and others may have changed {environment} since"
    return f"{closed}; roll back, or {anew}"


def containers(pipeline: Pipeline) -> dict[str, str]:
    """The container resource of each image."""
    images = dict.fromkeys(job.image for job in pipeline.jobs if job.image)
    return {image: f"image_{number}" if number > 1 else "image" for number, image in enumerate(images, start=1)}


def deployment_ids(phase: Phase) -> tuple[str, ...]:
    """The jobs that name the environment. Where none deploys, the first ones do: without them nobody would be asked."""
    if phase.deployment is not None:
        return tuple(each.job.id for each in phase.deployment.jobs)
    return tuple(job.id for job in phase.waves[0]) if phase.approval else ()


def environment_of(phase: Phase) -> str | None:
    """The Azure environment whose approval and lock hold for the phase; a rollback has one of its own."""
    names = [phase.deployment.lock.name] if phase.deployment else []
    names += [phase.approval.id] if phase.approval else []
    if len(set(names)) > 1:
        raise ValueError(f"phase {phase.id} cannot have its approval and its lock on one environment: {names}")
    return names[0] if names else None


def output(reader: Place, maker: Place, step: str, name: str) -> str:
    """The run-time expression for an output variable; a wrong path would be an empty value and no error."""
    same_stage = maker.stage == reader.stage
    source = f"dependencies.{maker.job}" if same_stage else f"stageDependencies.{maker.stage}.{maker.job}"
    key = f"{maker.job}.{step}.{name}" if maker.deployment else f"{step}.{name}"
    return f"$[ {source}.outputs['{key}'] ]"


def read_values(job: Job) -> Iterator[PublishedValue]:
    """What a job reads of other jobs."""
    yield from (each.value for each in job.variables if isinstance(each.value, PublishedValue))
    for step in job.steps:
        if isinstance(step, Download):
            yield step.remote_name
        elif isinstance(step, Run):
            yield from (each.value for each in step.variables if isinstance(each.value, PublishedValue))
