"""Workflow files as the executor reads them: every key is one that it carries out, or it refuses the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.github_language import InvalidWorkflow, UnknownConstruct, language

Node = Mapping[str, Any]

_WORKFLOW = {"name", "run-name", "on", "permissions", "concurrency", "defaults", "env", "jobs"}
_ANY_JOB = {"name", "if", "needs", "permissions", "concurrency"}
_JOB = _ANY_JOB | {"runs-on", "container", "timeout-minutes", "environment", "env", "outputs", "steps"}
_CALL = _ANY_JOB | {"uses", "with", "secrets"}
_STEP = {"name", "id", "if", "uses", "with", "run", "shell", "env", "timeout-minutes", "continue-on-error"}
_EVENTS: Mapping[str, set[str]] = {
    "push": {"branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore"},
    "pull_request": {"branches", "branches-ignore", "paths", "paths-ignore", "types"},
    "schedule": set(),
    "workflow_dispatch": {"inputs"},
    "workflow_call": {"inputs", "secrets"},
}
_INPUT = {"type", "description", "required", "default", "options"}
_CONTAINER = {"image"}
_ENVIRONMENT = {"name", "deployment"}
_CONCURRENCY = {"group", "cancel-in-progress", "queue"}


@dataclass(frozen=True)
class Step:
    """A step and when it runs, with the status that GitHub asks for where the file asks for none."""

    node: Node
    condition: str


@dataclass(frozen=True)
class Job:
    """A job of a workflow; `uses` is the workflow that it calls, "" if it has steps."""

    id: str
    node: Node
    condition: str
    needs: tuple[str, ...]
    steps: tuple[Step, ...]
    uses: str


@dataclass(frozen=True, eq=False)
class Workflow:
    """A workflow file; `events` holds what each event that starts it asks for."""

    path: str
    document: Node
    events: Mapping[str, Any]
    jobs: tuple[Job, ...]

    @property
    def variables(self) -> Node:
        given: Node = self.document.get("env") or {}
        return given

    @property
    def shell(self) -> str:
        """What `defaults` says; "" if it says nothing."""
        run = (self.document.get("defaults") or {}).get("run") or {}
        return str(run.get("shell", ""))

    def job(self, job_id: str) -> Job:
        return next(each for each in self.jobs if each.id == job_id)


@cache
def read(path: str, text: str) -> Workflow:
    """The workflow of a file, as GitHub's own parser reads it."""
    found = language().parse(path, text)
    document = found["document"]
    _known(document, _WORKFLOW, path)
    _known((document.get("defaults") or {}).get("run") or {}, {"shell"}, f"{path}: defaults.run")
    _concurrency(document.get("concurrency"), path)
    events = dict(_events(document["on"], path))
    jobs = tuple(_job(name, node, found["conditions"][name], path) for name, node in document["jobs"].items())
    return Workflow(path, document, events, _in_order(jobs, path))


def _known(node: Node, keys: set[str], where: str) -> None:
    if unknown := node.keys() - keys:
        raise UnknownConstruct(f"{where}: {', '.join(sorted(unknown))}")


def _events(node: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  (one name, a list or a mapping)
    given: dict[str, Any] = node if isinstance(node, dict) else dict.fromkeys([node] if isinstance(node, str) else node)
    for name, asked in given.items():
        where = f"{path}: on.{name}"
        if name not in _EVENTS:
            raise UnknownConstruct(where)
        if name == "schedule":
            for each in asked:
                _known(each, {"cron"}, where)
        else:
            _known(asked or {}, _EVENTS[name], where)
        for each in ((asked or {}).get("inputs") or {}).values() if name.startswith("workflow_") else ():
            _known(each, _INPUT, f"{where}.inputs")
        yield name, asked or {}


def _concurrency(node: Any, where: str) -> None:  # noqa: ANN401  (a name, an expression or a mapping)
    if isinstance(node, dict) and "$expression" not in node:
        _known(node, _CONCURRENCY, f"{where}: concurrency")


def _job(job_id: str, node: Node, conditions: Node, path: str) -> Job:
    where = f"{path}: jobs.{job_id}"
    _known(node, _CALL if "uses" in node else _JOB, where)
    _concurrency(node.get("concurrency"), where)
    for key, known in (("container", _CONTAINER), ("environment", _ENVIRONMENT)):
        if isinstance(node.get(key), dict):
            _known(node[key], known, f"{where}.{key}")
    steps = tuple(
        _step(each, condition, where)
        for each, condition in zip(node.get("steps", ()), conditions["steps"], strict=True)
    )
    return Job(job_id, node, conditions["if"], _names(node.get("needs")), steps, str(node.get("uses", "")))


def _step(node: Node, condition: str, where: str) -> Step:
    _known(node, _STEP, f"{where}.steps")
    return Step(node, condition)


def _names(node: str | Sequence[str] | None) -> tuple[str, ...]:
    return (node,) if isinstance(node, str) else tuple(node or ())


def _in_order(jobs: tuple[Job, ...], path: str) -> tuple[Job, ...]:
    """As in the file, but no job before one that it needs."""
    known, ordered = {each.id for each in jobs}, dict[str, Job]()
    for each in jobs:
        if unknown := set(each.needs) - known:
            raise InvalidWorkflow(f"{path}: {each.id} needs {', '.join(sorted(unknown))}, which is not there")
    while len(ordered) < len(jobs):
        ready = next((each for each in jobs if each.id not in ordered and set(each.needs) <= ordered.keys()), None)
        if ready is None:
            raise InvalidWorkflow(f"{path}: jobs need each other in a circle")
        ordered[ready.id] = ready
    return tuple(ordered.values())
