"""Whether a file has the shape that a model of pydantic asks for, and all that is wrong with it in people's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TypeVar

from pydantic import StringConstraints, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Located
from pipegen.spec import scalars
from pipegen.spec.faults import Fault, Schema, fault_of
from pipegen.spec.forms import YAML, Form
from pipegen.spec.model import ModelSpec
from pipegen.spec.scalars import Shape
from pipegen.yaml_problems import shown

CODES = {
    "PG101": "a key is not known",
    "PG102": "a key is missing",
    "PG103": "a value is of the wrong type",
    "PG104": "a value has the wrong form, length or size",
    "PG105": "a value is not one of the known ones",
    "PG106": "the version of the spec language is not known",
}

T = TypeVar("T", bound=Shape)


def shape(source: Located) -> tuple[ModelSpec | None, tuple[Diagnostic, ...]]:
    """The spec that the file says, or None and everything that is wrong with its shape."""
    return shape_as(ModelSpec, source)


def shape_as(model: type[T], source: Located, form: Form = YAML) -> tuple[T | None, tuple[Diagnostic, ...]]:
    """The same for another kind of file, for example a stage kind."""
    found = {
        (finding.path, finding.code): source.diagnostic(finding, at_key=True) for finding in _nothing(source.data, ())
    }
    problems: list[ErrorDetails] = []
    try:
        shaped = model.model_validate(source.data)
        if not found:
            return shaped, ()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=True)
    schema = model.model_json_schema(mode="serialization")
    faults = (fault_of(source.data, schema, problem, form) for problem in problems)
    for fault in faults:
        for finding in _findings(fault):
            diagnostic = source.diagnostic(finding, at_key=fault.at_key)
            found.setdefault((finding.path, finding.code), diagnostic)
    return None, tuple(sorted(found.values(), key=lambda each: each.sort_key))


def _nothing(value: object, path: KeyPath) -> Iterator[Finding]:
    """Keys and items without a value: a control that is only named must not pass for one that is left out."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in parts:
        if inner is None:
            what = f"item {key + 1} of the list" if isinstance(key, int) else f"key {shown(key)}"
            yield Finding((*path, key), "PG103", f"{what} has no value", "leave the key out, or give it a value")
        yield from _nothing(inner, (*path, key))


# ---------------------------------------------------------------- what to say about it


def _findings(fault: Fault) -> Iterator[Finding]:
    match fault.type:
        case "extra_forbidden":
            yield _unknown_key(fault)
        case "missing":
            yield _missing_key(fault)
        case "literal_error":
            yield _unknown_version(fault) if fault.path == ("pipegen",) else _unknown_value(fault)
        case "string_pattern_mismatch":
            yield _wrong_form(fault)
        case "value_error":
            yield _own_words(fault)
        case "string_too_short" | "string_too_long" | "too_short" | "too_long":
            yield from _wrong_length(fault)
        case "greater_than_equal" | "less_than_equal":
            side = "at least" if fault.type == "greater_than_equal" else "at most"
            bound = fault.context.get("ge", fault.context.get("le"))
            message = f"{_place(fault.path)} must be {side} {bound}, but this is {fault.value}"
            yield Finding(fault.path, "PG104", message, _advice(fault))
        case _:
            yield _wrong_type(fault)


def _unknown_key(fault: Fault) -> Finding:
    known = sorted({key for schema in fault.schemas for key in schema.get("properties", {})})
    where = f" in {_place(fault.path[:-1])}" if len(fault.path) > 1 else ""
    message = f"key {shown(fault.name)}{where} is not known"
    return Finding(fault.path, "PG101", message, _nearest(fault.name, known, "keys"))


def _missing_key(fault: Fault) -> Finding:
    message = f"{_place(fault.path[:-1])} has no key {fault.name!r}"
    known = {key: schema for each in fault.schemas for key, schema in each.get("properties", {}).items()}
    description = known.get(fault.name, {}).get("description", "")
    hint = "begin the spec with `pipegen: 1`" if fault.path == ("pipegen",) else description
    return Finding(fault.path, "PG102", message, hint)


def _unknown_version(fault: Fault) -> Finding:
    message = f"the version of the spec language is {_kind(fault.value, fault.form)}, which is not known"
    return Finding(fault.path, "PG106", message, "this pipegen knows version 1: write `pipegen: 1`")


def _unknown_value(fault: Fault) -> Finding:
    known = [value for each in fault.schemas for value in each.get("enum", [each.get("const")]) if value is not None]
    message = f"{_kind(fault.value, fault.form)} is not a value of {_place(fault.path)}"
    return Finding(fault.path, "PG105", message, _nearest(fault.value, known, "values"))


def _wrong_type(fault: Fault) -> Finding:
    expected, given = _expected(fault), _kind(fault.value, fault.form)
    message, hint = f"{_place(fault.path)} must be {expected}, but this is {given}", _advice(fault)
    if fault.value is None:
        hint = "leave the key out, or give it a value"
    elif expected == "a list" and not isinstance(fault.value, list | dict):
        hint = f"write it as a list: {fault.form.written([fault.value])}"
    elif isinstance(fault.value, list) and (twice := _twice(fault.value)):
        message, hint = f"{_place(fault.path)} names {twice} twice", "name each once"
    return Finding(fault.path, "PG103", message, hint)


