"""A spec over its base: what the merged data are, and that every value keeps its place in the file that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deliveries import SPECS
from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Span
from pipegen.layers import Layered, layered
from pipegen.source import Source

SPEC, BASE, SHARED = "model-specs/churn.yaml", "model-specs/bases/rest-model.yaml", "pipegen.toml"


def merged(spec: str, base: str) -> Layered:
    found = layered(Source.parse(SPEC, spec.encode()), Source.parse(BASE, base.encode()), None)
    assert isinstance(found, Layered)
    return found


def place(source: Source | Layered, path: KeyPath, *, at_key: bool = False) -> tuple[str, int]:
    found = source.diagnostic(Finding(path, "PG000", ""), at_key=at_key)
    assert found.span is not None
    return found.file, found.span.start.line


# ---------------------------------------------------------------- tables

MERGED = {
    "the spec wins, key by key": (
        "model: {name: churn, owner: retention}",
        "model: {owner: platform, path: models}\nvariables: {A: x}",
        "{model: {name: churn, owner: retention, path: models}, variables: {A: x}}",
    ),
    "lists are replaced": (
        "model: {paths: [a]}",
        "model: {paths: [b, c]}",
        "{model: {paths: [a]}}",
    ),
    "what is no mapping in both is replaced": (
        "stages: [{id: train, metrics: {file: m.json}}]",
        "stages: [{id: train, metrics: metrics.json}]",
        "{stages: [{id: train, metrics: {file: m.json}}]}",
    ),
    "a key without a value is not filled in": (
        "environments: {prod: {approvals: }}",
        "environments: {prod: {approvals: {count: 2}}}",
        "{environments: {prod: {approvals: }}}",
    ),
    "secrets merge by name, however they are written": (
        "secrets: [A, B]\nenvironments: {prod: {secrets: {C: {stages: [x]}}}}",
        "secrets: {B: {type: file}, D: {}}\nenvironments: {prod: {secrets: [C, E]}}",
        "{secrets: {A: {}, B: {type: file}, D: {}}, environments: {prod: {secrets: {C: {stages: [x]}, E: {}}}}}",
    ),
    "stages merge by id, at the place that they have in the base": (
        "stages: [{id: deploy, run: own}, {id: test, retries: 2}]",
        "stages: [{id: test, run: base}, {id: train}, {id: deploy, run: base, timeout: 1h}]",
        "{stages: [{id: test, run: base, retries: 2}, {id: train}, {id: deploy, run: own, timeout: 1h}]}",
    ),
    "a new stage comes right after the one that it follows in the spec": (
        "stages: [{id: train}, {id: validate}, {id: explain}, {id: test}, {id: lint}]",
        "stages: [{id: test}, {id: train}, {id: deploy}]",
        "{stages: [{id: test}, {id: lint}, {id: train}, {id: validate}, {id: explain}, {id: deploy}]}",
    ),
    "a new stage that follows none comes last": (
        "stages: [{id: report}, {id: test, retries: 1}]",
        "stages: [{id: test}, {id: train}]",
        "{stages: [{id: test, retries: 1}, {id: train}, {id: report}]}",
    ),
    "an id that the spec has twice stays for the rules to refuse": (
        "stages: [{id: test, run: a}, {id: test, run: b}]",
        "stages: [{id: test, run: c}, {id: train}]",
        "{stages: [{id: test, run: a}, {id: test, run: b}, {id: train}]}",
    ),
    "what is no stage stays for the shape to refuse": (
        "stages: [test, {run: a}, {id: 5}]",
        "stages: [{id: test}, {run: b}]",
        "{stages: [{id: test}, {run: b}, test, {run: a}, {id: 5}]}",
    ),
    "one thing to do replaces the other": (
        "stages: [{id: a, command: [x]}, {id: b, rollout: []}, {id: c, run: own}, {id: d, use: pytest}]",
        "stages: [{id: a, run: y}, {id: b, run: y}, {id: c, use: pytest, with: {paths: [t]}}, {id: d, steps: []}]",
        "{stages: [{id: a, command: [x]}, {id: b, rollout: []}, {id: c, run: own}, {id: d, use: pytest}]}",
    ),
    "parameters of a stage kind merge as long as it is the same": (
        "stages: [{id: a, use: pytest, with: {junit: j}}, {id: b, use: own, with: {y: 1}}, {id: c, with: {z: 1}}]",
        "stages: [{id: a, use: pytest, with: {fast: 1}}, {id: b, use: pytest, with: {x: 1}}, {id: c, use: pytest}]",
        """\
