"""A lineage is read strictly: nothing that is missing, misspelled or of another form passes for unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_ledgers import judged, run, write
from gate_lineages import AGE, CHANGES, MISSING, PLAN, against_file, edited
from gate_runs import CANNOT_JUDGE, PASS
from pages import text_of
from pipegen.gates.lineage import DATA_FORMS, FORMS, lineage_in, recorded_lineage
from pipegen.gates.reading import parse_object
from pipegen.gates.version import bump, changes
from pipegen.gates.version_judging import COMPARED


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("PIPEGEN_SUMMARY", "PIPEGEN_MODEL", "PIPEGEN_COMMIT", "PIPEGEN_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "[]", "{}", '{"format": "pipegen-lineage/2"}', '{"format": "pipegen-lineage/1"}', b"\xff\xfe"],
)
def test_a_lineage_that_cannot_be_read_never_passes(content: str | bytes | None) -> None:
    arguments = against_file({}, "--claimed", "9.0.0")
    Path("lineage.json").unlink()
    write("lineage.json", content)
    assert run(*arguments).code == CANNOT_JUDGE


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ({"signature.inputs": [{"name": "age", "type": "any"}, PLAN]}, "the column 'age' in signature.inputs[0]"),
        ({"signature.outputs": [{"name": "score", "type": "Array(AnyType)"}]}, "has the type 'Array(AnyType)'"),
        ({"signature.inputs": []}, "signature.inputs is not a list of at least one column"),
        ({"signature.outputs": MISSING}, "signature.outputs is not a list of at least one column"),
        ({"signature": {}}, "signature.inputs is not a list"),
        ({"signature": None}, "signature is null, not an object"),
        ({"signature": "[]"}, "signature is a string, not an object"),
        ({"signature.inputs": [AGE, AGE]}, "has the column 'age' more than once"),
        ({"signature.inputs": ["age"]}, "signature.inputs[0] is not an object with the texts 'name' and 'type'"),
        ({"signature.inputs": [{"name": "age", "type": ""}]}, "signature.inputs[0] is not an object"),
        ({"signature.inputs": [{"type": "double"}]}, "signature.inputs[0] is not an object"),
        ({"signature.positional": 1}, "signature.positional is a number, not true or false"),
        ({"algorithm": ""}, "algorithm is an empty text, not a text"),
        ({"algorithm": 3}, "algorithm is a number, not a text"),
        ({"algorithm": None}, "algorithm is null, not a text"),
        ({"feature_code": ["sha256:1"]}, "feature_code is a list, not a text"),
        ({"data": "dvc:1"}, "data is a string, not an object"),
        ({"data.rows": "many"}, "data.rows is a string, not a number"),
        ({"data.rows": True}, "data.rows is a boolean, not a number"),
        ({"data.window": "2025"}, "no lineage has the key 'data.window'"),
        ({"parameters": [6]}, "parameters is a list, not an object"),
        ({"parameters.eta": float("nan")}, "holds NaN, which is no finite number"),
        ({"parameters.deep": {"eta": [float("inf")]}}, "holds Infinity, which is no finite number"),
        ({"algoritm": "svm"}, "no lineage has the key 'algoritm'; did you mean algorithm?"),
        ({"experiments": "EXP-1"}, "experiments is a string, not a list of texts"),
        ({"algorithm": MISSING}, "the version before states it and this lineage does not"),
        ({"data": MISSING}, "the version before states it and this lineage does not"),
        ({"data.from": MISSING}, "the version before states it and this lineage does not"),
        ({"parameters": MISSING}, "the version before states it and this lineage does not"),
    ],
)
def test_what_is_missing_or_no_lineage_is_never_unchanged(edits: dict[str, object], reason: str) -> None:
    done = run(*against_file(edits, "--claimed", "9.0.0", "--json", "gate.json"))
    reasons = [each["reason"] for each in json.loads(Path("gate.json").read_text("utf-8"))["judgements"]]
    assert done.code == CANNOT_JUDGE
    assert any(reason in each for each in reasons), reasons


def test_parameters_nested_without_end_are_no_lineage() -> None:
    arguments = against_file({}, "--claimed", "9.0.0")
    for depth in (200, 400, 900, 100_000):
        nested = "[" * depth + "]" * depth
        text = json.dumps(edited({"parameters": {"x": "NESTED"}})).replace('"NESTED"', nested)
        assert run(*arguments, "--lineage", str(write("lineage.json", text))).code in (PASS, CANNOT_JUDGE)
    assert run(*arguments).code == CANNOT_JUDGE


@pytest.mark.parametrize("number", ["1e999999999", "1e-999999999", "1" * 400])
def test_parameters_that_no_training_could_hold_are_no_lineage(number: str) -> None:
    arguments = against_file({}, "--claimed", "9.0.0")
    write("lineage.json", json.dumps(edited({"parameters": {"x": "NUMBER"}})).replace('"NUMBER"', number))
    assert run(*arguments).code == CANNOT_JUDGE


def test_whole_numbers_are_compared_exactly() -> None:
    before = edited({"parameters": {"seed": 2**63}}) | {"version": "1.4.2"}
    *found, _ = judged(against_file({"parameters": {"seed": 2**63 + 1}}, before=before))
    assert [each["subject"] for each in found] == ["parameter seed"]


@pytest.mark.parametrize("key", ["algorithm", "signature", "feature_code"])
def test_what_neither_version_states_has_to_be_given_up_in_words(key: str) -> None:
    before = edited({key: MISSING}) | {"version": "1.4.2"}
    arguments = against_file({key: MISSING}, "--claimed", "9.0.0", before=before)
    assert run(*arguments).code == CANNOT_JUDGE
    assert f"give --without {key}" in run(*arguments).out
    done = run(*arguments, "--without", key)
    assert (done.code, "the model has none" in done.out) == (PASS, True)


@pytest.mark.parametrize("key", ["data", "parameters"])
def test_other_things_that_neither_version_states_are_said_to_be_unknown(key: str) -> None:
    before = edited({key: MISSING}) | {"version": "1.4.2"}
    done = run(*against_file({key: MISSING}, "--claimed", "1.4.2", before=before))
    assert (done.code, "not known" in done.out) == (PASS, True)


@pytest.mark.parametrize(("key", "smallest"), [(key, "2.0.0") for key in ("algorithm", "signature", "feature_code")])
def test_what_the_model_has_none_of_any_more_or_did_not_state_before_is_a_change(key: str, smallest: str) -> None:
    gone = judged(against_file({key: MISSING}, "--without", key))
    came = judged(against_file({}, before=edited({key: MISSING}) | {"version": "1.4.2"}))
    assert (gone[-1]["value"], came[-1]["value"]) == (smallest, smallest)


# ---------------------------------------------------------------- differences

EDITS = st.sampled_from([edits for edits, _, _ in CHANGES])


@given(edits=EDITS, others=EDITS)
def test_a_lineage_differs_from_itself_in_nothing_and_from_another_in_both_directions(
    edits: dict[str, object], others: dict[str, object]
) -> None:
    one, other = lineage_in(edited(edits)), lineage_in(edited(others))
    assert changes(one, one) == ()
    there, back = changes(one, other), changes(other, one)
    assert {(each.subject, each.before, each.after) for each in there} == {
        (each.subject, each.after, each.before) for each in back
    }
    assert bump(there) == bump(back)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(parameters=st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_any_parameters_are_unchanged_after_a_way_through_a_file_and_a_record(parameters: dict[str, object]) -> None:
    document = edited({"parameters": parameters})
    read = lineage_in(parse_object(json.dumps(document).encode("utf-8", "surrogatepass")))
    assert changes(recorded_lineage(document), read) == ()


# ---------------------------------------------------------------- the page about lineage


def test_the_page_shows_a_whole_lineage_and_names_every_key() -> None:
    page = text_of("docs/lineage.md")
    example = parse_object(page.split("```json\n")[1].split("```")[0].encode())
    stated = lineage_in(example)
    assert set(example) == set(FORMS)
    assert all(stated.knows(key) for key in COMPARED)
    for key in (*FORMS, *(f"data.{each}" for each in DATA_FORMS)):
        assert f"| `{key}` |" in page, key
