"""Gates: what must hold by data before a model goes on."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pipegen.spec.scalars import Duration, Id, Many, Moment, OneOrMany, RelativePath, Shape


def _exact(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a bound is a number")  # noqa: TRY004
    return Decimal(str(value))


Bound = Annotated[Decimal, BeforeValidator(_exact, json_schema_input_type=int | float)]
MetricName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@/-]*$", max_length=100)]
Command = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class VersionGate(Shape):
    """The version is as high as the changes since the one that serves the environment ask for."""

    gain: dict[MetricName, Bound] = Field(
        default={}, description="Gains of metrics that ask for a new MINOR version.", examples=[{"auc": 0.02}]
    )
    without: Many[
        Literal["algorithm", "signature", "feature_code", "data.version", "data.from", "data.to", "parameters"]
    ] = Field(default=(), description="What the lineage need not say.", examples=[["feature_code"]])


class DependenciesGate(Shape):
    """The packages are locked with hashes, as the requirements declare them and as they are installed."""

    lock: RelativePath = Field(description="The lock file, from the model's folder.", examples=["requirements.lock"])
    declared: OneOrMany[RelativePath] = Field(
        default=(),
        description="Files with the requirements that the lock must satisfy.",
        examples=["pyproject.toml", ["requirements.in"]],
    )
    installed: bool = Field(default=False, description="Whether the job's own Python must have exactly these packages.")
    allow: Many[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]] = Field(
        default=(), description="Installed packages that the lock need not name.", examples=[["churn"]]
    )


class ArtifactGate(Shape):
    """The files of an artifact are those that its list of checksums names, and no others."""

    artifact: Id = Field(description="An artifact that the stage makes or gets.", examples=["model"])
    sums: RelativePath = Field(
        default="SHA256SUMS", description="The list of checksums inside the artifact, as sha256sum writes it."
    )
    except_: Many[RelativePath] = Field(
        default=(),
        alias="except",
        description="Files that may be there besides, because tools write them on loading.",
        examples=[["registered_model_meta"]],
    )


class ReproducibleGate(Shape):
    """A training on a small sample gives the same model twice."""

    run: Command = Field(
        description="The training; it writes to the folder `$PIPEGEN_OUT`.",
        examples=['python -m churn.train --sample 0.01 --seed 7 --out "$PIPEGEN_OUT"'],
    )
    metrics: RelativePath | None = Field(
        default=None,
        description="The metrics file in that folder, by which results are compared that differ in their bytes.",
        examples=["metrics.json"],
    )
    tolerance: dict[MetricName, Bound] = Field(
        default={}, description="How much a metric may differ then.", examples=[{"auc": 0.001}]
    )
    relative: dict[MetricName, Bound] = Field(
        default={}, description="The same as a share of the larger value.", examples=[{"loss": 0.01}]
    )
    timeout: Duration = Field(default=30, description="The longest that each training may take.")


class LatencyBounds(Shape):
    """The largest values that pass; what is not named is not asked for, but for wrong answers."""

    p50_ms: Bound | None = Field(default=None, description="The median, in milliseconds.", examples=[20])
    p95_ms: Bound | None = Field(default=None, description="What 95 % of the answers keep.", examples=[50])
    p99_ms: Bound | None = Field(default=None, description="What 99 % of the answers keep.", examples=[120])
    memory_mb: Bound | None = Field(default=None, description="The most memory that the server takes.", examples=[900])
    error_rate: Bound | None = Field(
        default=None, description="The share of wrong answers; by default none.", examples=[0.01]
    )

    def named(self) -> tuple[tuple[str, Decimal], ...]:
        """Those that are asked for, by name."""
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return tuple((name, value) for name, value in values if value is not None)


class LatencyGate(Shape):
    """The model's own server answers recorded requests fast enough."""

    serve: Command = Field(
        description="Starts the server; it listens on `$PORT`.",
        examples=['python -m churn.serve --port "$PORT" --model "$PIPEGEN_ARTIFACTS/model"'],
    )
    requests: RelativePath = Field(
        description="Recorded requests, one JSON object a line.", examples=["tests/requests.jsonl"]
    )
    ready: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._/-]*$", max_length=200)] = Field(
        default="/", description="The path that answers once the server is ready.", examples=["/health"]
    )
    max: LatencyBounds = Field(description="The largest values that pass.", examples=[{"p95_ms": 50, "memory_mb": 900}])
    repeat: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1, description="How often all requests are sent.")
    timeout: Duration = Field(default=10, description="The longest that it may take.")


class ConfigGate(Shape):
    """The configuration files of all environments say the same things, each of its own."""

    files: dict[Id, RelativePath] = Field(
        min_length=2,
        description="The file of each environment: JSON, TOML or NAME=value.",
        examples=[{"dev": "conf/dev.toml", "prod": "conf/prod.toml"}],
    )
    scan: OneOrMany[RelativePath] = Field(
        default=(),
        description="Files and folders in which every key must be used somewhere.",
        examples=[["src", "resources"]],
    )
    may_differ: Many[MetricName] = Field(
        default=(), description="Keys that only some environments have.", examples=[["canary.share"]]
    )
    no_secret: Many[MetricName] = Field(
        default=(), description="Keys that only sound like a secret's.", examples=[["max_token"]]
    )


class Gate(Shape):
    """One thing that must hold: a metric within its bounds, or one of the judgements below."""

    metric: MetricName | None = Field(
        default=None, description="A metric's name; dots lead into nested objects.", examples=["auc"]
    )
    min: Bound | None = Field(default=None, description="The smallest value that passes.", examples=[0.8])
    max: Bound | None = Field(default=None, description="The largest value that passes.", examples=[50])
    against: Literal["champion"] | None = Field(
        default=None,
        description="Compare with the model that serves the environment, right before each deployment begins.",
    )
    better: Literal["higher", "lower"] | None = Field(
        default=None, description="Which values of the metric are better.", examples=["higher"]
    )
    tolerance: Bound | None = Field(
        default=None, description="How much worse than the champion still passes.", examples=[0.005]
    )
    relative: Bound | None = Field(
        default=None, description="The same as a share of the champion's value.", examples=[0.01]
    )
    version: VersionGate | None = Field(
        default=None,
        description="The version is high enough; judged right before each deployment begins.",
        examples=[{"gain": {"auc": 0.02}}],
    )
    dependencies: DependenciesGate | None = Field(
        default=None, description="The packages are locked.", examples=[{"lock": "requirements.lock"}]
    )
    artifact: ArtifactGate | None = Field(
        default=None, description="An artifact is whole.", examples=[{"artifact": "model"}]
    )
    reproducible: ReproducibleGate | None = Field(
        default=None,
        description="A training gives the same model twice.",
        examples=[{"run": 'python -m churn.train --sample 0.01 --seed 7 --out "$PIPEGEN_OUT"'}],
    )
    latency: LatencyGate | None = Field(
        default=None,
        description="The model answers fast enough.",
        examples=[{"serve": "./serve.sh", "requests": "tests/requests.jsonl", "max": {"p95_ms": 50}}],
    )
    config: ConfigGate | None = Field(
        default=None,
        description="The configuration of all environments is whole.",
        examples=[{"files": {"dev": "conf/dev.toml", "prod": "conf/prod.toml"}}],
    )
    at: Many[Moment] | None = Field(
        default=None, description="When the gate applies; by default whenever its stage runs.", examples=[["merged"]]
    )

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it judges, by key; a gate that is right judges one thing."""
        return tuple(name for name in KINDS if getattr(self, name) is not None)


KINDS = ("metric", "version", "dependencies", "artifact", "reproducible", "latency", "config")
