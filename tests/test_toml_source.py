"""Every key of a TOML file has a place, however the file is written, and what is no TOML is refused at its place."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Refused
from pipegen.toml_places import places
from pipegen.toml_source import TomlSource

WRITTEN = """\
# [host] = "a comment"
title = "[repository] = 1" # host = 2
a.b."c d" = 1
long = \"\"\"
[repository]
host = "inside a text" \\\"""
\"""\"\"
literal = '''
it's [host]'''''
when = 1979-05-27 07:32:00Z  # a date

[ "repository" . 'x' ]
host = "github"
list = [ # [
  "a]", 2,
  { deep = [3, 4,], "=" = '}' },
]

[[steps.before]]
title = "first"
[steps.before.more]
x = 1

[[ steps.before ]]
title = "second"
[repository]
y.z = true
[repository.x.w]
"""


def marked(source: TomlSource, path: KeyPath, *, at_key: bool = False) -> str:
    """The text that a finding at the path marks; what goes over several lines up to the end of the first."""
    span = source.diagnostic(Finding(path, "", ""), at_key=at_key).span
    assert span is not None
    line = source.text.split("\n")[span.start.line - 1]
    return line[span.start.column - 1 : span.end.column - 1 if span.end.line == span.start.line else None]


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("title",), '"[repository] = 1"', "title"),
        (("a", "b", "c d"), "1", '"c d"'),
        (("a", "b"), "b", "b"),
        (("long",), '"""', "long"),
        (("literal",), "'''", "literal"),
        (("when",), "1979-05-27 07:32:00Z", "when"),
        (("repository", "x"), "[ \"repository\" . 'x' ]", "'x'"),
        (("repository", "x", "host"), '"github"', "host"),
        (("repository", "x", "list", 0), '"a]"', '"a]"'),
        (("repository", "x", "list", 1), "2", "2"),
        (("repository", "x", "list", 2, "deep", 1), "4", "4"),
        (("repository", "x", "list", 2, "="), "'}'", '"="'),
        (("steps", "before"), "[[steps.before]]", "before"),
        (("steps", "before", 0, "title"), '"first"', "title"),
        (("steps", "before", 0, "more", "x"), "1", "x"),
        (("steps", "before", 1), "[[ steps.before ]]", "[[ steps.before ]]"),
        (("steps", "before", 1, "title"), '"second"', "title"),
        (("repository",), "[repository]", "repository"),
        (("repository", "y", "z"), "true", "z"),
        (("repository", "x", "w"), "[repository.x.w]", "w"),
    ],
    ids=str,
)
def test_a_value_and_its_key_are_marked_where_they_stand(path: KeyPath, value: str, key: str) -> None:
    source = TomlSource.parse("pipegen.toml", WRITTEN)
    assert marked(source, path) == value
    assert marked(source, path, at_key=True) == key


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        (("repository", "x", "hots"), "[ \"repository\" . 'x' ]"),
        (("repository", "x", "list", 7), "[ # ["),
        (("steps", "before", 1, "run"), "[[ steps.before ]]"),
        (("nothing",), "title"),
        ((), "title"),
    ],
    ids=str,
)
@pytest.mark.parametrize("at_key", [True, False])
def test_what_is_not_there_is_marked_at_the_nearest_place_around_it(path: KeyPath, nearest: str, at_key: bool) -> None:  # noqa: FBT001
    assert marked(TomlSource.parse("pipegen.toml", WRITTEN), path, at_key=at_key) == nearest


def test_an_empty_file_has_one_place() -> None:
    source = TomlSource.parse("pipegen.toml", "")
    assert marked(source, ("x",)) == ""


# ---------------------------------------------------------------- however it is written


