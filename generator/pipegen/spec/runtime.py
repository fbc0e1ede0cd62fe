"""What a model's jobs run in: Python or conda, packages, image, checkout."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipegen.spec.scalars import (
    Duration,
    Many,
    OneOrMany,
    PythonVersion,
    RelativePath,
    RunnerName,
    Script,
    Shape,
    Tool,
    VariableName,
)


class Conda(Shape):
    """A conda environment that is made from a file and active in every step."""

    file: RelativePath = Field(
        description="The environment file, from the model's folder.", examples=["environment.yml"]
    )
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=60)] = Field(
        description="The name of the environment.", examples=["churn_prediction"]
    )


class Index(Shape):
    """A package index that pip uses; the first replaces PyPI, the others are added."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9._:/~%+-]+$", max_length=300)] = Field(
        description="The address, https and without credentials.",
        examples=["https://nexus.example.com/repository/pypi/simple"],
    )
    secret: VariableName | None = Field(
        default=None,
        description="The secret that holds `user:password`, percent-encoded; the installation step alone sees it.",
        examples=["NEXUS_CREDENTIALS"],
    )


class Checkout(Shape):
    """How much of the repository a job gets."""

    depth: Annotated[int, Field(ge=0, le=100_000)] = Field(default=1, description="Commits of history; 0 for all.")
    lfs: bool = Field(default=False, description="Whether to fetch Git LFS objects.")


class Runtime(Shape):
    """What every job of the model runs in."""

    python: PythonVersion | None = Field(default=None, description="The Python version of a virtual environment.")
    conda: Conda | None = Field(
        default=None,
        description="A conda environment, instead of `python`.",
        examples=[{"file": "environment.yml", "name": "churn_prediction"}],
    )
    install: OneOrMany[Script] = Field(
        default=(),
        description="Commands that install what the stages need, once a job.",
        examples=["pip install --require-hashes -r requirements.lock"],
    )
    image: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][A-Za-z0-9._/:@-]*$", max_length=300)] | None = Field(
        default=None,
        description="The container image that jobs run in, by digest.",
        examples=["registry.example.com/ml@sha256:..."],
    )
    indexes: Many[Index] = Field(
        default=(),
        description="Package indexes for pip.",
        examples=[[{"url": "https://nexus.example.com/repository/pypi/simple", "secret": "NEXUS_CREDENTIALS"}]],
    )
    cache: Literal["pip", "conda"] | None = Field(
        default=None, description="What checks keep between runs; releases never read a cache."
    )
    runner: RunnerName | None = Field(default=None, description="Where jobs run unless a stage says otherwise.")
    requires: Many[Tool] = Field(
        default=(), description="Programs that every job needs on its runner.", examples=[["git"]]
    )
    checkout: Checkout = Field(
        default=Checkout(),
        description="The history and the large files that a job gets.",
        examples=[{"depth": 0, "lfs": True}],
    )
    timeout: Duration = Field(
        default=60, description="The longest a step may take unless its stage says otherwise.", examples=["45m"]
    )
