"""A gate says the same in four forms, whatever its verdict and whatever people call their metrics."""

from __future__ import annotations

import io
import json
import resource
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate_runs import CANNOT_JUDGE, FAIL, FAILING, HOSTILE, METRICS, PASS, PASSING, gate
from pipegen.gates.__main__ import main


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIPEGEN_SUMMARY", raising=False)


def junit_suite(file: str) -> ET.Element:
    return ET.parse(file).getroot()[0]  # noqa: S314  (written by the gate a moment ago)


def test_the_table_shows_value_bound_and_margin() -> None:
    run = gate(METRICS, *FAILING, "--max", "psi=0.25", "--name", "release")
    assert run.out == (
        "gate release: cannot-judge (bounds: 1 met, 1 not met, 1 cannot be judged)\n"
        "read metrics.json\n"
        "\n"
        "verdict       metric          value  bound    margin  reason\n"
        "pass          auc              0.83  >= 0.83   +0.00\n"
        "fail          latency.p95_ms     61  <= 50       -11  61 is above the maximum 50\n"
        "cannot-judge  psi                 -  <= 0.25       -  no such metric\n"
    )


def test_the_json_report_has_the_documented_form() -> None:
    gate(METRICS, *FAILING, "--max", "psi=0.25", "--json", "gate.json")
    assert json.loads(Path("gate.json").read_text("ascii")) == {
        "format": "pipegen-gate/1",
        "gate": "metrics",
        "title": "metrics",
        "source": "metrics.json",
        "verdict": "cannot-judge",
        "judgements": [
            {
                "subject": "auc",
                "bound": ">= 0.83",
                "verdict": "pass",
                "value": "0.83",
                "margin": "+0.00",
                "reason": "",
            },
            {
                "subject": "latency.p95_ms",
                "bound": "<= 50",
                "verdict": "fail",
                "value": "61",
                "margin": "-11",
                "reason": "61 is above the maximum 50",
            },
            {
                "subject": "psi",
                "bound": "<= 0.25",
                "verdict": "cannot-judge",
                "value": None,
                "margin": None,
                "reason": "no such metric",
            },
        ],
    }


def test_the_junit_report_has_a_failure_for_a_fail_and_an_error_for_what_cannot_be_judged() -> None:
    gate(METRICS, *FAILING, "--max", "psi=0.25", "--junit", "gate.xml")
    suite = junit_suite("gate.xml")
    assert suite.attrib | {"name": ""} == {
        "name": "",
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
        "time": "0",
    }
    cases = {case.attrib["name"]: [(child.tag, child.attrib["message"]) for child in case] for case in suite}
    assert cases == {
        "auc >= 0.83": [],
        "latency.p95_ms <= 50": [("failure", "61 is above the maximum 50")],
        "psi <= 0.25": [("error", "no such metric")],
    }


