"""What a YAML file says, and where it says it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipegen import source as source_module
from pipegen import yaml_reading
from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Position, Severity, Span
from pipegen.source import Source
from pipegen.yaml_reading import Plain

CORE_SCHEMA: dict[str, Plain] = {
    **{text: text for text in ("on", "yes", "no", "off", "y", "On", "12:30", "2001-01-01", "0b1", "1_000", "=", "<<")},
    **{text: text for text in ("0o8", "-0o7", "1e", "e1", ".", "+", "-a", "1.2.3", "tRue", "nULL", "0x", "1 2", ".5.")},
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    "0": 0,
    "017": 17,
    "0o17": 15,
    "0x1F": 31,
    "-7": -7,
    "+7": 7,
    "9223372036854775807": 2**63 - 1,
    "1e3": 1000.0,
    "1.": 1.0,
    ".5": 0.5,
    "-1.5E-2": -0.015,
    "0e9": 0.0,
    "3.10": 3.1,
    "!!str 1": "1",
    "!!int 1": 1,
    "!!float 1": 1.0,
    "!!bool true": True,
    "!!null ~": None,
    "!!seq []": [],
    '"1"': "1",
    "'true'": "true",
    '"\\u00e9\\t"': "é\t",
    "|\n true\n": "true\n",
    ">-\n a\n b\n": "a b",
}

PLACES = """\
pipegen: 1
# about the model
model: {name: churn, "owner": 'us'}
stages:
  - id: test
    run: |
      pytest

    # why
  - id: deploy
    needs: [test]
empty:

last: &x é
more: {é: *x, z: 1}
"""


def parsed(text: str) -> dict[str, Plain]:
    return Source.parse("spec.yaml", text.encode()).data


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (source_module, yaml_reading):
        monkeypatch.setattr(module, "LOADER", getattr(yaml, request.param))


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize("text", CORE_SCHEMA)
def test_scalars_are_read_by_the_core_schema(text: str) -> None:
    value = parsed(f"a: {text}\n")["a"]
    assert (type(value), value) == (type(CORE_SCHEMA[text]), CORE_SCHEMA[text])


@pytest.mark.parametrize(
    "content", [b"a: |\r\n  b\r\n  c\r\n", b"\xef\xbb\xbfa: |\n  b\n  c\n", b"%YAML 1.2\n---\na: |\n  b\n  c\n"]
)
def test_line_ends_byte_order_mark_and_version_make_no_difference(content: bytes) -> None:
    source = Source.parse("spec.yaml", content)
    assert source.data == {"a": "b\nc\n"}
    assert "\r" not in source.text
    assert "\ufeff" not in source.text


def test_aliases_repeat_what_is_anchored() -> None:
    data = parsed("a: &a {b: [1, &c x]}\nd: *a\n*c : *c\n'<<': 1\n")
    assert data == {"a": {"b": [1, "x"]}, "d": {"b": [1, "x"]}, "x": "x", "<<": 1}


def test_a_hundred_collections_may_nest() -> None:
    assert parsed(f"a: {'[' * 99}{']' * 99}\n")


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_bytes(b"a: 1\r\n")
    assert Source.read(file, "specs/spec.yaml") == Source("specs/spec.yaml", "a: 1\n", {"a": 1})


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), "1:1-15:20", "1:1-1:8"),
        (("pipegen",), "1:10-1:11", "1:1-1:8"),
        (("model",), "3:8-3:36", "3:1-3:6"),
        (("model", "owner"), "3:31-3:35", "3:22-3:29"),
        (("stages",), "5:3-11:18", "4:1-4:7"),
        (("stages", 0), "5:5-7:13", "5:5-5:7"),
        (("stages", 0, "run"), "6:10-7:13", "6:5-6:8"),
        (("stages", 1, "needs", 0), "11:13-11:17", "11:13-11:17"),
        (("empty",), "12:7-12:7", "12:1-12:6"),
        (("last",), "14:7-14:11", "14:1-14:5"),
        (("more", "z"), "15:18-15:19", "15:15-15:16"),
        (("more", "é"), "14:7-14:11", "15:8-15:9"),
        # What is missing: the key of the nearest parent, or that parent's first key.
        (("nothing",), "1:1-1:8", "1:1-1:8"),
        (("model", "path"), "3:1-3:6", "3:1-3:6"),
        (("stages", 1, "run"), "10:5-10:7", "10:5-10:7"),
        (("stages", 7), "4:1-4:7", "4:1-4:7"),
        (("stages", "id"), "4:1-4:7", "4:1-4:7"),
        (("stages", 1, "needs", 0, "x"), "11:13-11:17", "11:13-11:17"),
        (("pipegen", "x", "y"), "1:1-1:8", "1:1-1:8"),
    ],
)
def test_places_of_values_and_keys(path: KeyPath, value: str, key: str) -> None:
    source = Source.parse("spec.yaml", PLACES.encode())
    assert (written(source.span(path)), written(source.key_span(path))) == (value, key)


def written(span: Span) -> str:
    return f"{span.start.line}:{span.start.column}-{span.end.line}:{span.end.column}"


def test_a_block_ends_with_its_last_line_that_is_no_comment() -> None:
    source = Source.parse(
        "spec.yaml", b"a: &a\n  - b # c\n\n  # d\ne:\n  f: *a\n  g:\n    - |\n      # h\n\n# i\nj: *a\n"
    )
    assert [written(source.span(path)) for path in (("a",), ("e",), ("e", "g"), ())] == [
        "1:4-2:10",
        "6:3-9:10",
        "8:5-9:10",
        "1:1-12:6",
    ]


def test_an_empty_mapping_is_the_place_of_what_it_lacks() -> None:
    assert written(Source.parse("spec.yaml", b"# a\n{}\n").span(("model",))) == "2:1-2:3"


def test_a_finding_becomes_a_diagnostic_at_its_value_or_key() -> None:
    source = Source.parse("spec.yaml", PLACES.encode())
    finding = Finding(("stages", 1, "needs"), "PG201", "unknown", "known: test", Severity.WARNING)
    at_value, at_key = source.diagnostic(finding), source.diagnostic(finding, at_key=True)
    assert at_value == Diagnostic(
        "spec.yaml",
        Span(Position(11, 12), Position(11, 18)),
        Severity.WARNING,
        "PG201",
        "unknown",
        "known: test",
        "    needs: [test]",
    )
    assert at_key.span == Span(Position(11, 5), Position(11, 10))
