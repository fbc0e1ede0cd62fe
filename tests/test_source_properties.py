"""Any bytes are read or refused, as another YAML 1.2 reader reads them, and all values are found at their places."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipegen.diagnostics import KeyPath, Position, Refused, Span
from pipegen.source import CODES, Source
from pipegen.yaml_reading import Plain

YAML_WORDS = st.sampled_from(
    [
        *"-?:,[]{}#&*!|>'\"%@` \n\t\r\\a1~",
        "\n  ",
        "- ",
        ": ",
        "a: ",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "---\n",
        "...\n",
        "\\x00",
        "\\ud800",
        "\x00",
        "\x85",
        "\u2028",
        "\ufeff",
        "é",
        "😀",
        ".inf",
        "1e999",
        "%TAG ! a\n",
        "9" * 30,
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.binary() | st.text().map(str.encode) | st.lists(YAML_WORDS).map("".join).map(str.encode))
def test_any_bytes_are_a_source_or_refused_at_places_in_the_text(content: bytes) -> None:
    lines = content.decode(errors="replace").split("\n")
    for code, span in findings(content):
        assert code in CODES
        assert span.start <= span.end
        assert span.start.column <= len(lines[span.start.line - 1]) + 1


def findings(content: bytes) -> list[tuple[str, Span]]:
    """What is refused and where, or, in what is not refused, where all values are."""
    try:
        source = Source.parse("spec.yaml", content)
    except Refused as refused:
        nowhere = Span(Position(1, 1), Position(1, 1))
        return [(diagnostic.code, diagnostic.span or nowhere) for diagnostic in refused.diagnostics]
    return [("PG001", source.span(path)) for path in key_paths(source.data)]


# Keys that YAML 1.1 or 1.2 reads as anything but text are not ordinary; they have cases of their own.
KEYS = st.sampled_from(["a", "b c", "é", "😀", "on", "yes", "12:30", "-a", "it's", '"', "#x", "a: b", "<", "x" * 60])
TEXTS = st.text(st.sampled_from("ab1.-:é😀'\"\\[]{}, #\n"), max_size=12) | st.sampled_from(
    [
        "on",
        "yes",
        "null",
        "~",
        "1",
        "017",
        "0o17",
        "1e3",
        "12:30",
        "true",
        "<<",
        "- a",
        "a: b",
        "*a",
        "%a",
        "\tb",
        "b\n\n",
    ]
)


def documents(texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Plain]]:
    scalars = texts | st.booleans() | st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e300, 1e300)
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
    )
    return st.dictionaries(KEYS, values, min_size=1, max_size=4)


STYLES = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from([None, '"', "'", "|", ">"]),
        "width": st.sampled_from([10, 80]),
        "indent": st.sampled_from([2, 4]),
        "line_break": st.sampled_from(["\n", "\r\n"]),
        "allow_unicode": st.booleans(),
    }
)


def key_paths(value: Plain, path: KeyPath = ()) -> Iterator[KeyPath]:
    yield path
    children: dict[Any, Plain] = (
        value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
    )
    for part, child in children.items():
        yield from key_paths(child, (*path, part))


def value_at(data: Plain, path: KeyPath) -> Any:  # noqa: ANN401  (the path decides)
    value: Any = data
    for part in path:
        value = value[part]
    return value


@settings(max_examples=150, deadline=None)
@given(documents(TEXTS), STYLES)
def test_ordinary_documents_are_read_as_ruamel_reads_them(document: dict[str, Plain], style: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, **style)
    assert Source.parse("a", text.encode()).data == YAML(typ="safe", pure=True).load(text)


@settings(max_examples=150, deadline=None)
@given(documents(TEXTS))
def test_what_ruamel_writes_is_read_back(document: dict[str, Plain]) -> None:
    ruamel = YAML(typ="safe", pure=True)
    ruamel.default_flow_style = False
    stream = StringIO()
    ruamel.dump(document, stream)
    assert Source.parse("a", stream.getvalue().encode()).data == document


@settings(max_examples=150, deadline=None)
@given(documents(TEXTS.map(str.strip)), STYLES)
def test_every_value_can_be_read_at_its_place(document: dict[str, Plain], style: dict[str, Any]) -> None:
    source = Source.parse("spec.yaml", yaml.safe_dump(document, **style).encode())
    for path in key_paths(source.data):
        assert read_at(source.text, source.span(path)) == value_at(source.data, path)
        if path and isinstance(path[-1], str):
            assert read_at(source.text, source.key_span(path)) == path[-1]


def read_at(text: str, span: Span) -> Plain:
    """What the text at a place says on its own, at the indentation that it has there."""
    lines = [
        *text.split("\n")[span.start.line - 1 : span.end.line - 1],
        text.split("\n")[span.end.line - 1][: span.end.column - 1],
    ]
    lines[0] = lines[0][span.start.column - 1 :].rjust(len(lines[0]))
    return Source.parse("a", ("a:\n" + "".join(f" {line}\n" for line in lines)).encode()).data["a"]
