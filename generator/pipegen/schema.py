"""JSON schemas of model specs, stage kinds and pipegen.toml, made from their shapes for editors and programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from pipegen.config.shape import pipegen_toml
from pipegen.explanation.words import duration
from pipegen.spec.model import ModelSpec
from pipegen.stage_kinds import StageKind

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ORDER = (
    *("$schema", "$id", "$ref", "title", "description", "type", "const", "enum", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "minItems", "minProperties", "anyOf", "items", "propertyNames", "properties", "required"),
    *("additionalProperties", "default", "examples", "$defs"),
)
_KIND_DESCRIPTIONS = {
    ("StageKind", "kind"): "Its name, which `use` names; the file is templates/stages/<kind>.yaml.",
    ("StageKind", "description"): "What a stage of this kind does.",
    ("StageKind", "parameters"): "What `with` may give, by name.",
    ("StageKind", "steps"): "What is done, in order.",
    ("StageKind", "reports"): "Results for people; `<name>` stands for a parameter.",
    ("StageKind", "metrics"): "Numbers for gates; `<name>` stands for a parameter.",
    ("StageKind", "publishes"): "Values that the steps write to `$PIPEGEN_OUTPUTS`.",
    ("StageKind", "install"): "Whether the steps need what `runtime.install` installs.",
    ("KindParameter", "type"): "What kind of value it is.",
    ("KindParameter", "description"): "What it is for.",
    ("KindStep", "title"): "What people read in the log.",
    ("KindStep", "command"): "One command as a list of arguments, instead of `run`.",
    ("KindReports", "junit"): "Test results in JUnit's XML form, from the model's folder.",
    ("KindMetrics", "file"): "A JSON file of numbers, from the model's folder.",
    ("KindMetrics", "names"): "The metrics it holds.",
}


def model_spec_schema() -> Schema:
    """The form of a model spec, version 1, as draft 2020-12."""
    schema = _schema(ModelSpec, "urn:pipegen:model-spec:1", "pipegen model spec")
    always = [key for key in schema["required"] if key != "stages"]
    either = [{"required": ["stages"]}, {"required": ["extends"]}]
    return _ordered({**schema, "required": always, "anyOf": either})


def stage_kind_schema() -> Schema:
    """The form of a stage kind, templates/stages/<kind>.yaml, as draft 2020-12."""
    schema = _schema(StageKind, "urn:pipegen:stage-kind:1", "pipegen stage kind")
    shapes = {"StageKind": schema, **schema["$defs"]}
    for (shape, name), description in _KIND_DESCRIPTIONS.items():
        described = {**shapes[shape]["properties"][name], "description": description}
        shapes[shape]["properties"][name] = _ordered(described)
    return schema


def config_schema() -> Schema:
    """The form of pipegen.toml, format 1, as draft 2020-12."""
    return _schema(pipegen_toml(), "urn:pipegen:pipegen-toml:1", "pipegen.toml")


def schema_text() -> str:
    """schemas/model-spec.schema.json, to the byte."""
    return _text(model_spec_schema())


def stage_kind_schema_text() -> str:
    """schemas/stage-kind.schema.json, to the byte."""
    return _text(stage_kind_schema())


def config_schema_text() -> str:
    """schemas/pipegen-toml.schema.json, to the byte."""
    return _text(config_schema())


def _schema(shape: type[BaseModel], identifier: str, title: str) -> Schema:
    raw = shape.model_json_schema(by_alias=True, schema_generator=_WrittenForm, mode="validation")
    return _ordered({**_tidied(raw), "$schema": DIALECT, "$id": identifier, "title": title})


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


class _WrittenForm(GenerateJsonSchema):
    """The form of what people write, where pydantic would tell of what validators make out of it or of nothing."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """Keys stay in the order of the shapes, because that is the order in which people think."""
        del parent_key
        return value

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """`Many` and `OneOrMany` by their items: pydantic leaves the type variable of their written form open."""
        written = schema.get("json_schema_input_schema")
        match written:
            case {"type": "list", "items_schema": {"type": "any"}}:
                return self.generate_inner(schema["schema"])
            case {"type": "union", "choices": [{"type": "any"}, *_]}:
                array = self.generate_inner(schema["schema"])
                return {"anyOf": [array["items"], array]}
            case _:
                return super().function_before_schema(schema)

    def chain_schema(self, schema: core_schema.ChainSchema) -> JsonSchemaValue:
        """All steps of a chain, because a later one narrows what an earlier one lets through."""
        return {key: value for step in schema["steps"] for key, value in self.generate_inner(step).items()}

    def union_schema(self, schema: core_schema.UnionSchema) -> JsonSchemaValue:
        """Scalars side by side in one `type`; an integer is a number."""
        found = super().union_schema(schema)
        choices: list[JsonSchemaValue] = found.get("anyOf", [])
        if {"type": "number"} in choices:
            choices = [choice for choice in choices if choice != {"type": "integer"}]
        if not choices or any(set(choice) != {"type"} for choice in choices):
            return {**found, "anyOf": choices} if choices else found
        types = list(dict.fromkeys(choice["type"] for choice in choices))
        return {"type": types if len(types) > 1 else types[0]}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """A key without a value is refused, so that a control that is only named does not pass for one left out."""
        return self.generate_inner(schema["schema"])


# ---------------------------------------------------------------- tidying


def _tidied(node: Schema) -> Schema:
    """The schema and all inside it: no noise, keys by pattern closed, defaults as people write them."""
    found = {key: value for key, value in node.items() if key != "title"}
    for key in ("properties", "$defs", "patternProperties"):
        if key in found:
            found[key] = {name: _tidied(child) for name, child in found[key].items()}
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(found.get(key), dict):
            found[key] = _tidied(found[key])
    if "anyOf" in found:
        found["anyOf"] = [_tidied(choice) for choice in found["anyOf"]]
    return _ordered(_with_default(_counting_items(_closed(found))))


def _closed(node: Schema) -> Schema:
    """A mapping whose keys have a form refuses every other key; pydantic's own schema lets them pass."""
    if "patternProperties" not in node:
        return node
    [(pattern, value)] = node["patternProperties"].items()
    names = {**node.get("propertyNames", {}), "type": "string", "pattern": pattern}
    kept = {key: child for key, child in node.items() if key != "patternProperties"}
    return {**kept, "propertyNames": _ordered(names), "additionalProperties": value}


def _counting_items(node: Schema) -> Schema:
    """Lengths of lists in the words of lists, where pydantic says them in those of strings."""
    types = node.get("type", ())
    if "minLength" not in node or "array" not in ([types] if isinstance(types, str) else types):
        return node
    return {("minItems" if key == "minLength" else key): value for key, value in node.items()}


def _with_default(node: Schema) -> Schema:
    """The default if it says something, a duration in the words of a spec."""
    default = node.get("default")
    kept = {key: value for key, value in node.items() if key != "default"}
    if default is None or isinstance(default, Mapping | list | tuple):
        return kept
    if isinstance(default, int) and not isinstance(default, bool) and node.get("type") == "string":
        return {**kept, "default": duration(default)}
    return node


def _ordered(node: Schema) -> Schema:
    """The keywords of one schema in the order in which they are read best."""
    return {key: node[key] for key in sorted(node, key=_ORDER.index)}
