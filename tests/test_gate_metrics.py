"""`pipegen gate metrics` lets only a model pass whose every bound is known to hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipegen
from gate_runs import CANNOT_JUDGE, FAIL, FAILING, HOSTILE, METRICS, PASS, PASSING, gate
from pipegen.gates.__main__ import main
from pipegen.gates.reading import LARGEST_FILE


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIPEGEN_SUMMARY", raising=False)


@pytest.mark.parametrize(
    ("content", "bounds"),
    [
        ('{"auc": 0.8}', ["--min", "auc=0.8"]),
        ('{"auc": 0.8}', ["--max", "auc=0.8"]),
        ('{"auc": 0.80}', ["--min", "auc=8e-1"]),
        ('{"auc": 0.8}', ["--min", "auc=0.7", "--max", "auc=0.9"]),
        ('{"rows": 123456789012345678901234567890}', ["--min", "rows=123456789012345678901234567890"]),
        ('{"loss": -0.5}', ["--max", "loss=-0.4"]),
        ('{"latency": {"p95_ms": 49}}', ["--max", "latency.p95_ms=50"]),
        ('{"latency.p95_ms": 49, "latency": {"p95_ms": 99}}', ["--max", "latency.p95_ms=50"]),
        ('{"test": {"recall@0.5": 1}}', ["--min", "test.recall@0.5=1"]),
        ('{"f1@k=5": 1}', ["--min", "f1@k=5=1"]),
        ('{"auc": 0.8, "unasked": NaN, "notes": ["x"]}', ["--min", "auc=0.8"]),
        ('\ufeff{"auc": 0.8}', ["--min", "auc=0.8"]),
        ('{"huge": 1e400}', ["--min", "huge=1e399"]),
        ('{"huge": 1e999999999999}', ["--min", "huge=1"]),
    ],
)
def test_a_model_that_meets_every_bound_passes(content: str, bounds: list[str]) -> None:
    assert gate(content, *bounds).code == PASS


@pytest.mark.parametrize(
    ("content", "bounds"),
    [
        ('{"auc": 0.79999999999999999999999}', ["--min", "auc=0.8"]),
        ('{"auc": 0.80000000000000000000001}', ["--max", "auc=0.8"]),
        ('{"auc": 0.8}', ["--min", "auc=0.7", "--max", "auc=0.75"]),
        ('{"auc": 0.8, "f1": 0.9}', ["--min", "f1=0.5", "--min", "auc=0.9"]),
        ('{"rows": 9007199254740992}', ["--min", "rows=9007199254740993"]),
        ('{"huge": 1e400}', ["--max", "huge=1e399"]),
    ],
)
def test_a_model_that_misses_a_bound_fails(content: str, bounds: list[str]) -> None:
    assert gate(content, *bounds).code == FAIL


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "metrics.json: No such file or directory"),
        ("", "metrics.json: empty"),
        (" \n", "metrics.json: empty"),
        ('{"auc": 0.9', "not JSON (Expecting ',' delimiter, line 1, column 12)"),
        ('{"auc": 0.9} {}', "not JSON (Extra data, line 1, column 14)"),
        (b'{"auc": 0.9, "\xff": 1}', "not UTF-8 (byte 14)"),
        ('{"auc": 0.9}'.encode("utf-16"), "not UTF-8"),
        ("[0.9]", "its root is a list, not an object"),
        ("0.9", "its root is a number, not an object"),
        ('{"auc": 0.9, "auc": 0.9}', "the key 'auc' stands more than once in one object"),
        ('{"auc": 0.9, "deep": [{"x": 1, "x": 2}]}', "the key 'x' stands more than once in one object"),
        ('{"auc":' * 100_000, "nested too deeply"),
        (f'{{"auc": 0.9{" " * LARGEST_FILE}}}', "larger than 16777216 bytes"),
        ('{"auc": 0.9, "x": 1e9999999999999999999}', "holds a number whose exponent is out of range"),
        ("{}", "no such metric"),
        ('{"AUC": 0.9, "auc_": 0.9}', "no such metric; similar: auc_"),
        ('{"auc": NaN}', "NaN is not a finite number"),
        ('{"auc": Infinity}', "Infinity is not a finite number"),
        ('{"auc": true}', "a boolean, not a number"),
        ('{"auc": "0.9"}', "a string, not a number"),
        ('{"auc": null}', "null, not a number"),
        ('{"auc": [0.9]}', "a list, not a number"),
        ('{"auc": {"mean": 0.9}}', "an object, not a number; similar: auc.mean"),
    ],
)
def test_what_cannot_be_judged_never_passes(content: str | bytes | None, reason: str) -> None:
    run = gate(content, "--min", "auc=0.8")
    assert run.code == CANNOT_JUDGE
    assert reason in run.out


@pytest.mark.parametrize("file", ["", "a\0b", "x" * 300, "missing/metrics.json", "\udcff"])
def test_a_file_that_cannot_be_opened_never_passes(file: str) -> None:
    assert gate(METRICS, *PASSING, "--file", file).code == CANNOT_JUDGE


def test_a_name_that_means_two_places_is_refused() -> None:
    run = gate('{"a": {"b.c": 1, "b": {"c": 2}}}', "--min", "a.b.c=0")
    assert run.code == CANNOT_JUDGE
    assert "ambiguous: 2 places" in run.out


def test_what_cannot_be_judged_outweighs_a_failure() -> None:
    run = gate('{"auc": 0.7}', "--min", "auc=0.8", "--min", "f1=0.8")
    assert run.code == CANNOT_JUDGE
    assert "cannot-judge (bounds: 1 not met, 1 cannot be judged)" in run.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give at least one --min or --max"),
        (["--min", "auc"], "'auc' is not NAME=VALUE"),
        (["--min", "=0.8"], "'=0.8' is not NAME=VALUE"),
        *(
            (["--min", f"auc={number}"], "is not a finite number as JSON writes it")
            for number in (
                "",
                "NaN",
                "inf",
                "-Infinity",
                "1_0",
                " 1",
                "1 ",
                "+1",
                ".5",
                "5.",
                "0x1",
                "01",
                "\u0661",
                "1\n",
            )
        ),
        (["--min", "auc=1e9999999999999999999"], "out of range"),
        (["--min", "auc=0.8", "--min", "auc=0.9"], "--min is given more than once for 'auc'"),
        (["--mi", "auc=0.8"], "unrecognized arguments: --mi"),
        (["--min", "auc=0.8", "--json", "./metrics.json"], "must name different files"),
        (["--min", "auc=0.8", "--json", "report", "--junit", "report"], "must name different files"),
        (["--min", "auc=0.8", HOSTILE], "unrecognized arguments: a\\x00\\x1b[2J"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: list[str], complaint: str) -> None:
    run = gate(METRICS, *arguments)
    assert (run.code, run.out) == (CANNOT_JUDGE, "")
    assert complaint in run.err.splitlines()[-1]
    assert Path("metrics.json").read_text("utf-8") == METRICS


def test_a_caller_that_closed_the_output_still_gets_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("metrics.json").write_text(METRICS, "utf-8")
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["metrics", "--file", "metrics.json", *FAILING]) == FAIL


@pytest.mark.parametrize("arguments", [[], ["unknown-gate"], ["metrics"]])
def test_incomplete_usage_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == CANNOT_JUDGE
    assert "usage: pipegen gate" in capsys.readouterr().err


def test_help_shows_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "--help"]) == PASS
    shown = capsys.readouterr().out
    assert "pipegen gate metrics --file metrics.json --min auc=0.8 --max latency.p95_ms=50" in shown
    assert "  2  cannot judge" in shown


NAMES = st.text("ab.", min_size=1, max_size=5)
NUMBERS = st.sampled_from(
    ["0", "-0.0", "0.1", "0.10", "1", "1.0", "1e-1", "1E+2", "99.99999999999999999999"]
) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
OTHERS = st.sampled_from(["NaN", "Infinity", "-Infinity", "true", "null", '"1"', "[1]", "[]", "{}"])
DOCUMENTS = st.recursive(
    NUMBERS | OTHERS,
    lambda inner: st.dictionaries(NAMES, inner, max_size=4).map(
        lambda node: "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in node.items()) + "}"
    ),
)
BOUNDS = st.dictionaries(st.tuples(NAMES, st.sampled_from(["min", "max"])), NUMBERS, min_size=1, max_size=3)


def places(node: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield ".".join((*path, key)), child
            yield from places(child, (*path, key))


def expected_code(document: str, bounds: dict[tuple[str, str], str]) -> int:
    """The exit code by other means: every place of the document by name, and fractions of whole numbers."""
    root = json.loads(document, parse_float=Fraction, parse_int=Fraction)
    codes = [CANNOT_JUDGE] if not isinstance(root, dict) else []
    for (name, side), limit in bounds.items():
        direct = isinstance(root, dict) and name in root
        found = [root[name]] if direct else [value for place, value in places(root) if place == name]
        if len(found) != 1 or not isinstance(found[0], Fraction):
            codes.append(CANNOT_JUDGE)
        elif (found[0] - Fraction(limit)) * (1 if side == "min" else -1) < 0:
            codes.append(FAIL)
    return max(codes, default=PASS)


@settings(deadline=None)
@given(document=DOCUMENTS, bounds=BOUNDS)
def test_the_exit_code_agrees_with_exact_fractions_for_any_document_and_bounds(
    document: str, bounds: dict[tuple[str, str], str]
) -> None:
    arguments = [f"--{side}={name}={limit}" for (name, side), limit in bounds.items()]
    assert gate(document, *arguments).code == expected_code(document, bounds)


@settings(deadline=None)
@given(content=st.binary(max_size=40))
def test_no_content_of_a_file_ends_in_a_traceback_or_passes_by_chance(content: bytes) -> None:
    assert gate(content, "--min", "auc=0").code == CANNOT_JUDGE


def python(*arguments: str, **streams: int) -> subprocess.CompletedProcess[str]:
    """Run the real command with third-party packages within reach, so that it would show if one was imported."""
    folders = [str(Path(pipegen.__file__).parent.parent), sysconfig.get_path("purelib")]
    options = ["-S", "-s", "-X", "importtime", "-m", "pipegen.gates"]
    environment = {"PYTHONPATH": os.pathsep.join(folders)}
    return subprocess.run(
        [sys.executable, *options, *arguments],
        env=environment,
        stdout=streams.get("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def test_the_command_imports_the_standard_library_and_the_gates_alone() -> None:
    Path("metrics.json").write_text(METRICS, "utf-8")
    reports = ["--junit", "gate.xml", "--json", "gate.json", "--summary", "summary.md"]
    run = python("metrics", "--file", "metrics.json", *FAILING, *reports)
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if line.startswith("import time:")}
    # The table opens with a heading, and the standard library's own copy module looks for Jython's `org.python`.
    known = {*sys.stdlib_module_names, "imported package", "org"}
    foreign = {name for name in imported if name.partition(".")[0] not in known}
    assert run.returncode == FAIL
    assert foreign == {
        "pipegen",
        "pipegen.gates",
        "pipegen.gates.metrics",
        "pipegen.gates.reading",
        "pipegen.gates.report",
        "pipegen.gates.writing",
        "pipegen.printing",
    }


def test_a_report_can_go_to_a_pipe() -> None:
    Path("metrics.json").write_text(METRICS, "utf-8")
    run = python("metrics", "--file", "metrics.json", *FAILING, "--json", "/dev/stdout")
    assert run.returncode == FAIL
    assert '"format": "pipegen-gate/1"' in run.stdout


def test_output_that_nobody_can_read_is_exit_2_without_a_traceback() -> None:
    Path("metrics.json").write_text(METRICS, "utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    run = python("metrics", "--file", "metrics.json", *PASSING, stdout=writer)
    os.close(writer)
    assert run.returncode == CANNOT_JUDGE
    assert "Traceback" not in run.stderr
    assert "Exception ignored" not in run.stderr
