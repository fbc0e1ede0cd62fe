"""The shape of pipegen.toml: the one truth for its tables and keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, create_model

from pipegen.config.platforms import TargetSettings
from pipegen.config.versions import REQUIREMENT
from pipegen.spec.flow import Archive, Environment, FlowEntry, Secrets, Store
from pipegen.spec.model import Notify
from pipegen.spec.runtime import Runtime
from pipegen.spec.scalars import BranchName, Duration, Id, Many, Script, Shape, TargetName, Text, Variables
from pipegen.target_names import BUILT_IN

VERSION = r"^[0-9]+(\.[0-9A-Za-z]+)*$"
ADDRESS = r"^https://[A-Za-z0-9._:/~%+@-]+$"


def _number(value: object) -> object:
    """True equals 1 in Python, but `format = true` names no format."""
    return str(value) if isinstance(value, bool) else value


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((each for number, each in enumerate(values) if each in values[:number]), None)
    if twice:
        raise ValueError(f"it names {twice!r} twice")
    return values


def _inside(path: str) -> str:
    if ".." in path.split("/"):
        raise ValueError("it leaves the repository")
    return path


class Repository(Shape):
    """The repository that the specs are in."""

    host: Literal["github", "azure-repos", "gitlab", "bitbucket", "other"] = Field(
        default="github", description="Who serves it and enforces merge approvals."
    )
    default_branch: BranchName = Field(default="main", description="The branch that a clone checks out.")
    targets: Annotated[Many[TargetName], AfterValidator(_once)] = Field(
        default=BUILT_IN,
        min_length=1,
        description="The CI systems of specs that name none.",
        examples=[["azure", "github"]],
    )


class Pin(Shape):
    """Exactly which pipegen the pipelines install."""

    version: Annotated[str, StringConstraints(pattern=VERSION, max_length=40)] = Field(
        description="The version, in quotes.", examples=["0.1.0"]
    )
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="The SHA-256 of its wheel, 64 hexadecimal digits.",
        examples=["0f343b0931126a20f133d67c2b018a3b5f3c4e9e6d7a8b9c0d1e2f3a4b5c6d7e"],
    )
    index: Annotated[str, StringConstraints(pattern=ADDRESS, max_length=300)] = Field(
        default="https://pypi.org/simple",
        description="The package index that it comes from.",
        examples=["https://nexus.example.com/repository/pypi/simple"],
    )
    wheel: (
        Annotated[
            str,
            StringConstraints(pattern=r"^(https://[A-Za-z0-9._:/~%+@-]+|[A-Za-z0-9._/-]+)\.whl$", max_length=300),
            AfterValidator(_inside),
        ]
        | None
    ) = Field(
        default=None,
        description="The wheel itself instead of an index: an https address, or a path in the repository.",
        examples=["tools/mlops_pipegen-0.1.0-py3-none-any.whl"],
    )
    requirements: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9._-][A-Za-z0-9._/+-]*$", max_length=300),
        AfterValidator(_inside),
    ] = Field(
        default="pipegen-requirements.txt",
        description="Where the file is written that names pipegen and all that it needs, each package with its hashes.",
    )


class Ledger(Shape):
    """The record of all releases: a branch that pipelines push to with the secret PIPEGEN_LEDGER_TOKEN."""

    branch: BranchName = Field(default="pipegen-ledger", description="The branch, which no pipeline is started by.")
    url: Annotated[str, StringConstraints(pattern=ADDRESS, max_length=300)] | None = Field(
        default=None,
        description="The git repository that has it; by default this one.",
        examples=["https://git.example.com/ml/ledger.git"],
    )
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@-]+$", max_length=100)] | None = Field(
        default=None, description="The name that goes with the token where the host asks for one.", examples=["oauth2"]
    )


class Registry(Shape):
    """The registry of the organisation's models."""

    kind: Literal["mlflow", "snowflake"] = Field(
        description="What it is; its address and credentials are variables and secrets of the environments."
    )
    requirements: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9._-][A-Za-z0-9._/+-]*$", max_length=300),
        AfterValidator(_inside),
    ] = Field(
        default="pipegen-registry-requirements.txt",
        description="Where the file is written that names what reaching it needs, each package with its hashes.",
    )


class CompanyStep(Shape):
    """A script of the organisation in every job of a model that checks out the repository."""

    title: Text = Field(description="What people read in the log.", examples=["Register the run"])
    run: Script = Field(
        description="Text for bash, which runs with `set -euo pipefail` at the root of the repository.",
        examples=["./ci/register-run.sh"],
    )
    timeout: Duration = Field(default=10, description="The longest it may take.", examples=["10m"])


