"""The model spec as a whole, version 1: the one truth for its shape."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pipegen.spec.flow import Archive, Environment, FlowEntry, MergeApprovals, Secrets, Store
from pipegen.spec.runtime import Runtime
from pipegen.spec.scalars import (
    BranchName,
    Id,
    Many,
    ParameterName,
    RelativePath,
    Shape,
    TargetName,
    Text,
    VariableName,
    Variables,
)
from pipegen.spec.stages import Stage

DEFAULT_FLOW = (
    FlowEntry(branch="feat/*"),
    FlowEntry(branch="dev", environments=("dev",)),
    FlowEntry(branch="prod", environments=("prod",), approvals=MergeApprovals(merge=1)),
    FlowEntry(branch="main", role="archive", approvals=MergeApprovals(merge=1)),
)

Cron = Annotated[str, StringConstraints(min_length=1, max_length=100)]
BasePath = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._@][A-Za-z0-9._@/+-]*\.ya?ml$", max_length=200),
    Field(description="A YAML file, from the spec's own folder, with forward slashes and without spaces."),
]


def _number(value: object) -> object:
    """True equals 1 in Python, but `pipegen: true` names no version."""
    return str(value) if isinstance(value, bool) else value


class Model(Shape):
    """Which model this is, whose it is and where it lives in the repository."""

    name: Id = Field(
        description="Its name, which begins the names of its files and pipelines.", examples=["churn-prediction"]
    )
    owner: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]*$", max_length=100)] = Field(
        description="The team that answers for it.", examples=["retention-analytics"]
    )
    title: Text | None = Field(default=None, description="Its name for people.", examples=["Churn prediction"])
    description: Text | None = Field(
        default=None,
        description="What it is for.",
        examples=["Which customers are about to leave, scored once a month."],
    )
    path: RelativePath = Field(
        default=".",
        description="Its folder, from the repository's root; commands run there.",
        examples=["models/churn"],
    )
    paths: Many[RelativePath] = Field(
        default=(),
        description="Other paths whose changes concern it; `**` stands for any depth.",
        examples=[["libs/features/**"]],
    )


class Schedule(Shape):
    """Stages that run by the clock."""

    cron: Cron = Field(description="Minute, hour, day of month, month, day of week, in UTC.", examples=["0 6 1 * *"])
    environment: Id | None = Field(default=None, description="The environment they run in.", examples=["prod"])
    branch: BranchName | None = Field(
        default=None, description="The branch they run on; by default the environment's.", examples=["prod"]
    )
    build_in: Id | None = Field(
        default=None,
        description="The environment of stages before a deployment; by default as for a merge.",
        examples=["offline"],
    )
    stages: Many[Id] = Field(min_length=1, description="The stages, in the order of the spec.", examples=[["drift"]])
    variables: Variables = Field(default={}, description="Variables of these runs.", examples=[{"WINDOW_MONTHS": "12"}])


class Parameter(Shape):
    """A value that a person gives when starting an action; it reaches scripts as `PIPEGEN_PARAM_<NAME>`."""

    type: Literal["string", "integer", "number", "boolean", "choice"] = Field(
        description="What kind of value it is.", examples=["integer"]
    )
    description: Text | None = Field(
        default=None, description="What people read in the form.", examples=["Months of training data"]
    )
    default: str | int | float | bool | None = Field(
        default=None, description="The value that the form offers.", examples=[12, "weekly", True]
    )
    min: int | float | None = Field(default=None, description="The smallest number.", examples=[1])
    max: int | float | None = Field(default=None, description="The largest number.", examples=[36])
    choices: Many[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/@+-]{1,200}$")]] | None = Field(
        default=None, description="The values of a choice.", examples=[["small", "large"]]
    )
    pattern: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._:/@+*?|()\[\]{},^$\\-]{1,200}$")] | None = Field(
        default=None,
        description="What a string must match as a whole: an extended regular expression.",
        examples=["[A-Za-z0-9 ._-]{5,100}"],
    )


class Action(Shape):
    """Stages that a person or a program starts."""

    title: Text | None = Field(default=None, description="Its name for people.", examples=["Retrain and deploy now"])
    parameters: dict[ParameterName, Parameter] = Field(
        default={},
        description="What is asked for.",
        examples=[{"window_months": {"type": "integer", "default": 12, "min": 1, "max": 36}}],
    )
    environment: Id | None = Field(default=None, description="The environment they run in.", examples=["prod"])
    branch: BranchName | None = Field(
        default=None, description="The branch they run on; by default the environment's.", examples=["prod"]
    )
    build_in: Id | None = Field(
        default=None,
        description="The environment of stages before a deployment; by default as for a merge.",
        examples=["offline"],
    )
    stages: Many[Id] = Field(
        min_length=1, description="The stages, in the order of the spec.", examples=[["train", "validate", "deploy"]]
    )
    variables: Variables = Field(default={}, description="Variables of these runs.", examples=[{"SAMPLE": "1.0"}])


Moment = Literal["approval-waiting", "deployed", "failed", "restored", "rolled-back"]


class Notify(Shape):
    """Messages to people, sent to a chat's webhook by the runs of merges, tags, schedules and actions."""

    webhook: VariableName = Field(
        description="The secret of the repository (see `secrets`) that holds the address.", examples=["TEAMS_URL"]
    )
    moments: Many[Moment] = Field(
        default=("approval-waiting", "deployed", "failed", "restored", "rolled-back"),
        min_length=1,
        description="What people are told of; by default all of it.",
        examples=[["approval-waiting", "failed", "restored"]],
    )
    form: Literal["text", "adaptive-card"] = Field(
        default="text",
        description="What the address understands: `text` is JSON with one text, as most chats take it; "
        "`adaptive-card` is what Teams workflows take.",
    )


