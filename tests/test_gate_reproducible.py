"""`pipegen gate reproducible` passes two trainings only if they gave the same bytes, or metrics close enough."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_runs import CANNOT_JUDGE, FAIL, PASS, Run, run_gate
from pipegen.gates.report import Verdict
from pipegen.gates.reproducible import Tolerance, judge_metrics

CLOSE = ("--metrics", "metrics.json", "--tolerance", "auc=0.01")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIPEGEN_SUMMARY", raising=False)


def lay(folder: str, model: str, metrics: object) -> None:
    Path(folder).mkdir()
    Path(folder, "model.bin").write_text(model, "utf-8")
    Path(folder, "metrics.json").write_text(json.dumps(metrics), "utf-8")


def compared(*arguments: str) -> Run:
    return run_gate("reproducible", "--first", "a", "--second", "b", *arguments)


def trained(script: str, *arguments: str) -> Run:
    return run_gate("reproducible", "--run", script, *arguments)


# ---------------------------------------------------------------- two results


def test_the_same_files_and_the_same_folders_pass() -> None:
    lay("a", "weights", {"auc": 0.8})
    lay("b", "weights", {"auc": 0.8})
    os.utime("b/model.bin", (0, 0))
    Path("b/model.bin").chmod(0o400)
    assert compared().code == PASS
    files = ("--first", "a/model.bin", "--second", "b/model.bin")
    assert run_gate("reproducible", *files).code == PASS


def test_other_bytes_fail_without_a_tolerance_and_are_named() -> None:
    lay("a", "weights", {"auc": 0.8})
    lay("b", "weighty", {"auc": 0.8})
    Path("b/new").touch()
    run = compared()
    assert (run.code, "the two runs differ: model.bin, new (second alone)" in run.out) == (FAIL, True)


def test_a_file_that_has_only_moved_is_a_difference() -> None:
    lay("a", "weights", {})
    lay("b", "weights", {})
    Path("b/model.bin").rename("b/model2.bin")
    assert compared().code == FAIL


@pytest.mark.parametrize(
    ("first", "second", "tolerance", "code"),
    [
        ("0.80", "0.81", ("--tolerance", "auc=0.01"), PASS),
        ("0.80", "0.79", ("--tolerance", "auc=0.01"), PASS),
        ("0.80", "0.8100000000000000000001", ("--tolerance", "auc=0.01"), FAIL),
        ("0.80", "0.8", ("--tolerance", "auc=0"), PASS),
        ("100", "99", ("--relative", "auc=0.01"), PASS),
        ("99", "100", ("--relative", "auc=0.01"), PASS),
        ("-100", "-98.9", ("--relative", "auc=0.01"), FAIL),
        ("0", "0", ("--relative", "auc=0"), PASS),
        ("0", "1e-9", ("--relative", "auc=0.5"), FAIL),
        ("1e400", "1e400", ("--tolerance", "auc=1"), PASS),
        ("NaN", "0.8", ("--tolerance", "auc=1"), CANNOT_JUDGE),
        ("0.8", "Infinity", ("--tolerance", "auc=1"), CANNOT_JUDGE),
        ("NaN", "NaN", ("--tolerance", "auc=1"), CANNOT_JUDGE),
        ('"0.8"', "0.8", ("--tolerance", "auc=1"), CANNOT_JUDGE),
        ("0.8", "null", ("--relative", "auc=1"), CANNOT_JUDGE),
        ("0.8", "0.8", ("--tolerance", "f1=1"), CANNOT_JUDGE),
        ("0.8", "0.8", ("--tolerance", "auc=1", "--tolerance", "f1=1"), CANNOT_JUDGE),
        ("0.8", "0.9", ("--tolerance", "auc=1", "--tolerance", "n=0.5"), FAIL),
    ],
)
def test_metrics_decide_where_bytes_differ(first: str, second: str, tolerance: tuple[str, ...], code: int) -> None:
    lay("a", "weights", {})
    lay("b", "weighty", {})
    Path("a/metrics.json").write_text(f'{{"auc": {first}, "n": 1}}', "utf-8")
    Path("b/metrics.json").write_text(f'{{"auc": {second}, "n": 2}}', "utf-8")
    run = compared("--metrics", "metrics.json", *tolerance)
    assert (run.code, "bytes differ: " in run.out) == (code, True), run.out


def test_two_files_of_metrics_can_be_compared_themselves() -> None:
    Path("a").write_text('{"auc": 0.8}', "utf-8")
    Path("b").write_text('{"auc": 0.805}', "utf-8")
    assert (compared().code, compared("--tolerance", "auc=0.01").code) == (FAIL, PASS)


@pytest.mark.parametrize("content", [None, "", '{"auc": 0', "[]", "\x00"])
def test_metrics_that_cannot_be_read_allow_no_judgement(content: str | None) -> None:
    lay("a", "weights", {"auc": 0.8})
    lay("b", "weighty", {"auc": 0.8})
    Path("b/metrics.json").unlink()
    if content is not None:
        Path("b/metrics.json").write_text(content, "utf-8")
    assert compared(*CLOSE).code == CANNOT_JUDGE


def test_a_tolerance_without_the_name_of_the_metrics_is_asked_for() -> None:
    lay("a", "weights", {"auc": 0.8})
    lay("b", "weighty", {"auc": 0.8})
    run = compared("--tolerance", "auc=1")
    assert (run.code, "--metrics does not say" in run.out) == (CANNOT_JUDGE, True)


def test_what_is_missing_empty_or_no_file_allows_no_judgement() -> None:
    lay("a", "weights", {})
    assert compared().code == CANNOT_JUDGE
    Path("b").mkdir()
    assert compared().code == CANNOT_JUDGE
    os.mkfifo("b/model.bin")
    assert "neither a file nor a folder" in compared().out
    Path("empty").touch()
    Path("void").touch()
    assert run_gate("reproducible", "--first", "empty", "--second", "void").code == CANNOT_JUDGE
    assert run_gate("reproducible", "--first", "a", "--second", "a/model.bin").code == CANNOT_JUDGE


def test_a_thing_is_not_compared_with_itself() -> None:
    lay("a", "weights", {})
    Path("b").symlink_to("a")
    run = compared()
    assert (run.code, "one and the same" in run.out) == (CANNOT_JUDGE, True)


# ---------------------------------------------------------------- two runs


def test_a_training_that_writes_the_same_twice_passes() -> None:
    run = trained('echo trained > "$PIPEGEN_OUT/model.bin"; pwd > "$PIPEGEN_OUT/where"; echo "$PIPEGEN_OUT" > "$_.out"')
    assert run.code == PASS, run.out


def test_a_training_that_writes_other_bytes_fails_unless_its_metrics_are_close() -> None:
    Path("count").write_text("", "utf-8")
    script = (
        'printf x >> count; cp count "$PIPEGEN_OUT/model.bin"; '
        'printf \'{"auc": 0.80%s}\' "$(wc -c < count)" > "$PIPEGEN_OUT/metrics.json"'
    )
    assert trained(script).code == FAIL
    run = trained(script, *CLOSE)
    assert (run.code, "bytes differ: metrics.json, model.bin" in run.out, "0.803 and 0.804" in run.out) == (
        PASS,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 3", "the first run failed with exit code 3"),
        ('false; echo x > "$PIPEGEN_OUT/x"', "the first run failed with exit code 1"),
        ('echo "$UNKNOWN" > "$PIPEGEN_OUT/x"', "the first run failed"),
        ('mkdir once && echo x > "$PIPEGEN_OUT/x"', "the second run failed with exit code 1"),
        ("true", "the first run wrote nothing"),
        ('touch "$PIPEGEN_OUT/x"', "nothing to compare"),
        ('rm -r "$PIPEGEN_OUT"', "the first run"),
        ("kill -9 $$", "exit code -9"),
        ("if", "exit code 2"),
    ],
)
def test_a_training_that_does_not_succeed_allows_no_judgement(script: str, reason: str) -> None:
    run = trained(script)
    assert (run.code, reason in run.out) == (CANNOT_JUDGE, True), run.out


def test_a_training_that_takes_too_long_is_ended_with_all_it_started() -> None:
    # What it started does not listen to being asked, and outlives it.
    run = trained("(trap '' TERM; exec sleep 60) & echo $! > child; wait", "--timeout", "0.5")
    assert (run.code, "within 0.5 seconds" in run.out) == (CANNOT_JUDGE, True)
    assert gone(int(Path("child").read_text("utf-8")))


def gone(process: int) -> bool:
    for _ in range(100):
        stat = Path(f"/proc/{process}/stat")
        if not stat.exists() or stat.read_text("utf-8").rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_gate_that_is_interrupted_leaves_no_process_behind(number: signal.Signals) -> None:
    script = "(trap '' TERM; exec sleep 60) & echo $! > child.part; mv child.part child; wait"
    command = [sys.executable, "-m", "pipegen.gates", "reproducible", "--run", script]
    # A gate that is killed leaves its folder behind, so that is below the test's own.
    own = os.environ | {"TMPDIR": str(Path.cwd())}
    with subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not Path("child").exists():
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert gone(int(Path("child").read_text("utf-8")))
    if number is signal.SIGKILL:
        assert process.returncode == -number
    else:
        assert (process.returncode, f"interrupted by {number.name}" in out, err) == (CANNOT_JUDGE, True, "")


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--first", "a"),
        ("--run", "true", "--first", "a", "--second", "b"),
        ("--first", "a", "--second", "a"),
        ("--run", "true", "--metrics", "metrics.json"),
        ("--run", "true", "--tolerance", "auc"),
        ("--run", "true", "--tolerance", "auc=-1"),
        ("--run", "true", "--tolerance", "auc=nan"),
        ("--run", "true", "--tolerance", "auc=1", "--relative", "auc=1"),
        ("--run", "true", "--timeout", "0"),
        ("--run", "true", "--timeout", "nan"),
    ],
)
def test_wrong_usage_is_said(arguments: tuple[str, ...]) -> None:
    run = run_gate("reproducible", *arguments)
    assert (run.code, run.out, "pipegen gate reproducible: " in run.err) == (CANNOT_JUDGE, "", True)


# ---------------------------------------------------------------- properties

NUMBERS = st.decimals(-1000, 1000, places=6)


@given(first=NUMBERS, second=NUMBERS, limit=st.decimals(0, 100, places=6), relative=st.booleans())
def test_which_run_came_first_does_not_matter(
    first: Decimal, second: Decimal, limit: Decimal, *, relative: bool
) -> None:
    tolerance = Tolerance("auc", limit, relative=relative)
    (one,) = judge_metrics({"auc": first}, {"auc": second}, [tolerance])
    (other,) = judge_metrics({"auc": second}, {"auc": first}, [tolerance])
    assert one.verdict is other.verdict
    close = abs(first - second) <= (limit * max(abs(first), abs(second)) if relative else limit)
    assert one.verdict is (Verdict.PASS if close else Verdict.FAIL)
