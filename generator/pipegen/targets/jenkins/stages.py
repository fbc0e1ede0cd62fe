"""Phases as Declarative stages: approvals, waves and deployments in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pipegen.delivery import Approval, Deployment, DeploymentJob, Job, Phase, Pipeline
from pipegen.targets.jenkins.events import compare_script, guard
from pipegen.targets.jenkins.methods import Place, agent, closing_method, job_method
from pipegen.targets.jenkins.names import ORDINARY, StageNames
from pipegen.targets.jenkins.statements import Method
from pipegen.targets.jenkins.view import Agent, Ask, Hold, Stage

WHAT_CHANGED = "whatChanged"
_LOOK_MINUTES = 30


@dataclass(slots=True)
class Builder:
    """Builds the stages of a file and gathers the methods that they call.

    `ordinary` is the label of the agents that run what names no runner. `among` is the model's name in a review, which
    shares a run with those of other models.
    """

    pipeline: Pipeline
    ordinary: str = ORDINARY
    among: str = ""
    names: StageNames = field(default_factory=StageNames)
    methods: list[Method] = field(default_factory=list)
    milestones: int = 0

    def stages(self) -> tuple[Stage, ...]:
        """One stage that carries the guard and holds everything."""
        pipeline = self.pipeline
        outer = self.names.take(pipeline.title, pipeline.id)
        if compare_script(pipeline) is None:
            return (Stage(outer, stages=tuple(self._phases()), guard=guard(pipeline.event)),)
        name = self.names.take("What changed", "paths")
        look = Stage(name, calls=WHAT_CHANGED, minutes=_LOOK_MINUTES, agent=Agent(self.ordinary, None))
        inner = self.names.take("If the model is concerned", "paths")
        concerned = Stage(inner, stages=tuple(self._phases()), concerned=True)
        return (Stage(outer, stages=(look, concerned), guard=guard(pipeline.event)),)

    def review(self) -> tuple[Stage, ...]:
        """The stages of a review, whose run has a guard already."""
        return tuple(self._phases())

    def _phases(self) -> Iterator[Stage]:
        """The phases; a pipeline's only phase needs no stage around it."""
        phases = self.pipeline.phases
        if len(phases) == 1 and phases[0].only is None:
            yield from self._parts(phases[0])
            return
        for phase in phases:
            yield self._phase(phase)

    def _phase(self, phase: Phase) -> Stage:
        only = None if phase.only is None else (f"PIPEGEN_PARAM_{phase.only[0].upper()}", phase.only[1])
        if _has_one_part(phase):
            return replace(next(self._parts(phase)), only=only)
        name = self.names.take(phase.title, phase.id)
        return Stage(name, stages=tuple(self._parts(phase)), only=only)

    def _parts(self, phase: Phase) -> Iterator[Stage]:
        if phase.approval is not None:
            yield self._approval(phase.approval)
        for wave in phase.waves:
            yield self._wave(wave)
        if phase.deployment is not None:
            yield self._deployment(phase.deployment, approved=phase.approval is not None)

    def _approval(self, approval: Approval) -> Stage:
        name = self.names.take(f"Approve: {approval.title}", approval.id)
        return Stage(name, ask=_ask(approval), minutes=approval.expires_minutes)

    def _wave(self, wave: Sequence[Job]) -> Stage:
        if len(wave) == 1:
            return self._job(wave[0], Place(among=self.among))
        name = self._named(" | ".join(job.title for job in wave), wave[0].id)
        return Stage(name, parallel=tuple(self._job(job, Place(among=self.among)) for job in wave))

    def _job(self, job: Job, place: Place, *, shows: bool = True) -> Stage:
        method = job_method(job, place, shows=shows)
        self.methods.append(method)
        name = self._named(job.title, job.id)
        return Stage(name, calls=method.name, minutes=job.timeout_minutes, agent=agent(job))

    def _named(self, wanted: str, distinction: str) -> str:
        return self.names.take(f"{self.among}: {wanted}" if self.among else wanted, distinction)

    def _deployment(self, deployment: Deployment, *, approved: bool) -> Stage:
        closing = closing_method(deployment)
        # Without a way back nobody asks how far the deployment is.
        environment = deployment.environment if closing else ""
        place = Place(environment, len(deployment.jobs) > 1, self._milestone(deployment))
        if len(deployment.jobs) == 1:
            stage = self._job(deployment.jobs[0].job, place, shows=closing is None)
        else:
            stage = self._several(deployment, place)
        if closing is not None:
            self.methods.append(closing)
        hold = Hold(
            deployment.lock.name,
            newest=supersedes(self.pipeline, deployment),
            approved=approved,
            prompts=any(unit.approval for unit in deployment.jobs),
            rollback=deployment.lock.name != deployment.environment,
        )
        return replace(stage, hold=hold, closes=closing.name if closing else None)

    def _several(self, deployment: Deployment, place: Place) -> Stage:
        name = self.names.take(f"Deployment to {deployment.environment}", deployment.jobs[0].job.id)
        return Stage(name, stages=tuple(stage for unit in deployment.jobs for stage in self._unit(unit, place)))

    def _unit(self, unit: DeploymentJob, place: Place) -> Iterator[Stage]:
        """Only the first job, which nothing comes before, opens the deployment."""
        if unit.approval is None:
            yield self._job(unit.job, place)
            return
        yield self._approval(unit.approval)
        yield self._job(unit.job, Place(place.environment))

    def _milestone(self, deployment: Deployment) -> int | None:
        if not supersedes(self.pipeline, deployment):
            return None
        self.milestones += 1
        return self.milestones


def _has_one_part(phase: Phase) -> bool:
    return (phase.approval is not None) + len(phase.waves) + (phase.deployment is not None) == 1


def supersedes(pipeline: Pipeline, deployment: Deployment) -> bool:
    """Whether a waiting run gives way to a newer one.

    Never where the runs of a pipeline go different ways: passing the milestone of one environment would end an older
    run that is at work in another. Nor before a deployment for which all runs wait: a run that ends, be it by a
    failure, also ends the older ones that passed the same milestone, and one of them may be at work there.
    """
    if any(phase.only is not None for phase in pipeline.phases):
        return False
    units = [phase.deployment for phase in pipeline.phases if phase.deployment is not None]
    return all(unit.lock.waiting == "newest" for unit in units[units.index(deployment) :])


def _ask(approval: Approval) -> Ask:
    """Jenkins counts people and not teams, so if every team is to approve, each is asked on its own."""
    names = approval.approvers
    asked = names if approval.count == len(names) else (",".join(names),) * approval.count
    return Ask(approval.id, approval.title, asked)
