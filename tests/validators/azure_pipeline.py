"""An Azure pipeline as stages, jobs and steps that know their paths and what they depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .document import Document, KeyPath, items

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    path: KeyPath
    data: Node
    hook: str = ""
    """The lifecycle hook of a deployment job, for example deploy or on.failure."""

    @property
    def script(self) -> str:
        """The text that a shell gets, whether written as a shortcut or as a task."""
        shortcuts = [self.text(key) for key in ("bash", "script", "pwsh")]
        return next(filter(None, [*shortcuts, *(_text(self.inputs, key) for key in ("script", "inlineScript"))]), "")

    @property
    def inputs(self) -> Node:
        return _node(self.data, "inputs")

    def text(self, key: str) -> str:
        return _text(self.data, key)


@dataclass(frozen=True, slots=True)
class Job:
    path: KeyPath
    data: Node
    name: str
    deployment: bool
    depends_on: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    path: KeyPath
    data: Node
    name: str
    depends_on: tuple[str, ...]
    jobs: tuple[Job, ...]


def stages(document: Document) -> tuple[Stage, ...]:
    """A stage that does not say what it depends on depends on the one before it."""
    found: list[Stage] = []
    where, listed = stage_list(document)
    for index, data in items(listed):
        if not _text(data, "stage"):
            continue
        before = tuple(stage.name for stage in found[-1:])
        path: KeyPath = (*where, index)
        jobs = tuple(_job((*path, "jobs", number), job) for number, job in items(_list(data, "jobs")))
        found.append(Stage(path, data, _text(data, "stage"), _depends_on(data, before), jobs))
    return tuple(found)


def stage_list(document: Document) -> tuple[KeyPath, Sequence[Any]]:
    """The stages and templates of them: the file's own, or those that it gives to the template that it extends."""
    given = _node(_node(document.data, "extends"), "parameters")
    for name, value in given.items():
        if isinstance(value, list):
            return ("extends", "parameters", name), value
    return ("stages",), _list(document.data, "stages")


def is_template(document: Document) -> bool:
    """Whether the file is part of others: nothing in it starts a run or says where one takes place."""
    return isinstance(document.data, dict) and document.data.keys() == {"parameters", "stages"}


def jobs(document: Document) -> Iterator[Job]:
    return (job for stage in stages(document) for job in stage.jobs)


def steps(document: Document) -> Iterator[Step]:
    return (step for job in jobs(document) for step in job.steps)


def variables(data: Node, path: KeyPath) -> Iterator[tuple[KeyPath, str, str]]:
    """Path, name and value of each variable, in either of the two forms."""
    for key, value in items(data.get("variables")):
        if isinstance(value, dict):
            if "name" in value:
                yield (*path, "variables", key, "value"), _text(value, "name"), _text(value, "value")
        else:
            yield (*path, "variables", key), str(key), str(value)


def ancestors(name: str, edges: dict[str, tuple[str, ...]]) -> set[str]:
    """Everything that is complete before a name starts."""
    found: set[str] = set()
    waiting = list(edges.get(name, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(edges.get(one, ()))
    return found


def _job(path: KeyPath, data: Node) -> Job:
    deployment = "deployment" in data
    name = _text(data, "deployment" if deployment else "job")
    found = tuple(_deployment_steps(path, data)) if deployment else tuple(_steps((*path, "steps"), data.get("steps")))
    return Job(path, data, name, deployment, _depends_on(data, ()), found)


def _deployment_steps(path: KeyPath, data: Node) -> Iterator[Step]:
    for strategy, hooks in items(data.get("strategy")):
        for hook, content in items(hooks):
            base = (*path, "strategy", strategy, hook)
            yield from _steps((*base, "steps"), _list(content, "steps"), hook)
            for outcome, inner in items(content) if hook == "on" else ():
                yield from _steps((*base, outcome, "steps"), _list(inner, "steps"), f"on.{outcome}")


def _steps(path: KeyPath, found: object, hook: str = "") -> Iterator[Step]:
    return (Step((*path, index), data, hook) for index, data in items(found) if isinstance(data, dict))


def _depends_on(data: Node, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    match data.get("dependsOn"):
        case None:
            return otherwise
        case str(name):
            return (name,)
        case names:
            return tuple(str(name) for _, name in items(names))


def _text(data: object, key: str) -> str:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, str) else ""


def _node(data: object, key: str) -> Node:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _list(data: object, key: str) -> Sequence[Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, list) else ()
