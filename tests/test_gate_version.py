"""`pipegen gate version` lets no version pass that is too low for what changed, or whose changes are unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_ledgers import IN_FOLDER, LEDGER, commit, deploy, judged, restore, roll_back, run, sha256, write
from gate_runs import CANNOT_JUDGE, FAIL, HOSTILE, PASS
from pages import text_of
from pipegen.gates.lineage import DATA_FORMS, FORMS, lineage_in, recorded_lineage
from pipegen.gates.reading import parse_object
from pipegen.gates.version import Change, bump, changes
from pipegen.gates.version_judging import COMPARED
from pipegen.gates.version_numbers import Bump, Semver, is_enough, least, parse_semver
from pipegen.gates.version_numbers import text_of as core_text

LINEAGE: dict[str, object] = {
    "format": "pipegen-lineage/1",
    "version": "1.4.2",
    "algorithm": "xgboost.XGBClassifier",
    "signature": {
        "inputs": [{"name": "age", "type": "double"}, {"name": "plan", "type": "string"}],
        "outputs": [{"name": "score", "type": "double"}],
    },
    "feature_code": "sha256:1111",
    "data": {"version": "dvc:4f1c", "from": "2025-01-01", "to": "2025-12-31", "rows": 120000},
    "parameters": {"max_depth": 6, "eta": 0.1},
    "training_seconds": 812.5,
    "feature_changes": "none",
}
MISSING = object()


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("PIPEGEN_SUMMARY", "PIPEGEN_MODEL", "PIPEGEN_COMMIT", "PIPEGEN_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)


def edited(edits: Mapping[str, object]) -> dict[str, object]:
    """The lineage with some values of its own, each under a path of keys joined by dots; MISSING takes a key out."""
    document = deepcopy(LINEAGE)
    del document["version"]
    for path, value in edits.items():
        node, (*ahead, last) = document, path.split(".")
        for key in ahead:
            node = node[key]  # type: ignore[assignment]
        if value is MISSING:
            del node[last]
        else:
            node[last] = value
    return document


def against_file(edits: Mapping[str, object], *arguments: str, before: Mapping[str, object] = LINEAGE) -> list[str]:
    write("before.json", before)
    write("lineage.json", edited(edits))
    return ["version", "--lineage", "lineage.json", "--before", "before.json", *arguments]


# ---------------------------------------------------------------- what a change asks for

AGE, PLAN, SCORE = (
    {"name": "age", "type": "double"},
    {"name": "plan", "type": "string"},
    {"name": "score", "type": "double"},
)
CHANGES: list[tuple[dict[str, object], dict[str, str], str]] = [
    ({}, {}, "1.4.2"),
    (
        {"training_seconds": 9, "feature_changes": "other", "release_notes": "new", "experiments": ["EXP-1"]},
        {},
        "1.4.2",
    ),
    ({"parameters": {"eta": 1e-1, "max_depth": 6.0}}, {}, "1.4.2"),
    ({"signature.inputs": [PLAN, AGE]}, {}, "1.4.2"),
    ({"signature.inputs": [AGE, PLAN, {"name": "tenure", "type": "long"}]}, {"input tenure": "MAJOR"}, "2.0.0"),
    ({"signature.inputs": [AGE]}, {"input plan": "MAJOR"}, "2.0.0"),
    (
        {"signature.inputs": [{"name": "years", "type": "double"}, PLAN]},
        {"input age": "MAJOR", "input years": "MAJOR"},
        "2.0.0",
    ),
    ({"signature.inputs": [{"name": "age", "type": "long"}, PLAN]}, {"input age": "MAJOR"}, "2.0.0"),
    ({"signature.inputs": [AGE | {"required": False}, PLAN]}, {"input age": "MAJOR"}, "2.0.0"),
    ({"signature.outputs": [SCORE | {"type": "float"}]}, {"output score": "MAJOR"}, "2.0.0"),
    ({"signature.outputs": [SCORE, {"name": "reason", "type": "string"}]}, {"output reason": "MAJOR"}, "2.0.0"),
    ({"signature.positional": True}, {"columns are taken": "MAJOR"}, "2.0.0"),
    (
        {"signature.positional": True, "signature.inputs": [PLAN, AGE]},
        {"columns are taken": "MAJOR", "order of inputs": "MAJOR"},
        "2.0.0",
    ),
    ({"algorithm": "lightgbm.LGBMClassifier"}, {"algorithm": "MAJOR"}, "2.0.0"),
    ({"feature_code": "sha256:2222"}, {"feature_code": "MAJOR"}, "2.0.0"),
    ({"data.version": "dvc:5a5a"}, {"data.version": "MINOR"}, "1.5.0"),
    ({"data.from": "2025-02-01", "data.to": "2026-01-31"}, {"data.from": "MINOR", "data.to": "MINOR"}, "1.5.0"),
    ({"data.rows": 120001}, {"data.rows": "PATCH"}, "1.4.3"),
    ({"parameters.max_depth": 7}, {"parameter max_depth": "MINOR"}, "1.5.0"),
    ({"parameters.max_depth": "6"}, {"parameter max_depth": "MINOR"}, "1.5.0"),
    ({"parameters.max_depth": True}, {"parameter max_depth": "MINOR"}, "1.5.0"),
    ({"parameters.seed": 1}, {"parameter seed": "MINOR"}, "1.5.0"),
    ({"parameters": {}}, {"parameter max_depth": "MINOR", "parameter eta": "MINOR"}, "1.5.0"),
    ({"parameters.eta": 0.2, "algorithm": "svm"}, {"algorithm": "MAJOR", "parameter eta": "MINOR"}, "2.0.0"),
]


@pytest.mark.parametrize(("edits", "asked", "smallest"), CHANGES)
def test_each_change_asks_for_what_it_means(edits: dict[str, object], asked: dict[str, str], smallest: str) -> None:
    *found, version = judged(against_file(edits))
    assert {each["subject"]: each["bound"].removeprefix("asks for ") for each in found} == asked
    assert (version["subject"], version["value"]) == ("version", smallest)
    assert {each["verdict"] for each in [*found, version]} == {"pass"}


@pytest.mark.parametrize(("edits", "asked", "smallest"), CHANGES)
def test_the_smallest_version_passes_and_any_below_it_is_refused(
    edits: dict[str, object], asked: dict[str, str], smallest: str
) -> None:
    assert run(*against_file(edits, "--claimed", smallest)).code == PASS
    assert run(*against_file(edits, "--claimed", "9.0.0")).code == PASS
    below = {"2.0.0": ["1.4.2", "1.4.3", "1.5.0", "1.99.99"], "1.5.0": ["1.4.2", "1.4.99"], "1.4.3": ["1.4.2"]}
    for version in [*below.get(smallest, []), "1.4.1", "0.9.0", "1.4.2-rc.1"]:
        assert run(*against_file(edits, "--claimed", version)).code == FAIL, version
    assert asked or smallest == "1.4.2"


def test_a_refusal_says_which_change_asked_for_what() -> None:
    done = run(*against_file({"algorithm": "svm", "data.version": "dvc:5a5a"}, "--claimed", "1.5.0"))
    assert done.code == FAIL
    rows = [re.split(r" {2,}", line) for line in done.out.splitlines()[4:]]
    assert rows == [
        [
            "fail",
            "algorithm",
            "xgboost.XGBClassifier -> svm",
            "asks for MAJOR",
            "-",
            "MAJOR after 1.4.2 is 2.0.0 or higher, and 1.5.0 is claimed",
        ],
        ["pass", "data.version", "dvc:4f1c -> dvc:5a5a", "asks for MINOR", "-"],
        [
            "fail",
            "version",
            "1.5.0",
            "2.0.0 or higher (MAJOR after 1.4.2)",
            "-",
            "1.5.0 is too low; claim 2.0.0 or higher",
        ],
    ]


def test_columns_in_another_order_are_a_change_where_they_are_taken_by_position() -> None:
    positional = edited({"signature.positional": True}) | {"version": "1.4.2"}
    reordered = {"signature.positional": True, "signature.inputs": [PLAN, AGE]}
    *found, version = judged(against_file(reordered, before=positional))
    assert [each["subject"] for each in found] == ["order of inputs"]
    assert version["value"] == "2.0.0"


# ---------------------------------------------------------------- what cannot be judged


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


# ---------------------------------------------------------------- claims


@pytest.mark.parametrize(
    "claimed",
    [
        "",
        "1.5",
        "v1.5.0",
        "1.5.0.0",
        "01.5.0",
        "1.5.0-",
        "1.5.0-01",
        "1.\u0665.0",
        "1.5.0\n",
        "9" * 101 + ".0.0",
        HOSTILE,
    ],
)
def test_what_is_no_semantic_version_is_refused(claimed: str) -> None:
    assert run(*against_file({"data.version": "x"}, f"--claimed={claimed}")).code == FAIL
    write("lineage.json", edited({}))
    first = ("version", "--lineage", "lineage.json", "--anywhere", "--commit", commit("a"), *IN_FOLDER)
    assert run(*first, f"--claimed={claimed}").code == FAIL


@pytest.mark.parametrize(
    ("before", "edits", "claimed", "code"),
    [
        ("1.4.2", {"data.version": "x"}, "1.5.0-rc.1", PASS),
        ("1.4.2", {"algorithm": "x"}, "1.5.0-rc.1", FAIL),
        ("1.5.0-rc.1", {"data.version": "x"}, "1.5.0-rc.2", PASS),
        ("1.5.0-rc.2", {"data.version": "x"}, "1.5.0-rc.10", PASS),
        ("1.5.0-rc.2", {"data.version": "x"}, "1.5.0-rc.1", FAIL),
        ("1.5.0-rc.1", {"data.version": "x"}, "1.5.0", PASS),
        ("1.5.1-rc.1", {"data.version": "x"}, "1.5.1", FAIL),
        ("1.5.1-rc.1", {"data.version": "x"}, "1.6.0", PASS),
        ("1.5.1-rc.1", {"data.rows": 1}, "1.5.1", PASS),
        ("1.5.0-rc.1", {"algorithm": "x"}, "1.5.0", FAIL),
        ("1.5.0-rc.1", {"algorithm": "x"}, "2.0.0-alpha", PASS),
        ("2.0.0-rc.1", {"algorithm": "x"}, "2.0.0-rc.2", PASS),
        ("0.3.0", {"algorithm": "x"}, "0.4.0", FAIL),
        ("0.3.0", {"algorithm": "x"}, "1.0.0", PASS),
        ("1.4.2", {"data.rows": 1}, "1.4.2+build.7", FAIL),
        ("1.4.2", {}, "1.4.2+build.7", PASS),
    ],
)
def test_pre_releases_and_what_is_built_follow_semver(
    before: str, edits: dict[str, object], claimed: str, code: int
) -> None:
    assert run(*against_file(edits, "--claimed", claimed, before=LINEAGE | {"version": before})).code == code


def test_the_version_in_the_lineage_is_the_one_claimed_and_may_not_contradict() -> None:
    assert run(*against_file({"algorithm": "svm", "version": "1.5.0"})).code == FAIL
    assert run(*against_file({"algorithm": "svm", "version": "2.0.0"})).code == PASS
    done = run(*against_file({"algorithm": "svm", "version": "2.0.0"}, "--claimed", "2.0.1"))
    assert (done.code, "the lineage is that of 2.0.0, and 2.0.1 is claimed" in done.out) == (FAIL, True)


@pytest.mark.parametrize("version", [MISSING, "main", ""])
def test_a_file_to_compare_with_has_a_version(version: object) -> None:
    before = edited({} if version is MISSING else {"version": version})
    assert run(*against_file({}, "--claimed", "9.0.0", before=before)).code == CANNOT_JUDGE


# ---------------------------------------------------------------- gains


@pytest.mark.parametrize(
    ("metrics", "gain", "smallest"),
    [
        ('{"auc": 0.86}', "auc=0.01", "1.5.0"),
        ('{"auc": 0.860}', "auc=1e-2", "1.5.0"),
        ('{"auc": 0.8599999999999999999}', "auc=0.01", "1.4.2"),
        ('{"auc": 0.7}', "auc=0.01", "1.4.2"),
        ('{"loss": 0.18}', "loss=-0.02", "1.5.0"),
        ('{"loss": 0.18000000000000000001}', "loss=-0.02", "1.4.2"),
        ('{"loss": 0.5}', "loss=-0.02", "1.4.2"),
    ],
)
def test_a_metric_that_became_better_by_its_gain_asks_for_minor(metrics: str, gain: str, smallest: str) -> None:
    write("metrics.json", metrics)
    write("before-metrics.json", {"auc": 0.85, "loss": 0.2})
    files = ["--metrics", "metrics.json", "--before-metrics", "before-metrics.json"]
    assert judged(against_file({}, *files, "--gain", gain))[-1]["value"] == smallest


@pytest.mark.parametrize("metrics", [None, "", "{}", '{"auc": NaN}', '{"auc": "0.9"}'])
@pytest.mark.parametrize("side", ["metrics.json", "before-metrics.json"])
def test_a_gain_of_a_metric_that_is_not_there_cannot_be_judged(metrics: str | None, side: str) -> None:
    for name in ("metrics.json", "before-metrics.json"):
        write(name, metrics if name == side else '{"auc": 0.9}')
    files = ["--metrics", "metrics.json", "--before-metrics", "before-metrics.json"]
    assert run(*against_file({}, *files, "--gain", "auc=0.01", "--claimed", "9.0.0")).code == CANNOT_JUDGE


# ---------------------------------------------------------------- against the ledger

CANDIDATE = ("--commit", commit("b"), *IN_FOLDER)


def against_ledger(edits: Mapping[str, object], *arguments: str) -> list[str]:
    write("lineage.json", edited(edits))
    place = () if "--anywhere" in arguments else ("--environment", "prod")
    return ["version", "--lineage", "lineage.json", *place, *CANDIDATE, *arguments]


def with_lineage(version: str, **edits: object) -> dict[str, object]:
    return edited(edits) | {"version": version}


def test_the_newest_version_in_the_environment_is_the_one_compared_with() -> None:
    deploy("1.4.2", "prod", lineage=with_lineage("1.4.2"))
    deploy("2.0.0", "staging", lineage=with_lineage("2.0.0", algorithm="svm"))
    assert judged(against_ledger({"data.version": "x"}))[-1]["value"] == "1.5.0"
    assert judged(against_ledger({"data.version": "x"}, "--anywhere"))[-1]["value"] == "3.0.0"


def test_numbers_are_the_same_after_they_were_recorded() -> None:
    parameters = {"eta": 0.1, "depth": 6, "big": 1e22, "seed": 2**63, "deep": {"list": [1.0, True, None, "x"]}}
    deploy("1.4.2", "prod", commit=commit("b"), lineage=with_lineage("1.4.2", parameters=parameters))
    assert judged(against_ledger({"parameters": parameters}))[-1]["value"] == "1.4.2"


def test_another_commit_or_artifact_alone_asks_for_patch() -> None:
    deploy("1.4.2", "prod", commit=commit("b"), artifacts={"model": sha256("1")}, lineage=with_lineage("1.4.2"))
    assert judged(against_ledger({}, "--artifact", f"model={sha256('1')}"))[-1]["value"] == "1.4.2"
    assert judged(against_ledger({}, "--artifact", f"model=sha256:{sha256('2')}"))[-1]["value"] == "1.4.3"
    assert judged([*against_ledger({}), "--commit", commit("c")])[-1]["value"] == "1.4.3"


def test_the_same_sources_under_another_commit_are_no_change() -> None:
    deploy("1.4.2", "prod", commit=commit("c"), source=sha256("5"), lineage=with_lineage("1.4.2"))
    same, other = (against_ledger({}, "--source", sha256(mark)) for mark in "56")
    assert judged(same)[-1]["value"] == "1.4.2"
    assert run(*same, "--claimed", "1.4.2").code == PASS
    assert [(each["subject"], each["value"]) for each in judged(other)] == [
        ("source", "555555555555 -> 666666666666"),
        ("version", "1.4.3"),
    ]


def test_a_deployment_that_was_undone_and_one_without_a_semantic_version_are_not_followed() -> None:
    deploy("1.4.2", "prod", run_id="1", lineage=with_lineage("1.4.2"))
    deploy("2.0.0", "prod", run_id="2", lineage=with_lineage("2.0.0", algorithm="svm"))
    restore("2.0.0", "prod", run_id="2")
    deploy("0f3a", "prod", run_id="3")
    assert judged(against_ledger({"data.version": "x"}))[-1]["value"] == "1.5.0"


def test_what_was_undone_in_one_environment_stands_in_another() -> None:
    deploy("1.4.2", "prod", lineage=with_lineage("1.4.2"))
    deploy("1.4.2", "staging", lineage=with_lineage("1.4.2"))
    restore("1.4.2", "staging")
    assert judged(against_ledger({"data.version": "x"}, "--anywhere"))[-1]["value"] == "1.5.0"


def test_a_version_that_was_rolled_back_from_is_still_the_newest() -> None:
    deploy("1.4.2", "prod", lineage=with_lineage("1.4.2"))
    deploy("1.5.0", "prod", lineage=with_lineage("1.5.0", algorithm="svm"))
    roll_back("1.4.2", "prod")
    assert judged(against_ledger({"algorithm": "svm"}))[-1]["value"] == "1.5.1"


@pytest.mark.parametrize("claimed", ["0.1.0", "7.3.1-beta"])
def test_the_first_version_may_be_any_but_its_lineage_has_to_be_complete(claimed: str) -> None:
    done = run(*against_ledger({}, "--claimed", claimed))
    assert (done.code, "(the first)" in done.out) == (PASS, True)
    assert run(*against_ledger({"algorithm": MISSING}, "--claimed", claimed)).code == CANNOT_JUDGE
    assert run(*against_ledger({})).code == CANNOT_JUDGE


def test_a_version_that_the_ledger_has_as_something_else_is_refused() -> None:
    deploy("1.4.2", "prod", lineage=with_lineage("1.4.2"))
    deploy("1.5.0", "staging", artifacts={"model": sha256("1")}, commit=commit("c"), lineage=with_lineage("1.5.0"))
    done = run(*against_ledger({"data.version": "x"}, "--claimed", "1.5.0"))
    assert (done.code, "1.5.0 is recorded in staging" in done.out) == (FAIL, True)
    assert run(*against_ledger({"data.version": "x"}, "--claimed", "1.6.0")).code == PASS
    same = [*against_ledger({"data.version": "x"}, "--claimed", "1.5.0"), "--commit", commit("c")]
    assert run(*same, "--artifact", f"model={sha256('1')}").code == PASS
    assert run(*same, "--artifact", f"model={sha256('2')}").code == FAIL
    assert run(*same, "--artifact", f"other={sha256('1')}").code == CANNOT_JUDGE


def test_gains_are_taken_from_recorded_metrics() -> None:
    deploy("1.4.2", "prod", commit=commit("b"), metrics={"auc": "0.85"}, lineage=with_lineage("1.4.2"))
    write("metrics.json", {"auc": 0.86})
    assert judged(against_ledger({}, "--metrics", "metrics.json", "--gain", "auc=0.01"))[-1]["value"] == "1.5.0"


def test_a_metric_that_was_not_recorded_counts_as_gained() -> None:
    deploy("1.4.2", "prod", commit=commit("b"), metrics={"auc": "0.85"}, lineage=with_lineage("1.4.2"))
    write("metrics.json", {"auc": 0.85, "f1": 0.5})
    arguments = against_ledger({}, "--metrics", "metrics.json", "--gain", "f1=0.01")
    assert judged(arguments)[-1]["value"] == "1.5.0"
    write("metrics.json", {"auc": 0.85})
    assert run(*arguments).code == CANNOT_JUDGE


def test_a_recorded_version_without_a_usable_lineage_cannot_be_compared_with() -> None:
    deploy("1.4.2", "prod")
    done = run(*against_ledger({}, "--claimed", "9.0.0"))
    assert (done.code, "1.4.2 in prod was recorded without a lineage" in done.out) == (CANNOT_JUDGE, True)
    any_type = {"inputs": [{"name": "age", "type": "any"}], "outputs": [SCORE]}
    deploy("1.4.3", "prod", lineage=with_lineage("1.4.3", signature=any_type))
    done = run(*against_ledger({}, "--claimed", "9.0.0"))
    assert (done.code, "the recorded lineage of version 1.4.3 in prod" in done.out) == (CANNOT_JUDGE, True)


def test_a_damaged_ledger_is_not_believed() -> None:
    deploy("1.4.2", "prod", lineage=with_lineage("1.4.2"))
    file = LEDGER / "ledger" / "churn.jsonl"
    file.write_text(file.read_text("ascii").replace("xgboost", "XGBoost"), "ascii")
    assert run(*against_ledger({}, "--claimed", "9.0.0")).code == CANNOT_JUDGE


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "one of the arguments --before --environment --anywhere is required"),
        (["--anywhere", "--before", "b.json"], "not allowed with argument"),
        (["--anywhere"], "give --model, or set PIPEGEN_MODEL"),
        (["--anywhere", "--model", "churn", "--commit", "main"], "--commit 'main' is not a commit"),
        (["--anywhere", "--model", "churn", "--source", "x"], "--source 'x' is not a digest"),
        (["--anywhere", "--model", "churn"], "give --commit, or set PIPEGEN_COMMIT"),
        (["--before", "b.json", "--gain", "auc=1"], "--gain needs --metrics"),
        (["--before", "b.json", "--gain", "auc=1", "--metrics", "m.json"], "needs --before-metrics"),
        (["--anywhere", "--before-metrics", "m.json"], "--before-metrics belongs to --before"),
        (["--before", "b.json", "--artifact", f"m={sha256('1')}"], "--before reads none"),
        (["--before", "b.json", "--source", sha256("1")], "--before reads none"),
        (["--before", "b.json", "--artifact", "m=1"], "is not NAME=SHA256"),
        (["--before", "b.json", "--gain", "auc=0", "--metrics", "m.json"], "a gain of nothing is none"),
        (["--before", "b.json", "--without", "luck"], "invalid choice: 'luck'"),
        (["--before", "lineage.json"], "must name different files"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: list[str], complaint: str) -> None:
    done = run("version", "--lineage", "lineage.json", *arguments)
    assert (done.code, done.out) == (CANNOT_JUDGE, "")
    assert complaint in done.err.splitlines()[-1]


# ---------------------------------------------------------------- properties

EDITS = st.sampled_from([edits for edits, _, _ in CHANGES])
BUMPS = st.sampled_from(list(Bump))
ASKING = st.lists(st.builds(Change, st.text(max_size=2), st.none(), st.just("x"), BUMPS), max_size=5)
NUMBERS = st.integers(0, 3)
PRERELEASES = st.sampled_from(["", "-1", "-2", "-10", "-alpha", "-alpha.1", "-alpha.beta", "-rc.1", "-rc.1.1"])
SEMVERS = st.builds(lambda a, b, c, end: parse_semver(f"{a}.{b}.{c}{end}"), NUMBERS, NUMBERS, NUMBERS, PRERELEASES)


@given(found=ASKING, more=BUMPS)
def test_another_cause_never_lowers_what_is_asked_for(found: list[Change], more: Bump) -> None:
    assert bump([*found, Change("x", None, "y", more)]) == max(bump(found), more)


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


@given(before=SEMVERS, claimed=SEMVERS, asked=BUMPS, less=BUMPS)
def test_what_is_enough_for_more_is_enough_for_less(before: Semver, claimed: Semver, asked: Bump, less: Bump) -> None:
    if is_enough(claimed, before, asked) and less <= asked:
        assert is_enough(claimed, before, less)
    assert least(before, min(asked, less)) <= least(before, max(asked, less))


@given(before=SEMVERS, claimed=SEMVERS, asked=BUMPS)
def test_the_smallest_version_is_enough_and_no_release_below_it_is(
    before: Semver, claimed: Semver, asked: Bump
) -> None:
    smallest = parse_semver(before.text if asked is Bump.NONE else core_text(least(before, asked)))
    assert smallest is not None
    assert is_enough(smallest, before, asked)
    if not claimed.prerelease and claimed.precedence < smallest.precedence:
        assert not is_enough(claimed, before, asked)


def test_versions_are_ordered_as_semver_says() -> None:
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
    numbers = [parse_semver(text) for text in [*ordered, "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]]
    precedences = [number.precedence for number in numbers if number]
    assert len(precedences) == len(numbers)
    assert all(low < high for low, high in pairwise(precedences))


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
