"""Rules about schedules and actions: what starts without a merge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath
from pipegen.plan.flow import deployed_environments
from pipegen.plan.guards import ANY_STRING
from pipegen.plan.operations import refs
from pipegen.rules.references import operations
from pipegen.spec.model import ModelSpec, Parameter

CODES = {
    "PG244": "a branch cannot reach the environment",
    "PG245": "a schedule or action names a stage of other environments",
    "PG246": "a schedule or action deploys nowhere",
    "PG277": "a parameter contradicts itself",
    "PG278": "an action has the name of a built-in one",
    "PG306": "an action has more parameters than a target takes",
}

_BUILT_IN = ("deploy", "rollback")
_MOST_PARAMETERS = 25
_NUMBERS = {"integer": re.compile(r"-?[0-9]{1,15}"), "number": re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")}


def places(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG244 to PG246: stages run where the schedule or action says, from a branch that may."""
    stages = {stage.id: stage for stage in spec.stages}
    for path, started in operations(spec):
        chosen = [stages[name] for name in started.stages if name in stages]
        if started.environment is None and any(stage.deploys for stage in chosen):
            message = "a stage is named that deploys, but no environment"
            yield Finding((*path, "stages"), "PG246", message, "say with `environment` where it deploys to")
        for position, name in enumerate(started.stages):
            limits = stages[name].environments if name in stages else None
            if limits is not None and started.environment not in limits:
                message = f"stage {name!r} runs only in {', '.join(limits)}"
                hint = "change `environment`, or the environments of the stage"
                yield Finding((*path, "stages", position), "PG245", message, hint)
        yield from _branch(spec, path, started.environment, started.branch)


def _branch(spec: ModelSpec, path: KeyPath, environment: str | None, branch: str | None) -> Iterator[Finding]:
    if branch is None or environment not in deployed_environments(spec):
        return
    allowed = refs(spec, environment)
    if branch not in allowed:
        message = f"environment {environment!r} is reached from {', '.join(allowed)} alone, not from {branch!r}"
        yield Finding((*path, "branch"), "PG244", message, "remove `branch`, or change the flow")


def actions(spec: ModelSpec, config: Config) -> Iterator[Finding]:
    """PG277, PG278 and PG306 for each action."""
    publishing = {stage.id for stage in spec.stages if "PIPEGEN_VERSION" in stage.publishes}
    for name, action in spec.actions.items():
        path: KeyPath = ("actions", name)
        if name in _BUILT_IN:
            message = f"the action {name!r} exists by itself for every model that deploys"
            yield Finding(path, "PG278", message, "give yours another name")
        if len(action.parameters) > _MOST_PARAMETERS and "github" in (spec.targets or config.targets):
            message = f"{len(action.parameters)} parameters are more than the {_MOST_PARAMETERS} that github takes"
            yield Finding(
                (*path, "parameters"), "PG306", message, "join some of them, or leave github out of `targets`"
            )
        if "version" in action.parameters and publishing & set(action.stages):
            message = "the parameter 'version' sets $PIPEGEN_VERSION, which a stage of this action publishes"
            yield Finding((*path, "parameters", "version"), "PG277", message, "give the parameter another name")
        for parameter_name, parameter in action.parameters.items():
            yield from _parameter(parameter, (*path, "parameters", parameter_name))


def _parameter(parameter: Parameter, path: KeyPath) -> Iterator[Finding]:
    for key, reason, hint in (*_needless(parameter), *_contradictions(parameter)):
        yield Finding((*path, key), "PG277", reason, hint)


def _needless(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    """Keys that this type of parameter cannot have, or lacks."""
    kind = parameter.type
    for key in ("min", "max"):
        if getattr(parameter, key) is not None and kind not in _NUMBERS:
            yield key, f"{key!r} bounds numbers, and this is of type {kind}", f"remove {key!r}"
    if parameter.pattern is not None and kind != "string":
        yield "pattern", f"`pattern` is for strings, and this is of type {kind}", "remove `pattern`"
    if parameter.choices is not None and kind != "choice":
        yield "choices", f"`choices` is for choices, and this is of type {kind}", "say `type: choice`, or remove it"
    if kind == "choice" and not parameter.choices:
        yield "type", "a choice needs `choices`", "list them"


def _contradictions(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    if parameter.min is not None and parameter.max is not None and parameter.min > parameter.max:
        yield "min", f"no number is at least {parameter.min} and at most {parameter.max}", "swap or change the bounds"
    if len(set(parameter.choices or ())) < len(parameter.choices or ()):
        yield "choices", "a choice is listed twice", "list each once"
    if parameter.pattern is not None and not _compiles(parameter.pattern):
        yield "pattern", "this is no regular expression", "check brackets and repetitions"
    elif parameter.default is not None:
        reason = _refused(parameter, parameter.default)
        if reason:
            yield "default", f"the default {reason}", "change one of the two"


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _refused(parameter: Parameter, default: str | float | bool) -> str:  # noqa: FBT001  (a default may be a boolean)
    """Why the first job of the action would refuse the default."""
    match parameter.type, default:
        case "boolean", bool():
            return ""
        case "string", str():
            fits = re.fullmatch(parameter.pattern or ANY_STRING, default)
            return "" if fits else f"does not match {parameter.pattern or ANY_STRING}"
        case "choice", str():
            return "" if default in (parameter.choices or (default,)) else "is not one of the choices"
        case (("integer" | "number"), int() | float()) if not isinstance(default, bool):
            return _misfit(parameter, default)
    return f"is not of type {parameter.type}"


def _misfit(parameter: Parameter, default: float) -> str:
    if not _NUMBERS[parameter.type].fullmatch(str(default)):
        return f"is not written as a plain {parameter.type}"
    if parameter.min is not None and default < parameter.min:
        return f"is below {parameter.min}"
    return f"is above {parameter.max}" if parameter.max is not None and default > parameter.max else ""
