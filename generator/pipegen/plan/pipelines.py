"""Pipelines: one for each event of a model, as phases in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipegen.config import Config
from pipegen.delivery import (
    Change,
    CollectOutputs,
    Event,
    Job,
    Merged,
    Phase,
    Pipeline,
    PublishedValue,
    PublishSummary,
    Review,
    ReviewTarget,
    Step,
    Tagged,
)
from pipegen.diagnostics import KeyPath
from pipegen.plan import artifacts, gates, guards, selection
from pipegen.plan.artifacts import VALUES, Available
from pipegen.plan.deployment import deployment, phase_approval
from pipegen.plan.flow import CHECKS, Arrival, Occasion, arrivals, build_environment, environments, review_targets
from pipegen.plan.jobs import Setting, job_minutes, opening, stage_job
from pipegen.plan.variables import job_variables
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

Waves = tuple[tuple[Job, ...], ...]


# ---------------------------------------------------------------- pieces that all pipelines share


def pipeline(
    spec: ModelSpec, spec_path: str, id_: str, title: str, event: Event, phases: Sequence[Phase], origin: KeyPath
) -> Pipeline:
    variables = (("PIPEGEN_MODEL", spec.model.name), ("PIPEGEN_EVENT", event.label))
    paths = concerned_paths(spec, spec_path) if isinstance(event, Change | Merged) else ()
    return Pipeline(id_, title, event, paths, tuple(phases), variables, isinstance(event, Review), origin)


def concerned_paths(spec: ModelSpec, spec_path: str) -> tuple[str, ...]:
    """What a push must touch to concern the model; nothing if it is the whole repository."""
    if spec.model.path == ".":
        return ()
    return (f"{spec.model.path}/**", *spec.model.paths, spec_path, "pipegen.toml")


def stage_waves(
    setting: Setting, stages: Sequence[Stage], environment: str | None, available: Available, suffix: str = ""
) -> tuple[Waves, Available]:
    """The jobs of stages in waves, and what is available once they are done."""
    planned: list[tuple[Job, ...]] = []
    for wave in selection.waves(setting.spec, stages):
        jobs = tuple(stage_job(setting, members, environment, available, suffix) for members in wave)
        planned.append(jobs)
        for members, job in zip(wave, jobs, strict=True):
            available = grown(setting, available, members, job)
    return tuple(planned), available


def grown(setting: Setting, available: Available, members: Sequence[Stage], job: Job) -> Available:
    new_artifacts = {each.name: job.id for stage in members for each in setting.made_by(stage)}
    new_values = {name: job.id for stage in members for name in stage.publishes}
    return Available({**available.artifacts, **new_artifacts}, {**available.values, **new_values})


def in_order(phases: Sequence[Phase]) -> Iterator[Phase]:
    """Each phase after the one before."""
    before: tuple[str, ...] = ()
    for phase in phases:
        yield Phase(
            phase.id,
            phase.title,
            phase.environment,
            phase.approval,
            phase.waves,
            phase.deployment,
            before,
            phase.only,
            phase.origin,
        )
        before = (phase.id,)


# ---------------------------------------------------------------- change and review


def change_pipeline(spec: ModelSpec, config: Config, spec_path: str) -> Pipeline | None:
    patterns = tuple(arrival.trunk for arrival in arrivals(spec) if arrival.role == "change")
    waves = _checks(spec, config, Occasion("change"))
    if not patterns or not waves:
        return None
    phase = Phase("checks", "Checks", _checks_environment(spec), None, waves, None, (), None, ("stages",))
    return pipeline(spec, spec_path, "change", "change", Change(patterns), (phase,), ("flow",))


def review_pipeline(spec: ModelSpec, config: Config, spec_path: str) -> Pipeline | None:
    targets = tuple(review_targets(spec))
    if not targets:
        return None
    waves = _checks(spec, config, Occasion("review"))
    guard = guards.review_job(targets)
    if guard is not None:
        waves = ((guard, *(waves[0] if waves else ())), *waves[1:])
    if not waves:
        return None
    phase = Phase("checks", "Checks", _checks_environment(spec), None, waves, None, (), None, ("stages",))
    event = Review(tuple(ReviewTarget(target.trunk, target.sources) for target in targets))
    return pipeline(spec, spec_path, "review", "review", event, (phase,), ("flow",))


def _checks(spec: ModelSpec, config: Config, occasion: Occasion) -> Waves:
    setting = Setting(spec, config, occasion, {})
    return stage_waves(setting, selection.checked(spec, occasion), _checks_environment(spec), artifacts.NOTHING)[0]


def _checks_environment(spec: ModelSpec) -> str | None:
    return CHECKS if CHECKS in environments(spec) else None


# ---------------------------------------------------------------- deliveries


def delivery_pipeline(spec: ModelSpec, config: Config, spec_path: str, arrival: Arrival) -> Pipeline | None:
    """What a merge into a branch, or a tag, brings about."""
    occasion = Occasion("tagged", arrival.tags) if arrival.tags else Occasion("merged", arrival.trunk)
    carries = any(each.carried_from == arrival.trunk for each in arrivals(spec))
    setting = Setting(spec, config, occasion, {}, carries=carries)
    stages = selection.chosen(spec, occasion)
    build_stages = tuple(
        stage for stage in stages if selection.builds(stage) and not (arrival.carried_from and selection.makes(stage))
    )
    phases = list(delivery_phases(setting, stages, build_stages, arrival.environments, arrival, arrival.build_in))
    if arrival.tags:
        phases.insert(0, guards.phase(guards.tag_job(spec, arrival)))
    if not phases:
        return None
    event = Tagged(arrival.tags, arrival.trunk) if arrival.tags else Merged(arrival.trunk)
    title = f"deliver {arrival.tags or arrival.trunk}"
    return pipeline(spec, spec_path, f"deliver-{arrival.id}", title, event, tuple(in_order(phases)), arrival.origin)


def delivery_phases(
    setting: Setting,
    stages: Sequence[Stage],
    build_stages: Sequence[Stage],
    targets: tuple[str, ...],
    arrival: Arrival | None,
    build_in: str | None,
) -> Iterator[Phase]:
    """Building, then each environment in order: its own stages, the deployment, what comes after; at last the store."""
    spec = setting.spec
    build_in = build_environment(spec, targets, build_in)
    waves, available = _build_waves(setting, build_stages, build_in, arrival)
    gated = bool(targets) and _asks_before_build(spec, targets[0])
    if waves and not gated:
        yield Phase("build", "Build and validate", build_in, None, waves, None, (), None, ("stages",))
    for position, environment in enumerate(targets):
        before = waves if gated and position == 0 else ()
        yield from environment_phases(setting, stages, environment, available, before)
    if arrival and _is_carried_on(spec, arrival) and available.artifacts:
        last = targets[-1] if targets else build_in
        job = _store_job(setting, last, available)
        yield Phase("store", "Keep for promotion", last, None, ((job,),), None, (), None, ("store",))


def _asks_before_build(spec: ModelSpec, environment: str) -> bool:
    approvals = environments(spec)[environment].approvals
    return approvals is not None and approvals.before == "build"


def environment_phases(
    setting: Setting,
    stages: Sequence[Stage],
    environment: str,
    available: Available,
    before: Waves = (),
    *,
    by_version: bool = False,
    only: tuple[str, str] | None = None,
) -> Iterator[Phase]:
    """An environment's phase, and one for the stages that come after its deployment."""
    spec = setting.spec
    own = tuple(
        stage for stage in stages if selection.per_environment(stage) and selection.in_environment(stage, environment)
    )
    waves, available = stage_waves(setting, own, environment, available, f"-{environment}")
    deploying = [stage for stage in stages if stage.deploys and selection.in_environment(stage, environment)]
    unit = deployment(setting, deploying[0], environment, available, by_version=by_version) if deploying else None
    if not (before or waves or unit):
        return
    title = f"Deploy to {environment}" if unit else f"Run in {environment}"
    approval = phase_approval(spec, environment)
    yield Phase(
        environment, title, environment, approval, (*before, *waves), unit, (), only, ("environments", environment)
    )
    after = tuple(stage for stage in stages if stage.after and selection.in_environment(stage, environment) and unit)
    if after:
        later, _ = stage_waves(setting, after, environment, available, f"-{environment}")
        title = f"After {environment}"
        yield Phase(
            f"{environment}-after",
            title,
            environment,
            None,
            later,
            None,
            (environment,),
            only,
            ("environments", environment),
        )


