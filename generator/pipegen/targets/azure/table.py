"""The table [azure] of pipegen.toml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from pipegen.config import Names, Runner
from pipegen.config.platforms import TargetSettings
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.spec.scalars import Many, RunnerName, Shape, Team
from pipegen.targets.azure import required_template
from pipegen.targets.azure.required_template import TemplateRepository as MeantRepository

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._()-]*$", max_length=100),
    Field(description="A name as the project has it.", examples=["gpu-pool"]),
]
AzureTeam = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9@\[][A-Za-z0-9 ._@\[\]\\-]*$", max_length=200),
    Field(description="A group as `[project]\\group`, or a person's address.", examples=["[ML Platform]\\ML Release"]),
]
Demand = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*( -(equals|gtVersion) [A-Za-z0-9._-]+)?$", max_length=100),
    Field(description="A capability, or one with its value.", examples=["cuda", "Agent.OS -equals Linux"]),
]


def _pool(value: object) -> object:
    """A text names a pool."""
    if isinstance(value, str):
        return {"pool": value}
    if not isinstance(value, Mapping):
        raise ValueError('write the name of a pool, {pool = "..."} or {image = "..."}')  # noqa: TRY004
    return value


class Pool(Shape):
    """Where jobs run on Azure: agents of a pool, or a hosted image."""

    pool: Name | None = Field(default=None, description="An agent pool by its name.", examples=["gpu-pool"])
    demands: Many[Demand] = Field(
        default=(), description="What its agents must have.", examples=[["cuda", "Agent.OS -equals Linux"]]
    )
    image: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)] | None = Field(
        default=None, description="A hosted image, instead of `pool`.", examples=["ubuntu-24.04"]
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.pool is None) == (self.image is None):
            raise ValueError("it has `pool` or `image`, one of them")
        if self.demands and self.image is not None:
            raise ValueError("`demands` are for agents of a pool")
        return self


AzureRunner = Annotated[Pool, BeforeValidator(_pool, json_schema_input_type=Name | Pool)]


class TemplateRepository(Shape):
    """The repository that holds the required template."""

    alias: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=60)] = Field(
        description="What pipelines call it.", examples=["templates"]
    )
    type: Literal["git", "github", "githubenterprise", "bitbucket"] = Field(
        default="git", description="Who serves it; `git` is Azure Repos."
    )
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]*$", max_length=200)] = Field(
        description="`project/repository`, or `owner/repository` elsewhere.", examples=["Platform/pipeline-templates"]
    )
    ref: Annotated[str, StringConstraints(pattern=r"^refs/(heads|tags)/[A-Za-z0-9][A-Za-z0-9._/-]*$")] = Field(
        description="The whole name of a tag; a branch moves.", examples=["refs/tags/v3"]
    )
    endpoint: Name | None = Field(
        default=None, description="The service connection, where `type` is not `git`.", examples=["github-acme"]
    )


ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
ParameterValue = Annotated[
    Annotated[str, StringConstraints(max_length=1000)] | int | bool,
    Field(description="Text, a whole number, true or false.", examples=["ml"]),
]


class Extends(Shape):
    """The template that every Azure pipeline of the company must extend."""

    template: Annotated[
        str,
        StringConstraints(
            pattern=r"^/?[A-Za-z0-9._-][A-Za-z0-9._/ -]*\.ya?ml(@[A-Za-z_][A-Za-z0-9_]*)?$", max_length=200
        ),
    ] = Field(description="The file; the alias of its repository may follow it.", examples=["governed.yml"])
    repository: TemplateRepository | None = Field(
        default=None,
        description="Where the file is; by default in this repository.",
        examples=[{"alias": "templates", "name": "Platform/pipeline-templates", "ref": "refs/tags/v3"}],
    )
    parameter: ParameterName = Field(default="stages", description="The parameter that takes the pipeline's stages.")
    parameters: dict[ParameterName, ParameterValue] = Field(
        default={}, description="Its other parameters.", examples=[{"costCenter": "ml"}]
    )


class Azure(TargetSettings):
    """What Azure Pipelines calls runners and teams, and the template that its pipelines extend."""

    SAID = "Names and the required template on Azure Pipelines."
    EXAMPLES = ({"runners": {"gpu": "gpu-pool"}},)

    runners: dict[RunnerName, AzureRunner] = Field(
        default={},
        description="The pool of each runner, or its hosted image.",
        examples=[{"default": {"image": "ubuntu-24.04"}, "gpu": "gpu-pool"}],
    )
    teams: dict[Team, AzureTeam] = Field(
        default={}, description="What Azure calls each team.", examples=[{"ml-release": "[ML Platform]\\ML Release"}]
    )
    extends: Extends | None = Field(
        default=None,
        description="The template that every pipeline of the company must extend.",
        examples=[{"template": "governed.yml"}],
    )

    def names(self) -> Names:
        runners = {
            name: Runner((pool.pool,) if pool.pool else (), pool.image, pool.demands)
            for name, pool in self.runners.items()
        }
        return Names(runners, self.teams)

    def own(self) -> required_template.Extends | None:
        if self.extends is None:
            return None
        given = self.extends.repository
        file, _, _ = self.extends.template.partition("@")
        return required_template.Extends(
            template=file if given else self.extends.template,
            repository=MeantRepository(**given.model_dump()) if given else None,
            parameter=self.extends.parameter,
            parameters=tuple(self.extends.parameters.items()),
        )

    def findings(self) -> Iterator[Finding]:
        if self.extends is not None:
            yield from _template_repository(self.extends)
            yield from _template_parameters(self.extends)
            yield from _moving_template(self.extends)


_EXTENDS: KeyPath = ("extends",)


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


def _moving_template(extends: Extends) -> Iterator[Finding]:
    """PG028: a template that moves."""
    repository = extends.repository
    if repository and repository.ref.startswith("refs/heads/"):
        message = f"the required template comes from a branch, {repository.ref}, which moves"
        hint = "name a tag that nobody can move, for example refs/tags/v3"
        yield Finding((*_EXTENDS, "repository", "ref"), "PG028", message, hint, Severity.WARNING)
