"""Pipelines as files: the view of each, laid out by the templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pipegen.config import Config
from pipegen.delivery import Change, Delivery, Pipeline, Review, Upload, Verdict
from pipegen.targets.jenkins import view
from pipegen.targets.jenkins.company import named
from pipegen.targets.jenkins.events import compare_script, parameters, timer
from pipegen.targets.jenkins.methods import Place, agent, failed_method, job_method
from pipegen.targets.jenkins.names import FOLDER, label, own_libraries, path
from pipegen.targets.jenkins.stages import Builder
from pipegen.targets.jenkins.statements import Block, Ensured, Method, Statement, Value
from pipegen.targets.jenkins.view import Agent, Jenkinsfile, Stage
from pipegen.templating import render_template

VERDICT_FILE = f"{FOLDER}/pipegen.Jenkinsfile"
_KEPT_CHECKS = "30"
_KEPT_DELIVERIES = "300"


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    """A file for each pipeline."""
    return {path(delivery, each): _text(delivery, each, config) for each in delivery.pipelines}


def _text(delivery: Delivery, pipeline: Pipeline, config: Config) -> str:
    if isinstance(pipeline.event, Review):
        return render_template("jenkins/review.groovy.j2", it=review_view(delivery, pipeline, config))
    return render_template("jenkins/Jenkinsfile.j2", it=file_view(pipeline, config))


def file_view(pipeline: Pipeline, config: Config) -> Jenkinsfile:
    """What a Jenkinsfile says."""
    return _view(named(pipeline, config), label(None, config), own_libraries(config), "")


def review_view(delivery: Delivery, pipeline: Pipeline, config: Config) -> Jenkinsfile:
    """What the file of a review says, which gets its libraries from the run that loads it."""
    if any(phase.deployment or phase.approval or phase.only for phase in pipeline.phases):
        raise ValueError("a review has jobs alone: nobody is asked and nothing is deployed")
    return _view(named(pipeline, config), label(None, config), (), delivery.model)


# Asked for twice, by `capabilities` and by `render`; building it takes ten times as long as finding it.
@lru_cache(maxsize=32)
def _view(pipeline: Pipeline, ordinary: str, libraries: tuple[str, ...], model: str) -> Jenkinsfile:
    builder = Builder(pipeline, ordinary, model)
    stages = builder.review() if model else builder.stages()
    failed = failed_method(pipeline.failed) if pipeline.failed else None
    methods = (*builder.methods, failed) if failed else tuple(builder.methods)
    checks = isinstance(pipeline.event, Change | Review)
    kept = [step.retention_days for job in pipeline.jobs for step in job.steps if isinstance(step, Upload)]
    return Jenkinsfile(
        keep_runs=_KEPT_CHECKS if checks else _KEPT_DELIVERIES,
        keep_artifacts=str(max(kept)) if kept else None,
        supersede=checks,
        review=isinstance(pipeline.event, Review),
        timer=timer(pipeline.event),
        parameters=parameters(pipeline.event),
        stages=stages,
        constants=tuple(Value(name, text=text) for name, text in pipeline.variables),
        compare=compare_script(pipeline),
        methods=methods,
        uses=_uses(methods) | _asks(stages),
        libraries=libraries,
        failed=failed.name if failed else None,
        model=model,
    )


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The Jenkinsfile of the verdict."""
    if verdict is None:
        return {}
    return {VERDICT_FILE: render_template("jenkins/pipegen.j2", it=verdict_view(config, verdict))}


def verdict_view(config: Config, verdict: Verdict) -> view.Verdict:
    """What the Jenkinsfile of the verdict says."""
    method = job_method(verdict.job, Place())
    return view.Verdict(
        libraries=own_libraries(config),
        agent=Agent(label(verdict.job.runner, config), agent(verdict.job).image),
        minutes=verdict.job.timeout_minutes,
        patience=verdict.wait_minutes,
        models_file=verdict.models_file,
        method=method,
        uses=_uses((method,)),
    )


def _uses(methods: Iterable[Method]) -> frozenset[str]:
    return frozenset(_kinds(statement for method in methods for statement in method.body))


def _kinds(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        yield statement.kind
        if isinstance(statement, Block):
            yield from _kinds(statement.body)
        if isinstance(statement, Ensured):
            yield from _kinds(statement.always)


def _asks(stages: Iterable[Stage]) -> frozenset[str]:
    return frozenset({"ask" for stage in _every(stages) if stage.ask})


def _every(stages: Iterable[Stage]) -> Iterator[Stage]:
    for stage in stages:
        yield stage
        yield from _every((*stage.stages, *stage.parallel))
