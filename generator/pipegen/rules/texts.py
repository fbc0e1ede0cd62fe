"""Every script and argument of a spec, where it stands, and which variables it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipegen.diagnostics import KeyPath
from pipegen.plan.commands import VARIABLE
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import NamedStep, Stage


@dataclass(frozen=True, slots=True)
class SpecText:
    """A script, or one argument of a command; `stage` is the index of its stage, None outside of stages."""

    path: KeyPath
    text: str
    stage: int | None
    is_argument: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that it needs to be set, each once."""
        pattern = VARIABLE if self.is_argument else _NEEDED
        return tuple(dict.fromkeys(pattern.findall(self.text)))

    def sets(self, name: str) -> bool:
        """Whether the script itself gives the variable a value."""
        if self.is_argument:
            return False
        assigned = rf"(?:^|[\s;&|(`])(?:{name})(?:\[[^]]*\])?\+?="
        received = rf"\b(?:for|read|mapfile|readarray|getopts|printf -v)\b[^\n;]*\b{name}\b"
        return re.search(f"{assigned}|{received}", self.text, re.MULTILINE) is not None


# ${NAME:-default} and its like do not need NAME to be set; \$NAME is text.
_NEEDED = re.compile(r"(?<!\\)\$(?:\{[#!]?)?([A-Za-z_][A-Za-z0-9_]*)(?![A-Za-z0-9_]|:?[-+=])")


def texts(spec: ModelSpec) -> Iterator[SpecText]:
    """In the order of the spec's keys."""
    yield from _scripts(spec.runtime.install, ("runtime", "install"), None)
    if spec.store:
        yield from _scripts(spec.store.put, ("store", "put"), None)
        yield from _scripts(spec.store.get, ("store", "get"), None)
    for index, stage in enumerate(spec.stages):
        yield from stage_texts(stage, index)
    if spec.archive:
        yield from _scripts(spec.archive.run, ("archive", "run"), None)


def stage_texts(stage: Stage, index: int) -> Iterator[SpecText]:
    path: KeyPath = ("stages", index)
    yield from _scripts(stage.run or (), (*path, "run"), index)
    yield from _arguments(stage.command or (), (*path, "command"), index)
    for key, steps in named_steps(stage):
        for position, step in enumerate(steps):
            yield from _step(step, (*path, key, position), index)
    for position, rollout_step in enumerate(stage.rollout or ()):
        yield from _scripts(rollout_step.run, (*path, "rollout", position, "run"), index)
    for key, scripts in deployment_scripts(stage).items():
        yield from _scripts(scripts, (*path, key), index)


def named_steps(stage: Stage) -> Iterator[tuple[str, tuple[NamedStep, ...]]]:
    yield "steps", stage.steps or ()
    yield "steps_before", stage.steps_before
    yield "steps_after", stage.steps_after


def deployment_scripts(stage: Stage) -> dict[str, tuple[str, ...]]:
    """What a deployment has beside its rollout, by key."""
    return {
        "verify": stage.verify,
        "restore": stage.restore,
        "rollback": stage.rollback,
        "finally": stage.finally_,
    }


def _step(step: NamedStep, path: KeyPath, stage: int) -> Iterator[SpecText]:
    if step.run is not None:
        yield SpecText((*path, "run"), step.run, stage)
    yield from _arguments(step.command or (), (*path, "command"), stage)


def _scripts(scripts: Iterable[str], path: KeyPath, stage: int | None) -> Iterator[SpecText]:
    for position, text in enumerate(scripts):
        yield SpecText((*path, position), text, stage)


def _arguments(arguments: Iterable[str], path: KeyPath, stage: int) -> Iterator[SpecText]:
    for position, text in enumerate(arguments):
        yield SpecText((*path, position), text, stage, is_argument=True)
