"""From a spec to the neutral form: the only place that knows what delivering a model means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipegen.config import Config
from pipegen.delivery import (
    Action,
    Approval,
    Delivery,
    EnvironmentSettings,
    Merged,
    MergeRule,
    Pipeline,
    Scheduled,
    Tagged,
)
from pipegen.plan.archiving import archive_pipeline
from pipegen.plan.company_steps import with_company_steps
from pipegen.plan.flow import CHECKS, arrivals, deployed_environments, environments, review_targets
from pipegen.plan.notices import with_notices
from pipegen.plan.operations import action_pipelines, built_in_pipelines, refs, schedule_pipelines
from pipegen.plan.pipelines import change_pipeline, delivery_pipeline, review_pipeline
from pipegen.plan.recording import with_ledger
from pipegen.plan.variables import secret_value, token_values
from pipegen.spec.model import ModelSpec


def plan(spec: ModelSpec, config: Config, spec_path: str, also: tuple[str, ...] = ()) -> Delivery:
    """The delivery of a valid spec whose stage kinds are expanded.

    `spec_path` is relative to the repository's root, and so are the paths `also` of other files that it is made from.
    """
    spec = with_ledger(spec, config)
    pipelines = tuple(_finished(spec, config, each, also) for each in _pipelines(spec, config, spec_path))
    return Delivery(
        spec=spec_path,
        model=spec.model.name,
        title=spec.model.title or spec.model.name,
        owner=spec.model.owner,
        path=spec.model.path,
        pipelines=pipelines,
        merge_rules=tuple(
            MergeRule(each.trunk, each.sources, each.merge_approvals, each.origin) for each in review_targets(spec)
        ),
        environments=tuple(_settings(spec, pipelines)),
        shared_secrets=tuple(secret_value(None, name, secret) for name, secret in spec.secrets.items()),
        allowed_weaker=tuple((each.target, each.control, each.reason) for each in spec.allow_weaker),
    )


def _pipelines(spec: ModelSpec, config: Config, spec_path: str) -> Iterator[Pipeline]:
    checks = (change_pipeline(spec, config, spec_path), review_pipeline(spec, config, spec_path))
    yield from (each for each in checks if each is not None)
    for arrival in arrivals(spec):
        if arrival.role == "archive":
            yield archive_pipeline(spec, config, spec_path, arrival)
        elif arrival.role == "deliver" and (delivered := delivery_pipeline(spec, config, spec_path, arrival)):
            yield delivered
    yield from schedule_pipelines(spec, config, spec_path)
    yield from action_pipelines(spec, config, spec_path)
    yield from built_in_pipelines(spec, config, spec_path)


def _finished(spec: ModelSpec, config: Config, pipeline: Pipeline, also: tuple[str, ...]) -> Pipeline:
    """What holds for pipelines of every kind."""
    paths = (*pipeline.paths, *also) if pipeline.paths else ()
    return with_notices(spec, with_company_steps(config, replace(pipeline, paths=paths)))


def _settings(spec: ModelSpec, pipelines: tuple[Pipeline, ...]) -> Iterator[EnvironmentSettings]:
    tags = {arrival.tags for arrival in arrivals(spec) if arrival.tags}
    used = {job.environment for pipeline in pipelines for job in pipeline.jobs}
    for name, environment in environments(spec).items():
        if name not in used:
            continue
        reached = () if name == CHECKS else _reached_from(spec, pipelines, name)
        yield EnvironmentSettings(
            name=name,
            title=environment.title or name,
            branches=tuple(each for each in reached if each not in tags),
            tags=tuple(each for each in reached if each in tags),
            approvals=_approvals(pipelines, name),
            secrets=tuple(secret_value(name, each, secret) for each, secret in environment.secrets.items()),
            tokens=tuple(token_values(name, environment).values()),
            waiting=environment.waiting,
            deployed_to=name in deployed_environments(spec),
            origin=("environments", name),
        )


def _reached_from(spec: ModelSpec, pipelines: tuple[Pipeline, ...], environment: str) -> tuple[str, ...]:
    """Where an environment's runs are started, and where the pipelines run whose jobs use it."""
    found = list(refs(spec, environment)) if environment in deployed_environments(spec) else []
    for pipeline in pipelines:
        if all(job.environment != environment for job in pipeline.jobs):
            continue
        match pipeline.event:
            case Merged(branch) | Scheduled(branch=branch):
                found.append(branch)
            case Tagged(pattern):
                found.append(pattern)
            case Action(name, branches=branches) if name in spec.actions:
                found += branches
            case _:
                pass
    return tuple(dict.fromkeys(found))


def _approvals(pipelines: tuple[Pipeline, ...], environment: str) -> tuple[Approval, ...]:
    """Every approval of the environment once, in the order in which pipelines ask for them."""
    asked: dict[str, Approval] = {}
    for pipeline in pipelines:
        for phase in pipeline.phases:
            units = phase.deployment.jobs if phase.deployment else ()
            for approval in (phase.approval, *(each.approval for each in units)):
                if approval is not None and approval.environment == environment:
                    asked.setdefault(approval.id, approval)
    return tuple(asked.values())