stages:
  - {id: a, use: pytest, with: {fast: 1, junit: j}}
  - {id: b, use: own, with: {y: 1}}
  - {id: c, use: pytest, with: {z: 1}}
""",
    ),
    "conda replaces Python and its cache": (
        "runtime: {conda: {name: churn}}",
        "runtime: {python: '3.11', cache: pip, install: pip install .}",
        "{runtime: {conda: {name: churn}, install: pip install .}}",
    ),
    "Python replaces conda, and a cache of its own stays": (
        "runtime: {python: '3.12', cache: pip}",
        "runtime: {conda: {name: churn}, cache: conda}",
        "{runtime: {python: '3.12', cache: pip}}",
    ),
    "the same Python in another version keeps the cache": (
        "runtime: {python: '3.12'}",
        "runtime: {python: '3.11', cache: pip}",
        "{runtime: {python: '3.12', cache: pip}}",
    ),
}


@pytest.mark.parametrize(("spec", "base", "expected"), MERGED.values(), ids=MERGED)
def test_a_spec_over_its_base(spec: str, base: str, expected: str) -> None:
    assert merged(spec, base).data == yaml.safe_load(expected)


WRITTEN_SPEC = """\
pipegen: 1
extends: bases/rest-model.yaml
secrets: [OWN]
environments:
  prod:
    secrets: {TOKEN: {stages: [deploy]}}
stages:
  - id: train
    run: ./train.sh
  - id: validate
    run: ./validate.sh
"""
WRITTEN_BASE = """\
runtime:
  python: "3.11"
secrets: {INDEX: {type: file}}
environments:
  dev: {}
  prod:
    secrets:
      - TOKEN
      - OTHER
stages:
  - id: train
    timeout: 3h
    run: base
  - id: deploy
    run: ./deploy.sh