@dataclass
class Writer:
    """Writes data as TOML, each table and key in one of the ways that there are."""

    draw: st.DrawFn

    def one_of(self, *choices: str) -> str:
        return str(self.draw(st.sampled_from(choices)))

    def key(self, name: str) -> str:
        is_bare = name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()
        ways = [json.dumps(name), *([name] if is_bare else []), *([] if set(name) & {"'", "\n"} else [f"'{name}'"])]
        return self.one_of(*ways)

    def text(self, value: str) -> str:
        basic = json.dumps(value)
        lines = basic[1:-1].replace("\\n", "\n")
        ways = [basic, f'"""{basic[1:-1]}"""', f'"""\n{lines}"""', f'"""\\\n  {lines}"""']
        if "'" not in value and "\n" not in value:
            ways += [f"'{value}'", f"'''{value}'''"]
        return self.one_of(*ways)

    def value(self, value: object) -> str:
        match value:
            case dict():
                pairs = (f"{self.key(key)}{self.one_of('=', ' = ')}{self.value(each)}" for key, each in value.items())
                return "{" + ", ".join(pairs) + "}"
            case list():
                gap = self.one_of("", " ", "\n  ", " # ] [x] = 1\n")
                items = (f"{gap}{self.value(each)}{self.one_of('', ' ')}" for each in value)
                return "[" + ",".join(items) + self.one_of("", *([","] if value else [])) + gap + "]"
            case str():
                return self.text(value)
        return json.dumps(value)

    def table(self, path: tuple[str, ...], data: dict[str, Any]) -> Iterator[str]:
        """The pairs of the table before the tables below it, as TOML wants it."""
        below: list[Iterator[str]] = []
        for name, each in data.items():
            is_items = isinstance(each, list) and bool(each) and all(isinstance(item, dict) for item in each)
            way = (
                self.one_of("inline", "table", "dotted")
                if isinstance(each, dict)
                else "items"
                if is_items
                else "inline"
            )
            if way == "table":
                below.append(self.header("[{}]", (*path, name), each))
            elif way == "items":
                below += [self.header("[[{}]]", (*path, name), item) for item in each]
            elif way == "dotted" and each:
                yield from (
                    f"{self.key(name)}{self.one_of('.', ' . ')}{self.key(inner)} = {self.value(value)}"
                    for inner, value in each.items()
                )
            else:
                yield f"{self.one_of('', '  ')}{self.key(name)} = {self.value(each)}{self.one_of('', ' # x = 1')}"
        for lines in below:
            yield from lines

    def header(self, form: str, path: tuple[str, ...], data: dict[str, Any]) -> Iterator[str]:
        yield self.one_of("", "# [comment]", "\t")
        yield form.format(self.one_of(".", " . ").join(self.key(name) for name in path))
        yield from self.table(path, data)


_NAMES = st.sampled_from(["a", "b-c", "d_1", "7", "", "x.y", "=", "#", "[z]", "it's", '"', "é"])
_TEXTS = st.sampled_from(
    ["", "x", "[a]", "# no", "a = 1", "it's", 'say "hi"', '""', "two\nlines\n[a]\nb = 1", "}", "]", ","]
)
_SCALARS = _TEXTS | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2).map(lambda number: round(number, 2))
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=8
)


