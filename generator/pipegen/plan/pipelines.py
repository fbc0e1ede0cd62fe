"""Pipelines: one for each event of a model, as phases in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipegen.config import Config
from pipegen.delivery import (
    Change,
    Event,
    Job,
    Merged,
    Phase,
    Pipeline,
    Review,
    ReviewTarget,
    Tagged,
)
from pipegen.diagnostics import KeyPath
from pipegen.plan import artifacts, guards, selection
from pipegen.plan.artifacts import Available
from pipegen.plan.carrying import carried_makers, fetch_job, is_carried_on, store_job
from pipegen.plan.deployment import deployment, phase_approval
from pipegen.plan.flow import CHECKS, Arrival, Occasion, arrivals, build_environment, environments, review_targets
from pipegen.plan.jobs import Setting, stage_job
from pipegen.plan.registering import register_job, registers
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

Waves = tuple[tuple[Job, ...], ...]


# ---------------------------------------------------------------- pieces that all pipelines share


def pipeline(
    spec: ModelSpec, spec_path: str, id_: str, title: str, event: Event, phases: Sequence[Phase], origin: KeyPath
) -> Pipeline:
    variables = (("PIPEGEN_MODEL", spec.model.name), ("PIPEGEN_EVENT", event.label))
    paths = concerned_paths(spec, spec_path) if isinstance(event, Change | Review | Merged) else ()
    return Pipeline(id_, title, event, paths, tuple(phases), variables, origin)


def concerned_paths(spec: ModelSpec, spec_path: str) -> tuple[str, ...]:
    """What a change must touch to concern the model; nothing if it is the whole repository."""
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
    new_artifacts = {each.name: job.id for stage in members for each in setting.made_by(stage, job.environment)}
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
    guard = guards.review_job(spec, spec_path, targets)
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
    stages = selection.chosen(spec, occasion)
    deploys = bool(arrival.environments) and any(stage.deploys for stage in stages)
    setting = Setting(spec, config, occasion, {}, carries=carries, deploys=deploys, spec_path=spec_path)
    carried = carried_makers(spec, arrival)
    build_stages = tuple(stage for stage in stages if selection.builds(stage) and stage not in carried)
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
    if setting.deploys and not carried_makers(spec, arrival) and registers(setting, available):
        waves = (*waves, (register_job(setting, build_in, available),))
    gated = bool(targets) and _asks_before_build(spec, targets[0])
    if waves and not gated:
        yield Phase("build", "Build and validate", build_in, None, waves, None, (), None, ("stages",))
    last = build_in
    for position, environment in enumerate(targets):
        before = waves if gated and position == 0 else ()
        phases = tuple(environment_phases(setting, stages, environment, available, before))
        yield from phases
        last = environment if phases else last
    if arrival and is_carried_on(setting, arrival) and (available.artifacts or available.values):
        job = store_job(setting, last, available)
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
    unit = (
        deployment(setting, deploying[0], environment, available, stages, by_version=by_version) if deploying else None
    )
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


def _build_waves(
    setting: Setting, stages: Sequence[Stage], environment: str | None, arrival: Arrival | None
) -> tuple[Waves, Available]:
    makers = carried_makers(setting.spec, arrival)
    if not makers or arrival is None or arrival.carried_from is None:
        return stage_waves(setting, stages, environment, artifacts.NOTHING)
    job, available = fetch_job(setting, environment, makers, arrival.carried_from)
    waves, available = stage_waves(setting, stages, environment, available)
    return ((job,), *waves), available
