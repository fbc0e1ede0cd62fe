"""Rules about what scripts find where the plan runs them: secrets, published values, variables, artifacts."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import CONTEXT_VARIABLES, PATH_VARIABLES, Delivery, Job, Pipeline, Run, SecretValue, TokenValue
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.plan.variables import RESERVED
from pipegen.rules.runs import BUILT_IN, has_artifact, place, stage_runs
from pipegen.rules.texts import SpecText, texts
from pipegen.rules.variables import declared_names, secret_names
from pipegen.spec.model import ModelSpec

CODES = {
    "PG229": "a value is published twice in one pipeline",
    "PG236": "a script reads a secret that it does not get",
    "PG237": "a secret reaches nothing",
    "PG238": "a script reads a value that nothing before publishes",
    "PG239": "a script reads a variable that is not set everywhere",
}


def readable_names(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG236, PG238 and PG239: what a script reads is there in every pipeline and environment that runs it."""
    declared = declared_names(spec) - set(RESERVED)
    secrets, published = secret_names(spec), {name for stage in spec.stages for name in stage.publishes}
    known = list(texts(spec))
    reading = [each for each in known if not declared.isdisjoint(each.names)]
    reported: set[tuple[KeyPath, str]] = set()
    for pipeline, job, run in _scripts(delivery):
        said = [each for each in reading if each.path[: len(run.origin)] == run.origin and _is_in(each, run)]
        visible = _visible(pipeline, job, run) if said else set()
        for read, name in ((each, name) for each in said for name in each.names if name in declared - visible):
            beside = (each for each in known if each.path[: len(run.origin)] == run.origin and _is_in(each, run))
            if (read.path, name) in reported or any(each.sets(name) for each in beside):
                continue
            reported.add((read.path, name))
            yield _unreadable(spec, read, name, pipeline, job.environment, name in secrets, name in published)


def _scripts(delivery: Delivery) -> Iterator[tuple[Pipeline, Job, Run]]:
    for pipeline in delivery.pipelines:
        for job in pipeline.jobs:
            yield from ((pipeline, job, step) for step in job.steps if isinstance(step, Run) and step.origin)


def _visible(pipeline: Pipeline, job: Job, run: Run) -> set[str]:
    names = {*CONTEXT_VARIABLES, *PATH_VARIABLES, *(name for name, _ in pipeline.variables)}
    names |= {variable.name for variable in job.variables}
    for variable in run.variables:
        match variable.value:
            case SecretValue(type="username-password"):
                names |= {f"{variable.name}_USERNAME", f"{variable.name}_PASSWORD"}
            case _:
                names.add(variable.name)
    return names


def _is_in(text: SpecText, run: Run) -> bool:
    if text.is_argument:
        return any(f'"${name}"' in run.script for name in text.names)
    return text.text.rstrip("\n") in run.script


def _unreadable(
    spec: ModelSpec,
    text: SpecText,
    name: str,
    pipeline: Pipeline,
    environment: str | None,
    is_secret: bool,  # noqa: FBT001  (what the name is)
    is_published: bool,  # noqa: FBT001
) -> Finding:
    who = f"stage {spec.stages[text.stage].id!r}" if text.stage is not None else f"{text.path[0]!r}"
    where = f"{place(environment)} (pipeline {pipeline.id})"
    if is_published:
        message = f"{who} reads ${name}, which no job before it publishes {where}"
        hint = f"let the stage that publishes it run there too, in an earlier job, or write ${{{name}:-}}"
        return Finding(text.path, "PG238", message, hint)
    if is_secret:
        message = f"{who} reads ${name}, a secret that it does not get {where}"
        hint = f"declare it there and name the stage in its `stages`, or write ${{{name}:-}}"
        return Finding(text.path, "PG236", message, hint)
    message = f"{who} reads ${name}, a variable that is not set {where}"
    return Finding(text.path, "PG239", message, f"set it there too, or write ${{{name}:-}}", Severity.WARNING)


def published_once(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG229: in a pipeline a name stands for one value."""
    together: dict[str, set[int]] = {}
    for each in stage_runs(delivery):
        together.setdefault(each.pipeline.id, set()).add(each.stage)
    for index, stage in enumerate(spec.stages):
        for position, name in enumerate(stage.publishes):
            for other in range(index):
                shared = [pipeline for pipeline, stages in together.items() if {index, other} <= stages]
                if name in spec.stages[other].publishes and shared:
                    message = f"${name} is published by {spec.stages[other].id!r} too, in pipeline {shared[0]}"
                    path = ("stages", index, "publishes", position)
                    yield Finding(path, "PG229", message, "publish it once, or under another name")


def available_artifacts(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG228: wherever a stage runs, what it consumes was made before it."""
    reported: set[KeyPath] = set()
    runs = list(stage_runs(delivery))
    for each in runs:
        if each.pipeline.id in BUILT_IN or not spec.stages[each.stage].consumes:
            continue
        beside = {other.stage for other in runs if other.job is each.job}
        made = {artifact.name for index in beside for artifact in spec.stages[index].produces}
        for position, name in enumerate(spec.stages[each.stage].consumes or ()):
            path = ("stages", each.stage, "consumes", position)
            if name in made or has_artifact(each.job, name) or path in reported:
                continue
            reported.add(path)
            message = f"nothing makes {name!r} before {spec.stages[each.stage].id!r} in pipeline {each.pipeline.id}"
            yield Finding(path, "PG228", message, "let both stages run at the same moments")


def reachable_secrets(spec: ModelSpec, delivery: Delivery, _: Config) -> Iterator[Finding]:
    """PG237: a declared secret reaches some script."""
    reached = {
        (variable.value.environment, variable.value.name)
        for _, _, run in _scripts(delivery)
        for variable in run.variables
        if isinstance(variable.value, SecretValue | TokenValue)
    }
    used = {environment.name for environment in delivery.environments}
    for path, environment, name in _declared(spec):
        if (environment, name) not in reached and (environment is None or environment in used):
            message = f"no script gets {name!r} {place(environment)}"
            hint = "remove it, or name in `stages` those that run there and read it"
            yield Finding(path, "PG237", message, hint, Severity.WARNING)


def _declared(spec: ModelSpec) -> Iterator[tuple[KeyPath, str | None, str]]:
    yield from ((("secrets", name), None, name) for name in spec.secrets)
    for place_, environment in spec.environments.items():
        yield from ((("environments", place_, "secrets", name), place_, name) for name in environment.secrets)
        yield from ((("environments", place_, "identity", name), place_, name) for name in environment.identity)
