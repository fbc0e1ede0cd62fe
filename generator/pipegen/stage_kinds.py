"""The library of stage kinds: `use: pytest` becomes steps, from YAML files and without code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, ValidationError

from pipegen.diagnostics import Finding, KeyPath
from pipegen.spec.model import ModelSpec
from pipegen.spec.scalars import Id, Many, ParameterName, Script, Shape, Text, Tool, VariableName
from pipegen.spec.stages import Argument, Metrics, NamedStep, Reports, Stage, Value

_PLACEHOLDER = re.compile(r"<([a-z][a-z0-9_]*)>")
_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "boolean": bool, "list": list}


class KindParameter(Shape):
    """A value that `with` gives to a stage kind."""

    type: Literal["string", "integer", "boolean", "list"]
    description: Text
    default: Value | None = Field(default=None, description="Without it the parameter must be given.")
    optional: bool = Field(
        default=False, description="Whether it may be left out without a default; arguments that name it vanish then."
    )


class KindStep(Shape):
    """One step; `<name>` stands for a parameter in `command`, and for a list's items where it is a whole argument."""

    title: Text
    command: Many[Argument] | None = None
    run: Script | None = Field(default=None, description="Text for bash; parameters are the variables WITH_<NAME>.")


class KindReports(Shape):
    """Results for people; `<name>` stands for a parameter."""

    junit: Text | None = None


class KindMetrics(Shape):
    """Numbers for gates; `<name>` stands for a parameter."""

    file: Text
    names: Many[Text] = ()


class StageKind(Shape):
    """A kind of stage, as templates/stages/<kind>.yaml describes it."""

    kind: Id
    description: Text
    parameters: dict[ParameterName, KindParameter] = {}
    steps: Many[KindStep] = Field(min_length=1)
    requires: Many[Tool] = Field(default=(), description="Programs that the steps need on the runner.")
    secrets: Many[VariableName] = Field(
        default=(), description="Secrets that must be declared for a stage of this kind."
    )
    reports: KindReports = KindReports()
    metrics: KindMetrics | None = None
    publishes: Many[VariableName] = ()
    install: bool = True


def expand(spec: ModelSpec, kinds: Mapping[str, StageKind]) -> tuple[ModelSpec, tuple[Finding, ...]]:
    """The spec with every `use` replaced by what the kind says, and what is wrong with `use` and `with`."""
    findings: list[Finding] = []
    stages = []
    for index, stage in enumerate(spec.stages):
        problems = tuple(_problems(stage, kinds, ("stages", index)))
        findings += problems
        if stage.use is None or problems:
            stages.append(stage)
            continue
        try:
            stages.append(_expanded(stage, kinds[stage.use]))
        except ValidationError as error:
            stages.append(stage)
            findings.append(_misfit(error, stage.use, ("stages", index, "with")))
    return spec.model_copy(update={"stages": tuple(stages)}), tuple(findings)


def _misfit(error: ValidationError, kind: str, path: KeyPath) -> Finding:
    first = error.errors()[0]
    what = f"stage kind {kind!r} makes something out of these parameters that a stage cannot hold: {first['msg']}"
    return Finding(path, "PG221", what, "")


def _problems(stage: Stage, kinds: Mapping[str, StageKind], path: KeyPath) -> Iterator[Finding]:
    if stage.use is None:
        if stage.with_:
            yield Finding(
                (*path, "with"),
                "PG220",
                "`with` gives parameters to a stage kind, but the stage names none",
                "add `use`",
            )
        return
    kind = kinds.get(stage.use)
    if kind is None:
        yield Finding(
            (*path, "use"), "PG220", f"there is no stage kind {stage.use!r}", f"known kinds: {', '.join(sorted(kinds))}"
        )
        return
    for name, value in stage.with_.items():
        yield from _parameter_problems(kind, name, value, (*path, "with", name))
    for name, parameter in kind.parameters.items():
        if name not in stage.with_ and parameter.default is None and not parameter.optional:
            yield Finding(
                (*path, "use"), "PG221", f"stage kind {kind.kind!r} needs the parameter {name!r}", parameter.description
            )


def _parameter_problems(kind: StageKind, name: str, value: Value, path: KeyPath) -> Iterator[Finding]:
    parameter = kind.parameters.get(name)
    if parameter is None:
        hint = f"it takes: {', '.join(kind.parameters) or 'none'}"
        yield Finding(path, "PG221", f"stage kind {kind.kind!r} has no parameter {name!r}", hint)
    elif not isinstance(value, _TYPES[parameter.type]) or (parameter.type == "integer" and isinstance(value, bool)):
        yield Finding(
            path,
            "PG221",
            f"parameter {name!r} of stage kind {kind.kind!r} is a {parameter.type}",
            parameter.description,
        )


def _expanded(stage: Stage, kind: StageKind) -> Stage:
    given = {name: parameter.default for name, parameter in kind.parameters.items()} | stage.with_
    steps = tuple(_step(step, given) for step in kind.steps)
    junit = kind.reports.junit and _text(kind.reports.junit, given)
    metrics = kind.metrics and Metrics(file=_text(kind.metrics.file, given), names=kind.metrics.names)
    return stage.model_copy(
        update={
            "use": None,
            "with_": {},
            "steps": steps,
            "requires": tuple(dict.fromkeys((*kind.requires, *stage.requires))),
            "publishes": tuple(dict.fromkeys((*kind.publishes, *stage.publishes))),
            "reports": Reports(junit=stage.reports.junit or junit),
            "metrics": stage.metrics or metrics,
            "install": stage.install and kind.install,
            "variables": _with_variables(kind, given) | stage.variables,
        }
    )


def _with_variables(kind: StageKind, given: Mapping[str, Value | None]) -> dict[str, str]:
    if all(step.run is None for step in kind.steps):
        return {}
    return {f"WITH_{name.upper()}": _scalar(value) for name, value in given.items() if value is not None}


def _step(step: KindStep, given: Mapping[str, Value | None]) -> NamedStep:
    if step.command is None:
        return NamedStep(title=step.title, run=step.run)
    return NamedStep(title=step.title, command=tuple(word for item in step.command for word in _words(item, given)))


def _words(argument: str, given: Mapping[str, Value | None]) -> list[str]:
    """An argument with its placeholders filled: none if one has no value, several for a list."""
    whole = _PLACEHOLDER.fullmatch(argument)
    if whole and isinstance(value := given.get(whole[1]), list):
        return value
    if any(given.get(name) is None for name in _PLACEHOLDER.findall(argument)):
        return []
    return [_text(argument, given)]


def _text(text: str, given: Mapping[str, Value | None]) -> str:
    return _PLACEHOLDER.sub(lambda match: _scalar(given.get(match[1])), text)


def _scalar(value: Value | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(value) if isinstance(value, list) else "" if value is None else str(value)
