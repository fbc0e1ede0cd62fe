"""`pipegen ledger add` records what a run hands over, all of it or nothing, and once."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger_runs import ARTIFACT, CANNOT, COMMIT, DONE, Run, command, content_of, deploy, ledger, surroundings, where
from pipegen.ledger.adding import add
from pipegen.ledger.clock import moment, written
from pipegen.ledger.entries import Entry, LedgerError, entry_in, line_of
from pipegen.ledger.places import FolderPlace, Place
from pipegen.ledger.reading import read

pytest_plugins = ("ledger_fixtures",)
pytestmark = pytest.mark.usefixtures("outside_of_any_pipeline")

LINEAGE = {
    "format": "pipegen-lineage/1",
    "version": "1.2.0",
    "algorithm": "xgboost.XGBClassifier",
    "signature": {"inputs": [{"name": "age", "type": "double"}], "outputs": [{"name": "score", "type": "double"}]},
    "feature_code": f"sha256:{ARTIFACT}",
    "data": {"version": "dvc:4f1c", "from": "2025-01-01", "to": "2025-12-31", "rows": 120000},
    "parameters": {"max_depth": 6, "eta": 0.1},
    "training_seconds": 812.5,
    "feature_changes": "income was added",
    "release_notes": "Better on new customers.\nSlower by a tenth.",
    "experiments": ["EXP-12"],
}
GATE = {
    "format": "pipegen-gate/1",
    "gate": "metrics",
    "title": "quality",
    "verdict": "pass",
    "judgements": [
        {"subject": "auc", "bound": ">= 0.8", "value": "0.830", "margin": "+0.03", "verdict": "pass", "reason": ""},
        {"subject": "psi", "bound": "<= 1", "value": None, "margin": None, "verdict": "cannot-judge", "reason": "none"},
    ],
}
HERE = FolderPlace(Path("ledger"))
ABOUT = {
    "deployment": ["--version", "1.2.0", "--environment", "prod", "--commit", COMMIT],
    "rollback": ["--version", "1.2.0", "--environment", "prod"],
    "restore": ["--undone", "1.2.0", "--environment", "prod"],
    "archive": ["--branch-name", "main", "--commit", COMMIT],
    "experiment": ["--experiment", "EXP-12", "--hypothesis", "Income tells."],
}


def put(name: str, content: object) -> str:
    """A file in the current folder."""
    if isinstance(content, bytes):
        Path(name).write_bytes(content)
    else:
        Path(name).write_text(content if isinstance(content, str) else json.dumps(content))
    return name


def added(kind: str, *words: str) -> Run:
    return ledger("add", kind, "--model", "churn", *ABOUT[kind], *words, *where(HERE))


def last() -> Entry:
    return read(HERE, "churn")[-1]


# ---------------------------------------------------------------- what is recorded


def test_a_deployment_keeps_all_that_the_run_knows() -> None:
    run = added(
        "deployment",
        *("--metrics", put("metrics.json", '{"auc": 0.830, "latency": {"p95_ms": 61}}')),
        *("--metrics", put("cost.json", '{"eur": 1e-3, "auc": 0.83}')),
        *("--gates", put("gate.json", GATE), "--lineage", put("lineage.json", LINEAGE)),
        *("--artifact", f"model=sha256:{ARTIFACT}", "--artifact", f"image={ARTIFACT}"),
        *("--approver", "ana", "--approver", "ben", "--owner", "retention", "--source", ARTIFACT),
        *("--spec", put("churn.yaml", "pipegen: 1\n"), "--run", "https://ci.example/7", "--run-id", "7"),
        *("--actor", "eve"),
    )
    assert (run.code, run.err) == (DONE, "")
    assert last().fields == {
        "version": "1.2.0",
        "environment": "prod",
        "commit": COMMIT,
        "source": ARTIFACT,
        "spec_digest": hashlib.sha256(b"pipegen: 1\n").hexdigest(),
        "artifacts": {"model": ARTIFACT, "image": ARTIFACT},
        "lineage": LINEAGE,
        "metrics": {"auc": "0.83", "latency.p95_ms": "61", "eur": "1e-3"},
        "gates": [
            {
                "gate": "metrics",
                "title": "quality",
                "subject": "auc",
                "bound": ">= 0.8",
                "value": "0.830",
                "verdict": "pass",
            },
            {"gate": "metrics", "title": "quality", "subject": "psi", "bound": "<= 1", "verdict": "cannot-judge"},
        ],
        "approvers": ["ana", "ben"],
        "owner": "retention",
        "run": "https://ci.example/7",
        "run_id": "7",
        "actor": "eve",
        "data_version": "dvc:4f1c",
        "feature_changes": LINEAGE["feature_changes"],
        "training_window": {"from": "2025-01-01", "to": "2025-12-31"},
        "training_seconds": 812.5,
        "release_notes": LINEAGE["release_notes"],
    }


def test_what_is_said_outright_goes_before_what_the_lineage_says() -> None:
    lineage = put("lineage.json", LINEAGE)
    added("deployment", "--lineage", lineage, "--notes", put("notes.md", "Mine."), "--data-version", "dvc:9")
    assert (last().text("release_notes"), last().text("data_version")) == ("Mine.", "dvc:9")


def test_the_variables_of_a_pipeline_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "MODEL": "churn",
        "ENVIRONMENT": "dev",
        "VERSION": "1.0.0",
        "COMMIT": COMMIT,
        "RUN_URL": "https://ci.example/1",
        "RUN_ID": "1",
        "ACTOR": "ana",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"PIPEGEN_{name}", value)
    assert ledger("add", "deployment", *where(HERE)).code == DONE
    assert set(last().fields.values()) == set(told.values()) - {"churn"}


def test_a_model_without_versions_goes_by_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEGEN_COMMIT", COMMIT)
    about = ("--model", "churn", "--environment", "dev")
    assert ledger("add", "deployment", *about, *where(HERE)).code == DONE
    assert last().version == COMMIT[:12]
    lineage = put("lineage.json", LINEAGE)
    assert ledger("add", "deployment", *about, "--lineage", lineage, *where(HERE)).code == DONE
    assert last().version == "1.2.0"


@pytest.mark.parametrize(
    ("kind", "words", "fields"),
    [
        ("rollback", ["--reason", "drift"], {"version": "1.2.0", "environment": "prod", "reason": "drift"}),
        ("restore", [], {"environment": "prod", "undone": "1.2.0", "restored": True}),
        ("restore", ["--failed"], {"environment": "prod", "undone": "1.2.0", "restored": False}),
        (
            "archive",
            ["--record", "record.json", "--tree", COMMIT],
            {"branch": "main", "commit": COMMIT, "tree": COMMIT, "record": hashlib.sha256(b"{}").hexdigest()},
        ),
        (
            "experiment",
            ["--result", "It does.", "--decision", "Keep it."],
            {"experiment": "EXP-12", "hypothesis": "Income tells.", "result": "It does.", "decision": "Keep it."},
        ),
    ],
)
def test_other_kinds_keep_what_is_theirs(kind: str, words: list[str], fields: dict[str, object]) -> None:
    put("record.json", "{}")
    run = added(kind, *words)
    assert (run.code, run.err) == (DONE, "")
    assert last().fields == fields


def test_a_run_that_is_undone_knows_what_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"MODEL": "churn", "ENVIRONMENT": "prod", "COMMIT": COMMIT}
    for run_id, version in enumerate(("1.0.0", "1.1.0"), 1):
        for name, value in {**told, "VERSION": version, "RUN_ID": str(run_id)}.items():
            monkeypatch.setenv(f"PIPEGEN_{name}", value)
        assert ledger("add", "deployment", *where(HERE)).code == DONE
    run = ledger("add", "restore", *where(HERE))
    assert (run.code, run.out.splitlines()[1]) == (DONE, "prod runs 1.0.0 again")
    assert (last().version, last().text("undone")) == ("1.0.0", "1.1.0")
    monkeypatch.setenv("PIPEGEN_VERSION", "1.2.0")
    monkeypatch.setenv("PIPEGEN_RUN_ID", "3")
    assert ledger("add", "restore", *where(HERE)).out.splitlines()[1] == "prod runs 1.0.0 again"


def test_the_first_deployment_undone_leaves_nothing_running() -> None:
    added("deployment", "--run-id", "1")
    assert added("restore", "--run-id", "1").out.splitlines()[1] == "prod runs nothing again"
    assert "version" not in last().fields


def test_a_rollback_says_what_it_left() -> None:
    added("deployment")
    added("deployment", "--version", "1.3.0")
    added("rollback")
    assert last().text("from_version") == "1.3.0"


@pytest.mark.parametrize("words", [["add", "deployment", "--json"], ["show", "churn", "--version", "1.2.0", "--json"]])
def test_no_ci_system_finds_a_command_in_json(words: list[str]) -> None:
    command = "##vso[task.complete]"
    about = ("--model", "churn", *ABOUT["deployment"], "--run-id", "1", "--notes-text", command)
    ledger("add", "deployment", *about, *where(HERE))
    run = ledger(*words, *(about if words[0] == "add" else ()), *where(HERE))
    assert "##" not in run.out
    assert command in json.dumps(json.loads(run.out))


def test_the_summary_page_grows_and_hostile_text_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEGEN_SUMMARY", put("summary.md", "before\n"))
    assert added("deployment", "--approver", "<b>|ana", "--metrics", put("m.json", '{"a_b": 1}')).code == DONE
    page = Path("summary.md").read_text()
    assert page.startswith("before\n\n### Ledger: deployment of churn 1.2.0 in prod\n")
    assert "\\<b>&#124;ana" in page
    assert "| a\\_b | 1 |" in page


def test_what_is_no_metric_is_said_not_dropped_in_silence() -> None:
    run = added("deployment", "--metrics", put("m.json", '{"auc": 0.8, "labels": ["a"], "note": {"by": "x"}}'))
    assert (run.code, run.err) == (DONE, "m.json: not recorded, because it is no number: labels, note.by\n")
    assert last().metrics == {"auc": "0.8"}


def test_the_entry_can_be_had_as_json() -> None:
    assert entry_in(added("deployment", "--json").out.rstrip("\n").encode()) == last()


# ---------------------------------------------------------------- what is refused

BAD_FILES = {
    "missing": (None, "No such file or directory"),
    "empty": ("", "not JSON"),
    "truncated": ('{"auc": 0.8', "not JSON"),
    "a list": ("[1]", "its root is not an object"),
    "NaN": ('{"auc": NaN}', "NaN is not a finite number"),
    "infinite": ('{"auc": -Infinity}', "-Infinity is not a finite number"),
    "a key twice": ('{"auc": 1, "auc": 1}', "the key 'auc' stands more than once"),
    "not UTF-8": (b'{"\xff": 1}', "not UTF-8 (byte 2)"),
    "too deep": ("[" * 100_000, "nested too deeply"),
    "out of range": ('{"auc": 1e99999999999999999999}', "1e99999999999999999999 is out of range"),
}


@pytest.mark.parametrize("option", ["--metrics", "--gates", "--lineage"])
@pytest.mark.parametrize("name", BAD_FILES)
def test_an_input_that_cannot_be_read_records_nothing(option: str, name: str) -> None:
    content, said = BAD_FILES[name]
    if content is not None:
        put("input.json", content)
    refused(added("deployment", option, "input.json"), f"input.json: {said}")


REFUSALS: dict[str, tuple[str, list[str], str]] = {
    "metrics that contradict": (
        "deployment",
        ["--metrics", "m1.json", "--metrics", "m2.json"],
        "'auc' is 0.9, and 0.8",
    ),
    "metrics with two values": ("deployment", ["--metrics", "dots.json"], "the metric 'a.b' has two values"),
    "another report": ("deployment", ["--gates", "m1.json"], "not the report of a gate"),
    "another lineage": ("deployment", ["--lineage", "m1.json"], '"format": "pipegen-lineage/1"'),
    "the lineage of another version": ("deployment", ["--lineage", "other.json"], "is that of version 9.0.0"),
    "no folder to read": ("deployment", ["--spec", "."], ".: Is a directory"),
    "a spec and its digest": ("deployment", ["--spec", "m1.json", "--spec-digest", ARTIFACT], "not both"),
    "notes twice": ("deployment", ["--notes", "m1.json", "--notes-text", "x"], "not both"),
    "an artifact without digest": ("deployment", ["--artifact", "model"], "is not NAME=SHA256"),
    "an artifact's short digest": ("deployment", ["--artifact", "model=abc"], "64 hexadecimal digits, not 'abc'"),
    "an artifact's strange name": ("deployment", ["--artifact", f"../x={ARTIFACT}"], "not the name of an artifact"),
    "an artifact twice": ("deployment", ["--artifact", f"m={ARTIFACT}", "--artifact", "m=b"], "is given twice"),
    "a strange version": ("deployment", ["--version", "1.0 beta"], "'1.0 beta' is not the name of a version"),
    "a strange environment": ("deployment", ["--environment", "../prod"], "is not the name of an environment"),
    "a strange model": ("deployment", ["--model", "../churn"], "'../churn' is not the name of a model"),
    "a long model": ("deployment", ["--model", "c" * 64], "is not the name of a model"),
    "a short commit": ("deployment", ["--commit", "abc123"], "commit has to be 40 or 64 hexadecimal digits"),
    "a line of several": ("deployment", ["--owner", "ana\nben"], "owner has to be one line"),
    "a control character": ("deployment", ["--notes-text", "a\x1b[2J"], "release_notes holds control characters"),
    "notes too long": ("deployment", ["--notes-text", "x" * 20_001], "has 20001 characters; at most 20000"),
    "a name too long": ("deployment", ["--approver", "x" * 1_001], "has 1001 characters; at most 1000"),
    "an entry too large": ("deployment", ["--lineage", "large.json"], "at most 262144 are kept"),
    "more digits than a double has": ("deployment", ["--lineage", "digits.json"], "write it as text"),
    "a lineage too deep": ("deployment", ["--lineage", "deep.json"], "nested more than 50 deep"),
    "a time that is none": ("deployment", ["--time", "yesterday"], "'yesterday' is not a time"),
    "a time before all": ("deployment", ["--time", "0999-01-01"], "'0999-01-01' is before 1970"),
    "a field of another kind": ("rollback", ["--metrics", "m1.json"], "an entry of kind rollback has no 'metrics'"),
    "a rollback of a way back": ("rollback", ["--failed"], "--failed is for a restore alone"),
    "an experiment's empty hypothesis": ("experiment", ["--hypothesis", ""], "needs 'hypothesis'"),
    "no environment": ("deployment", ["--environment", ""], "needs 'environment'"),
    "no model": ("deployment", ["--model", ""], "no model is named; give --model or set PIPEGEN_MODEL"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_no_entry_may_say_is_refused(name: str) -> None:
    put("m1.json", '{"auc": 0.8}')
    put("m2.json", '{"auc": 0.9}')
    put("dots.json", '{"a.b": 1, "a": {"b": 2}}')
    put("other.json", {**LINEAGE, "version": "9.0.0"})
    put("large.json", {**LINEAGE, "parameters": {"text": "x" * 300_000}})
    put("deep.json", {"format": "pipegen-lineage/1", "parameters": {"x": json.loads("[" * 60 + "]" * 60)}})
    put("digits.json", '{"format": "pipegen-lineage/1", "parameters": {"eta": 0.1234567890123456789}}')
    kind, words, said = REFUSALS[name]
    refused(added(kind, *words), said)


@pytest.mark.parametrize("words", [["add"], ["add", "promotion"], ["add", "deployment", "--vers", "1"], ["remove"], []])
def test_wrong_usage_is_answered_with_the_usage(words: list[str]) -> None:
    run = ledger(*words)
    assert (run.code, run.out) == (CANNOT, "")
    assert "usage: pipegen ledger" in run.err


def refused(run: Run, said: str) -> None:
    assert (run.code, run.out) == (CANNOT, "")
    assert said in run.err, run.err
    assert run.err.count("\n") == 1
    assert content_of(HERE) == {}


@given(
    lineage=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    ),
    notes=st.text(max_size=50),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_kept_reads_back_equal(lineage: object, notes: str) -> None:
    fields: dict[str, object] = {"version": "1", "environment": "dev", "commit": COMMIT}
    more = {"lineage": {"format": "pipegen-lineage/1", "parameters": {"any": lineage}}, "release_notes": notes}
    try:
        entry = add(HERE, "deployment", "churn", fields | more)
    except LedgerError as error:
        assert "control characters" in str(error)  # noqa: PT017  (either outcome is fine, and each is looked at)
        return
    assert last() == entry == entry_in(line_of(entry).encode())


# ---------------------------------------------------------------- once


def test_a_step_that_is_tried_again_adds_nothing(ledger_place: Place) -> None:
    first, second = (deploy(ledger_place, "1.0.0", "--run-id", "7", "--json") for _ in range(2))
    assert (first.code, second.code) == (DONE, DONE)
    assert first.out == second.out
    assert deploy(ledger_place, "1.0.0", "--run-id", "7").out.startswith("already recorded: deployment of churn 1.0.0")
    assert len(read(ledger_place, "churn")) == 1


AGAIN: dict[str, tuple[list[tuple[str, str, str]], int]] = {
    "another run": ([("deployment", "1", "a"), ("deployment", "1", "b")], 2),
    "no run known": ([("deployment", "1", ""), ("deployment", "1", "")], 2),
    "another version": ([("deployment", "1", "a"), ("deployment", "2", "a")], 2),
    "a restore again": ([("deployment", "1", "a"), ("restore", "1", "a"), ("restore", "1", "a")], 2),
    "deployed again after it was undone": (
        [("deployment", "1", "a"), ("restore", "1", "a"), ("deployment", "1", "a"), ("restore", "1", "a")],
        4,
    ),
    "an old run that deploys again over a newer one": (
        [("deployment", "1", "a"), ("deployment", "2", "b"), ("deployment", "1", "a")],
        3,
    ),
    "a rollback again": ([("deployment", "1", "a"), ("rollback", "1", "b"), ("rollback", "1", "b")], 2),
    "an experiment again": ([("experiment", "1", "a"), ("experiment", "1", "a")], 1),
    "an archive in another run": ([("archive", "1", "a"), ("archive", "1", "b")], 2),
}


@pytest.mark.parametrize("name", AGAIN)
def test_an_entry_of_the_same_run_is_kept_once_as_long_as_it_holds(name: str) -> None:
    steps, count = AGAIN[name]
    about: dict[str, dict[str, object]] = {
        "experiment": {"experiment": "EXP", "hypothesis": "h"},
        "archive": {"branch": "main", "commit": COMMIT},
    }
    for kind, version, run_id in steps:
        told = {"undone": version, "restored": True} if kind == "restore" else {"version": version}
        usual = {"environment": "prod", **({"commit": COMMIT} if kind == "deployment" else {}), **told}
        add(HERE, kind, "churn", {**about.get(kind, usual), "run_id": run_id})
    assert len(read(HERE, "churn")) == count


# ---------------------------------------------------------------- time


def ago(**gap: int) -> str:
    return written(datetime.now(UTC) - timedelta(**gap))


def test_times_never_go_back() -> None:
    assert added("deployment", "--time", ago(minutes=-4)).code == DONE
    ahead = last().time
    assert added("rollback").code == DONE
    assert last().time == ahead
    times = [moment(entry.time) for entry in read(HERE, "churn")]
    assert times == sorted(times)


def test_an_import_says_when_it_was() -> None:
    assert added("deployment", "--time", "2025-03-01T10:00:00+02:00").code == DONE
    assert last().time == "2025-03-01T08:00:00Z"
    assert added("rollback", "--time", "2025-03-01T07:56:00Z").code == DONE
    assert last().time == "2025-03-01T08:00:00Z"
    run = added("rollback", "--time", "2025-03-01T07:54:00Z")
    assert (run.code, run.out) == (CANNOT, "")
    assert "is 0:06:00 before the last entry (2025-03-01T08:00:00Z)" in run.err


def test_a_clock_far_behind_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    with monkeypatch.context() as patched:
        patched.setattr("pipegen.ledger.adding.datetime", _Clock(now + timedelta(hours=1)))
        assert added("deployment").code == DONE
    ahead = last().time
    run = added("rollback")
    assert (run.code, run.out) == (CANNOT, "")
    assert "this machine's clock is 0:59:" in run.err or "this machine's clock is 1:00:" in run.err
    assert f"--time {ahead}" in run.err
    assert added("rollback", "--time", ahead).code == DONE
    assert last().time == ahead


def test_a_time_ahead_of_the_clock_is_refused() -> None:
    refused(added("deployment", "--time", ago(minutes=-6)), "ahead of this machine's clock")


class _Clock:
    """A clock that goes wrong."""

    def __init__(self, time: datetime) -> None:
        self._time = time

    def now(self, zone: object) -> datetime:
        del zone
        return self._time


# ---------------------------------------------------------------- as a program


def test_it_runs_with_nothing_installed_but_itself() -> None:
    about = ["--model", "churn", *ABOUT["deployment"], *where(HERE)]
    isolated = [command()[0], "-I", "-S", "-c"]
    code = f"import sys; sys.path.insert(0, {surroundings()['PYTHONPATH']!r}); \
from pipegen.ledger.__main__ import main; sys.exit(main(sys.argv[1:]))"
    for words in (["add", "deployment", *about], ["verify", *where(HERE)]):
        done = subprocess.run([*isolated, code, *words], env=dict(os.environ), capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (DONE, b"")


def test_pipegen_hands_over_to_it(tmp_path: Path) -> None:
    program = Path(command()[0]).with_name("pipegen")
    done = subprocess.run(
        [program, "ledger", "verify", *where(FolderPlace(tmp_path / "none"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (CANNOT, "")
    assert done.stderr == "pipegen ledger: there is no ledger here yet; `pipegen ledger add` makes it\n"
