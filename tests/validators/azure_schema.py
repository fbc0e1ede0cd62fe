"""The published JSON schema of Azure pipelines, which describes what Azure reads: to it every scalar is text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from runners import missing

from .document import Document, Finding


def path() -> Path:
    """The schema lies in the check-jsonschema distribution; the language service expects it and does not ship it."""
    spec = find_spec("check_jsonschema")
    if not spec or not spec.origin:
        missing("check-jsonschema is not installed")
    return Path(spec.origin).parent / "builtin_schemas" / "vendor" / "azure-pipelines.json"


def findings(document: Document) -> Iterator[Finding]:
    """Each error at the deepest place it has: the alternatives above it all fail because of that one."""
    for error in _validator().iter_errors(_compiled(document.data)):
        cause = max(_causes(error), key=lambda one: len(one.absolute_path))
        yield tuple(cause.absolute_path), "schema", cause.message


def _compiled(node: Any) -> Any:  # noqa: ANN401
    """What Azure reads once a loop over a list has put what is in it into the list."""
    match node:
        case dict():
            return {key: _compiled(value) for key, value in node.items()}
        case list():
            return [_compiled(each) for item in node for each in _inserted(item)]
    return node


def _inserted(item: object) -> list[Any]:
    match item:
        case dict() if len(item) == 1:
            ((key, value),) = item.items()
            return value if str(key).startswith("${{ each ") and isinstance(value, list) else [item]
    return [item]


@cache
def _validator() -> Draft7Validator:
    """A validator whose strings are all scalars, and whose patterns know the schema's own `ignoreCase`."""
    scalars = Draft7Validator.TYPE_CHECKER.redefine("string", _is_text)
    extended = extend(Draft7Validator, {"pattern": _pattern}, type_checker=scalars)  # type: ignore[no-untyped-call]
    validator: Draft7Validator = extended(json.loads(path().read_text(encoding="utf-8")))
    return validator


def _causes(error: ValidationError) -> Iterator[ValidationError]:
    for inner in error.context or ():
        yield from _causes(inner)
    yield error


def _is_text(_: object, value: object) -> bool:
    return isinstance(value, str | bool | int | float)


def _pattern(_: object, pattern: str, value: object, schema: dict[str, Any]) -> Iterator[ValidationError]:
    """`ignoreCase` is an extension that the schema relies on for booleans and versions."""
    text = str(value).lower() if isinstance(value, bool) else value
    flags = re.IGNORECASE if schema.get("ignoreCase") else re.NOFLAG
    if isinstance(text, str) and not re.search(pattern, text, flags):
        yield ValidationError(f"{value!r} does not match {pattern!r}")