# ---------------------------------------------------------------- carried artifacts


def _build_waves(
    setting: Setting, stages: Sequence[Stage], environment: str | None, arrival: Arrival | None
) -> tuple[Waves, Available]:
    if arrival is None or arrival.carried_from is None:
        return stage_waves(setting, stages, environment, artifacts.NOTHING)
    job, available = _fetch_job(setting, environment)
    waves, available = stage_waves(setting, stages, environment, available)
    return ((job,), *waves), available


def carried_makers(spec: ModelSpec) -> tuple[Stage, ...]:
    return tuple(stage for stage in spec.stages if selection.builds(stage) and selection.makes(stage))


def _fetch_job(setting: Setting, environment: str | None) -> tuple[Job, Available]:
    """All that the other branch made, out of the store: found by the source's digest, checked by its own."""
    spec = setting.spec
    makers = carried_makers(spec)
    names = tuple(
        each.name
        for stage in makers
        for each in artifacts.made(spec, stage, judged=gates.judged_elsewhere(spec, stage, None))
    )
    values = tuple(name for stage in makers for name in stage.publishes)
    published = (
        *values,
        *(each for name in names for each in (artifacts.digest_name(name), artifacts.remote_name(name))),
    )
    steps: list[Step] = [*opening(spec, spec.runtime.requires)]
    steps += [
        artifacts.fetch(spec, name, environment, version=False) for name in (*names, *((VALUES,) if values else ()))
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


def _is_carried_on(spec: ModelSpec, arrival: Arrival) -> bool:
    """Whether what this branch makes is wanted later: by another branch, or by `deploy` under its version."""
    return spec.store is not None and (
        any(each.carried_from == arrival.trunk for each in arrivals(spec)) or not arrival.carried_from
    )


def _store_job(setting: Setting, environment: str | None, available: Available) -> Job:
    spec = setting.spec
    version = "PIPEGEN_VERSION" in available.values
    steps: list[Step] = [*opening(spec, spec.runtime.requires)]
    for name, job_id in available.artifacts.items():
        steps += artifacts.obtain(name, job_id, unpack=False)
        steps.append(artifacts.keep(spec, name, environment, version=False))
        steps += [artifacts.keep(spec, name, environment, version=True)] if version else []
    if available.values:
        steps += [
            artifacts.write_values(available.values, available),
            artifacts.keep(spec, VALUES, environment, version=False),
        ]
    steps.append(PublishSummary())
    job = _plain_job(setting, "store", "Keep for promotion", environment, steps)
    published = tuple(PublishedValue(maker, name) for name, maker in available.values.items())
    variables = job_variables(spec, environment, setting.extra, published, setting.parameters)
    return Job(
        job.id, job.title, job.steps, environment, variables, job.runner, job.image, job.timeout_minutes, (), ("store",)
    )
