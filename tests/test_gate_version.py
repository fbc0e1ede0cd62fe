"""`pipegen gate version` lets no version pass that is too low for what changed, or whose changes are unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from gate_ledgers import IN_FOLDER, LEDGER, commit, deploy, judged, restore, roll_back, run, sha256, write
from gate_lineages import AGE, CHANGES, LINEAGE, MISSING, PLAN, SCORE, against_file, edited
from gate_runs import CANNOT_JUDGE, FAIL, HOSTILE, PASS


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("PIPEGEN_SUMMARY", "PIPEGEN_MODEL", "PIPEGEN_COMMIT", "PIPEGEN_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)


# ---------------------------------------------------------------- what a change asks for


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
        (["--environment", ""], "--environment is empty"),
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
