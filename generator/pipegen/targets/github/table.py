"""The table [github] of pipegen.toml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from pipegen.config import Names, Runner
from pipegen.config.platforms import TargetSettings
from pipegen.spec.scalars import OneOrMany, RunnerName, Shape, Team
from pipegen.targets.github.pins import PinnedAction

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


class GitHub(TargetSettings):
    """What GitHub Actions calls runners and teams, and the actions that its workflows use."""

    SAID = "Names and actions on GitHub Actions."
    EXAMPLES = ({"runners": {"default": "ubuntu-24.04"}},)

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

    def names(self) -> Names:
        return Names({name: Runner(labels) for name, labels in self.runners.items()}, self.teams)

    def own(self) -> dict[str, PinnedAction] | None:
        pins = {name: PinnedAction(release.version, release.commit) for name, release in self.actions.items()}
        return pins or None
