"""The table [gitlab] of pipegen.toml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from pipegen.config import Names, Runner
from pipegen.config.platforms import TargetSettings
from pipegen.spec.scalars import OneOrMany, RunnerName, Team

GitLabTag = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/=+-]*$", max_length=100),
    Field(description="A tag of runners.", examples=["saas-linux-small-amd64"]),
]
GitLabTeam = Annotated[
    str,
    StringConstraints(pattern=r"^@?[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$", max_length=200),
    Field(description="A group by its full path, or the name of a person.", examples=["acme/ml-release"]),
]


class GitLab(TargetSettings):
    """What GitLab calls runners and teams."""

    SAID = "Names on GitLab CI."
    EXAMPLES = ({"runners": {"default": "linux"}},)

    runners: dict[RunnerName, OneOrMany[GitLabTag]] = Field(
        default={},
        description="The tag of each runner, or a list of tags that it has all of.",
        examples=[{"default": "linux", "gpu": ["linux", "gpu"]}],
    )
    teams: dict[Team, GitLabTeam] = Field(
        default={}, description="What GitLab calls each team.", examples=[{"ml-release": "acme/ml-release"}]
    )

    def names(self) -> Names:
        return Names({name: Runner(tags) for name, tags in self.runners.items()}, self.teams)
