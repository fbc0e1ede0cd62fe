"""What pipegen.toml may not mean: each rule is a small function that yields findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipegen.config.platforms import TargetSettings
from pipegen.config.shape import PipegenToml
from pipegen.config.versions import satisfies
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.rules.scripts import of_one_system, predefined_macros
from pipegen.targets import target_of


def findings(toml: PipegenToml, tables: Mapping[str, TargetSettings]) -> Iterator[Finding]:
    """All that the rules have to say; `tables` are those of the targets, by name."""
    yield from _pin_outside_of_requirement(toml)
    yield from _of_one_system(toml)
    yield from _reached(toml)
    for name, table in tables.items():
        yield from (replace(each, path=(name, *each.path)) for each in table.findings())
        yield from _one_name_twice(name, table.names().teams)


def _pin_outside_of_requirement(toml: PipegenToml) -> Iterator[Finding]:
    """PG026: pipelines would install a pipegen that refuses the repository."""
    if toml.pipegen and toml.required_version and not satisfies(toml.pipegen.version, toml.required_version):
        message = f"the pinned pipegen is {toml.pipegen.version}, and the repository requires {toml.required_version}"
        yield Finding(("pipegen", "version"), "PG026", message, "pin a version that fits, with the hash of its wheel")


def _reached(toml: PipegenToml) -> Iterator[Finding]:
    """PG019: pipelines install a pipegen to write the ledger, and the registry follows the ledger."""
    if toml.ledger and not toml.pipegen:
        message = "pipelines install pipegen to write the ledger, but nothing says which one"
        yield Finding(("ledger",), "PG019", message, "pin it with `version` and `sha256` under [pipegen]")
    if toml.registry and not toml.ledger:
        message = "the registry follows the ledger, and there is none"
        yield Finding(("registry",), "PG019", message, "add a table [ledger]")


def _of_one_system(toml: PipegenToml) -> Iterator[Finding]:
    """PG241 to PG243: the organisation's own steps run on every CI system alike."""
    for key, steps in (("before", toml.steps.before), ("after", toml.steps.after)):
        for number, step in enumerate(steps):
            path: KeyPath = ("steps", key, number, "run")
            if "azure" in toml.repository.targets:
                yield from predefined_macros(step.run, path)
            yield from of_one_system(step.run, path)


def _one_name_twice(target: str, teams: Mapping[str, str]) -> Iterator[Finding]:
    """PG029: an approval that asks two teams would ask one."""
    first: dict[str, str] = {}
    for team, name in teams.items():
        other = first.setdefault(name.casefold(), team)
        if other != team:
            both = f"{team!r} and {other!r} are both {name!r} on {target_of(target).TITLE}"
            message = f"{both}: an approval of both would be that of one"
            hint = "give each the name of its own team"
            yield Finding((target, "teams", team), "PG029", message, hint, Severity.WARNING)
