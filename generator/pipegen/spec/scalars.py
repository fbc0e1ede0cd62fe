"""The words and small values that a model spec is written in, each with the form it must have."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from pipegen.target_names import BUILT_IN, is_known

T = TypeVar("T")

_DURATION = re.compile(r"([1-9][0-9]{0,4})(m|h|d)")
_MINUTES = {"m": 1, "h": 60, "d": 60 * 24}


class Shape(BaseModel):
    """A mapping of the spec: every key is known, every value is of its own type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, str_strip_whitespace=False)


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value if isinstance(value, tuple) else (value,)


def _tupled(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _minutes(value: object) -> object:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration is a number and a unit, for example 30m, 4h or 3d")
    return int(match[1]) * _MINUTES[match[2]]


def _target(value: str) -> str:
    """Refused as a literal that is not among those there are."""
    if not is_known(value):
        raise PydanticCustomError("literal_error", "it is none of {expected}", {"expected": ", ".join(BUILT_IN)})
    return value


def _quoted_version(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError("write the version in quotes, because 3.10 without them is the number 3.1")  # noqa: TRY004
    return value


def _as_text(value: object) -> object:
    """Variables reach scripts as text; YAML's true, 5 and 0.1 are what people write for it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Many = Annotated[tuple[T, ...], BeforeValidator(_tupled, json_schema_input_type=list[T])]
OneOrMany = Annotated[tuple[T, ...], BeforeValidator(_listed, json_schema_input_type=T | list[T])]

Id = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40),
    Field(
        description="Lower-case letters, digits and single hyphens, at most 40 characters.",
        examples=["churn-prediction"],
    ),
]
VariableName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=100),
    Field(description="Upper-case letters, digits and underscores.", examples=["SNOWFLAKE_DATABASE"]),
]
ParameterName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=40),
    Field(description="Lower-case words joined by underscores.", examples=["window_months"]),
]
RefPattern = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9*][A-Za-z0-9._*/-]*$", max_length=200),
    Field(description="A branch or tag; `*` stands for any characters, also `/`.", examples=["feat/*", "prod"]),
]
BranchName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=200),
    Field(description="One branch, by its name.", examples=["prod"]),
]
RelativePath = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._@*][A-Za-z0-9._@*/+-]*$", max_length=300),
    Field(description="A path from the model's folder, with forward slashes and without spaces."),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Script = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100_000),
    Field(
        description="Text for bash, which runs with `set -euo pipefail` in the model's folder.",
        examples=["ruff check ."],
    ),
]
Tool = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=60)]
RunnerName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60),
    Field(description="Where a job runs: a runner label, pool or agent label.", examples=["gpu"]),
]
Team = Annotated[
    str,
    StringConstraints(pattern=r"^@?[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60),
    Field(description="A team, or a person with a leading `@`.", examples=["ml-release", "@alice"]),
]
Moment = Annotated[
    str,
    StringConstraints(pattern=r"^(change|review|(merged|tagged|scheduled|action)(:[A-Za-z0-9._*/-]+)?)$"),
    Field(
        description="When something applies: `change`, `review`, `merged`, `tagged`, `scheduled`, `action`, or one of "
        "the last four by name.",
        examples=["merged", "merged:prod", "scheduled:retrain"],
    ),
]
TargetName = Annotated[str, AfterValidator(_target), WithJsonSchema({"type": "string", "enum": list(BUILT_IN)})]
Duration = Annotated[
    int,
    BeforeValidator(
        _minutes, json_schema_input_type=Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,4}(m|h|d)$")]
    ),
    Field(description="Minutes, hours or days.", examples=["30m", "4h", "3d"]),
]
PythonVersion = Annotated[
    str,
    BeforeValidator(_quoted_version, json_schema_input_type=str),
    StringConstraints(pattern=r"^3\.[0-9]{1,2}(\.[0-9]{1,2})?$"),
    Field(description="A Python version, in quotes.", examples=["3.11"]),
]
VariableValue = Annotated[
    str,
    BeforeValidator(_as_text, json_schema_input_type=str | int | float | bool),
    StringConstraints(max_length=10_000),
]
Variables = dict[VariableName, VariableValue]
