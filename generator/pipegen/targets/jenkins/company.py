"""The names that pipegen.toml gives to runners and teams, put into a pipeline once, before anything is made of it."""

from __future__ import annotations

from dataclasses import replace

from pipegen.config import Config
from pipegen.delivery import Approval, Deployment, DeploymentJob, Job, Phase, Pipeline
from pipegen.targets.jenkins.names import approvers, label


def named(pipeline: Pipeline, config: Config) -> Pipeline:
    """The pipeline with the labels of agents and the names of groups that Jenkins knows."""
    return replace(
        pipeline,
        phases=tuple(_phase(each, config) for each in pipeline.phases),
        failed=pipeline.failed and _job(pipeline.failed, config),
    )


def _phase(phase: Phase, config: Config) -> Phase:
    return replace(
        phase,
        approval=phase.approval and _approval(phase.approval, config),
        waves=tuple(tuple(_job(job, config) for job in wave) for wave in phase.waves),
        deployment=phase.deployment and _deployment(phase.deployment, config),
    )


def _deployment(unit: Deployment, config: Config) -> Deployment:
    return replace(
        unit,
        jobs=tuple(_part(each, config) for each in unit.jobs),
        closing=unit.closing and _job(unit.closing, config),
    )


def _part(unit: DeploymentJob, config: Config) -> DeploymentJob:
    return DeploymentJob(_job(unit.job, config), unit.approval and _approval(unit.approval, config))


def _job(job: Job, config: Config) -> Job:
    return replace(job, runner=label(job.runner, config))


def _approval(approval: Approval, config: Config) -> Approval:
    return replace(approval, approvers=approvers(approval, config))
