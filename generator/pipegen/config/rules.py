"""What pipegen.toml may not mean: each rule is a small function that yields findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipegen.config.platforms import Extends
from pipegen.config.shape import PipegenToml
from pipegen.config.versions import satisfies
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.rules.scripts import of_one_system, predefined_macros

_EXTENDS: KeyPath = ("azure", "extends")
_MOVING = ("main", "master", "trunk", "develop", "dev", "head", "latest")


def findings(toml: PipegenToml) -> Iterator[Finding]:
    """All that the rules have to say, in the order of their codes."""
    yield from _pin_outside_of_requirement(toml)
    if toml.azure.extends is not None:
        yield from _template_repository(toml.azure.extends)
        yield from _template_parameters(toml.azure.extends)
    yield from _moving(toml)
    yield from _of_one_system(toml)
    yield from _one_name_twice("GitHub", toml.github.teams)
    yield from _one_name_twice("Azure", toml.azure.teams)
    yield from _one_name_twice("Jenkins", toml.jenkins.teams)


def _pin_outside_of_requirement(toml: PipegenToml) -> Iterator[Finding]:
    """PG026: pipelines would install a pipegen that refuses the repository."""
    if toml.pipegen and toml.required_version and not satisfies(toml.pipegen.version, toml.required_version):
        message = f"the pinned pipegen is {toml.pipegen.version}, and the repository requires {toml.required_version}"
        yield Finding(("pipegen", "version"), "PG026", message, "pin a version that fits, with the hash of its wheel")


def _template_repository(extends: Extends) -> Iterator[Finding]:
    """PG027: the template, its repository and the connection to it belong together."""
    _, _, alias = extends.template.partition("@")
    repository = extends.repository
    if repository is None:
        if alias and alias != "self":
            message = f"the template is in the repository {alias!r}, which nothing describes"
            yield Finding((*_EXTENDS, "template"), "PG027", message, "add [azure.extends.repository] with this alias")
        return
    if alias and alias != repository.alias:
        message = f"the template is in the repository {alias!r}, but [azure.extends.repository] is {repository.alias!r}"
        yield Finding((*_EXTENDS, "template"), "PG027", message, "give both one alias, or leave it out here")
    if repository.alias == "self":
        message = "'self' is what Azure calls the repository of the pipeline"
        yield Finding((*_EXTENDS, "repository", "alias"), "PG027", message, "choose another alias")
    if repository.type != "git" and repository.endpoint is None:
        message = f"a repository of type {repository.type!r} is reached by a service connection, and none is named"
        yield Finding((*_EXTENDS, "repository"), "PG027", message, "name it as `endpoint`")


def _template_parameters(extends: Extends) -> Iterator[Finding]:
    """PG027: the stages have a parameter of their own."""
    for name in extends.parameters:
        if name.casefold() == extends.parameter.casefold():
            message = f"the parameter {name!r} is the one that takes the pipeline's stages"
            hint = "leave it out, or name another parameter for the stages as `parameter`"
            yield Finding((*_EXTENDS, "parameters", name), "PG027", message, hint)


def _moving(toml: PipegenToml) -> Iterator[Finding]:
    """PG028: templates and libraries from branches."""
    repository = toml.azure.extends.repository if toml.azure.extends else None
    if repository and repository.ref.startswith("refs/heads/"):
        message = f"the required template comes from a branch, {repository.ref}, which moves"
        hint = "name a tag that nobody can move, for example refs/tags/v3"
        yield Finding((*_EXTENDS, "repository", "ref"), "PG028", message, hint, Severity.WARNING)
    for number, library in enumerate(toml.jenkins.libraries):
        name, _, version = library.partition("@")
        if version.casefold() in _MOVING:
            message = f"the shared library {name!r} comes from the branch {version!r}, which moves"
            path = ("jenkins", "libraries", number)
            yield Finding(path, "PG028", message, f"name a tag or a commit: {name}@<tag>", Severity.WARNING)


def _of_one_system(toml: PipegenToml) -> Iterator[Finding]:
    """PG241 to PG243: the organisation's own steps run on every CI system alike."""
    for key, steps in (("before", toml.steps.before), ("after", toml.steps.after)):
        for number, step in enumerate(steps):
            path: KeyPath = ("steps", key, number, "run")
            if "azure" in toml.repository.targets:
                yield from predefined_macros(step.run, path)
            yield from of_one_system(step.run, path)


def _one_name_twice(platform: str, teams: Mapping[str, str]) -> Iterator[Finding]:
    """PG029: an approval that asks two teams would ask one."""
    first: dict[str, str] = {}
    for team, name in teams.items():
        other = first.setdefault(name.casefold(), team)
        if other != team:
            message = (
                f"{team!r} and {other!r} are both {name!r} on {platform}: an approval of both would be that of one"
            )
            hint = "give each the name of its own team"
            yield Finding((platform.lower(), "teams", team), "PG029", message, hint, Severity.WARNING)
