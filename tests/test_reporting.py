"""Findings as people and programs read them: every character in its place, and none that acts on a terminal."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipegen.diagnostics import Diagnostic, Position, Severity, Span
from pipegen.reporting import formatted, text


def finding(
    excerpt: str = "",
    start: int = 1,
    end: int = 2,
    *,
    lines: int = 1,
    message: str = "wrong",
    hint: str = "",
    severity: Severity = Severity.ERROR,
    file: str = "model-specs/fraud.yaml",
) -> Diagnostic:
    span = Span(Position(14, start), Position(13 + lines, end))
    return Diagnostic(file, span, severity, "PG203", message, hint, excerpt)


def test_a_finding_is_one_line_then_its_source_with_a_mark_and_what_to_do() -> None:
    found = finding(
        "    environment: prd", 18, 21, message="environment 'prd' is not declared", hint="declared: dev, prod"
    )
    assert text([found], color=False).split("\n") == [
        "model-specs/fraud.yaml:14:18: PG203 environment 'prd' is not declared",
        "  14 |     environment: prd",
        "     |                  ^^^",
        "  hint: declared: dev, prod",
    ]


def test_a_warning_says_so() -> None:
    first = text([finding(severity=Severity.WARNING)], color=False).split("\n")[0]
    assert first == "model-specs/fraud.yaml:14:1: PG203 warning: wrong"


def test_a_finding_without_a_place_has_neither_line_nor_mark() -> None:
    found = Diagnostic("pipegen.toml", None, Severity.ERROR, "PG001", "there is no such file", "check the path")
    assert text([found], color=False) == "pipegen.toml: PG001 there is no such file\n  hint: check the path"


@pytest.mark.parametrize(
    ("excerpt", "start", "end", "shown", "mark"),
    [
        ("\tname: x", 8, 9, "    name: x", "          ^"),
        ("a:\tx", 4, 5, "a:    x", "      ^"),
        ("名前: x", 5, 6, "名前: x", "      ^"),
        ("x: 名前", 4, 6, "x: 名前", "   ^^^^"),
        ("x: e\u0301a", 6, 7, "x: e\u0301a", "    ^"),
        ("x: \x1b[31m", 4, 9, "x: \\x1b[31m", "   ^^^^^^^^"),
        ("x: \u202eevil", 4, 5, "x: \\u202eevil", "   ^^^^^^"),
        ("x: ", 4, 4, "x: ", "   ^"),
        ("key: [a,", 6, 3, "key: [a,", "     ^^^"),
    ],
)
def test_the_mark_stands_below_what_it_means(excerpt: str, start: int, end: int, shown: str, mark: str) -> None:
    lines = 2 if end < start else 1
    printed = text([finding(excerpt, start, end, lines=lines)], color=False).split("\n")
    assert printed[1:] == [f"  14 | {shown}", f"     | {mark}"]


def test_of_a_long_line_only_the_part_around_the_finding_is_shown() -> None:
    printed = text([finding("a" * 5000 + "b" + "c" * 5000, 5001, 5002)], color=False).split("\n")
    assert len(printed[1]) < 140
    assert printed[1][printed[2].index("^")] == "b"


def test_colours_change_nothing_but_colours() -> None:
    found = [finding("a: b", 4, 5, hint="c"), finding(severity=Severity.WARNING)]
    colored = text(found, color=True)
    assert "\x1b[1;31mPG203" in colored
    assert "\x1b[1;33mPG203" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == text(found, color=False)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.integers(1, 60), st.integers(1, 60))
def test_whatever_a_file_says_only_printable_lines_come_out(
    excerpt: str, message: str, file: str, start: int, end: int
) -> None:
    line = excerpt.replace("\n", " ")
    printed = text([finding(line, start, end, message=message, hint=message, file=file)], color=False)
    assert all(each.isprintable() for each in printed.split("\n"))
    assert printed.count("\n") <= 3


def test_json_has_every_part_of_a_finding_and_null_for_a_missing_place() -> None:
    unplaced = Diagnostic("a\x1b.yaml", None, Severity.WARNING, "PG001", "gone")
    printed = formatted([finding("a: b", 4, 5, message="é", hint="c"), unplaced], "json")
    assert printed.isascii()
    assert json.loads(printed) == [
        {
            "file": "model-specs/fraud.yaml",
            "line": 14,
            "column": 4,
            "end_line": 14,
            "end_column": 5,
            "severity": "error",
            "code": "PG203",
            "message": "é",
            "hint": "c",
        },
        {
            "file": "a\x1b.yaml",
            "line": None,
            "column": None,
            "end_line": None,
            "end_column": None,
            "severity": "warning",
            "code": "PG001",
            "message": "gone",
            "hint": "",
        },
    ]
