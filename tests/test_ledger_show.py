"""The ledger answers: which version runs, who approved it, how to go back, what ran then, what changed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ledger_runs import ARTIFACT, CANNOT, COMMIT, DONE, HOSTILE, Run, content_of, ledger, where
from pipegen.ledger.adding import add
from pipegen.ledger.differences import differences
from pipegen.ledger.entries import Entry
from pipegen.ledger.facts import EVENTS, METRICS, RUNS
from pipegen.ledger.places import FolderPlace, Place
from pipegen.ledger.tables import in_markdown, prose_in_markdown

pytest_plugins = ("ledger_fixtures",)
pytestmark = pytest.mark.usefixtures("outside_of_any_pipeline")

HERE = FolderPlace(Path("ledger"))


def lineage(version: str, **more: object) -> dict[str, object]:
    columns = [
        {"name": "age", "type": "double"},
        {"name": "income", "type": "double"},
        {"name": "plan", "type": "string"},
    ]
    return {
        "format": "pipegen-lineage/1",
        "version": version,
        "algorithm": "xgboost.XGBClassifier",
        "signature": {"inputs": columns, "outputs": [{"name": "score", "type": "double"}]},
        "feature_code": "sha256:1",
        "data": {"version": "dvc:1", "from": "2025-01-01", "to": "2025-12-31", "rows": 100},
        "parameters": {"max_depth": 6},
        **more,
    }


def deploy(version: str, day: int, environment: str = "prod", **more: object) -> None:
    said: dict[str, object] = {
        "version": version,
        "environment": environment,
        "commit": f"{day:040x}",
        "run_id": f"{environment}-{day}",
        "approvers": ["ana", "ben"],
        "actor": "eve",
        "owner": "retention",
        "lineage": lineage(version),
        "metrics": {"auc": f"0.8{day}", "eur": "2"},
        "gates": [
            {"gate": "metrics", "title": "q", "subject": "auc", "bound": ">= 0.8", "value": "0.8", "verdict": "pass"}
        ],
        "artifacts": {"model": ARTIFACT},
    }
    add(HERE, "deployment", "churn", said | more, time=f"2026-03-0{day}T09:00:00Z")


def asked(*words: str) -> Run:
    return ledger(*words, *where(HERE))


@pytest.fixture(autouse=True)
def _history(outside_of_any_pipeline: None) -> None:
    del outside_of_any_pipeline
    deploy("1.0.0", 1, "dev")
    deploy("1.0.0", 2)
    deploy("1.1.0", 3, lineage=lineage("1.1.0", training_seconds=90, feature_changes="income in thousands"))
    deploy("1.2.0", 4)
    undone = {"environment": "prod", "undone": "1.2.0", "restored": True, "run_id": "prod-4"}
    add(HERE, "restore", "churn", undone, time="2026-03-04T10:00:00Z")
    tried = {"experiment": "EXP-1", "hypothesis": "Income tells.", "result": "It does.", "decision": "Keep it."}
    add(HERE, "experiment", "churn", tried, time="2026-03-05T10:00:00Z")


def cells(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


# ---------------------------------------------------------------- what runs


def test_one_row_an_environment_answers_who_what_since_when_and_how_to_go_back() -> None:
    run = asked("show")
    assert (run.code, run.err) == (DONE, "")
    heading, dev, prod = (cells(line) for line in run.out.splitlines()[:3])
    assert heading == ["model", "environment", "version", "since", "approved by", "commit", "to go back"]
    assert dev == ["churn", "dev", "1.0.0", "2026-03-01T09:00:00Z", "ana, ben", "0" * 12, "-"]
    assert prod == ["churn", "prod", "1.1.0", "2026-03-03T09:00:00Z", "ana, ben", "0" * 12, "rollback 1.0.0"]


def test_the_latest_entries_follow() -> None:
    told = asked("show", "churn", "--environment", "prod").out.partition("latest entries\n")[2].splitlines()
    assert cells(told[1]) == [
        *("churn", "5", "2026-03-04T10:00:00Z", "restored, undone 1.2.0", "1.1.0", "prod", "-", "-"),
    ]
    assert len(told) == 1 + 4


def test_a_way_back_that_failed_is_said() -> None:
    failed = {"environment": "prod", "undone": "2.0.0", "restored": False}
    add(HERE, "restore", "churn", failed, time="2026-03-06T10:00:00Z")
    prod = cells(asked("show").out.splitlines()[2])
    assert prod[2:] == ["unknown", "2026-03-06T10:00:00Z", "-", "-", "the way back from 2.0.0 failed: see to it"]


def test_programs_get_the_same_as_json() -> None:
    told = json.loads(asked("show", "churn", "--json").out)["models"]["churn"]
    prod = told["environments"]["prod"]
    assert (prod["state"], prod["entry"]["version"], prod["back_to"]) == ("running", "1.1.0", "1.0.0")
    assert [entry["number"] for entry in told["latest"]] == [1, 2, 3, 4, 5, 6]
    story = json.loads(asked("show", "churn", "--version", "1.2.0", "--json").out)
    assert [entry["kind"] for entry in story["entries"]] == ["deployment", "restore"]


def test_all_of_a_version_is_told() -> None:
    run = asked("show", "churn", "--version", "1.1.0")
    assert (run.code, run.err) == (DONE, "")
    facts = dict(cells(line)[:2] for line in run.out.splitlines() if len(cells(line)) == 2)
    assert facts == {
        "owner": "retention",
        "released": "2026-03-03T09:00:00Z in prod, approved by ana, ben",
        "commit": f"{3:040x}",
        "artifact model": ARTIFACT,
        "data version": "dvc:1",
        "training window": "2025-01-01 to 2025-12-31",
        "training time": "90 s",
        "algorithm": "xgboost.XGBClassifier",
        "feature code": "sha256:1",
    }
    assert ["auc", "0.8", ">= 0.8", "pass", "metrics"] in [cells(line) for line in run.out.splitlines()]
    assert "feature changes\n  income in thousands\n" in run.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "chrun"], "the ledger has no model chrun"),
        (["show", "Churn!"], "'Churn!' is not the name of a model"),
        (["show", "--version", "1.0.0"], "--version needs MODEL"),
        (["show", "churn", "--version", "9.0.0"], "has no version 9.0.0 here; recorded last: 1.2.0, 1.1.0, 1.0.0"),
        (["show", "--environment", "staging"], "nothing is recorded in staging"),
        (["at", "soon"], "'soon' is not a time"),
        (["at", "2026-02-30"], "is not a time"),
        (["at", "2026-03-01", "chrun"], "the ledger has no model chrun"),
        (["diff", "churn", "1.0.0", "9.0.0"], "churn has no deployment of version 9.0.0"),
        (["diff", "churn", "1.0.0", "a b"], "'a b' is not the name of a version"),
        (["card", "chrun"], "the ledger has no model chrun"),
        (["card", "churn", "--version", "9.0.0"], "churn has no version 9.0.0"),
        (["card", "churn", "--out", "."], "cannot be written"),
    ],
)
def test_what_cannot_be_answered_is_said_so(words: list[str], said: str) -> None:
    run = asked(*words)
    assert (run.code, run.out) == (CANNOT, "")
    assert said in run.err
    assert run.err.count("\n") == 1


# ---------------------------------------------------------------- what ran then


@pytest.mark.parametrize(
    ("date", "versions"),
    [
        ("2026-02-28", {}),
        ("2026-03-01", {"dev": "1.0.0"}),
        ("2026-03-02T08:59:59Z", {"dev": "1.0.0"}),
        ("2026-03-02T10:00:00+01:00", {"dev": "1.0.0", "prod": "1.0.0"}),
        ("2026-03-03", {"dev": "1.0.0", "prod": "1.1.0"}),
        ("2026-03-04T09:30:00", {"dev": "1.0.0", "prod": "1.2.0"}),
        ("2026-03-04", {"dev": "1.0.0", "prod": "1.1.0"}),
    ],
)
def test_what_ran_at_a_moment(date: str, versions: dict[str, str]) -> None:
    run = asked("at", date)
    rows = [cells(line) for line in run.out.splitlines() if line.startswith("churn")]
    assert (run.code, {row[1]: row[2] for row in rows}) == (DONE, versions)
    alone = asked("at", date, "churn", "--environment", "prod").out
    assert ("  prod  " in alone) == ("prod" in versions)


# ---------------------------------------------------------------- what changed


def test_what_changed_between_two_versions() -> None:
    columns = [
        {"name": "age", "type": "long"},
        {"name": "salary", "type": "double"},
        {"name": "plan", "type": "string"},
    ]
    made = lineage(
        "2.0.0",
        signature={"inputs": columns, "outputs": []},
        algorithm="lightgbm",
        feature_code="sha256:2",
        parameters={"max_depth": 7, "eta": 0.1},
        data={"version": "dvc:2", "from": "2025-02-01", "to": "2025-12-31", "rows": 200},
    )
    more: dict[str, object] = {
        "metrics": {"auc": "0.79", "mae": "1"},
        "artifacts": {"image": ARTIFACT},
        "owner": "growth",
    }
    deploy("2.0.0", 6, "prod", lineage=made, **more)
    run = asked("diff", "churn", "1.1.0", "2.0.0")
    assert (run.code, run.err) == (DONE, "")
    lines = run.out.splitlines()
    assert lines[0] == "churn 1.1.0 -> 2.0.0"
    assert [cells(line) for line in lines[3:]] == [
        ["feature income", "renamed to salary?", "double", "double"],
        ["feature age", "retyped", "double", "long"],
        ["output score", "removed", "double", "-"],
        ["algorithm", "changed", "xgboost.XGBClassifier", "lightgbm"],
        ["feature code", "changed", "sha256:1", "sha256:2"],
        ["rows of data", "changed", "100", "200"],
        ["parameter max_depth", "changed", "6", "7"],
        ["parameter eta", "added", "-", "0.1"],
        ["data version", "changed", "dvc:1", "dvc:2"],
        ["data from", "changed", "2025-01-01", "2025-02-01"],
        ["training seconds", "removed", "90", "-"],
        ["metric auc", "-0.04", "0.83", "0.79"],
        ["metric eur", "removed", "2", "-"],
        ["metric mae", "added", "-", "1"],
        ["commit", "changed", f"{3:040x}", f"{6:040x}"],
        ["owner", "changed", "retention", "growth"],
        ["feature changes", "removed", "income in thousands", "-"],
        ["artifact model", "removed", ARTIFACT, "-"],
        ["artifact image", "added", "-", ARTIFACT],
    ]


def test_without_a_lineage_features_are_not_compared_and_that_is_said() -> None:
    deploy("2.0.0", 6, lineage=None)
    out = asked("diff", "churn", "1.0.0", "2.0.0").out
    assert "no lineage was recorded of 2.0.0: its features and parameters are not compared" in out
    assert "feature age" not in out


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("a:int b:int", "a:int b:int", []),
        ("a:int", "a:int b:int", ["feature b added"]),
        ("a:int b:str", "a:int", ["feature b removed"]),
        ("a:int", "b:int", ["feature a renamed to b?"]),
        ("a:int", "b:str", ["feature a removed", "feature b added"]),
        ("a:int b:int", "c:int", ["feature a removed", "feature b removed", "feature c added"]),
        ("a:int b:int", "b:int a:int", ["order of features changed"]),
    ],
)
def test_features_are_compared_by_name_and_type(before: str, after: str, changes: list[str]) -> None:
    def entry(columns: str) -> Entry:
        pairs = [column.split(":") for column in columns.split()]
        inputs = [{"name": name, "type": kind} for name, kind in pairs]
        said = {"lineage": {"format": "pipegen-lineage/1", "signature": {"inputs": inputs}}}
        return Entry(1, "deployment", "churn", "", "", "", said)

    assert [f"{row[0]} {row[1]}" for row in differences(entry(before), entry(after))] == changes


def test_the_same_twice_differs_in_nothing() -> None:
    assert "nothing that was recorded differs" in asked("diff", "churn", "1.0.0", "1.0.0").out


# ---------------------------------------------------------------- pages


def test_the_card_tells_of_the_version_deployed_last_or_of_the_one_asked_for() -> None:
    assert "## Version 1.2.0\n" in asked("card", "churn").out
    run = asked("card", "churn", "--version", "1.1.0", "--out", "pages/card.md")
    assert (run.code, run.out) == (DONE, "")
    page = Path("pages/card.md").read_text()
    for part in ("# churn\n", "## Version 1.1.0\n", "| owner | retention |", "> income in thousands\n", "EXP-1"):
        assert part in page
    assert asked("card", "churn").out.encode() == content_of(HERE)["cards/churn.md"]


def test_the_overview_has_a_row_for_each_model_and_environment() -> None:
    add(HERE, "archive", "fraud", {"branch": "main", "commit": COMMIT})
    page = asked("overview").out
    assert page.encode() == content_of(HERE)["MODELS.md"]
    assert re.findall(r"^\| churn \| (\w+) \| ([\d.]+) ", page, re.MULTILINE) == [("dev", "1.0.0"), ("prod", "1.1.0")]
    assert "- [fraud](cards/fraud.md)\n" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 0.8 >= 0.7", "plain text, 0.8 >= 0.7"),
        ("a|b", "a&#124;b"),
        ("<script>", "\\<script>"),
        ("[x](y) ![z](y)", "\\[x\\](y) \\!\\[z\\](y)"),
        ("a_b*c`d~e$f#g@h&i", "a\\_b\\*c\\`d\\~e\\$f\\#g\\@h\\&i"),
        ("two\nlines", "two\\\\nlines"),
        ("https://ci.example/runs/a_b?c=1", "<https://ci.example/runs/a_b?c=1>"),
        ("https://ci.example/<b>", "https://ci.example/\\<b>"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("x" * 2000, "x" * 997 + "..."),
    ],
)
def test_a_text_says_in_markdown_what_it_says(text: str, shown: str) -> None:
    assert in_markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one", ["> one"]),
        ("one\ntwo\n\nthree", ["> one\\", "> two", ">", "> three"]),
        ("- a\n+ b\n> c\n=== d", ["> \\- a\\", "> \\+ b\\", "> \\> c\\", "> \\=== d"]),
        ("1. a\n12) b\n1.5 c", ["> 1\\. a\\", "> 12\\) b\\", "> 1\\.5 c"]),
        ("# a\n    b\n```", ["> \\# a\\", "> b\\", "> \\`\\`\\`"]),
    ],
)
def test_notes_of_several_lines_stay_plain_lines(text: str, lines: list[str]) -> None:
    assert prose_in_markdown(text) == lines


def test_hostile_text_is_shown_as_text(ledger_place: Place) -> None:
    text = "".join(mark for mark in HOSTILE if mark.isprintable())
    said: dict[str, object] = {
        "version": "1.0.0",
        "environment": "prod",
        "commit": COMMIT,
        "owner": text,
        "approvers": [text],
        "run": text,
        "metrics": {text: "1"},
        "feature_changes": f"# {text}\n- {text}\n<!--",
        "lineage": {"format": "pipegen-lineage/1", "algorithm": HOSTILE, "experiments": [HOSTILE]},
    }
    add(ledger_place, "deployment", "churn", said)
    printed = [ledger(*words, *where(ledger_place)) for words in (["show"], ["show", "churn", "--version", "1.0.0"])]
    pages = [ledger(*words, *where(ledger_place)).out for words in (["card", "churn"], ["overview"])]
    for shown in (*(run.out for run in printed), *pages):
        assert all(mark.isprintable() or mark == "\n" for mark in shown)
        assert "##vso" not in shown
    for page in pages:
        assert in_markdown(text) in page
        for row in (line for line in page.splitlines() if line.startswith("|")):
            assert row.count("|") in {len(RUNS) + 1, len(RUNS) + 2, len(EVENTS) + 1, len(METRICS) + 1, 3}
        assert not re.findall(r"(?<!\\)[<`\[*_]", page.replace("`pipegen ledger add`", "").replace("[churn](", ""))
    assert ledger("verify", *where(ledger_place)).code == DONE
