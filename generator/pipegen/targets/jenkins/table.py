"""The table [jenkins] of pipegen.toml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from pipegen.config import MOVING_BRANCHES, Names, Runner
from pipegen.config.platforms import TargetSettings
from pipegen.diagnostics import Finding, Severity
from pipegen.spec.scalars import Many, RunnerName, Team

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


class Jenkins(TargetSettings):
    """What Jenkins calls runners and teams, and the libraries that its pipelines load."""

    SAID = "Names and shared libraries on Jenkins."
    EXAMPLES = ({"libraries": ["company-ci@3.2.1"]},)

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

    def names(self) -> Names:
        return Names({name: Runner((label,)) for name, label in self.runners.items()}, self.teams)

    def own(self) -> tuple[str, ...] | None:
        return self.libraries or None

    def findings(self) -> Iterator[Finding]:
        """PG028: a library that moves."""
        for number, library in enumerate(self.libraries):
            name, _, version = library.partition("@")
            if version.casefold() in MOVING_BRANCHES:
                message = f"the shared library {name!r} comes from the branch {version!r}, which moves"
                hint = f"name a tag or a commit: {name}@<tag>"
                yield Finding(("libraries", number), "PG028", message, hint, Severity.WARNING)
