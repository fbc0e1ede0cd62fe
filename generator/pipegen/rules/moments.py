"""Rules about when things happen: whatever the spec names happens at some time, with what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import Action, Delivery, Pipeline, Run, Scheduled
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.plan import selection
from pipegen.plan.artifacts import evidence_artifact
from pipegen.plan.flow import Occasion
from pipegen.plan.gates import admitting, applying, lineage_of, source_of
from pipegen.rules.runs import BUILT_IN, StageRun, deployments, has_artifact, occasion_of, stage_runs
from pipegen.spec.gates import Gate
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

CODES = {
    "PG254": "something applies at a moment at which its stage never runs",
    "PG257": "a stage never runs",
    "PG258": "a deployment cannot be undone by itself",
    "PG259": "nothing judges a model before it is deployed",
    "PG260": "a deployment cannot be undone",
    "PG274": "an environment is never used",
}


def idle_stages(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG257: every stage runs in some pipeline."""
    running = {each.stage for each in stage_runs(delivery)}
    for index, stage in enumerate(spec.stages):
        if index not in running:
            hint = "check `at` and `environments`, or name it in a schedule or action"
            yield Finding(("stages", index), "PG257", f"stage {stage.id!r} never runs", hint, Severity.WARNING)


def idle_environments(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG274: something runs in every environment."""
    used = {environment.name for environment in delivery.environments}
    for name in spec.environments:
        if name not in used:
            message = f"nothing runs in environment {name!r}"
            hint = "name it in the flow, a schedule or an action, or remove it"
            yield Finding(("environments", name), "PG274", message, hint, Severity.WARNING)


def idle_moments(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG254: a gate or an override applies at moments at which its stage runs."""
    met: dict[int, set[Occasion]] = {}
    for run in stage_runs(delivery):
        met.setdefault(run.stage, set()).add(run.occasion)
    for index, stage in enumerate(spec.stages):
        occasions = met.get(index, set())
        for path, moments, what in (
            *((("override", number, "at"), each.at, "override") for number, each in enumerate(stage.override)),
            *((("gates", number, "at"), each.at or (), "gate") for number, each in enumerate(stage.gates)),
        ):
            for position, moment in enumerate(moments):
                if occasions and not any(each.among((moment,), default=()) for each in occasions):
                    message = f"stage {stage.id!r} never runs at {moment!r}, so this {what} never applies then"
                    place = ("stages", index, *path, position)
                    yield Finding(place, "PG254", message, "change the moment, or `at` of the stage", Severity.WARNING)


# ---------------------------------------------------------------- gates


def judgeable_gates(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG252: wherever a gate applies, the stage that measures its metric has run."""
    runs = list(stage_runs(delivery))
    reported: set[KeyPath] = set()
    for each in runs:
        stage = spec.stages[each.stage]
        if not stage.gates or each.pipeline.id in BUILT_IN or not _judges(each):
            continue
        beside = {spec.stages[other.stage].id for other in runs if other.job is each.job}
        for gate in (gate for gate in applying(stage, each.occasion) if gate.metric is not None):
            maker = source_of(spec, stage, gate)
            path = ("stages", each.stage, "gates", stage.gates.index(gate))
            if (
                maker is None
                or maker.id in beside
                or has_artifact(each.job, evidence_artifact(maker, each.job.environment))
            ):
                continue
            if path not in reported:
                message = f"{maker.id!r}, which measures {gate.metric!r}, does not run before it in {each.pipeline.id}"
                yield Finding(path, "PG252", message, "say with `at` when the gate applies, or let both run then")
            reported.add(path)


def comparable_gates(spec: ModelSpec, delivery: Delivery, config: Config) -> Iterator[Finding]:
    """PG252: wherever a model is compared before it is deployed, what is known of it was measured in the same run."""
    reported: set[KeyPath] = set()
    for pipeline in delivery.pipelines if config.ledger and config.pin else ():
        chosen = _chosen(spec, pipeline)
        for unit in deployments(pipeline) if pipeline.id not in BUILT_IN else ():
            for stage, gate in admitting(chosen, occasion_of(pipeline.event)):
                maker, what = _known_by(spec, chosen, stage, gate)
                path = ("stages", spec.stages.index(stage), "gates", stage.gates.index(gate))
                if maker is None or path in reported:
                    continue
                if not has_artifact(unit.jobs[0].job, evidence_artifact(maker, unit.environment)):
                    message = f"nothing that runs before the deployment in {pipeline.id} says {what}"
                    yield Finding(path, "PG252", message, "say with `at` when the gate applies, or let both run then")
                    reported.add(path)


def _known_by(spec: ModelSpec, chosen: tuple[Stage, ...], stage: Stage, gate: Gate) -> tuple[Stage | None, str]:
    """The stage that tells what a gate compares, and what that is."""
    if gate.metric is not None:
        return source_of(spec, stage, gate), f"what {gate.metric!r} is"
    return lineage_of(chosen) or lineage_of(spec.stages), "what the model is made from"


def _chosen(spec: ModelSpec, pipeline: Pipeline) -> tuple[Stage, ...]:
    match pipeline.event:
        case Scheduled(name):
            named = spec.schedules[name].stages
        case Action(name) if name in spec.actions:
            named = spec.actions[name].stages
        case _:
            return selection.chosen(spec, occasion_of(pipeline.event))
    return selection.chosen(spec, occasion_of(pipeline.event), named)


def _judges(each: StageRun) -> bool:
    origin = ("stages", each.stage, "gates")
    return any(isinstance(step, Run) and step.origin == origin for step in each.job.steps)


def gated_deployments(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG259: a gate applies before each deployment; going to a recorded version needs none."""
    runs = list(stage_runs(delivery))
    ungated: dict[KeyPath, list[str]] = {}
    for pipeline in delivery.pipelines:
        stages = {each.stage for each in runs if each.pipeline is pipeline and not spec.stages[each.stage].after}
        judged = any(_is_judged(spec.stages[index], occasion_of(pipeline.event)) for index in stages)
        for unit in deployments(pipeline):
            if not judged and pipeline.id not in BUILT_IN:
                ungated.setdefault(unit.origin, []).append(pipeline.id)
    for path, pipelines in ungated.items():
        message = f"no gate judges the model before it is deployed in {', '.join(dict.fromkeys(pipelines))}"
        yield Finding(path, "PG259", message, "give a stage before it `gates` that apply then", Severity.WARNING)


def _is_judged(stage: Stage, occasion: Occasion) -> bool:
    """Whether a gate of the stage is about the model itself, not about what is around it."""
    due = (*applying(stage, occasion), *(gate for _, gate in admitting((stage,), occasion)))
    return any(gate.metric or gate.version or gate.latency or gate.reproducible for gate in due)


def ways_back(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG258 and PG260: a deployment that does not complete is undone, and a person can go back."""
    for index, stage in enumerate(spec.stages):
        if not stage.deploys or stage.restore:
            continue
        path: KeyPath = ("stages", index)
        if stage.rollback:
            message = f"stage {stage.id!r} has no `restore`: what a failed deployment left stays until people act"
            yield Finding(path, "PG258", message, "say with `restore` how it is undone", Severity.WARNING)
        else:
            message = f"stage {stage.id!r} has neither `restore` nor `rollback`: there is no way back"
            yield Finding(path, "PG260", message, "say with `restore` how a deployment is undone", Severity.WARNING)
