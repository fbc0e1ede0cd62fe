"""Where a value that does not fit the model stands: in the file, and in the schema that says what would fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipegen.diagnostics import KeyPath
from pipegen.spec.forms import YAML, Form

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One complaint of the model.

    `path` and `value` are the file's, `schemas` is what may stand there, `context` what was asked for, `name` the key.
    `form` is how the file is written.
    """

    type: str
    path: KeyPath
    value: object
    schemas: tuple[Schema, ...]
    context: Mapping[str, Any]
    name: str
    at_key: bool
    form: Form


def fault_of(data: object, root: Schema, problem: Mapping[str, Any], form: Form = YAML) -> Fault:
    location = tuple(problem["loc"])
    at_key = location[-1:] == ("[key]",) or problem["type"] == "extra_forbidden"
    keys = tuple(part for part in location if part != "[key]")
    path, value = _in_file(data, keys)
    if problem["type"] == "missing":
        path = (*path, keys[-1])
    schemas = _in_schema(root, keys[:-1] if problem["type"] in {"missing", "extra_forbidden"} else keys)
    if location[-1:] == ("[key]",):
        value = keys[-1]
        schemas = tuple(each["propertyNames"] for each in _in_schema(root, keys[:-1]) if "propertyNames" in each)
    return Fault(problem["type"], path, value, schemas, problem.get("ctx", {}), str(keys[-1]), at_key, form)


def _in_file(data: object, keys: KeyPath) -> tuple[KeyPath, object]:
    """As far as the keys lead in the file.

    Some lead nowhere there: the model makes lists of single values and names the branches of a choice.
    """
    path: KeyPath = ()
    for key in keys:
        below = _below(data, key)
        if below is not None:
            path, data = (*path, below[0]), below[1]
    return path, data


def _below(data: object, key: str | int) -> tuple[str | int, object] | None:
    match data, key:
        case dict(), str() if key in data:
            return key, data[key]
        case list(), int() if key < len(data):
            return key, data[key]
        case list(), str() if key in data:
            return data.index(key), key
    return None


def _in_schema(root: Schema, keys: KeyPath) -> tuple[Schema, ...]:
    """The simple schemas that a value at these keys may have."""
    schemas = tuple(_alternatives(root, root))
    for key in keys:
        below = [child for schema in schemas for child in _children(schema, key)]
        if below:
            schemas = tuple(each for child in below for each in _alternatives(root, child))
    return schemas


def _alternatives(root: Schema, schema: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
        yield from _alternatives(root, {**target, **{key: schema[key] for key in schema if key != "$ref"}})
    elif "anyOf" in schema:
        around = {key: schema[key] for key in ("description", "examples") if key in schema}
        for each in schema["anyOf"]:
            if each.get("type") != "null":
                yield from _alternatives(root, {**around, **each})
    else:
        yield schema


def _children(schema: Schema, key: str | int) -> Iterator[Schema]:
    if schema.get("type") == "array":
        yield from [schema["items"]] if isinstance(key, int) and "items" in schema else []
    elif key in schema.get("properties", {}):
        yield schema["properties"][key]
    elif schema.get("type") == "object":
        yield from schema.get("patternProperties", {}).values()
        yield from [schema["additionalProperties"]] if isinstance(schema.get("additionalProperties"), dict) else []