class Steps(Shape):
    """What the organisation does around the steps of every job."""

    before: Many[CompanyStep] = Field(
        default=(),
        description="Right after the checkout.",
        examples=[[{"title": "a", "run": "./a.sh"}]],
    )
    after: Many[CompanyStep] = Field(
        default=(),
        description="After all else, whatever became of the job.",
        examples=[[{"title": "a", "run": "./a.sh"}]],
    )


class Defaults(Shape):
    """What specs have that do not say otherwise, in the shape of a spec."""

    runtime: Runtime = Field(
        default=Runtime(), description="What every job runs in.", examples=[{"python": "3.11", "runner": "linux"}]
    )
    variables: Variables = Field(
        default={}, description="Variables of every stage.", examples=[{"REGION": "eu-west-1"}]
    )
    secrets: Secrets = Field(
        default={}, description="Secrets that every environment shares.", examples=[["NEXUS_CREDENTIALS"]]
    )
    store: Store | None = Field(
        default=None,
        description="Where artifacts wait between branches and runs.",
        examples=[{"put": "./store.sh put", "get": "./store.sh get"}],
    )
    notify: Notify | None = Field(
        default=None,
        description="Messages to people.",
        examples=[{"webhook": "TEAMS_URL", "moments": ["failed", "restored"]}],
    )
    archive: Archive | None = Field(
        default=None, description="What the archive branch keeps.", examples=[{"run": './archive.sh "$PIPEGEN_RECORD"'}]
    )


class PipegenToml(Shape):
    """What an organisation decides once for all the models of a repository."""

    format: Annotated[Literal[1], BeforeValidator(_number)] = Field(
        default=1, description="The version of this file's form.", examples=[1]
    )
    required_version: Annotated[str, StringConstraints(pattern=REQUIREMENT, max_length=100)] | None = Field(
        default=None,
        alias="required-version",
        description="The versions of pipegen that may be used: `==`, `!=`, `>=`, `>`, `<=`, `<`, joined by commas.",
        examples=[">=0.1,<0.2", "0.1.0"],
    )
    repository: Repository = Field(
        default=Repository(), description="Where the specs live.", examples=[{"host": "github"}]
    )
    pipegen: Pin | None = Field(
        default=None,
        description="The pipegen that pipelines install.",
        examples=[{"version": "0.1.0", "sha256": "0" * 64}],
    )
    ledger: Ledger | None = Field(
        default=None,
        description="The record of all releases, kept in git.",
        examples=[{"branch": "pipegen-ledger"}],
    )
    registry: Registry | None = Field(
        default=None, description="The registry of models.", examples=[{"kind": "mlflow"}]
    )
    steps: Steps = Field(
        default=Steps(),
        description="Steps before and after those of every job of a model.",
        examples=[{"before": [{"title": "Register the run", "run": "./ci/register-run.sh"}]}],
    )
    defaults: Defaults = Field(
        default=Defaults(),
        description="What specs have that do not say otherwise.",
        examples=[{"variables": {"REGION": "eu-west-1"}}],
    )
    flow: Many[FlowEntry] | None = Field(
        default=None,
        min_length=1,
        description="Branches in promotion order, for all models.",
        examples=[[{"branch": "main", "environments": ["staging", "prod"], "approvals": {"merge": 1}}]],
    )
    environments: dict[Id, Environment] = Field(
        default={},
        description="Environments by name, for all models.",
        examples=[{"prod": {"approvals": {"approvers": ["ml-release"]}}}],
    )


def tables(toml: PipegenToml) -> Mapping[str, TargetSettings]:
    """The tables of the CI systems that the shape has, by name."""
    found = {name: getattr(toml, name) for name in type(toml).model_fields if name not in PipegenToml.model_fields}
    return {name: table for name, table in found.items() if isinstance(table, TargetSettings)}


@lru_cache
def pipegen_toml(targets: tuple[str, ...] = BUILT_IN) -> type[PipegenToml]:
    """The shape of the file with a table for each of these CI systems."""
    from pipegen.targets import target_of  # noqa: PLC0415  (targets know this module's package)

    fields: dict[str, Any] = {}
    for name in targets:
        settings = target_of(name).settings()
        field = Field(default=settings(), description=settings.SAID, examples=[*settings.EXAMPLES])
        fields[name] = (settings, field)
    return create_model("PipegenToml", __base__=PipegenToml, __doc__=PipegenToml.__doc__, **fields)
