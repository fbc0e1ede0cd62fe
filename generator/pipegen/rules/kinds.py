"""Rules for the files of stage kinds, and for what they ask of a spec."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping

from pipegen.diagnostics import Finding, KeyPath
from pipegen.spec.model import ModelSpec
from pipegen.stage_kinds import KindParameter, KindStep, StageKind

CODES = {
    "PG222": "two stage kinds have the same name",
    "PG223": "the file of a stage kind has another name than the kind",
    "PG224": "a stage kind uses a parameter that it does not declare",
    "PG225": "the default of a stage kind's parameter is of another type",
    "PG226": "a step of a stage kind has not exactly one of `command` and `run`",
    "PG248": "a stage kind needs a secret that is not declared",
}

_PLACEHOLDER = re.compile(r"<([a-z][a-z0-9_]*)>")


def kind_findings(kind: StageKind, file_name: str, earlier: Container[str]) -> Iterator[Finding]:
    """What is wrong with a kind; `file_name` has no suffix, `earlier` are the names that are taken."""
    if kind.kind in earlier:
        message = f"there is a stage kind {kind.kind!r} already"
        yield Finding(("kind",), "PG222", message, "give it another name; shipped kinds cannot be replaced")
    if kind.kind != file_name:
        message = f"the file is called {file_name!r}, but describes the kind {kind.kind!r}"
        yield Finding(("kind",), "PG223", message, f"rename the file to {kind.kind}.yaml")
    for name, parameter in kind.parameters.items():
        yield from _default_findings(name, parameter)
    for path, text in _texts(kind):
        for name in _PLACEHOLDER.findall(text):
            if name not in kind.parameters:
                message = f"<{name}> names no parameter of this kind"
                yield Finding(path, "PG224", message, f"parameters: {', '.join(kind.parameters) or 'none'}")
    for index, step in enumerate(kind.steps):
        yield from _step_findings(step, ("steps", index))


def missing_secrets(spec: ModelSpec, kinds: Mapping[str, StageKind]) -> Iterator[Finding]:
    """PG248: the secrets that a kind names are declared in some environment; `spec` still has its `use`."""
    declared = {*spec.secrets, *(name for each in spec.environments.values() for name in each.secrets)}
    for index, stage in enumerate(spec.stages):
        kind = kinds.get(stage.use or "")
        for name in kind.secrets if kind else ():
            if name not in declared:
                message = f"stage kind {stage.use!r} needs the secret {name!r}, which is not declared"
                hint = "declare it under `secrets` of the environments that the stage runs in"
                yield Finding(("stages", index, "use"), "PG248", message, hint)


def _default_findings(name: str, parameter: KindParameter) -> Iterator[Finding]:
    types = {"string": str, "integer": int, "boolean": bool, "list": list}
    default = parameter.default
    wrong = default is not None and not isinstance(default, types[parameter.type])
    if wrong or (parameter.type == "integer" and isinstance(default, bool)):
        message = f"the default of {name!r} is not of type {parameter.type}"
        yield Finding(("parameters", name, "default"), "PG225", message, "change the default or the type")


def _step_findings(step: KindStep, path: KeyPath) -> Iterator[Finding]:
    if (step.command is None) == (step.run is None):
        yield Finding(path, "PG226", f"step {step.title!r} needs exactly one of `command` and `run`", "keep one")


def _texts(kind: StageKind) -> Iterator[tuple[KeyPath, str]]:
    for index, step in enumerate(kind.steps):
        for position, argument in enumerate(step.command or ()):
            yield ("steps", index, "command", position), argument
    if kind.reports.junit:
        yield ("reports", "junit"), kind.reports.junit
    if kind.metrics:
        yield ("metrics", "file"), kind.metrics.file
