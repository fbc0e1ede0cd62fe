"""What an organisation decides once for all its models: pipegen.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pipegen.target_names import BUILT_IN

if TYPE_CHECKING:
    from pipegen.config.reading import ConfigFile

Host = Literal["github", "azure-repos", "gitlab", "bitbucket", "other"]
HOSTS: tuple[Host, ...] = ("github", "azure-repos", "gitlab", "bitbucket", "other")
MOVING_BRANCHES = ("main", "master", "trunk", "develop", "dev", "head", "latest")
"""Names that tell that something is no release."""

CONFIG_FILE = "pipegen.toml"
STAGE_FOLDER = "templates/stages"
"""Where a repository has stage kinds of its own."""
CHECK_RUNNER = "check"
"""The runner of the repository's own check; the ordinary one where no target setting gives it another."""

OTHER_VERSION = "PG025"
CODES: dict[str, str] = {
    "PG019": "the ledger or the registry lacks what it is reached by",
    "PG020": "pipegen.toml is not TOML",
    "PG021": "pipegen.toml has an unknown table or key",
    "PG022": "pipegen.toml has a value of the wrong form",
    "PG023": "pipegen.toml pins pipegen incompletely",
    "PG024": "pipegen.toml is of a newer format",
    OTHER_VERSION: "the repository requires another version of pipegen",
    "PG026": "the pinned pipegen is not one that the repository requires",
    "PG027": "the required template of Azure contradicts itself",
    "PG028": "what every pipeline runs can change without a commit here",
    "PG029": "two teams have one name on a CI system",
}


@dataclass(frozen=True, slots=True)
class Pin:
    """Exactly which pipegen the pipelines install, in an environment of its own.

    `wheel` is an https address or a path in the repository; without it the version comes from `index`. `sha256` is the
    wheel's. `requirements` is a path in the repository: where the file is written that names pipegen and all that it
    needs, each package with its hashes.
    """

    version: str
    sha256: str
    index: str = "https://pypi.org/simple"
    wheel: str | None = None
    requirements: str = "pipegen-requirements.txt"


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where the record of all releases is kept: a branch of a git repository, which pipelines push to.

    `url` None is this repository; `username` goes with the token where the host asks for one.
    """

    branch: str = "pipegen-ledger"
    url: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """The registry of the organisation's models; the file that names what it needs is written to `requirements`."""

    kind: Literal["mlflow", "snowflake"]
    requirements: str = "pipegen-registry-requirements.txt"


@dataclass(frozen=True, slots=True)
class Runner:
    """What a target calls the machines that specs know by one name.

    `labels` are those that a machine has all of; on Azure the one label is the name of a pool. `image` is a hosted
    machine's, and `demands` are what its agents must have: both for Azure alone.
    """

    labels: tuple[str, ...] = ()
    image: str | None = None
    demands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one target for what specs name: runners ("default" for jobs that name none) and teams."""

    runners: Mapping[str, Runner] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompanyStep:
    """A script of the organisation in every job that checks out the repository."""

    title: str
    run: str
    timeout_minutes: int = 10


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of the repository; `pin` None: its pipelines cannot install pipegen; `ledger` None: nothing is recorded.

    `host` serves the repository and enforces merge approvals. `names` are those of each target, `own` is what a target
    alone understands; a target that says nothing is in neither.
    """

    host: Host = "github"
    default_branch: str = "main"
    targets: tuple[str, ...] = BUILT_IN
    pin: Pin | None = None
    ledger: Ledger | None = None
    registry: Registry | None = None
    names: Mapping[str, Names] = field(default_factory=dict)
    own: Mapping[str, object] = field(default_factory=dict)
    steps_before: tuple[CompanyStep, ...] = ()
    steps_after: tuple[CompanyStep, ...] = ()

    def runner(self, target: str, name: str | None) -> Runner | None:
        """What the target calls a runner (None for the ordinary one); None where pipegen.toml does not say."""
        names = self.names.get(target)
        return names.runners.get(name or "default") if names else None

    def team(self, target: str, approver: str) -> str:
        """What the target calls a team, or a person with a leading `@`; the same name where pipegen.toml is silent."""
        names = self.names.get(target)
        return names.teams.get(approver, approver) if names else approver


def read(text: str, name: str) -> Config:
    """The configuration that a pipegen.toml says; `Refused` with all that is wrong with it."""
    return read_file(text, name).config


def read_file(text: str, name: str) -> ConfigFile:
    """The same with the file itself, where everything in it stands, and the warnings about it."""
    from pipegen.config.reading import read_file as _read_file  # noqa: PLC0415  (only who has the file pays for it)

    return _read_file(text, name)
