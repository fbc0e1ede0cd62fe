"""The tables of pipegen.toml that each concern one CI system: its own names for runners and teams, and what it adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from pipegen.spec.scalars import Many, OneOrMany, RunnerName, Shape, Team

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._()-]*$", max_length=100),
    Field(description="A name as the project has it.", examples=["gpu-pool"]),
]

# ---------------------------------------------------------------- GitHub

GitHubLabel = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/=+-]*$", max_length=100),
    Field(description="A label of runners.", examples=["ubuntu-24.04"]),
]
GitHubTeam = Annotated[
    str,
    StringConstraints(pattern=r"^@?[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$", max_length=100),
    Field(description="A team as `organisation/team`, or the name of a person.", examples=["acme/ml-release"]),
]
ActionName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+(/[A-Za-z0-9._/-]+)?$", max_length=100),
    Field(description="An action as `owner/name`.", examples=["actions/checkout"]),
]


class Release(Shape):
    """A release of an action."""

    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=50)] = Field(
        description="Its version, for people.", examples=["v7.0.1"]
    )
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] = Field(
        description="The commit of the release, 40 hexadecimal digits.",
        examples=["3d3c42e5aac5ba805825da76410c181273ba90b1"],
    )


class GitHub(Shape):
    """What GitHub Actions calls runners and teams, and the actions that its workflows use."""

    runners: dict[RunnerName, OneOrMany[GitHubLabel]] = Field(
        default={},
        description="The label of each runner, or a list of labels that it has all of.",
        examples=[{"default": "ubuntu-24.04", "gpu": ["self-hosted", "gpu"]}],
    )
    teams: dict[Team, GitHubTeam] = Field(
        default={}, description="What GitHub calls each team.", examples=[{"ml-release": "acme/ml-release"}]
    )
    actions: dict[ActionName, Release] = Field(
        default={},
        description="Releases of the actions that generated workflows use, instead of those that pipegen knows.",
        examples=[{"actions/checkout": {"version": "v7.0.1", "commit": "3d3c42e5aac5ba805825da76410c181273ba90b1"}}],
    )


# ---------------------------------------------------------------- Azure

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


class Azure(Shape):
    """What Azure Pipelines calls runners and teams, and the template that its pipelines extend."""

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


# ---------------------------------------------------------------- Jenkins

JenkinsLabel = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9!(][A-Za-z0-9 ._&|!()<>-]*$", max_length=200),
    Field(description="A label expression.", examples=["linux && gpu"]),
]
JenkinsTeam = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@\\-]*$", max_length=100),
    Field(description="A group or a person as Jenkins' security realm has them.", examples=["ml-release"]),
]
Library = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=200),
    Field(description="A shared library as `name@version`.", examples=["company-ci@3.2.1"]),
]


class Jenkins(Shape):
    """What Jenkins calls runners and teams, and the libraries that its pipelines load."""

    runners: dict[RunnerName, JenkinsLabel] = Field(
        default={},
        description="The label expression of each runner.",
        examples=[{"default": "linux", "gpu": "linux && gpu"}],
    )
    teams: dict[Team, JenkinsTeam] = Field(
        default={}, description="What Jenkins calls each team.", examples=[{"ml-release": "ml-release"}]
    )
    libraries: Many[Library] = Field(
        default=(),
        description="Shared libraries that every Jenkinsfile loads, each `name@version`.",
        examples=[["company-ci@3.2.1"]],
    )