def _twice(items: list[object]) -> str:
    """The first text that a list of texts holds twice."""
    seen: set[str] = set()
    for item in items:
        if not isinstance(item, str):
            return ""
        if item in seen:
            return shown(item)
        seen.add(item)
    return ""


def _own_words(fault: Fault) -> Finding:
    """The complaint of a validator of the spec language itself, which is written for people."""
    is_text = isinstance(fault.value, str)
    wants_text = all(each.get("type") == "integer" for each in fault.schemas)
    code = "PG104" if is_text and wants_text else "PG103"
    message = f"{_place(fault.path)} is {_kind(fault.value, fault.form)}: {fault.context['error']}"
    return Finding(fault.path, code, message, _advice(fault))


def _wrong_length(fault: Fault) -> Iterator[Finding]:
    least, most = fault.context.get("min_length"), fault.context.get("max_length")
    size = len(fault.value) if isinstance(fault.value, str | list | dict) else 1
    if (least is None or size >= least) and (most is None or size <= most):
        return  # it only became too short because items were refused, and those have findings of their own
    unit = "characters" if isinstance(fault.value, str) else "items"
    if size == 0:
        message = f"{_place(fault.path)} is empty"
    elif most is not None:
        message = f"{_place(fault.path)} has {size} {unit}, more than {most}"
    else:
        message = f"{_place(fault.path)} has {size} {unit}, less than {least}"
    yield Finding(fault.path, "PG104", message, _advice(fault))


_CLASS = re.compile(r"\[((?:[^\]\\]|\\.)+)\]")


def _wrong_form(fault: Fault) -> Finding:
    pattern, text = fault.context["pattern"], str(fault.value)
    fitting = tuple(each for each in fault.schemas if each.get("pattern") == pattern) or fault.schemas
    reason = _misfit(pattern, text)
    what = f"name {shown(text)} of a key" if fault.at_key else f"{shown(text)}"
    where = "" if fault.at_key else f" of {_place(fault.path)}"
    return Finding(fault.path, "PG104", f"{what} has not the form{where}{reason}", _advice(fault, fitting, text))


def _misfit(pattern: str, text: str) -> str:
    """The first character that the pattern allows nowhere, or not at the beginning, where that is the reason."""
    classes = [re.compile(f"[{each}]") for each in _CLASS.findall(pattern)]
    if not text:
        return ": it is empty"
    if not classes or "|" in pattern:
        return ""
    literal = re.sub(r"[\\^$(){}*+?]", "", _CLASS.sub("", pattern))
    wrong = next((each for each in text if each not in literal and not any(one.match(each) for one in classes)), None)
    if wrong is not None:
        return f": {wrong!r} cannot stand in it"
    if pattern.startswith("^[") and not classes[0].match(text):
        return f": it cannot begin with {text[0]!r}"
    return ""


# ---------------------------------------------------------------- words


def _place(path: KeyPath) -> str:
    """The last key on the way, as people call it."""
    if not path:
        return "the file"
    names = [part for part in path if isinstance(part, str)]
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {names[-1]!r}"
    return repr(path[-1])


def _advice(fault: Fault, schemas: Iterable[Schema] | None = None, text: str = "") -> str:
    """The description of what belongs there, with the nearest word of it or an example."""
    for schema in fault.schemas if schemas is None else schemas:
        description: str = _FORMS.get(schema.get("pattern", "")) or schema.get("description", "")
        words = re.findall(r"`([a-z-]+)`", description)
        near = get_close_matches(text, words, 1)
        if near:
            return f"did you mean {near[0]!r}? {description}"
        example = f"for example {fault.form.written(schema['examples'][0])}" if schema.get("examples") else ""
        short = description if description.endswith("...") else description.removesuffix(".")
        return "; ".join(part for part in (short, example) if part)
    return ""


def _forms() -> Iterator[tuple[str, str]]:
    """The pattern of each kind of name and the words for its form, which a field's own description hides."""
    for kind in vars(scalars).values():
        metadata = getattr(kind, "__metadata__", ())
        patterns = [each.pattern for each in metadata if isinstance(each, StringConstraints) and each.pattern]
        words = [each.description for each in metadata if isinstance(each, FieldInfo) and each.description]
        yield from zip(map(str, patterns), words, strict=False)


_FORMS = dict(_forms())


def _nearest(given: object, known: Iterable[object], what: str) -> str:
    names = [str(each) for each in known]
    near = get_close_matches(str(given).lower().rstrip("_").replace("-", "_"), names, 1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known {what}: {', '.join(names)}"


def _expected(fault: Fault) -> str:
    known = {**_TYPES, "object": f"a {fault.form.mapping}"}
    words = dict.fromkeys(known.get(str(each.get("type")), "something else") for each in fault.schemas)
    return " or ".join(words) if words else "something else"


def _kind(value: object, form: Form) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return shown(value)
        case list():
            return "a list"
        case _:
            return f"a {form.mapping}"


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
}
