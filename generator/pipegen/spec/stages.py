"""What is done with a model: stages, their steps, gates and deployment units."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pipegen.spec.flow import RolloutApprovals
from pipegen.spec.gates import Gate
from pipegen.spec.scalars import (
    Duration,
    Id,
    Many,
    Moment,
    OneOrMany,
    RelativePath,
    RunnerName,
    Script,
    Shape,
    Text,
    Tool,
    VariableName,
    Variables,
)

Argument = Annotated[str, StringConstraints(max_length=2000)]


class NamedStep(Shape):
    """One step with a name of its own in the log."""

    title: Text = Field(description="What people read in the log.", examples=["Remember what runs now"])
    run: Script | None = Field(default=None, description="Text for bash.", examples=["./remember.sh"])
    command: Many[Argument] | None = Field(
        default=None,
        description="One command as a list of arguments; `$NAME` of a declared variable expands, the rest is literal.",
        examples=[["databricks", "bundle", "run", "--target", "$BUNDLE_TARGET", "smoke"]],
    )


class Reports(Shape):
    """Files that a stage leaves for people to look at."""

    junit: RelativePath | None = Field(
        default=None, description="Test results in JUnit's XML form.", examples=["junit.xml"]
    )


class Metrics(Shape):
    """A JSON file of numbers that gates judge."""

    file: RelativePath = Field(description="The file, from the model's folder.", examples=["metrics.json"])
    names: Many[Annotated[str, StringConstraints(min_length=1, max_length=100)]] = Field(
        default=(),
        description="The metrics it holds; if given, a gate on any other name is an error.",
        examples=[["auc", "latency_p95_ms"]],
    )


def _metrics(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


class Override(Shape):
    """What differs at some moments."""

    at: Many[Moment] = Field(min_length=1, description="When it applies.", examples=[["change", "review"]])
    variables: Variables = Field(
        default={}, description="The variables and their values then.", examples=[{"SAMPLE": "0.05"}]
    )
    runner: RunnerName | None = Field(
        default=None, description="Where the stage runs then; `default` for the CI system's ordinary runner."
    )


class RolloutStep(Shape):
    """One step of a rollout, after an approval if it has one."""

    id: Id = Field(description="Its name among the steps of the rollout.", examples=["canary"])
    title: Text | None = Field(
        default=None, description="What people read in the log.", examples=["One tenth of the traffic"]
    )
    run: OneOrMany[Script] = Field(description="Commands.", examples=["./traffic.sh 10"])
    approvals: RolloutApprovals | None = Field(
        default=None,
        description="People who approve before this step.",
        examples=[{"count": 1, "approvers": ["ml-release"], "expires": "4h"}],
    )


class Artifact(Shape):
    """A file or folder that later stages get, unchanged."""

    name: Id = Field(description="Its name, by which other stages consume it.", examples=["model"])
    path: RelativePath | None = Field(
        default=None,
        description="Where it is, from the model's folder; by default `$PIPEGEN_ARTIFACTS/<name>`.",
        examples=["out/model"],
    )


def _artifacts(value: object) -> object:
    listed = value if isinstance(value, list | tuple) else (value,)
    return tuple({"name": item} if isinstance(item, str) else item for item in listed)


Value = str | int | float | bool | list[str]


class Stage(Shape):
    """One thing that is done with the model: test, train, validate, deploy ..."""

    id: Id = Field(description="Its name, which other stages and the spec's lists use.", examples=["train"])
    title: Text | None = Field(default=None, description="Its name for people.", examples=["Unit tests"])
    run: OneOrMany[Script] | None = Field(
        default=None,
        description="Commands.",
        examples=["ruff check .", 'python -m churn.train --out "$PIPEGEN_ARTIFACTS/model"'],
    )
    command: Many[Argument] | None = Field(
        default=None,
        description="One command as a list of arguments.",
        examples=[["python", "-m", "churn.train", "--sample", "$SAMPLE"]],
    )
    steps: Many[NamedStep] | None = Field(
        default=None,
        description="Several named steps.",
        examples=[[{"title": "Deploy", "run": "./deploy.sh"}, {"title": "Warm up", "run": "./warm.sh"}]],
    )
    use: Id | None = Field(
        default=None,
        description="A stage kind: shipped, or from templates/stages/ of the repository.",
        examples=["pytest"],
    )
    with_: dict[str, Value] = Field(
        default={}, alias="with", description="The kind's parameters.", examples=[{"paths": ["tests/unit"]}]
    )
    steps_before: Many[NamedStep] = Field(
        default=(),
        description="Steps before those of the stage.",
        examples=[[{"title": "Remember what runs now", "run": "./remember.sh"}]],
    )
    steps_after: Many[NamedStep] = Field(
        default=(),
        description="Steps after those of the stage, if they succeeded.",
        examples=[[{"title": "Tell the team", "run": "./announce.sh"}]],
    )

    job: Id | None = Field(
        default=None,
        description="Stages with the same job share one checkout and one installation.",
        examples=["checks"],
    )
    needs: Many[Id] | None = Field(
        default=None, description="Stages that come before; by default the one above.", examples=[["train"], []]
    )
    at: Many[Moment] | None = Field(
        default=None,
        description="When it runs; by default at change, review, merged and tagged.",
        examples=[["change", "review"], ["merged:prod"], ["scheduled"]],
    )
    per: Literal["environment"] | None = Field(
        default=None,
        description="`environment`: once in each environment, before its deployment.",
        examples=["environment"],
    )
    environments: Many[Id] | None = Field(default=None, description="Only in these environments.", examples=[["prod"]])
    after: Id | None = Field(
        default=None, description="After the deployment by this stage, in each environment.", examples=["deploy"]
    )
    advisory: bool = Field(default=False, description="Whether its failure is shown but stops nothing.")
    install: bool = Field(default=True, description="Whether it needs what `runtime.install` installs.")
    runner: RunnerName | None = Field(default=None, description="Where it runs.", examples=["gpu"])
    timeout: Duration | None = Field(
        default=None, description="The longest each of its steps may take.", examples=["3h"]
    )
    retries: Annotated[int, Field(ge=0, le=5)] = Field(default=0, description="How often its commands are tried again.")
    requires: Many[Tool] = Field(default=(), description="Programs that it needs on its runner.", examples=[["docker"]])
    variables: Variables = Field(default={}, description="Variables of this stage.", examples=[{"SAMPLE": "1.0"}])
    override: Many[Override] = Field(
        default=(),
        description="Variables and runners that differ at some moments.",
        examples=[[{"at": ["change", "review"], "variables": {"SAMPLE": "0.05"}}]],
    )

    produces: Annotated[
        tuple[Artifact, ...],
        BeforeValidator(_artifacts, json_schema_input_type=Id | Artifact | list[Id | Artifact]),
    ] = Field(
        default=(), description="Artifacts that it makes.", examples=["model", {"name": "model", "path": "out/model"}]
    )
    consumes: OneOrMany[Id] | None = Field(
        default=None, description="Artifacts that it gets; by default all made before it.", examples=["model", []]
    )
    publishes: OneOrMany[VariableName] = Field(
        default=(), description="Values that it writes to `$PIPEGEN_OUTPUTS`.", examples=["PIPEGEN_VERSION"]
    )
    reports: Reports = Field(default=Reports(), description="Results for people.", examples=[{"junit": "junit.xml"}])
    metrics: Annotated[
        Metrics | None, BeforeValidator(_metrics, json_schema_input_type=RelativePath | Metrics | None)
    ] = Field(
        default=None,
        description="Numbers for gates.",
        examples=["metrics.json", {"file": "metrics.json", "names": ["auc"]}],
    )
    lineage: RelativePath | None = Field(
        default=None,
        description="A JSON file that it writes about what the model was made from: signature, algorithm, data, "
        "parameters.",
        examples=["lineage.json"],
    )
    gates: Many[Gate] = Field(
        default=(),
        description="What must hold once it is done.",
        examples=[[{"metric": "auc", "min": 0.8, "at": ["merged"]}]],
    )

    deploys: bool = Field(
        default=False, description="Whether it deploys the model, once in each environment of the branch."
    )
    rollout: Many[RolloutStep] | None = Field(
        default=None,
        description="The deployment in steps, instead of `run`.",
        examples=[
            [
                {"id": "tenth", "run": "./traffic.sh 10"},
                {"id": "full", "run": "./traffic.sh 100", "approvals": {"approvers": ["ml-release"]}},
            ]
        ],
    )
    verify: OneOrMany[Script] = Field(
        default=(), description="Commands that check the deployment.", examples=["./smoke.sh"]
    )
    restore: OneOrMany[Script] = Field(
        default=(), description="Commands that undo a deployment that did not complete.", examples=["./traffic.sh 0"]
    )
    rollback: OneOrMany[Script] = Field(
        default=(),
        description="Commands that go back to `$PIPEGEN_VERSION` when a person asks; by default those of `restore`.",
        examples=['./serve_version.sh "$PIPEGEN_VERSION"'],
    )
    finally_: OneOrMany[Script] = Field(
        default=(),
        alias="finally",
        description="Commands that run however the deployment ended.",
        examples=["./cleanup.sh"],
    )
