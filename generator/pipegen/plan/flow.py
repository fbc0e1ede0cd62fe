"""The flow of a spec with its defaults filled in: what arrives where, from where, and into which environments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from pipegen.diagnostics import KeyPath
from pipegen.spec.flow import Environment, FlowEntry
from pipegen.spec.model import DEFAULT_FLOW, ModelSpec

CHECKS = "checks"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A flow entry: `trunk` is the branch itself, or for tags the branch that must contain them."""

    id: str
    role: Literal["change", "deliver", "archive"]
    trunk: str
    tags: str | None
    sources: tuple[str, ...]
    environments: tuple[str, ...]
    merge_approvals: int
    carried_from: str | None
    build_in: str | None
    origin: KeyPath


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a pipeline runs, in the words of `at`: a kind, and a name where the kind has names."""

    kind: Literal["change", "review", "merged", "tagged", "scheduled", "action"]
    name: str | None = None

    def among(self, moments: Iterable[str] | None, *, default: Iterable[str]) -> bool:
        chosen = tuple(default if moments is None else moments)
        return self.kind in chosen or f"{self.kind}:{self.name}" in chosen


# The same few branches are asked for in every pipeline.
@lru_cache(maxsize=256)
def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens out of a branch or tag pattern."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def arrivals(spec: ModelSpec) -> tuple[Arrival, ...]:
    """The flow in promotion order."""
    entries = DEFAULT_FLOW if spec.flow is None else spec.flow
    resolved: list[Arrival] = []
    for index, entry in enumerate(entries):
        resolved.append(_arrival(entry, resolved, ("flow", index) if spec.flow else ()))
    return tuple(resolved)


def _arrival(entry: FlowEntry, before: list[Arrival], origin: KeyPath) -> Arrival:
    trunks = [each.trunk for each in before if each.tags is None and each.role != "change"]
    trunk = entry.branch or entry.reachable_from or (trunks[-1] if trunks else "")
    pattern = entry.tags or trunk
    return Arrival(
        id=f"tag-{slug(pattern)}" if entry.tags else slug(pattern),
        role=_role(entry),
        trunk=trunk,
        tags=entry.tags,
        sources=_sources(entry, before),
        environments=entry.environments,
        merge_approvals=entry.approvals.merge,
        carried_from=entry.artifacts.from_ if entry.artifacts else None,
        build_in=entry.build_in,
        origin=origin,
    )


def _role(entry: FlowEntry) -> Literal["change", "deliver", "archive"]:
    if entry.role == "archive":
        return "archive"
    return "change" if entry.branch and "*" in entry.branch else "deliver"


def _sources(entry: FlowEntry, before: list[Arrival]) -> tuple[str, ...]:
    """By default the branch before in the order, or all patterns of feature branches if it is one of them."""
    if entry.from_ is not None:
        return entry.from_
    branches = [each for each in before if each.tags is None]
    if not branches:
        return ("*",)
    if branches[-1].role == "change":
        return tuple(each.trunk for each in branches if each.role == "change")
    return (branches[-1].trunk,)


def environments(spec: ModelSpec) -> dict[str, Environment]:
    """The declared environments, and those that the default flow names by itself."""
    return spec.environments if spec.flow is not None else _implied() | spec.environments


# A spec is asked for its environments some ninety times; making empty ones anew was a seventh of what a profile shows
# for loading a spec.
@cache
def _implied() -> dict[str, Environment]:
    return {name: Environment() for entry in DEFAULT_FLOW for name in entry.environments}


@cache
def _undeclared() -> Environment:
    return Environment()


def environment_of(spec: ModelSpec, name: str | None) -> Environment:
    """The environment of that name, or one that says nothing."""
    return environments(spec).get(name or "") or _undeclared()


def deployed_environments(spec: ModelSpec) -> tuple[str, ...]:
    """The environments of the flow in promotion order."""
    return tuple(dict.fromkeys(name for arrival in arrivals(spec) for name in arrival.environments))


def home(spec: ModelSpec, environment: str | None) -> Arrival | None:
    """Where runs for the environment take place: the entry that deploys to it, or the last that deploys anywhere."""
    deliveries = [arrival for arrival in arrivals(spec) if arrival.role == "deliver"]
    for arrival in deliveries:
        if environment in arrival.environments:
            return arrival
    return deliveries[-1] if deliveries else None


def build_environment(spec: ModelSpec, targets: tuple[str, ...], asked: str | None) -> str | None:
    """The environment of jobs before the first deployment: never one whose approval they would precede."""
    known = environments(spec)
    if asked is not None:
        return asked
    if targets:
        approvals = known[targets[0]].approvals
        if approvals is None or approvals.before == "build":
            return targets[0]
    return CHECKS if CHECKS in known else None


def review_targets(spec: ModelSpec) -> Iterator[Arrival]:
    """The branches that pull requests go into."""
    yield from (arrival for arrival in arrivals(spec) if arrival.role != "change" and arrival.tags is None)
