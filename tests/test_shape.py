"""A file of the wrong shape is answered where it is wrong, in people's words, and with everything at once."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipegen.config import Config, Pin
from pipegen.diagnostics import Diagnostic, KeyPath
from pipegen.reporting import text
from pipegen.repository import check_repository, summary
from pipegen.source import Source
from pipegen.spec.shape import shape
from pipegen.validation import Validated, load_kinds, validate

ROOT = Path(__file__).resolve().parent.parent
HEAD = "pipegen: 1\nmodel: {name: churn, owner: retention}\n"
TEST = "stages: [{id: test, run: pytest}]\n"
CONFIG = Config(pin=Pin("0.1.0", "0" * 64))
SPECS = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((ROOT / "model-specs").glob("*.yaml"))]
KINDS, _ = load_kinds([Source.read(ROOT / "templates" / "stages" / "pytest.yaml", "templates/stages/pytest.yaml")])


def found(written: str) -> tuple[Diagnostic, ...]:
    spec, diagnostics = shape(Source.parse("spec.yaml", written.encode()))
    assert (spec is None) == bool(diagnostics)
    return diagnostics


@pytest.mark.parametrize(
    ("written", "code", "marked", "message"),
    [
        (HEAD + "variabels: {}\n" + TEST, "PG101", "variabels", "key 'variabels' is not known"),
        (HEAD + "stages: [{id: a, run: b, runs: c}]\n", "PG101", "runs", "key 'runs' in item 1 of 'stages'"),
        (HEAD + "stages: [{run: b}]\n", "PG102", "run", "item 1 of 'stages' has no key 'id'"),
        ("pipegen: 1\n" + TEST, "PG102", "pipegen", "the file has no key 'model'"),
        (HEAD + "stages: [{id: a, run: 5}]\n", "PG103", "5", "'run' must be text, but this is the number 5"),
        (HEAD + "stages: [{id: a, run: [b, 5]}]\n", "PG103", "5", "item 2 of 'run' must be text"),
        (HEAD + "stages: [{id: a, run: b, produces: 5}]\n", "PG103", "5", "'produces' must be a mapping"),
        (HEAD + "secrets: [A, A]\n" + TEST, "PG103", "[A, A]", "'secrets' names 'A' twice"),
        (HEAD + "runtime: {python: 3.10}\n" + TEST, "PG103", "3.10", "write the version in quotes"),
        (HEAD + "stages: [{id: a, run: b, metrics: /x}]\n", "PG104", "/x", "it cannot begin with '/'"),
        (HEAD + "environments: {Dev: {}}\n" + TEST, "PG104", "Dev", "name 'Dev' of a key has not the form"),
        (HEAD + "secrets: [ok]\n" + TEST, "PG104", "ok", "'o' cannot stand in it"),
        (HEAD + "stages: [{id: a, run: b, timeout: 5s}]\n", "PG104", "5s", "a duration is a number and a unit"),
        (HEAD + "stages: []\n", "PG104", "[]", "'stages' is empty"),
        (HEAD + "targets: [githb]\n" + TEST, "PG105", "githb", "'githb' is not a value of item 1 of 'targets'"),
        ("pipegen: 2\n" + HEAD.split("\n", 1)[1] + TEST, "PG106", "2", "the version of the spec language"),
    ],
)
def test_a_wrong_shape_is_marked_where_it_is_wrong(written: str, code: str, marked: str, message: str) -> None:
    (diagnostic,) = found(written)
    assert diagnostic.code == code
    assert message in diagnostic.message
    assert diagnostic.span is not None
    start, end = diagnostic.span.start, diagnostic.span.end
    assert diagnostic.excerpt[start.column - 1 : end.column - 1] == marked


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        (HEAD + "variabels: {}\n" + TEST, "did you mean 'variables'?"),
        (HEAD + "stages: [{id: a, run: b, depends-on: []}]\n", "known keys: "),
        (HEAD + "stages: [{id: a, run: b, at: [merge]}]\n", "did you mean 'merged'?"),
        (HEAD + "stages: [{id: a, run: b, at: merged}]\n", "write it as a list: [merged]"),
        (HEAD + "targets: [jenkin]\n" + TEST, "did you mean 'jenkins'?"),
        (HEAD + "runtime: {cache: npm}\n" + TEST, "known values: pip, conda"),
        (HEAD + "stages: [{id: Train, run: b}]\n", "Lower-case letters, digits and single hyphens"),
        (HEAD + "environments: {prod: }\n" + TEST, "leave the key out, or give it a value"),
    ],
)
def test_the_hint_says_what_to_write_instead(written: str, hint: str) -> None:
    (diagnostic,) = found(written)
    assert hint in diagnostic.hint


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file() -> None:
    diagnostics = found("pipegen: 1\nmodel: {nme: churn}\nstages: [{id: A, run: 5}, 7]\ntargets: [x]\n")
    assert [(each.span.start.line, each.code) for each in diagnostics if each.span] == [
        (2, "PG102"),
        (2, "PG102"),
        (2, "PG101"),
        (3, "PG104"),
        (3, "PG103"),
        (3, "PG103"),
        (4, "PG105"),
    ]


# ---------------------------------------------------------------- any file at all


def _places(data: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in children:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _at(data: Any, path: KeyPath) -> Any:  # noqa: ANN401  (plain data)
    for part in path:
        data = data[part]
    return data


_TEXTS = ["", "x", "$X", "${{ x }}", "checks", "prod", "deploy", "store", "*"]
_ODD = st.sampled_from([None, 0, -1, 1.5, True, [], {}, ["x"], {"x": 1}, *_TEXTS])


@st.composite
def changed_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A shipped spec in which some values are missing, doubled, odd, or those of another place."""
    spec: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(SPECS)))
    other = draw(st.sampled_from(SPECS))
    for _ in range(draw(st.integers(1, 3))):
        path: tuple[Any, ...] = draw(st.sampled_from(list(_places(spec))))
        parent, last = _at(spec, path[:-1]), path[-1]
        match draw(st.sampled_from(["odd", "missing", "doubled", "moved"])):
            case "missing":
                del parent[last]
            case "doubled" if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[last]))
            case "moved":
                parent[last] = copy.deepcopy(_at(other, draw(st.sampled_from(list(_places(other))))))
            case _:
                parent[last] = draw(_ODD)
    return spec


