"""What happens on GitHub: events as workflows see them, and which workflows they start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.github_files import Workflow
from conformance.github_language import InvalidWorkflow, UnknownConstruct
from conformance.github_patterns import admits, touches

REPOSITORY = "acme/models"
_DEFAULT_TYPES = ("opened", "synchronize", "reopened")
_MOST_INPUTS = 25


@dataclass(frozen=True)
class PullRequest:
    """A pull request; `owner` differs from the repository's where it comes from a fork."""

    number: int
    source: str
    target: str
    owner: str = "acme"
    action: str = "opened"

    @property
    def from_fork(self) -> bool:
        return self.owner != REPOSITORY.partition("/")[0]

    @property
    def payload(self) -> Mapping[str, Any]:
        head = {
            "ref": self.source,
            "label": f"{self.owner}:{self.source}",
            "repo": {"full_name": f"{self.owner}/models"},
        }
        return {"number": self.number, "head": head, "base": {"ref": self.target}}


@dataclass(frozen=True)
class Event:
    """An event at a commit; `place` is where the commit is checked out from, `cron` the timer that fired."""

    name: str
    ref: str
    sha: str
    place: str
    changed: tuple[str, ...] = ()
    pull_request: PullRequest | None = None
    cron: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ref_name(self) -> str:
        return self.ref.removeprefix("refs/").partition("/")[2]

    @property
    def payload(self) -> Mapping[str, Any]:
        given: dict[str, Any] = {"ref": self.ref}
        if self.pull_request:
            given = {"pull_request": self.pull_request.payload, "number": self.pull_request.number}
        if self.cron:
            given = {"schedule": self.cron}
        if self.name == "workflow_dispatch":
            given["inputs"] = {name: str(value) for name, value in self.inputs.items()}
        return given


def starts(workflow: Workflow, event: Event) -> bool:
    """Whether the event starts the workflow by itself; nobody starts one by hand here."""
    asked = workflow.events.get(event.name)
    if asked is None:
        return False
    match event.name:
        case "push":
            return _pushed(asked, event)
        case "pull_request":
            return _proposed(asked, event)
        case "schedule":
            return any(each["cron"] == event.cron for each in asked)
        case _:
            raise UnknownConstruct(f"event {event.name}")


def _pushed(asked: Mapping[str, Any], event: Event) -> bool:
    """Filters of branches alone let no tag through, and filters of tags alone no branch; tags have no paths."""
    if not asked:
        return True
    branches = event.ref.startswith("refs/heads/")
    kind, other = ("branches", "tags") if branches else ("tags", "branches")
    admitted = admits(asked, kind, event.ref_name)
    if admitted is None:
        admitted = not (other in asked or f"{other}-ignore" in asked)
    return admitted and (not branches or touches(asked, event.changed))


def _proposed(asked: Mapping[str, Any], event: Event) -> bool:
    """The filter of branches is about the branch that a pull request goes into."""
    pull = event.pull_request
    if pull is None:
        raise AssertionError("an event of a pull request has one")
    if pull.action not in asked.get("types", _DEFAULT_TYPES):
        return False
    return admits(asked, "branches", pull.target) is not False and touches(asked, event.changed)


def dispatched_inputs(workflow: Workflow, given: Mapping[str, str]) -> Mapping[str, Any]:
    """The inputs of a start by hand or through the API, which refuses what the file does not allow."""
    if "workflow_dispatch" not in workflow.events:
        raise InvalidWorkflow(f"{workflow.path} has no workflow_dispatch")
    known = workflow.events["workflow_dispatch"].get("inputs") or {}
    if len(known) > _MOST_INPUTS or given.keys() - known.keys():
        raise InvalidWorkflow(f"{workflow.path}: inputs {', '.join(given)}")
    return {name: _input(name, asked, given.get(name)) for name, asked in known.items()}


def _input(name: str, asked: Mapping[str, Any], given: str | None) -> str | bool | float:
    kind, default = asked.get("type", "string"), asked.get("default")
    if given is None and asked.get("required") and default is None:
        raise InvalidWorkflow(f"input {name} is required")
    text = given if given is not None else "" if default is None else _text(default)
    if kind == "choice" and text not in asked["options"]:
        raise InvalidWorkflow(f"{text!r} is not among the values of input {name}: {', '.join(asked['options'])}")
    return typed(kind, text, name)


def _text(value: str | float | bool) -> str:  # noqa: FBT001  (a default of any type)
    return str(value).lower() if isinstance(value, bool) else str(value)


def typed(kind: str, text: str, name: str) -> str | bool | float:
    """An input as the contexts hold it."""
    match kind:
        case "string" | "choice":
            return text
        case "boolean":
            if text not in {"true", "false", ""}:
                raise InvalidWorkflow(f"input {name} is no boolean: {text}")
            return text == "true"
        case "number":
            try:
                return float(text) if "." in text else int(text or "0")
            except ValueError:
                raise InvalidWorkflow(f"input {name} is no number: {text}") from None
        case _:
            raise UnknownConstruct(f"input {name} of type {kind}")


def context(event: Event, actor: str, run_id: str, api_url: str) -> dict[str, Any]:
    """The `github` context of a run in its first attempt."""
    pull = event.pull_request
    return {
        "event_name": event.name,
        "event": event.payload,
        "ref": event.ref,
        "ref_name": event.ref_name,
        "ref_type": "tag" if event.ref.startswith("refs/tags/") else "branch",
        "sha": event.sha,
        "head_ref": pull.source if pull else "",
        "base_ref": pull.target if pull else "",
        "actor": actor,
        "triggering_actor": actor,
        "repository": REPOSITORY,
        "repository_owner": REPOSITORY.partition("/")[0],
        "run_id": run_id,
        "run_number": "7",
        "run_attempt": "1",
        "server_url": "https://github.com",
        "api_url": api_url,
    }


def changed_files(paths: Sequence[str] | None, model: str) -> tuple[str, ...]:
    return tuple(paths) if paths is not None else (f"{model}/README.md",)