def test_the_summary_is_appended_as_a_markdown_table(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("summary.md").write_text("# Earlier\n", "utf-8")
    monkeypatch.setenv("PIPEGEN_SUMMARY", "summary.md")
    gate('{"p|_q": 1}', "--min", "p|_q=2")
    assert Path("summary.md").read_text("utf-8") == (
        "# Earlier\n"
        "\n"
        "### Gate metrics: fail (bounds: 1 not met)\n"
        "\n"
        "Read from metrics.json.\n"
        "\n"
        "| metric | value | bound | margin | verdict | reason |\n"
        "| --- | ---: | --- | ---: | --- | --- |\n"
        "| p&#124;\\_q | 1 | >= 2 | -1 | **fail** | 1 is below the minimum 2 |\n"
    )


def test_the_summary_named_on_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEGEN_SUMMARY", "environment.md")
    gate(METRICS, *PASSING, "--summary", "option.md")
    assert (Path("option.md").exists(), Path("environment.md").exists()) == (True, False)


@pytest.mark.parametrize(
    ("content", "bounds", "verdict"),
    [
        (METRICS, PASSING, "pass"),
        (METRICS, FAILING, "fail"),
        ("{", PASSING, "cannot-judge"),
        (None, PASSING, "cannot-judge"),
    ],
)
def test_every_report_is_written_whatever_the_verdict(
    content: str | None, bounds: tuple[str, ...], verdict: str
) -> None:
    gate(
        content,
        *bounds,
        "--junit",
        "new/own/gate.xml",
        "--json",
        "new/own/gate.json",
        "--summary",
        "other/own/summary.md",
    )
    assert json.loads(Path("new/own/gate.json").read_text("utf-8"))["verdict"] == verdict
    assert len(junit_suite("new/own/gate.xml")) == len(bounds) / 2
    assert f"### Gate metrics: {verdict} " in Path("other/own/summary.md").read_text("utf-8")
    assert sorted(path.name for path in Path("new/own").iterdir()) == ["gate.json", "gate.xml"]


@pytest.mark.parametrize("option", ["--junit", "--json", "--summary"])
@pytest.mark.parametrize("path", ["folder", "metrics.json/below", "metrics.json/\x1b##vso[x]", "x" * 300, "a\0b", ""])
def test_a_report_that_cannot_be_written_is_no_pass_and_stops_no_other_report(option: str, path: str) -> None:
    Path("folder").mkdir()
    others = {"--junit": "gate.xml", "--json": "gate.json", "--summary": "summary.md"} | {option: path}
    run = gate(METRICS, *PASSING, *(word for pair in others.items() for word in pair))
    assert run.code == CANNOT_JUDGE
    assert run.err.count("the report could not be written") == 1
    assert run.err.rstrip("\n").isprintable()
    assert "##vso[" not in run.err
    written = {name for name in others.values() if name != path}
    assert {found.name for found in Path().iterdir()} == written | {"folder", "metrics.json"}


def test_a_report_that_breaks_off_half_way_leaves_the_earlier_one_as_it_was() -> None:
    Path("gate.json").write_text("earlier", "utf-8")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    Path("metrics.json").write_text(METRICS, "utf-8")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        run = gate(None, *PASSING, "--json", "gate.json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert run.code == CANNOT_JUDGE
    assert Path("gate.json").read_text("utf-8") == "earlier"
    assert sorted(path.name for path in Path().iterdir()) == ["gate.json", "metrics.json"]


def test_a_report_goes_to_where_a_link_points() -> None:
    Path("kept").mkdir()
    Path("gate.json").symlink_to("kept/gate.json")
    gate(METRICS, *PASSING, "--json", "gate.json")
    assert Path("gate.json").is_symlink()
    assert Path("kept/gate.json").is_file()


def test_a_console_that_is_not_utf8_shows_names_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("metrics.json").write_text('{"précision": 1}', "utf-8")
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)
    assert main(["metrics", "--file", "metrics.json", "--min", "précision=1"]) == PASS
    console.seek(0)
    assert "pr\\xe9cision" in console.read()


def test_names_from_people_cannot_break_a_report_or_speak_to_the_ci_system() -> None:
    metrics = json.dumps({HOSTILE: 1})
    forms = ["--junit", "gate.xml", "--json", "gate.json", "--summary", "summary.md", "--name", HOSTILE]
    run = gate(metrics, "--min", f"{HOSTILE}=2", *forms)
    assert run.code == FAIL
    markdown = Path("summary.md").read_text("utf-8")
    assert json.loads(Path("gate.json").read_text("utf-8"))["judgements"][0]["subject"] == HOSTILE
    assert len(junit_suite("gate.xml")) == 1
    assert markdown.splitlines()[-1].count("|") == 7
    for text in (run.out, markdown, Path("gate.xml").read_text("utf-8")):
        assert all(line.isprintable() for line in text.split("\n"))
        assert "##vso[" not in text
        assert not any(line.lstrip().startswith("::") for line in text.split("\n"))


@settings(deadline=None)
@given(name=st.text(min_size=1), title=st.text())
def test_junit_and_json_are_well_formed_for_any_name(name: str, title: str) -> None:
    run = gate("{}", f"--min={name}=1", "--junit", "gate.xml", "--json", "gate.json", f"--name={title}")
    assert run.code == CANNOT_JUDGE
    assert [child.tag for child in junit_suite("gate.xml")[0]] == ["error"]
    assert json.loads(Path("gate.json").read_text("utf-8"))["title"] == title