@st.composite
def written_data(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    data = draw(st.dictionaries(_NAMES, _VALUES, max_size=5))
    return data, "\n".join(Writer(draw).table((), data)) + draw(st.sampled_from(["", "\n", "\n# end"]))


def paths(data: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inner in parts:
        yield (*path, key), inner
        yield from paths(inner, (*path, key))


@settings(max_examples=300, deadline=None)
@given(written_data())
def test_every_path_leads_to_its_own_key_and_its_own_value(written: tuple[dict[str, Any], str]) -> None:
    data, text = written
    assert tomllib.loads(text) == data
    found = places(text)
    assert {path for path, _ in paths(data)} == set(found)
    for path, value in paths(data):
        place = found[path]
        assert (place.key is None) == isinstance(path[-1], int)
        if place.key:
            assert list(tomllib.loads(f"{text[slice(*place.key)]} = 0")) == [path[-1]]
        if not isinstance(value, dict | list):
            assert tomllib.loads(f"x = {text[slice(*place.value)]}") == {"x": value}
    assert len({place.key for place in found.values() if place.key}) == sum(isinstance(path[-1], str) for path in found)


# ---------------------------------------------------------------- what is refused


def refused(text: str) -> Diagnostic:
    with pytest.raises(Refused) as caught:
        TomlSource.parse("pipegen.toml", text)
    [diagnostic] = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("text", "code", "line", "message"),
    [
        ("[a\n", "PG020", 1, "expected ']' at the end of a table declaration"),
        ("a = 1\na = 2\n", "PG020", 2, "cannot overwrite a value"),
        ("a = github\n", "PG020", 1, "invalid value"),
        ('a = "x\n', "PG020", 1, "illegal character"),
        ('a = """x\n\n', "PG020", 1, "unterminated string"),
        ("a = \x07\n", "PG020", 1, "invalid value"),
        ("[a]\n[a]\n", "PG020", 2, "cannot declare ('a',) twice"),
    ],
)
def test_what_is_no_toml_is_refused_where_the_parser_stopped(text: str, code: str, line: int, message: str) -> None:
    found = refused(text)
    assert (found.code, found.span and found.span.start.line) == (code, line)
    assert message in found.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = " + "[" * 5000 + "]" * 5000, "PG008"),
        ("a = " + "9" * 5000, "PG014"),
        ("#" * (1 << 20) + "#", "PG002"),
    ],
    ids=["nested", "digits", "large"],
)
def test_what_the_parser_cannot_bear_is_a_finding(text: str, code: str) -> None:
    assert refused(text).code == code


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ("1979-05-27", "PG022", "1979-05-27 is a date or a time"),
        ("07:32:00", "PG022", "07:32:00 is a date or a time"),
        ("1979-05-27T07:32:00Z", "PG022", "is a date or a time"),
        ("inf", "PG014", "the number inf is not finite"),
        ("-nan", "PG014", "the number nan is not finite"),
        ("9223372036854775808", "PG014", "does not fit in 64 bits"),
        ('"\\u0007"', "PG004", "the control character U+0007"),
        ('"\\r"', "PG004", "a carriage return without a line feed"),
    ],
)
def test_what_toml_has_and_pipegen_has_not_is_an_oddity_at_its_place(value: str, code: str, message: str) -> None:
    source = TomlSource.parse("pipegen.toml", f"[a]\nb = [1, {value}]\n")
    [finding] = source.oddities()
    assert (finding.code, finding.path) == (code, ("a", "b", 1))
    assert message in finding.message
    assert marked(source, finding.path) == value


def test_a_key_with_a_control_character_is_an_oddity() -> None:
    [finding] = TomlSource.parse("pipegen.toml", '"\\u0007" = 1\n').oddities()
    assert (finding.code, finding.path) == ("PG004", ("\x07",))


def test_line_ends_and_a_byte_order_mark_move_no_place() -> None:
    source = TomlSource.parse("pipegen.toml", "\ufeff[a]\r\nb = 1\r\n")
    assert source.text == "[a]\nb = 1\n"
    assert marked(source, ("a", "b")) == "1"


_PIECES = [
    *("a", "b", ".", "=", "[", "]", "[[", "]]", "{", "}", ",", "\n", " ", "\t", "#", '"', "'", '"""', "'''", "\\"),
    *("1", "true", "1979-05-27", " 07:32:00", "\x07", "a = ", "\na = ", "[a]\n", "[[a.b]]\n"),
]


def _parsed(text: str) -> TomlSource | list[str]:
    try:
        return TomlSource.parse("pipegen.toml", text)
    except Refused as refusal:
        return [each.code for each in refusal.diagnostics]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join))
def test_any_text_is_refused_with_a_finding_or_has_a_place_for_each_path(text: str) -> None:
    match _parsed(text):
        case TomlSource() as source:
            assert {path for path, _ in paths(source.data)} == set(places(source.text))
        case codes:
            assert codes == ["PG020"]
