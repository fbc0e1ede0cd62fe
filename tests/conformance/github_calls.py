"""What a job may do and read, and what passes from a workflow to one that it calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.github_events import typed
from conformance.github_files import Job, Node, Workflow
from conformance.github_job import text
from conformance.github_language import InvalidWorkflow, UnknownConstruct, Value
from conformance.github_settings import Secret

_SECRET = re.compile(r"\bsecrets\b(?:\.(\w+))?")
_TEXT = re.compile(r"'(?:[^']|'')*'")


def passed(asked: Node, given: Mapping[str, Any], job: str) -> dict[str, Any]:
    if unknown := given.keys() - asked.keys():
        raise InvalidWorkflow(f"{job} passes inputs that nobody asks for: {', '.join(unknown)}")
    if missing := {name for name, each in asked.items() if each.get("required")} - given.keys():
        raise InvalidWorkflow(f"{job} does not pass {', '.join(missing)}")
    values = {name: given.get(name, each.get("default")) for name, each in asked.items()}
    return {name: _value(asked[name]["type"], value, name) for name, value in values.items()}


def passed_secrets(asked: Node, job: Job, held: Mapping[str, Secret]) -> dict[str, Secret]:
    """By name alone; a secret that the caller has not is the empty text."""
    given = job.node.get("secrets", {})
    if isinstance(given, str):
        raise UnknownConstruct(f"secrets: {given}")
    if unknown := given.keys() - asked.keys():
        raise InvalidWorkflow(f"{job.id} passes secrets that nobody asks for: {', '.join(unknown)}")
    if missing := {name for name, each in asked.items() if (each or {}).get("required")} - given.keys():
        raise InvalidWorkflow(f"{job.id} does not pass {', '.join(missing)}")
    return {name: held.get(_read(name, node), Secret("", "")) for name, node in given.items()}


def _read(name: str, node: Any) -> str:  # noqa: ANN401  (a part of a file)
    read = re.fullmatch(r"secrets\.(\w+)", node["$expression"] if isinstance(node, dict) else "")
    if read is None:
        raise UnknownConstruct(f"secret {name} from {node}")
    return read[1]


def _value(kind: str, value: Any, name: str) -> Any:  # noqa: ANN401  (of any type)
    """A value must be of the type that the input has; a number is no string's value only where it is none."""
    scalar = value.value if isinstance(value, Value) else value
    if kind == "boolean" and not isinstance(scalar, bool):
        raise InvalidWorkflow(f"input {name} gets no boolean")
    return typed(kind, text(value), name)


def permissions(node: Node, workflow: Workflow, allowed: Mapping[str, str] | None) -> dict[str, str]:
    """Of the job, else of its file; a called workflow has no more than the job that calls it (None: nobody did)."""
    given = node.get("permissions", workflow.document.get("permissions"))
    if not isinstance(given, dict):
        raise UnknownConstruct(f"permissions: {given}")
    if allowed is not None:
        for scope, access in given.items():
            if allowed.get(scope) not in {access, "write"}:
                raise InvalidWorkflow(f"{workflow.path} asks for {scope}: {access}, which its caller has not")
    return given


def labels(job: Job, held: Mapping[str, Secret]) -> tuple[str, ...]:
    """What the job could read; a secret that is not there is the empty text."""
    found: dict[str, None] = {}
    for read in _SECRET.finditer(_TEXT.sub("''", _expressions(job.node))):
        if read[1] is None:
            raise UnknownConstruct(f"{job.id} reads all secrets at once")
        if read[1] in held and held[read[1]].value:
            found[held[read[1]].label] = None
    return tuple(found)


def _expressions(node: Any) -> str:  # noqa: ANN401  (a part of a file)
    if isinstance(node, dict):
        if "$expression" in node:
            return f"{node['$expression']}\n"
        return "".join(map(_expressions, node.values()))
    return "".join(map(_expressions, node)) if isinstance(node, list) else ""
