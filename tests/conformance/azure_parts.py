"""The graph of a run: stages and jobs, what they wait for, how they ended and what they put out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.azure_expressions import UnknownConstruct
from conformance.azure_templates import Node, known
from conformance.observing import Script


@dataclass(frozen=True)
class Ran:
    """A job that took place, and the jobs that were over when it began, by stage and name."""

    stage: str
    job: str
    result: str
    scripts: tuple[Script, ...]
    after: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]


@dataclass
class Part:
    """A stage or a job: what it waits for, how it ended, and what it put out."""

    depends_on: tuple[str, ...]
    result: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, Part] = field(default_factory=dict)
    is_late: bool = False
    """It ended when the run was cancelled already."""


def named(variables: list[Node] | Mapping[str, str]) -> Iterator[tuple[str, str, bool]]:
    """Name and value of variables in either of their forms, and whether steps may change them."""
    if isinstance(variables, Mapping):
        yield from ((name, text, False) for name, text in variables.items())
        return
    for each in variables:
        known(each, {"group"} if "group" in each else {"name", "value", "readonly"})
        if "name" in each:
            yield each["name"], each["value"], each.get("readonly") == "true"


def waits_for(node: Node, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    found = node.get("dependsOn", otherwise)
    return (found,) if isinstance(found, str) else tuple(found)


def before(parts: Mapping[str, Part], part: Part) -> list[str]:
    """All that is waited for, also indirectly."""
    found = dict.fromkeys(part.depends_on)
    for each in part.depends_on:
        found |= dict.fromkeys(before(parts, parts[each]))
    return list(found)


def results(parts: Mapping[str, Part], part: Part) -> dict[str, str]:
    """Of all that is waited for."""
    return {name: parts[name].result for name in before(parts, part)}


def need_known(part: Part, others: Mapping[str, Part], name: str) -> None:
    """Here, as in all generated files, what is waited for stands above."""
    unknown = [each for each in part.depends_on if each not in others or each == name]
    if unknown:
        raise UnknownConstruct(f"{name} waits for {unknown}, which do not stand above it")


def was_ready(parts: Mapping[str, Part], part: Part) -> bool:
    """Whether all that it waits for was over before people cancelled: then it was at work or in a queue."""
    return not any(parts[name].is_late for name in before(parts, part))
