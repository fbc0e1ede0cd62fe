"""Pipelines that no merge starts: schedules, actions, the built-in deploy and rollback."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import (
    Action,
    Parameter,
    Phase,
    Pipeline,
    Scheduled,
)
from pipegen.diagnostics import KeyPath
from pipegen.plan import artifacts, gates, guards, registering, selection
from pipegen.plan.commands import stage_steps
from pipegen.plan.deployment import artifacts_of, phase_approval, rollback
from pipegen.plan.flow import Occasion, arrivals, deployed_environments, environments, home
from pipegen.plan.jobs import Setting
from pipegen.plan.pipelines import delivery_phases, environment_phases, in_order, pipeline, stage_waves
from pipegen.plan.variables import VERSION
from pipegen.spec.model import Action as SpecAction
from pipegen.spec.model import ModelSpec, Schedule
from pipegen.spec.model import Parameter as SpecParameter
from pipegen.spec.stages import Stage

VERSION_PATTERN = "[A-Za-z0-9][A-Za-z0-9._+-]{0,99}"


def deploying_stage(spec: ModelSpec) -> Stage | None:
    return next((stage for stage in spec.stages if stage.deploys), None)


def refs(spec: ModelSpec, environment: str | None) -> tuple[str, ...]:
    """From where runs for an environment may be started."""
    found = []
    for arrival in arrivals(spec):
        if environment in arrival.environments:
            found += [arrival.tags, arrival.trunk] if arrival.tags else [arrival.trunk]
    place = home(spec, environment)
    return tuple(dict.fromkeys(found)) or ((place.trunk,) if place else ())


# ---------------------------------------------------------------- schedules and actions of the spec


def schedule_pipelines(spec: ModelSpec, config: Config, spec_path: str) -> Iterator[Pipeline]:
    for name, schedule in spec.schedules.items():
        place = home(spec, schedule.environment)
        branch = schedule.branch or (place.trunk if place else config.default_branch)
        setting = Setting(
            spec,
            config,
            Occasion("scheduled", name),
            schedule.variables,
            deploys=_deploys(spec, schedule),
            spec_path=spec_path,
        )
        phases = tuple(in_order(tuple(_operation(setting, schedule))))
        event = Scheduled(name, schedule.cron, branch)
        yield pipeline(spec, spec_path, f"schedule-{name}", f"schedule {name}", event, phases, ("schedules", name))


def action_pipelines(spec: ModelSpec, config: Config, spec_path: str) -> Iterator[Pipeline]:
    for name, action in spec.actions.items():
        origin: KeyPath = ("actions", name)
        parameters = tuple(
            _parameter(each, given, (*origin, "parameters", each)) for each, given in action.parameters.items()
        )
        branches = (action.branch,) if action.branch else refs(spec, action.environment) or (config.default_branch,)
        setting = Setting(
            spec,
            config,
            Occasion("action", name),
            action.variables,
            parameters,
            deploys=_deploys(spec, action),
            spec_path=spec_path,
        )
        guard = guards.phase(guards.action_job(parameters, (("", branches),), origin))
        phases = tuple(in_order((guard, *_operation(setting, action))))
        title = action.title or name
        yield pipeline(spec, spec_path, f"action-{name}", title, Action(name, parameters, branches), phases, origin)


def _deploys(spec: ModelSpec, asked: Schedule | SpecAction) -> bool:
    return asked.environment is not None and any(stage.deploys for stage in spec.stages if stage.id in asked.stages)


def _operation(setting: Setting, asked: Schedule | SpecAction) -> Iterator[Phase]:
    """The named stages as a delivery to one environment, or within it if nothing is deployed."""
    spec = setting.spec
    environment = asked.environment
    stages = selection.chosen(spec, setting.occasion, asked.stages)
    build_stages = tuple(stage for stage in stages if selection.builds(stage))
    if environment is not None and setting.deploys:
        yield from delivery_phases(setting, stages, build_stages, (environment,), None, asked.build_in)
        return
    waves, _ = stage_waves(
        setting, tuple(stage for stage in stages if not stage.deploys), environment, artifacts.NOTHING
    )
    approval = phase_approval(spec, environment) if environment in environments(spec) and environment else None
    title = f"Run in {environment}" if environment else "Run"
    yield Phase(environment or "run", title, environment, approval, waves, None, (), None, ("stages",))


def _parameter(name: str, given: SpecParameter, origin: KeyPath) -> Parameter:
    return Parameter(
        name=name,
        type=given.type,
        description=given.description or "",
        default=_text(given.default),
        choices=given.choices or (),
        pattern=given.pattern or "",
        minimum=_text(given.min),
        maximum=_text(given.max),
        origin=origin,
    )


def _text(value: str | float | bool | None) -> str:  # noqa: FBT001  (a default may be a boolean)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


# ---------------------------------------------------------------- deploy and rollback


def deploy_is_possible(spec: ModelSpec, config: Config) -> bool:
    """Whether a recorded version can be had again.

    It can if the store keeps the artifacts of the deployment by version, or if the deployment needs none and its
    commands read $PIPEGEN_VERSION; and if no gate would have to judge what is not measured again.
    """
    stage = deploying_stage(spec)
    if stage is None or not _judgeable(spec):
        return False
    if needed := artifacts_of(spec, stage):
        kept = {each.name for maker in spec.stages if selection.builds(maker) for each in maker.produces}
        return (
            kept.issuperset(needed)
            and registering.has_store(spec, config)
            and any(VERSION in each.publishes for each in spec.stages)
        )
    texts = (*(text for _, text in stage_steps(stage)), *(text for step in stage.rollout or () for text in step.run))
    return any(VERSION in text for text in texts)


def _version_stages(spec: ModelSpec) -> tuple[Stage, ...]:
    """The deployment of a recorded version and what runs in the environment before it without making anything."""
    return tuple(
        stage
        for stage in spec.stages
        if stage.deploys or (selection.per_environment(stage) and not stage.produces and not stage.publishes)
    )


def _judgeable(spec: ModelSpec) -> bool:
    stages = _version_stages(spec)
    judged = ((stage, gate) for stage in stages for gate in gates.applying(stage, Occasion("action", "deploy")))
    return all(gates.source_of(spec, stage, gate) in stages for stage, gate in judged if gate.metric is not None)


def built_in_pipelines(spec: ModelSpec, config: Config, spec_path: str) -> Iterator[Pipeline]:
    stage = deploying_stage(spec)
    if stage is None or not any(selection.in_environment(stage, each) for each in deployed_environments(spec)):
        return
    if deploy_is_possible(spec, config) and "deploy" not in spec.actions:
        yield _by_version(spec, config, spec_path, "deploy", stage)
    if (stage.rollback or stage.restore) and "rollback" not in spec.actions:
        yield _by_version(spec, config, spec_path, "rollback", stage)


def _by_version(spec: ModelSpec, config: Config, spec_path: str, name: str, stage: Stage) -> Pipeline:
    """An action with a version and an environment: the phase of that environment alone takes place."""
    names = tuple(each for each in deployed_environments(spec) if selection.in_environment(stage, each))
    origin: KeyPath = ("stages", [each.id for each in spec.stages].index(stage.id))
    parameters = (
        Parameter(
            "version",
            "string",
            "A version that was recorded for the environment",
            "",
            (),
            VERSION_PATTERN,
            "",
            "",
            origin,
        ),
        Parameter("environment", "choice", "Where", names[0], names, "", "", "", origin),
    )
    setting = Setting(spec, config, Occasion("action", name), {}, parameters, deploys=True, spec_path=spec_path)
    allowed = tuple((each, refs(spec, each)) for each in names)
    phases = [guards.phase(guards.action_job(parameters, allowed, origin))]
    for environment in names:
        phases += _environment_action(setting, name, stage, environment)
    branches = tuple(dict.fromkeys(ref for _, each in allowed for ref in each))
    event = Action(name, parameters, branches, allowed)
    return pipeline(spec, spec_path, f"action-{name}", name, event, phases, origin)


def _environment_action(setting: Setting, name: str, stage: Stage, environment: str) -> Iterator[Phase]:
    spec, only = setting.spec, ("environment", environment)
    if name == "rollback":
        approval = phase_approval(spec, environment, rollback=True)
        unit = rollback(setting, stage, environment)
        title = f"Roll back {environment}"
        yield Phase(
            environment, title, environment, approval, (), unit, ("start",), only, ("environments", environment)
        )
        return
    for phase in environment_phases(
        setting, _version_stages(spec), environment, artifacts.NOTHING, by_version=True, only=only
    ):
        yield Phase(
            phase.id,
            phase.title,
            environment,
            phase.approval,
            phase.waves,
            phase.deployment,
            phase.needs or ("start",),
            only,
            phase.origin,
        )
