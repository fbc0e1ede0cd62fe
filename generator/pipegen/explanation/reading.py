"""From a delivery and what targets make of it to its explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipegen.delivery import (
    Action,
    Capability,
    Delivery,
    EnvironmentSettings,
    Fidelity,
    Merged,
    Pipeline,
    Review,
    Upload,
)
from pipegen.explanation import words
from pipegen.explanation.actions import built_in_actions
from pipegen.explanation.phases import explained_phase
from pipegen.explanation.values import (
    ExplainedEnvironment,
    ExplainedMerge,
    ExplainedParameter,
    ExplainedPhase,
    ExplainedPipeline,
    ExplainedTarget,
    Explanation,
    Kept,
    KeptRecord,
    Prompts,
)

WEAKEST_FIRST = (Fidelity.UNSUPPORTED, Fidelity.APPROXIMATED, Fidelity.WITH_SETTINGS, Fidelity.EXACT)


def explanation(delivery: Delivery, capabilities: Mapping[str, Sequence[Capability]]) -> Explanation:
    """What the delivery brings about; `capabilities` are what each target says of it, by the target's name."""
    merges = tuple(ExplainedMerge(rule.branch, rule.sources, rule.approvals) for rule in delivery.merge_rules)
    return Explanation(
        spec=delivery.spec,
        model=delivery.model,
        title=delivery.title,
        owner=delivery.owner,
        path=delivery.path,
        pipelines=tuple(_pipeline(each, merges) for each in delivery.pipelines),
        built_in_actions=built_in_actions(delivery),
        merges=merges,
        environments=tuple(_environment(each) for each in delivery.environments),
        shared_secrets=tuple(each.name for each in delivery.shared_secrets),
        archive=tuple(_records(delivery)),
        targets=tuple(_target(delivery, name, items) for name, items in capabilities.items()),
    )


def _pipeline(pipeline: Pipeline, merges: Sequence[ExplainedMerge]) -> ExplainedPipeline:
    event = pipeline.event
    phases = tuple(explained_phase(each) for each in pipeline.phases)
    given = event.parameters if isinstance(event, Action) else ()
    newest = any(phase.lock and phase.lock.waiting == "newest" for phase in phases)
    approvals = sum(rule.approvals for rule in merges if isinstance(event, Merged) and rule.branch == event.branch)
    return ExplainedPipeline(
        id=pipeline.id,
        event=event.label,
        occasion=words.occasion(event),
        paths=pipeline.paths,
        verdict=isinstance(pipeline.event, Review),
        merge_approvals=approvals,
        parameters=tuple(ExplainedParameter(p.name, p.type, p.description, p.default, p.choices) for p in given),
        prompts=tuple(_prompts(phases)),
        cancelled_by=words.cancelled_by(event, newest=newest),
        phases=phases,
    )


def _prompts(phases: Sequence[ExplainedPhase]) -> Iterator[Prompts]:
    """For one run, or for each choice of the person who starts it."""
    choices = dict.fromkeys(phase.only[1] for phase in phases if phase.only) or {"": None}
    for choice in choices:
        taken = [phase for phase in phases if phase.only is None or phase.only[1] == choice]
        asked = [approval for phase in taken for approval in phase.approvals]
        yield Prompts(choice, len(asked), sum(approval.count for approval in asked))


def _environment(settings: EnvironmentSettings) -> ExplainedEnvironment:
    return ExplainedEnvironment(
        name=settings.name,
        title=settings.title,
        branches=settings.branches,
        tags=settings.tags,
        deployed_to=settings.deployed_to,
        approvals=tuple(each.id for each in settings.approvals),
        secrets=tuple(each.name for each in settings.secrets),
        tokens=tuple(each.name for each in settings.tokens),
        waiting=settings.waiting,
    )


def _records(delivery: Delivery) -> Iterator[KeptRecord]:
    for pipeline in delivery.pipelines:
        for job in pipeline.jobs:
            kept = any(isinstance(step, Upload) and step.name == "record" for step in job.steps)
            if kept and isinstance(pipeline.event, Merged):
                own = any(getattr(step, "origin", ()) == ("archive", "run") for step in job.steps)
                yield KeptRecord(pipeline.event.branch, job.id, own)


def _target(delivery: Delivery, name: str, capabilities: Sequence[Capability]) -> ExplainedTarget:
    allowed = {control: reason for target, control, reason in delivery.allowed_weaker if target == name}
    items = [_kept(each, allowed) for each in capabilities]
    items.sort(key=lambda item: (not item.weakens, WEAKEST_FIRST.index(item.fidelity)))
    details = (item.detail for item in items if item.fidelity is Fidelity.WITH_SETTINGS)
    return ExplainedTarget(name, tuple(items), tuple(dict.fromkeys(details)))


def _kept(each: Capability, allowed: Mapping[str, str]) -> Kept:
    reason = allowed.get(each.subject, "") if each.weakens else ""
    return Kept(each.subject, each.fidelity, each.detail, each.weakens, reason)