def _validated(spec: dict[str, Any]) -> tuple[Source, Validated]:
    source = Source.parse("spec.yaml", json.dumps(spec, indent=1).encode())
    return source, validate(source, CONFIG, KINDS)


@settings(max_examples=60, deadline=None)
@given(changed_specs())
def test_whatever_is_changed_in_a_spec_there_is_a_plan_or_a_located_error(spec: dict[str, Any]) -> None:
    source, validated = _validated(spec)
    errors = [each for each in validated.diagnostics if each.severity.value == "error"]
    assert (validated.delivery is None) == bool(errors)
    assert all(each.span is not None and each.message for each in validated.diagnostics)
    assert not any("pydantic" in each.message or "Input should" in each.message for each in validated.diagnostics)
    assert text(validated.diagnostics, color=False).count("PG") >= len(validated.diagnostics)
    if validated.spec is not None:
        once = summary(source, validated.spec)
        assert list(check_repository([once])) == []


def test_findings_inside_a_stage_kind_stand_where_the_spec_uses_it() -> None:
    source, validated = _validated(
        {**SPECS[0], "stages": [{"id": "a", "use": "pytest", "with": {"args": ["--x=$NOPE"]}}], "schedules": {}}
    )
    (unknown,) = (each for each in validated.diagnostics if each.code == "PG233")
    assert unknown.span == source.key_span(("stages", 0, "with"))