"""
PLACES: dict[KeyPath, tuple[str, int]] = {
    ("pipegen",): (SPEC, 1),
    ("runtime",): (BASE, 1),
    ("runtime", "python"): (BASE, 2),
    ("runtime", "install"): (BASE, 1),  # which nobody says: the place of the nearest that there is
    ("schedules",): (SPEC, 1),
    ("secrets", "OWN"): (SPEC, 3),
    ("secrets", "INDEX"): (BASE, 3),
    ("secrets", "INDEX", "type"): (BASE, 3),
    ("environments",): (SPEC, 4),
    ("environments", "dev"): (BASE, 5),
    ("environments", "prod"): (SPEC, 5),
    ("environments", "prod", "secrets", "TOKEN", "stages", 0): (SPEC, 6),
    ("environments", "prod", "secrets", "OTHER"): (BASE, 9),
    ("environments", "prod", "approvals"): (SPEC, 5),
    ("stages",): (SPEC, 7),
    ("stages", 0): (SPEC, 8),
    ("stages", 0, "run"): (SPEC, 9),
    ("stages", 0, "timeout"): (BASE, 12),
    ("stages", 1, "run"): (SPEC, 11),
    ("stages", 2): (BASE, 14),
    ("stages", 2, "run"): (BASE, 15),
    ("stages", 2, "restore"): (BASE, 14),
}


@pytest.mark.parametrize(("path", "expected"), PLACES.items(), ids=lambda each: ".".join(map(str, each)))
def test_a_finding_stands_in_the_file_that_holds_the_line(path: KeyPath, expected: tuple[str, int]) -> None:
    assert place(merged(WRITTEN_SPEC, WRITTEN_BASE), path, at_key=True) == expected


def test_a_spec_without_a_base_and_anything_shared_is_its_source_itself() -> None:
    source = Source.parse(SPEC, b"pipegen: 1\n")
    assert layered(source, None, None) is source


def test_merging_changes_neither_file() -> None:
    spec, base = Source.parse(SPEC, WRITTEN_SPEC.encode()), Source.parse(BASE, WRITTEN_BASE.encode())
    layered(spec, base, base)
    assert spec == Source.parse(SPEC, WRITTEN_SPEC.encode())
    assert base == Source.parse(BASE, WRITTEN_BASE.encode())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_over_an_empty_base_a_shipped_spec_is_what_it_was(path: Path) -> None:
    source = Source.read(path, SPEC)
    assert merged(source.text, "{}").data == source.data


# ---------------------------------------------------------------- any layers


def layers(owner: str, *, scoped: bool = True) -> st.SearchStrategy[dict[str, object]]:
    """Part of a spec whose every text says which file it stands in."""
    text = st.integers(0, 99).map(lambda number: f"{owner}{number}")
    texts = st.lists(text, max_size=2)
    names = st.sampled_from(["A", "B", "C"])
    secret = st.fixed_dictionaries({}, optional={"credential": text, **({"stages": texts} if scoped else {})})
    secrets = st.lists(names, unique=True, max_size=3) | st.dictionaries(names, secret, max_size=3)
    environment = st.fixed_dictionaries(
        {}, optional={"title": text, "secrets": secrets, "variables": st.dictionaries(names, text, max_size=2)}
    )
    doing = {"run": text, "command": texts, "use": text, "with": st.dictionaries(names, text, max_size=2)}
    stage = st.fixed_dictionaries({"id": st.sampled_from(["a", "b", "c", "d"])}, optional={**doing, "title": text})
    return st.fixed_dictionaries(
        {},
        optional={
            "runtime": st.fixed_dictionaries({}, optional={"python": text, "conda": text, "cache": text}),
            "secrets": secrets,
            "environments": st.dictionaries(st.sampled_from(["dev", "prod"]), environment, max_size=2),
            "stages": st.lists(stage, max_size=4),
            "store": st.fixed_dictionaries({}, optional={"put": text, "get": text}),
        },
    )


def sources(owner: str, name: str) -> st.SearchStrategy[Source]:
    written = layers(owner).map(lambda data: yaml.safe_dump(data, sort_keys=False))
    return written.map(lambda text: Source.parse(name, text.encode()))


def shared_tables() -> st.SearchStrategy[Source]:
    """Without stages of secrets, of which each spec gets those that it has."""
    said = layers("toml", scoped=False)
    kept = said.map(lambda data: {key: data[key] for key in data.keys() & {"runtime", "secrets", "store"}})
    whole = st.fixed_dictionaries(
        {"environments": said.map(lambda data: data.get("environments", {})), "defaults": kept}
    )
    return whole.map(lambda data: Source.parse(SHARED, yaml.safe_dump(data, sort_keys=False).encode()))


def leaves(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [leaf for key, child in parts for leaf in leaves(child, (*path, key))]
    yield from inner or [(path, value)]


def written_at(text: str, span: Span) -> str:
    lines = text.split("\n")[span.start.line - 1 : span.end.line]
    lines[-1] = lines[-1][: span.end.column - 1]
    return (
        "\n".join([lines[0][span.start.column - 1 :], *lines[1:]])
        if len(lines) > 1
        else lines[0][span.start.column - 1 :]
    )


def assert_written(found: Diagnostic, path: KeyPath, leaf: object, files: list[Source]) -> None:
    (file,) = (each for each in files if each.name == found.file)
    assert found.span is not None
    there = yaml.safe_load(written_at(file.text, found.span))
    # A secret that is only named stands there as its name, and no secrets at all as an empty list.
    assert there == leaf or (leaf == {} and there in (path[-1], [])), (path, leaf, found)


@given(sources("spec", SPEC), st.none() | sources("base", BASE), st.none() | shared_tables())
def test_every_leaf_of_merged_data_stands_where_its_place_says(
    spec: Source, base: Source | None, shared: Source | None
) -> None:
    whole = layered(spec, base, shared)
    files = [each for each in (spec, base, shared) if each is not None]
    for path, leaf in leaves(whole.data):
        if path:
            assert_written(whole.diagnostic(Finding(path, "PG000", "")), path, leaf, files)


@given(sources("spec", SPEC))
def test_over_an_empty_base_any_spec_is_what_it_was(spec: Source) -> None:
    whole = layered(spec, Source.parse(BASE, b"{}"), None)
    assert whole.data == spec.data
    assert all(place(whole, path) == place(spec, path) for path, _ in leaves(spec.data))


@given(sources("spec", SPEC), sources("base", BASE))
def test_the_base_takes_nothing_from_the_spec(spec: Source, base: Source) -> None:
    own: Any = spec.data
    whole: Any = layered(spec, base, None).data
    for key in ("runtime", "store"):
        assert whole.get(key, {}).items() >= own.get(key, {}).items()
    titled = {(stage["id"], stage["title"]) for stage in own.get("stages", ()) if "title" in stage}
    assert titled <= {(stage["id"], stage.get("title")) for stage in whole.get("stages", ())}
