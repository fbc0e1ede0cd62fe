"""Which definitions a push, a pull request, the clock or a person starts, by what their files say.

Sources: learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git and /github (CI triggers, PR triggers,
wildcards), /process/scheduled-triggers, /build/triggers. Names of branches and paths count with their case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.azure_expressions import UnknownConstruct
from conformance.azure_templates import Files, Node, known


@dataclass(frozen=True)
class Push:
    """Commits came to a ref, and with them changes of these paths."""

    ref: str
    changed: Sequence[str]


@dataclass(frozen=True)
class PullRequest:
    """It goes into the branch `target`; `changed` as the host sees it."""

    source: str
    target: str
    changed: Sequence[str]


@dataclass(frozen=True)
class Clock:
    """It is a time that this cron expression means; nothing was pushed since it last was; these branches exist."""

    cron: str
    branches: Sequence[str]


@dataclass(frozen=True)
class ByHand:
    """A person, or a program through the REST API, starts the definition of that name."""

    definition: str
    ref: str
    parameters: Mapping[str, str]


Happening = Push | PullRequest | Clock | ByHand


@dataclass(frozen=True)
class Queued:
    """A run that is to begin: the file of its definition, why, for which ref, and what else it is told."""

    file: str
    reason: str
    ref: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def queued(definitions: Mapping[str, str], files: Files, happening: Happening) -> Iterator[Queued]:
    """Every run that begins; `definitions` are the names and files of all that were created."""
    if isinstance(happening, ByHand):
        file = definitions.get(happening.definition)
        if file is None:
            raise UnknownConstruct(f"nobody created a definition {happening.definition!r}")
        yield Queued(file, "Manual", happening.ref, happening.parameters)
        return
    for file in definitions.values():
        yield from _queued(file, files.node(file), happening)


def _queued(file: str, node: Node, happening: Push | PullRequest | Clock) -> Iterator[Queued]:
    match happening:
        case Push(ref, changed):
            trigger = node.get("trigger", ["*"])
            if _pushes(trigger, ref, changed):
                batched = isinstance(trigger, dict) and trigger.get("batch") == "true"
                yield Queued(file, "BatchedCI" if batched else "IndividualCI", ref)
        case PullRequest(source, target, changed):
            if _pull_requests(node.get("pr", ["*"]), target, changed):
                told = {"SourceBranch": source, "TargetBranch": target, "PullRequestNumber": "1", "IsFork": "False"}
                variables = {f"System.PullRequest.{name}": text for name, text in told.items()}
                yield Queued(file, "PullRequest", "refs/pull/1/merge", variables=variables)
        case Clock(cron, branches):
            for schedule in node.get("schedules", []):
                yield from _scheduled(file, schedule, cron, branches)


def _pushes(trigger: str | list[str] | Node, ref: str, changed: Sequence[str]) -> bool:
    """A tag starts what names tags, or names it in full among branches; with both filters either will do."""
    if trigger == "none":
        return False
    full = _full(trigger, {"batch", "branches", "paths", "tags"})
    branches = full.get("branches", {"include": [] if "tags" in full else ["*"]})
    if _among("refs/heads/{}", branches, ref):
        return _touches(full.get("paths"), changed)
    if "tags" in full and "paths" in full:
        raise UnknownConstruct("a filter of paths beside one of tags")
    return "tags" in full and _among("refs/tags/{}", full["tags"], ref)


def _pull_requests(pr: str | list[str] | Node, target: str, changed: Sequence[str]) -> bool:
    if pr == "none":
        return False
    full = _full(pr, {"autoCancel", "branches", "paths", "drafts"})
    return _among("refs/heads/{}", full.get("branches", {"include": ["*"]}), f"refs/heads/{target}") and _touches(
        full.get("paths"), changed
    )


def _scheduled(file: str, schedule: Node, cron: str, branches: Sequence[str]) -> Iterator[Queued]:
    known(schedule, {"cron", "displayName", "branches", "always", "batch"})
    if schedule["cron"] != cron or schedule.get("always", "false") != "true":
        return
    for branch in branches:
        if _among("refs/heads/{}", schedule["branches"], f"refs/heads/{branch}"):
            told = {"Build.CronSchedule.DisplayName": schedule.get("displayName", "")}
            yield Queued(file, "Schedule", f"refs/heads/{branch}", variables=told)


def _full(trigger: str | list[str] | Node, keys: set[str]) -> Node:
    if isinstance(trigger, list):
        return {"branches": {"include": trigger}}
    if isinstance(trigger, str):
        raise UnknownConstruct(f"the trigger {trigger!r}")
    known(trigger, keys)
    return trigger


# ---------------------------------------------------------------- filters


def _among(form: str, filters: Node, ref: str) -> bool:
    """Inclusions first, then exclusions; `form` makes a ref of a short name."""
    known(filters, {"include", "exclude"})
    patterns = {
        key: [each if each.startswith("refs/") else form.format(each) for each in given]
        for key, given in filters.items()
    }
    # Two pages of the vendor disagree about exclusions alone, but not if they exclude everything.
    if "include" not in patterns and patterns.get("exclude") != ["refs/heads/*"]:
        raise UnknownConstruct(f"exclusions alone: {filters}")
    included = any(matches(each, ref) for each in patterns.get("include", []))
    return included and not any(matches(each, ref) for each in patterns.get("exclude", []))


def _touches(paths: Node | None, changed: Sequence[str]) -> bool:
    """A path stands for everything below it; in a pattern `*` stands for any characters, also slashes."""
    if paths is None:
        return True
    known(paths, {"include", "exclude"})
    included, excluded = paths.get("include", ["*"]), paths.get("exclude", [])
    return any(
        any(_is_below(each, path) for each in included) and not any(_is_below(each, path) for each in excluded)
        for path in changed
    )


def _is_below(pattern: str, path: str) -> bool:
    if "*" in pattern or "?" in pattern:
        return matches(pattern.removeprefix("/"), path)
    return path == pattern.strip("/") or path.startswith(f"{pattern.strip('/')}/")


def matches(pattern: str, name: str) -> bool:
    """`*` stands for any characters, `?` for one."""
    pieces = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(pieces), name, re.DOTALL) is not None
