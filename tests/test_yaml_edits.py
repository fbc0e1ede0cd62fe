"""Additions to YAML files of people: exactly what was meant, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipegen.onboarding.yaml_edits import with_item, with_value

TEXT = st.text("ab:#-'\"\n é", max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["a", "targets", "list", "z"]), VALUES, max_size=4)
STYLES = st.fixed_dictionaries(
    {"default_flow_style": st.sampled_from([True, False, None]), "indent": st.integers(2, 6)}
)


@given(DOCUMENTS, STYLES)
def test_a_value_is_set_or_the_text_is_refused(document: dict[str, object], style: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, **style)
    edited = with_value(text, "targets", "[azure]")
    if edited is not None:
        assert yaml.safe_load(edited) == {**document, "targets": ["azure"]}


@given(st.lists(VALUES, max_size=3), DOCUMENTS, STYLES)
def test_an_item_is_added_or_the_text_is_refused(
    items: list[object], document: dict[str, object], style: dict[str, Any]
) -> None:
    whole = {**document, "list": items}
    text = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, **style)
    edited = with_item(text, "list", "- x: 1\n  y: [2]\n")
    if edited is not None:
        assert yaml.safe_load(edited) == {**whole, "list": [*items, {"x": 1, "y": [2]}]}


@given(st.text("targetslis: -[]{}&*!|>#\n\t\x00é", max_size=40))
def test_no_text_makes_a_traceback(text: str) -> None:
    assert with_value(text, "targets", "[azure]") is None or yaml.safe_load(text) is not None
    assert with_item(text, "list", "- x\n") is None or "list" in text


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("a: 1 # one\n", "a: 1 # one\ntargets: [azure]\n"),
        ("a: 1", "a: 1\ntargets: [azure]\n"),
        ("targets: [github, azure] # two\nb: 2\n", "targets: [azure] # two\nb: 2\n"),
        ("targets:\n  - github # one\n  - azure\n\n# c\nb: 1\n", "targets: [azure]\n\n# c\nb: 1\n"),
        ("x: targets\ntargets: [github]\n", "x: targets\ntargets: [azure]\n"),
        ("a: {targets: 1}\n...\n", None),
        ("{a: 1}\n", None),
        ("- a\n", None),
        ("a: [\n", None),
    ],
)
def test_only_the_line_of_the_value_changes(text: str, edited: str | None) -> None:
    assert with_value(text, "targets", "[azure]") == edited
