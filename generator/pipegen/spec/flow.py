"""The way of a change: branches and tags, environments, people who approve."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pipegen.spec.scalars import (
    BranchName,
    Duration,
    Id,
    Many,
    OneOrMany,
    RefPattern,
    Script,
    Shape,
    Team,
    Text,
    VariableName,
    Variables,
)


class MergeApprovals(Shape):
    """People who approve a pull request into the branch; the repository's host enforces it."""

    merge: Annotated[int, Field(ge=0, le=6)] = Field(default=1, description="How many people other than the author.")


class Carried(Shape):
    """Artifacts that were made on another branch and come from the store."""

    from_: BranchName = Field(alias="from", description="The branch whose delivery put them there.", examples=["dev"])


class FlowEntry(Shape):
    """A branch (or a pattern of tags) of the promotion order and what arrives there."""

    branch: RefPattern | None = Field(
        default=None, description="A branch, or a pattern of feature branches.", examples=["feat/*", "dev", "prod"]
    )
    tags: RefPattern | None = Field(
        default=None, description="A pattern of tags, instead of `branch`.", examples=["v*"]
    )
    reachable_from: BranchName | None = Field(
        default=None,
        description="For tags: the branch that must contain the tagged commit; by default the branch before.",
        examples=["main"],
    )
    role: Literal["archive"] | None = Field(
        default=None, description="`archive`: a merge keeps a record and deploys nothing."
    )
    environments: Many[Id] = Field(
        default=(), description="Where a merge deploys to, in order.", examples=[["staging", "prod"]]
    )
    from_: Many[RefPattern] | None = Field(
        default=None,
        alias="from",
        description="Branches that may be merged into this one; by default the entry before.",
        examples=[["dev", "hotfix/*"]],
    )
    approvals: MergeApprovals = Field(
        default=MergeApprovals(merge=0), description="Approvals of the pull request.", examples=[{"merge": 1}]
    )
    artifacts: Carried | None = Field(
        default=None,
        description="Carry artifacts from a branch instead of making them again.",
        examples=[{"from": "dev"}],
    )
    build_in: Id | None = Field(
        default=None,
        description="The environment of the stages before the first deployment; by default the first one, or `checks` "
        "if that one waits for an approval before its deployment.",
        examples=["checks"],
    )


class DeploymentApprovals(Shape):
    """People who approve a deployment to the environment."""

    count: Annotated[int, Field(ge=1, le=6)] = Field(
        default=1, description="How many people, not the one who started it."
    )
    approvers: Many[Team] = Field(
        min_length=1, description="Teams (each counts once) or people.", examples=[["ml-release", "risk"]]
    )
    expires: Duration = Field(default=72 * 60, description="How long the run waits for them.")
    before: Literal["deployment", "build"] = Field(
        default="deployment", description="Whether they are asked before the deployment or before anything is built."
    )


class RolloutApprovals(Shape):
    """People who approve going on with a rollout."""

    count: Annotated[int, Field(ge=1, le=6)] = Field(default=1, description="How many people.")
    approvers: Many[Team] = Field(
        min_length=1, description="Teams (each counts once) or people.", examples=[["ml-release"]]
    )
    expires: Duration = Field(default=4 * 60, description="How long the rollout waits before it is undone.")
    environments: Many[Id] | None = Field(
        default=None,
        description="Where they are asked; by default in environments whose deployments are approved.",
        examples=[["prod"]],
    )


class Secret(Shape):
    """A secret that lives on the CI system and reaches scripts as a variable."""

    type: Literal["string", "file", "username-password"] = Field(
        default="string",
        description="`file`: the variable holds a path. `username-password`: two variables, NAME_USERNAME and "
        "NAME_PASSWORD.",
    )
    stages: Many[Id] | None = Field(
        default=None,
        description="The stages that get it; by default all that run in the environment.",
        examples=[["train", "deploy"]],
    )
    credential: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=100)] | None = Field(
        default=None,
        description="Its id on Jenkins; by default `<environment>-<name>` in lower case with hyphens.",
        examples=["databricks-prod-deployer"],
    )


class IdentityToken(Shape):
    """A short-lived token that the CI system signs for the job, instead of a stored secret."""

    audience: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/@-]+$", max_length=200)] = Field(
        description="Whom the token is for.", examples=["snowflakecomputing.com"]
    )
    stages: Many[Id] | None = Field(
        default=None, description="The stages that get it; by default the one that deploys.", examples=[["deploy"]]
    )
    credential: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=100)] | None = Field(
        default=None,
        description="The credential on Jenkins, the service connection on Azure; by default as for secrets.",
        examples=["prod-snowflake"],
    )


def _named(value: object) -> object:
    if isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value):
        return {name: {} for name in value}
    return value


Secrets = Annotated[
    dict[VariableName, Secret],
    BeforeValidator(_named, json_schema_input_type=list[VariableName] | dict[VariableName, Secret]),
]


class Environment(Shape):
    """A place that models are deployed to, or `checks`, where changes and reviews are tested."""

    title: Text | None = Field(default=None, description="Its name for people.", examples=["Production"])
    variables: Variables = Field(
        default={}, description="Variables of everything that runs there.", examples=[{"SNOWFLAKE_DATABASE": "ML_PROD"}]
    )
    secrets: Secrets = Field(
        default={},
        description="Secrets by name, or names alone.",
        examples=[["SNOWFLAKE_TOKEN"], {"SNOWFLAKE_TOKEN": {"stages": ["deploy"]}}],
    )
    identity: dict[VariableName, IdentityToken] = Field(
        default={},
        description="Federated tokens by variable.",
        examples=[{"CLUSTER_TOKEN": {"audience": "serving-prod.example.com"}}],
    )
    approvals: DeploymentApprovals | None = Field(
        default=None,
        description="People who approve deployments to it.",
        examples=[{"count": 2, "approvers": ["ml-release", "risk"], "expires": "3d"}],
    )
    waiting: Literal["all", "newest"] = Field(
        default="all", description="Deployments that queue up: `all` run in order, or only the `newest` is kept."
    )


class Store(Shape):
    """Where artifacts wait between branches and runs, reached by two commands."""

    put: OneOrMany[Script] = Field(
        min_length=1,
        description="Keeps the file `$PIPEGEN_ARTIFACT_FILE` and its digest `$PIPEGEN_ARTIFACT_DIGEST` under "
        "`$PIPEGEN_ARTIFACT_KEY`.",
        examples=['./store.sh put "$PIPEGEN_ARTIFACT_KEY" "$PIPEGEN_ARTIFACT_FILE" "$PIPEGEN_ARTIFACT_DIGEST"'],
    )
    get: OneOrMany[Script] = Field(
        min_length=1,
        description="Writes what is kept under `$PIPEGEN_ARTIFACT_KEY` to `$PIPEGEN_ARTIFACT_FILE` and its recorded "
        "digest to `$PIPEGEN_ARTIFACT_DIGEST_FILE`; fails if there is nothing.",
        examples=['./store.sh get "$PIPEGEN_ARTIFACT_KEY" "$PIPEGEN_ARTIFACT_FILE" "$PIPEGEN_ARTIFACT_DIGEST_FILE"'],
    )


class Archive(Shape):
    """What the archive branch keeps beside the record that pipegen writes."""

    run: OneOrMany[Script] = Field(
        description="Commands that keep `$PIPEGEN_RECORD` where nothing can change it.",
        examples=['./store.sh put "releases/$PIPEGEN_COMMIT" "$PIPEGEN_RECORD"'],
    )