class Registered(Shape):
    """The model's place in the registry of pipegen.toml."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=200)] = Field(
        description="Its name there; with catalog and schema where the registry has them.",
        examples=["churn-prediction", "ml_prod.retention.churn"],
    )


class AllowedWeaker(Shape):
    """A control that may be weaker on one target, and why that is acceptable."""

    target: TargetName = Field(description="The target on which it is weaker.", examples=["github"])
    control: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="The control, as `pipegen explain` names it.", examples=["expiry of approval prod"]
    )
    reason: Annotated[str, StringConstraints(min_length=10, max_length=500)] = Field(
        description="Why, for the reviewer.", examples=["Pull requests into prod are approved by the same two teams."]
    )


class ModelSpec(Shape):
    """One model: its stages, gates, flow, approvals, schedules and actions."""

    pipegen: Annotated[Literal[1], BeforeValidator(_number)] = Field(
        description="The version of the spec language.", examples=[1]
    )
    extends: BasePath | None = Field(
        default=None,
        description="A file in the repository that says what this spec leaves out; stages merge by `id`.",
        examples=["bases/rest-model.yaml"],
    )
    model: Model = Field(
        description="Which model this is, whose it is and where it lives.",
        examples=[{"name": "churn-prediction", "owner": "retention-analytics", "path": "models/churn"}],
    )
    runtime: Runtime = Field(
        default=Runtime(),
        description="What every job runs in.",
        examples=[{"python": "3.11", "install": "pip install --require-hashes -r requirements.lock"}],
    )
    flow: Many[FlowEntry] | None = Field(
        default=None,
        min_length=1,
        description="Branches in promotion order; by default feat/*, dev, prod (approved), main (archive).",
        examples=[
            [{"branch": "feat/*"}, {"branch": "main", "environments": ["staging", "prod"], "approvals": {"merge": 1}}]
        ],
    )
    environments: dict[Id, Environment] = Field(
        default={},
        description="Places by name; `checks` is where changes are tested.",
        examples=[{"prod": {"approvals": {"approvers": ["ml-release"]}}}],
    )
    variables: Variables = Field(
        default={}, description="Variables of every stage.", examples=[{"REGION": "eu-west-1"}]
    )
    secrets: Secrets = Field(
        default={},
        description="Secrets of the repository that every environment shares.",
        examples=[["NEXUS_CREDENTIALS"]],
    )
    store: Store | None = Field(
        default=None,
        description="Where artifacts wait between branches and runs.",
        examples=[{"put": "./store.sh put", "get": "./store.sh get"}],
    )
    registry: Registered | None = Field(
        default=None,
        description="Register each version that a merge makes, and keep there what serves each environment.",
        examples=[{"name": "churn-prediction"}],
    )
    stages: Many[Stage] = Field(
        min_length=1,
        description="What is done, in order.",
        examples=[
            [
                {"id": "test", "run": "pytest"},
                {"id": "deploy", "deploys": True, "run": "./deploy.sh", "restore": "./restore.sh"},
            ]
        ],
    )
    schedules: dict[Id, Schedule] = Field(
        default={},
        description="What runs by the clock.",
        examples=[{"monitor": {"cron": "0 6 1 * *", "environment": "prod", "stages": ["drift"]}}],
    )
    actions: dict[Id, Action] = Field(
        default={},
        description="What people start; `deploy` and `rollback` exist by themselves.",
        examples=[{"retrain": {"environment": "prod", "stages": ["train", "validate", "deploy"]}}],
    )
    archive: Archive | None = Field(
        default=None, description="What the archive branch keeps.", examples=[{"run": './archive.sh "$PIPEGEN_RECORD"'}]
    )
    notify: Notify | None = Field(
        default=None,
        description="Messages to people at moments that matter.",
        examples=[{"webhook": "TEAMS_URL", "moments": ["approval-waiting", "failed", "restored"]}],
    )
    targets: Many[TargetName] | None = Field(
        default=None, min_length=1, description="CI systems; by default those of pipegen.toml.", examples=[["azure"]]
    )
    allow_weaker: Many[AllowedWeaker] = Field(
        default=(),
        description="Controls that may be weaker, with reasons.",
        examples=[
            [
                {
                    "target": "github",
                    "control": "expiry of approval prod",
                    "reason": "Waiting runs are closed by hand every Friday.",
                }
            ]
        ],
    )
