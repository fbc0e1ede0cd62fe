"""What a YAML file may not hold is refused at its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipegen import source as source_module
from pipegen import yaml_reading
from pipegen.diagnostics import Diagnostic, Position, Refused, Severity, Span
from pipegen.source import CODES, MAX_BYTES, Source

MIB = MAX_BYTES
LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
LONG_TEXTS = f"a: &a {'x' * 60_000}\nb: *a\nc: *a\n"
# Few nodes, but each alias stands 40 lists deep in the next.
ALIAS_LADDER = "a0: &a0 x\n" + "".join(f"a{i}: &a{i} {'[' * 40}*a{i - 1}{']' * 40}\n" for i in range(1, 5))

REFUSED: dict[str, tuple[str | bytes, list[tuple[str, int, int]]]] = {
    "larger than 1 MiB": (b"#" * (MIB + 1), [("PG002", 0, 0)]),
    "Latin-1": ("a: b\nname: é\n".encode("latin-1"), [("PG003", 2, 7)]),
    "Latin-1 behind a byte order mark": (b"\xef\xbb\xbfa: \xe9\n", [("PG003", 1, 4)]),
    "a surrogate in UTF-8": (b"a: \xed\xa0\x80\n", [("PG003", 1, 4)]),
    "UTF-16": ("a: b\n".encode("utf-16"), [("PG003", 0, 0)]),
    "UTF-16 without a mark": ("a: b\n".encode("utf-16-be"), [("PG003", 0, 0)]),
    "UTF-32": ("a: b\n".encode("utf-32"), [("PG003", 0, 0)]),
    "NUL": ("a: b\nc: d\0e\n", [("PG004", 2, 5)]),
    "escape sequence": ("a: \x1b[31mred\n", [("PG004", 1, 4)]),
    "DEL in a key": ("a\x7f: b\n", [("PG004", 1, 2)]),
    "next line": ("a: b\x85c\n", [("PG004", 1, 5)]),
    "line separator in a comment": ("a: b # \u2028\n", [("PG004", 1, 8)]),
    "lone carriage return": ("a: b\r\nc: d\re: f\n", [("PG004", 2, 5)]),
    "byte order mark inside": ("a: \ufeffb\n", [("PG004", 1, 4)]),
    "escaped NUL": ('a: 1\nb: ["ok\\t\\n", "x\\0"]\n', [("PG004", 2, 15)]),
    "escaped carriage return": ('a: "x\\r\\n"\n', [("PG004", 1, 4)]),
    "escaped line separator in a key": ('"a\\L": 1\n', [("PG004", 1, 1)]),
    "nothing": ("", [("PG006", 1, 1)]),
    "only comments": ("# a\n\n# b\n", [("PG006", 1, 1)]),
    "only a document start": ("--- # a\n", [("PG006", 1, 1)]),
    "two documents": ("a: 1\n---\nb: 2\n", [("PG007", 2, 1)]),
    "an empty second document": ("a: 1\n---\n", [("PG007", 2, 1)]),
    "101 lists": (f"a: {'[' * 100}{']' * 100}\n", [("PG008", 1, 103)]),
    "101 mappings": ("".join(" " * i + "a:\n" for i in range(101)) + " " * 101 + "a: b\n", [("PG008", 101, 101)]),
    "aliases that nest deeper than the text": (ALIAS_LADDER, [("PG008", 4, 49)]),
    "billion laughs": (LAUGHS, [("PG009", 5, 25)]),
    "long texts repeated": (LONG_TEXTS, [("PG009", 3, 4)]),
    "an anchor within itself": ("a: &a\n  b: *a\n", [("PG009", 2, 6)]),
    "no such anchor": ("a: b\nc: *d\n", [("PG009", 2, 4)]),
    "one anchor twice": ("a: &x 1\nb: &x 2\n", [("PG009", 2, 4)]),
    "duplicate key": ("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n", [("PG010", 2, 17), ("PG010", 3, 1)]),
    "duplicate key in another style": ("a: 1\n'a': 2\n", [("PG010", 2, 1)]),
    "key is a number": ("a:\n  3.10: x\n  1: y\n", [("PG011", 2, 3), ("PG011", 3, 3)]),
    "key is true or null": ("true: x\n~: y\n", [("PG011", 1, 1), ("PG011", 2, 1)]),
    "key is a list": ("? [a, b]\n: c\n", [("PG011", 1, 3)]),
    "template braces": ("a: {{ b }}\n", [("PG011", 1, 5)]),
    "custom tag": ("a: b\nc: !foo d\n", [("PG012", 2, 4)]),
    "custom tag on a list": ("a: !foo [b]\n", [("PG012", 1, 4)]),
    "Python object": ("a: !!python/object/apply:os.system [x]\n", [("PG012", 1, 4)]),
    "binary": ("a: !!binary aGk=\n", [("PG012", 1, 4)]),
    "core tag that does not fit": ("a: !!int x\nb: !!map []\n", [("PG012", 1, 4), ("PG012", 2, 4)]),
    "undeclared tag handle": ("a: !foo!bar b\n", [("PG012", 1, 4)]),
    "merge key": ("a: &a {b: 1}\nc:\n  <<: *a\n", [("PG012", 3, 3)]),
    "another version": ("%YAML 1.1\n---\na: on\n", [("PG012", 1, 1)]),
    "tag directive": ("# a\n%TAG !x! tag:y,2000:\n---\na: b\n", [("PG012", 2, 1)]),
    "root is a list": ("# a\n- a\n- b\n", [("PG013", 2, 1)]),
    "root is text": ("hello\n", [("PG013", 1, 1)]),
    "root is null": ("null\n", [("PG013", 1, 1)]),
    "not finite": ("a: [.inf, -.INF, .NaN]\n", [("PG014", 1, 5), ("PG014", 1, 11), ("PG014", 1, 18)]),
    "too large": ("a: 9223372036854775808\nb: 1e999\n", [("PG014", 1, 4), ("PG014", 2, 4)]),
    "too small": ("a: 1e-999\n", [("PG014", 1, 4)]),
    "more digits than Python takes": (f"a: {'1' * 5000}\nb: 0x{'f' * 5000}\n", [("PG014", 1, 4), ("PG014", 2, 4)]),
    "all that can be found at once": (
        'a: 1\na: !x y\n2: .nan\nb: "\\a"\nc: d\x01\n<<: {e: *f}\n',
        [
            ("PG010", 2, 1),
            ("PG012", 2, 4),
            ("PG011", 3, 1),
            ("PG014", 3, 4),
            ("PG004", 4, 4),
            ("PG004", 5, 5),
            ("PG012", 6, 1),
            ("PG009", 6, 9),
        ],
    ),
}

# Position, message and hint of what libyaml complains about.
SYNTAX = {
    "a: b: c\n": "1:5 a ':' cannot stand here",
    "a:\n\tb: c\n": "2:1 a tab cannot indent or part anything here",
    "a: b\n\tc: d\n": "2:1 a tab cannot indent or part anything here",
    "a: @b\n": "1:4 a text cannot begin with '@'",
    "a: **/x\n": "1:5 '*' and '&' begin the name of an alias or anchor, and no name follows",
    "a:\n  [b\nc: d\n": "3:2 the list that begins in line 2 goes on here without ',' or ']'",
    "a:\n  [b,\nc: d\n": "2:3 the '[' that opens here is never closed",
    "a: {b: c,\n\nd: e": "1:4 the '{' that opens here is never closed",
    "a: [b,\n\n": "1:7 the file ends where a value is expected",
    "a: {b: c\nd: e\n": "2:2 the mapping that begins in line 1 goes on here without ',' or '}'",
    "a: b\nc: 'd\ne: f\n": "2:4 the quote that opens here is never closed",
    "a: 'b\n---\n'\n": "1:4 the quote that opens here is not closed before a line of '---' or '...'",
    'a: "\\d+"\n': "1:5 no escape in double quotes is written like this",
    'a: "\\x4"\n': "1:7 this escape has too few hexadecimal digits",
    'a: "\\ud800"\n': "1:7 this escape is no character (half of a surrogate pair?)",
    "a: 'it's'\n": "1:8 this does not go on with the mapping that begins in line 1",
    "a:\n  - b\n  c: d\n": "3:3 this does not go on with the list that begins in line 2",
    "a: - b\n": "1:4 a list item cannot begin here",
    "a: ]\n": "1:4 a value is expected here",
    "a: |b\n  c\n": "1:5 only a comment may follow '|' or '>' in its line",
    "{a: b}\nc: d\n": "2:1 the document has ended before this",
    "%FOO\n---\na: b\n": "1:5 a line beginning with '%' is not allowed",
    "a: !<b c\n": "1:7 this is not YAML: did not find the expected '>'",
}


def refusal(content: str | bytes) -> tuple[Diagnostic, ...]:
    with pytest.raises(Refused) as refused:
        Source.parse("spec.yaml", content.encode() if isinstance(content, str) else content)
    return refused.value.diagnostics


def places(diagnostics: tuple[Diagnostic, ...]) -> list[tuple[str, int, int]]:
    starts = [
        (diagnostic.code, diagnostic.span.start if diagnostic.span else Position(0, 0)) for diagnostic in diagnostics
    ]
    return [(code, start.line, start.column) for code, start in starts]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (source_module, yaml_reading):
        monkeypatch.setattr(module, "LOADER", getattr(yaml, request.param))


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize("case", REFUSED)
def test_what_a_spec_may_not_hold_is_refused_at_its_place(case: str) -> None:
    content, expected = REFUSED[case]
    assert places(refusal(content)) == expected


@pytest.mark.parametrize("text", SYNTAX)
def test_bad_syntax_is_explained_where_it_is(text: str) -> None:
    (diagnostic,) = refusal(text)
    assert diagnostic.span is not None
    start = diagnostic.span.start
    assert (diagnostic.code, f"{start.line}:{start.column} {diagnostic.message}") == ("PG005", SYNTAX[text])
    assert diagnostic.hint


def test_each_code_has_a_case() -> None:
    cases = {code for _, expected in REFUSED.values() for code, _, _ in expected}
    assert cases | {"PG001", "PG005"} == set(CODES)


def test_a_refusal_is_a_whole_diagnostic() -> None:
    assert refusal("a: 1\nb: 2\r\na: 3 # \x01\n") == (
        Diagnostic(
            "spec.yaml",
            Span(Position(3, 1), Position(3, 2)),
            Severity.ERROR,
            "PG010",
            "the key 'a' stands in line 1 already",
            "keep one of the two",
            "a: 3 # \ufffd",
        ),
        Diagnostic(
            "spec.yaml",
            Span(Position(3, 8), Position(3, 9)),
            Severity.ERROR,
            "PG004",
            "the control character U+0001 is not allowed",
            "remove it; only line feeds and tabs are allowed",
            "a: 3 # \ufffd",
        ),
    )


def test_messages_repeat_little_of_the_file() -> None:
    (diagnostic,) = refusal(f"a: !{'x' * 100_000} b\n")
    assert len(diagnostic.message) < 100


def test_reading_stops_at_a_hundred_problems() -> None:
    diagnostics = refusal("a: 1\n" * 50_000)
    assert len(diagnostics) == 100
    assert diagnostics[-1].hint == "keep one of the two (reading stopped here)"


@pytest.mark.parametrize("opening", ["[", "{", "{a: ", "- ", "? ", "[{", "- ? ", "&a [", "!!seq ["])
def test_a_mebibyte_of_nesting_neither_crashes_nor_hangs(opening: str) -> None:
    program = "import sys; from pipegen.source import *; Source.parse('x', sys.stdin.buffer.read())"
    content = (opening * MIB)[:MIB].encode()
    environment = {**os.environ, "PYTHONPATH": str(Path(source_module.__file__).parent.parent)}
    run = subprocess.run(
        [sys.executable, "-c", program], input=content, capture_output=True, timeout=60, env=environment, check=False
    )
    assert run.stderr.splitlines()[-1].startswith(b"pipegen.diagnostics.Refused: ")
    assert run.returncode == 1


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    [
        ("missing", "PG001", "there is no such file"),
        ("folder", "PG001", "this is not a file"),
        ("pipe", "PG001", "this is not a file"),
        ("loop", "PG001", "the file cannot be read: Too many levels of symbolic links"),
        ("nul\0", "PG001", "the file cannot be read: embedded null byte"),
        ("large", "PG002", "the file has 10485760 bytes, more than 1048576"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, kind: str, code: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10 * MIB)
    with pytest.raises(Refused) as refused:
        Source.read(tmp_path / kind, "spec.yaml")
    (diagnostic,) = refused.value.diagnostics
    assert (diagnostic.code, diagnostic.message, diagnostic.file) == (code, message, "spec.yaml")
