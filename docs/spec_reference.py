"""Writes what is made from the shapes: schemas/, and the tables of docs/ between their markers."""  # noqa: INP001  (a script)

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipegen.resources import SCHEMAS
from pipegen.schema import (
    Schema,
    config_schema,
    config_schema_text,
    model_spec_schema,
    schema_text,
    stage_kind_schema,
    stage_kind_schema_text,
)
from pipegen.spec import model, scalars, stages
from pipegen.spec.forms import TOML

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "spec.md"
CONFIGURATION_PAGE = DOCS / "configuration.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
FORMS: dict[str, Any] = {
    "id": scalars.Id,
    "variable name": scalars.VariableName,
    "parameter name": scalars.ParameterName,
    "branch": scalars.BranchName,
    "branch pattern": scalars.RefPattern,
    "path": scalars.RelativePath,
    "YAML file": model.BasePath,
    "script": scalars.Script,
    "moment": scalars.Moment,
    "team": scalars.Team,
    "runner": scalars.RunnerName,
    "tool": scalars.Tool,
    "argument": stages.Argument,
    "text": scalars.Text,
}
DURATION, VERSION = "^[1-9][0-9]{0,4}(m|h|d)$", r"^3\.[0-9]{1,2}(\.[0-9]{1,2})?$"
_LONGEST_EXAMPLE = 60


def main() -> None:
    """Writes the files; what differs shows in the version control."""
    (SCHEMAS / "model-spec.schema.json").write_text(schema_text(), "utf-8", newline="\n")
    (SCHEMAS / "stage-kind.schema.json").write_text(stage_kind_schema_text(), "utf-8", newline="\n")
    (SCHEMAS / "pipegen-toml.schema.json").write_text(config_schema_text(), "utf-8", newline="\n")
    for page, tables in ((PAGE, reference()), (CONFIGURATION_PAGE, configuration())):
        page.write_text(updated(page.read_text("utf-8"), tables), "utf-8", newline="\n")


def updated(page: str, tables: str) -> str:
    """The page with these tables between its markers."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{tables}\n{END}{rest.split(END)[1]}"


def reference() -> str:
    """All tables: the spec, what is in it by first use, stage kinds, and the forms of words."""
    spec, kind = model_spec_schema(), stage_kind_schema()
    lines = [
        *_shape("The spec", spec, _plain),
        *(line for name in _by_use(spec) for line in _shape(name, spec["$defs"][name], _plain)),
    ]
    lines += [
        *_shape("StageKind", kind, _plain),
        *(line for name in _by_use(kind) for line in _shape(name, kind["$defs"][name], _plain)),
    ]
    return "\n".join([*lines, *_forms()])


def configuration() -> str:
    """The tables of pipegen.toml; what specs have too is on their page."""
    spec, file = model_spec_schema(), config_schema()
    lines = [*_shape("The file", file, TOML.written)]
    lines += [
        line
        for name in _by_use(file)
        if name not in spec["$defs"]
        for line in _shape(name, file["$defs"][name], TOML.written)
    ]
    tables = "\n".join(lines).rstrip("\n") + "\n"
    for name in spec["$defs"]:
        tables = tables.replace(f"](#{name.lower()})", f"](spec.md#{name.lower()})")
    return tables


def _by_use(schema: Schema) -> list[str]:
    """The names of definitions in the order in which a reader meets them."""
    found: list[str] = []
    waiting = [schema["properties"]]
    while waiting:
        for name in _references(waiting.pop(0)):
            if name not in found:
                found.append(name)
                waiting.insert(0, schema["$defs"][name]["properties"])
    return found


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix("#/$defs/")
        yield from (name for child in node.values() for name in _references(child))
    elif isinstance(node, list):
        yield from (name for child in node for name in _references(child))


def _shape(name: str, shape: Schema, written: Callable[[object], str]) -> Iterator[str]:
    yield from (
        f"### {name}",
        "",
        shape["description"],
        "",
        "| key | form | default | what it is |",
        "| --- | --- | --- | --- |",
    )
    for key, field in shape["properties"].items():
        default = _required(shape, key) or _default(field, written)
        said = _cell(field["description"] + _example(field, written))
        yield f"| `{key}` | {_cell(form(field))} | {default} | {said} |"
    yield ""


def _required(shape: Schema, key: str) -> str:
    if key in shape.get("required", ()):
        return "required"
    is_one_of_two = key != "extends" and {"required": [key]} in shape.get("anyOf", ())
    return "required without `extends`" if is_one_of_two else ""


def _default(field: Schema, written: Callable[[object], str]) -> str:
    return f"`{written(field['default'])}`" if "default" in field else ""


def _example(field: Schema, written: Callable[[object], str]) -> str:
    if "examples" not in field or field.get("type") == "boolean":
        return ""
    shown = written(field["examples"][0])
    return f" Example: `{shown}`" if len(shown) <= _LONGEST_EXAMPLE else ""


def _plain(value: object) -> str:
    """A value as YAML's flow style; text alone without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cell(text: str) -> str:
    """Text for a table; what is not code must not become HTML."""
    parts = text.replace("|", "\\|").split("`")
    return "`".join(part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(parts))


# ---------------------------------------------------------------- forms


def form(node: Schema) -> str:
    """The form of a value in words, for example `list of id`."""
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        return f"[{name}](#{name.lower()})"
    if "enum" in node or "const" in node:
        return " or ".join(f"`{choice}`" for choice in node.get("enum", [node.get("const")]) if choice is not None)
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(form(choice) for choice in node["anyOf"] if choice != {"type": "null"}))
    types = [node["type"]] if isinstance(node["type"], str) else node["type"]
    return " or ".join(_typed(name, node) for name in types if name != "null")


def _typed(name: str, node: Schema) -> str:
    match name:
        case "array":
            return f"list of {form(node['items'])}"
        case "object":
            names = f"{form(node['propertyNames'])} → " if "propertyNames" in node else ""
            return f"mapping of {names}{form(node['additionalProperties'])}"
        case "string":
            return _word(node)
        case "integer" if "minimum" in node:
            return f"integer, {node['minimum']} to {node['maximum']}"
        case _:
            return name


def _word(node: Schema) -> str:
    if node.get("pattern") in {DURATION, VERSION}:
        return "duration" if node["pattern"] == DURATION else "Python version"
    known = {_key(TypeAdapter(word).json_schema()): name for name, word in FORMS.items()}
    if _key(node) in known:
        return known[_key(node)]
    return f"text like `{node['pattern']}`" if "pattern" in node else "text"


def _key(node: Schema) -> tuple[object, ...]:
    return tuple(node.get(keyword) for keyword in ("pattern", "minLength", "maxLength"))


def _forms() -> Iterator[str]:
    yield from ("### Forms", "", "| form | what it is | pattern |", "| --- | --- | --- |")
    for name, word in FORMS.items():
        schema = TypeAdapter(word).json_schema()
        said = " ".join(part for part in (schema.get("description", ""), _length(schema)) if part)
        pattern = f"`{schema['pattern']}`" if "pattern" in schema else ""
        yield f"| {name} | {_cell(said)} | {_cell(pattern)} |"
    yield f"| duration | Minutes, hours or days: `30m`, `4h`, `3d`. | {_cell(f'`{DURATION}`')} |"
    yield f"| Python version | In quotes, because 3.10 without them is the number 3.1. | `{VERSION}` |"


def _length(schema: Schema) -> str:
    if "maxLength" not in schema or "characters" in schema.get("description", ""):
        return ""
    return f"At {'least one, at ' if schema.get('minLength') else ''}most {schema['maxLength']:,} characters."


if __name__ == "__main__":
    main()
