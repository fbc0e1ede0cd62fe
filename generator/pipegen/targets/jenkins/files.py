"""Pipelines as Jenkinsfiles: the view of each, laid out by the templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pipegen.config import Config
from pipegen.delivery import Change, Delivery, Pipeline, Review, Upload
from pipegen.targets.jenkins.events import compare_script, parameters, timer
from pipegen.targets.jenkins.stages import Builder
from pipegen.targets.jenkins.statements import Block, Ensured, Statement, Value
from pipegen.targets.jenkins.view import Jenkinsfile, Stage
from pipegen.templating import render_template

_KEPT_CHECKS = "30"
_KEPT_DELIVERIES = "300"


def render(delivery: Delivery, config: Config) -> dict[str, str]:  # noqa: ARG001  (the protocol's signature)
    """A file for each pipeline."""
    return {
        path(delivery, each): render_template("jenkins/Jenkinsfile.j2", it=view(each)) for each in delivery.pipelines
    }


def path(delivery: Delivery, pipeline: Pipeline) -> str:
    return f"jenkins/{delivery.model}/{pipeline.id}.Jenkinsfile"


# Asked for twice, by `capabilities` and by `render`; building it takes ten times as long as finding it.
@lru_cache(maxsize=32)
def view(pipeline: Pipeline) -> Jenkinsfile:
    builder = Builder(pipeline)
    stages = builder.stages()
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
        methods=tuple(builder.methods),
        uses=frozenset(_kinds(statement for method in builder.methods for statement in method.body)) | _asks(stages),
    )


def _kinds(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        yield statement.kind
        if isinstance(statement, Block):
            yield from _kinds(statement.body)
        if isinstance(statement, Ensured):
            yield from _kinds(statement.always)


def _asks(stages: Iterable[Stage]) -> set[str]:
    return {"ask" for stage in _every(stages) if stage.ask}


def _every(stages: Iterable[Stage]) -> Iterator[Stage]:
    for stage in stages:
        yield stage
        yield from _every((*stage.stages, *stage.parallel))
