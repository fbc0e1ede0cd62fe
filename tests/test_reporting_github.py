"""Workflow commands: what a GitHub runner reads from a line is the finding, whatever stands in it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipegen.diagnostics import Diagnostic, Position, Severity, Span
from pipegen.reporting import formatted

SPEC = "model-specs/fraud.yaml"


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    properties: dict[str, str]
    message: str


def read(line: str) -> Command:
    """As the runner reads it: up to the second `::`, properties at commas, then escapes back, `%25` last."""
    head, _, message = line.removeprefix("::").partition("::")
    name, _, properties = head.partition(" ")
    pairs = (each.split("=", 1) for each in properties.split(",") if each)
    return Command(name, {key: _plain(_unescaped(value)) for key, value in pairs}, _plain(message))


def _unescaped(value: str) -> str:
    return value.replace("%3A", ":").replace("%2C", ",")


def _plain(value: str) -> str:
    return value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def finding(
    message: str = "wrong", *, hint: str = "", file: str = SPEC, span: Span | None = None, warning: bool = False
) -> Diagnostic:
    severity = Severity.WARNING if warning else Severity.ERROR
    return Diagnostic(file, span, severity, "PG203", message, hint)


def commands(*diagnostics: Diagnostic) -> list[str]:
    return formatted(diagnostics, "github").split("\n")


def test_a_finding_is_one_command_with_its_place_its_code_and_what_to_do() -> None:
    span = Span(Position(14, 18), Position(14, 21))
    (line,) = commands(finding("environment 'prd' is not declared", hint="declared: dev, prod", span=span))
    properties, message = line.split("::")[1:]
    assert properties == "error file=model-specs/fraud.yaml,line=14,endLine=14,col=18,endColumn=21,title=PG203"
    assert message == "environment 'prd' is not declared%0Ahint: declared: dev, prod"


def test_a_warning_is_one_for_github_too() -> None:
    assert commands(finding(warning=True)) == ["::warning file=model-specs/fraud.yaml,title=PG203::wrong"]


def test_no_findings_are_no_commands() -> None:
    assert formatted([], "github") == ""


@pytest.mark.parametrize(
    ("start", "end", "place"),
    [
        pytest.param((2, 3), (2, 7), "line=2,endLine=2,col=3,endColumn=7", id="within a line"),
        pytest.param((2, 3), (2, 3), "line=2,endLine=2,col=3,endColumn=3", id="nothing yet"),
        pytest.param((2, 3), (4, 2), "line=2,endLine=4", id="a runner drops columns of several lines"),
        pytest.param((2, 3), (4, 1), "line=2,endLine=3", id="ends with a line"),
        pytest.param((2, 3), (3, 1), "line=2,endLine=2", id="to the end of its line"),
    ],
)
def test_a_place_is_said_as_a_runner_takes_it(start: tuple[int, int], end: tuple[int, int], place: str) -> None:
    (line,) = commands(finding(span=Span(Position(*start), Position(*end))))
    assert line == f"::error file={SPEC},{place},title=PG203::wrong"


@pytest.mark.parametrize(
    ("file", "message", "line"),
    [
        ("a,b:c.yaml", "a, b: c", "::error file=a%2Cb%3Ac.yaml,title=PG203::a, b: c"),
        ("50%.yaml", "50% of %0A", "::error file=50%25.yaml,title=PG203::50%25 of %250A"),
        ("a.yaml", "one\r\ntwo\x1b[31m", "::error file=a.yaml,title=PG203::one\\r\\ntwo\\x1b[31m"),
        ("a.yaml", "::set-env name=A::b", "::error file=a.yaml,title=PG203::::set-env name=A::b"),
    ],
)
def test_what_would_end_a_value_or_a_line_is_escaped(file: str, message: str, line: str) -> None:
    assert commands(finding(message, file=file)) == [line]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.text("%:,=\r\n0AD25C ", max_size=12)


@given(TEXTS, TEXTS, TEXTS.filter(bool))
def test_a_runner_reads_back_what_was_found(message: str, hint: str, file: str) -> None:
    (line,) = commands(finding(message, hint=hint, file=file))
    command = read(line)
    assert (command.name, command.properties["title"]) == ("error", "PG203")
    assert command.properties["file"] == printed(file)
    assert command.message == printed(message) + (f"\nhint: {printed(hint)}" if hint else "")


def printed(text: str) -> str:
    """The text as it is shown to people, where a control character is its escape."""
    return "".join(each if each.isprintable() else "    " if each == "\t" else ascii(each)[1:-1] for each in text)
