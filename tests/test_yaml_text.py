from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipegen.yaml_text import Commented, Flow, Node, Section, Spaced, emit, present

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | float | bool | None"

READERS: dict[str, Callable[[str], object]] = {
    "YAML 1.1, PyYAML": lambda text: yaml.load(text, yaml.SafeLoader),
    "YAML 1.1, libyaml": lambda text: yaml.load(text, yaml.CSafeLoader),
    "YAML 1.2, ruamel": lambda text: YAML(typ="safe", pure=True).load(text),
}

INDICATORS = "~ = << - -- --- ... ? : | > & * ! % @ ` # {} [] , ' \" '' \"\" |- >- ${{ }} \\"
WORDS = "on off yes no y n Y N ON Yes TRUE true False null Null .inf -.INF .nan"
NUMBERS = "12:30 190:20:30 1e3 1.5e+3 0o17 017 0x1f 0b11 1_000 3.10 3 -1 +1 .5 2024-01-01 2024-01-01T10:00:00Z"
STARTS = "#a &a *a !a %a @a `a -a ?a :a [a] {a} 'a' a: a:b a#b a, ./a ../a .a ..a ...: $(x) $[x] C:\\a \\n \\u0041"
BEYOND_ASCII = "é 模型 😀 👩‍💻"
SPACED = "|  | a|a |a  b|a: b|a #b|a # b|- a|? a|... a|--- a|${{ a }}|{{ a }}|a, b"
NASTY = [*f"{INDICATORS} {WORDS} {NUMBERS} {STARTS} {BEYOND_ASCII}".split(), *SPACED.split("|"), " "]
HIDDEN = list("\t\r\0\x07\x1b\x7f\x85\xa0\u200b\u2028\u2029\u202e\ufeff\ufffe\uffff\U000e0041")
LINES = [
    "\n",
    "\n\n",
    "\n ",
    "\n  ",
    "\n\t",
    " \n",
    "\t\n",
    "\n#",
    "\n- ",
    "\na: b",
    "\n---\n",
    "\n...\n",
    "\n%a\n",
    "EOF\n",
]

texts = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from(NASTY + HIDDEN + LINES), max_size=8).map("".join),
    st.lists(st.sampled_from(NASTY + LINES), max_size=8).map("".join),
    st.text(st.characters(exclude_categories=["Cs"])),
)
scalars = st.one_of(texts, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False))


def collections(inner: st.SearchStrategy[Plain]) -> st.SearchStrategy[Plain]:
    return st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)


documents = collections(st.recursive(scalars, collections, max_leaves=12))


def assert_reads_as(text: str, expected: Plain) -> None:
    for reader, read in READERS.items():
        assert repr(read(text)) == repr(expected), reader


@settings(deadline=None)
@given(documents)
def test_every_reader_gets_the_data_that_went_in(data: Plain) -> None:
    assert_reads_as(emit(data), data)


@settings(deadline=None)
@given(texts, texts, texts)
@example("a\n\n", "b", "c")
def test_every_reader_gets_the_text_that_went_in_wherever_it_stands(key: str, first: str, second: str) -> None:
    data: Plain = {key: first, "list": [first, [second, first], {key: second}], "last": {"x": first, key: second}}
    assert_reads_as(emit(data), data)


@settings(deadline=None)
@given(st.lists(scalars))
def test_a_list_on_one_line_reads_back(items: list[str | int | float | bool | None]) -> None:
    text = emit({"list": Flow(items)})
    assert text.count("\n") == 1
    assert_reads_as(text, {"list": list(items)})


def marked(data: Plain, comments: itertools.cycle[str]) -> Node:
    """The same data with a comment at every place that can hold one, and blank lines between all entries."""
    match data:
        case dict():
            entries = {key: Section(marked(value, comments), next(comments)) for key, value in data.items()}
            return Section(Spaced(entries), next(comments))
        case list():
            return Spaced([marked(item, comments) for item in data])
        case _:
            return Section(Commented(data, next(comments)), next(comments))


comment_texts = texts | st.text(st.characters(), max_size=20)


@settings(deadline=None)
@given(documents, st.lists(comment_texts, min_size=1, max_size=5))
@example({"a": "x\n\n", "b": ["y\n\n", "z"]}, ["\nevil: true", "\r\nevil: true", "\u2028evil: true", "\x85- evil"])
def test_no_comment_and_no_blank_line_changes_the_data(data: Plain, comments: list[str]) -> None:
    assert_reads_as(emit(marked(data, itertools.cycle(comments))), data)


@settings(deadline=None)
@given(documents, st.lists(comment_texts, min_size=1, max_size=5))
def test_written_text_holds_no_character_that_hides(data: Plain, comments: list[str]) -> None:
    assert not set(emit(marked(data, itertools.cycle(comments)))) & set(HIDDEN) - {"\t"}


PLAIN = "churn x-24.04 ./deploy.sh /opt .github/x v7.0.1 $HOME ${{always()}} a:b a#b https://a/b é 模型 _x (a) \\d"


@pytest.mark.parametrize("text", [*PLAIN.split(), "python -m churn.train --out x", "${{ github.ref == 'refs/x' }}"])
def test_text_that_no_reader_mistakes_stays_plain(text: str) -> None:
    assert emit({"key": text}) == f"key: {text}\n"


QUOTED = (
    "on Off yes n True null ~ 12:30 1e3 0o17 0x1f 1_000 3.10 2024-01-01 = << .5 .inf @a `a %a #a *a &a !a [a] {a} a:"
)


@pytest.mark.parametrize("text", [*QUOTED.split(), "a: b", "a #b", " a", "a ", ""])
def test_text_that_one_reader_mistakes_is_quoted_as_value_and_as_key(text: str) -> None:
    assert emit({text: text}) == f'"{text}": "{text}"\n'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('"$X" --y', """'"$X" --y'"""),
        ("-\\d", r"""'-\d'"""),
        ('-"it\'s"', r'''"-\"it's\""'''),
        ("a\tb", r'"a\tb"'),
        ("a\u202eb", r'"a\u202eb"'),
        ("a\U000e0041", r'"a\U000e0041"'),
    ],
)
def test_quotes_are_those_that_leave_the_text_easier_to_read(text: str, written: str) -> None:
    assert emit({"key": text}) == f"key: {written}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb", "|-\n    a\n    b\n"),
        ("a\nb\n", "|\n    a\n    b\n"),
        ("a\n", "|\n    a\n"),
        ("a\n\n", "|+\n    a\n\n"),
        ("  a\nb", "|2-\n      a\n    b\n"),
        ("a\n\n\tb  \nc", "|-\n    a\n\n    \tb  \n    c\n"),
        ("\na\n", "|\n\n    a\n"),
        ("\ta\nb", '"\\ta\\nb"\n'),
        ("a\r\nb", '"a\\u000d\\nb"\n'),
        (" \n", '" \\n"\n'),
    ],
)
def test_lines_stay_lines_unless_a_block_cannot_hold_them(text: str, written: str) -> None:
    assert emit([{"run": text}]) == f"- run: {written}"


def test_a_document_reads_like_one_written_by_hand() -> None:
    checkout: Node = {"uses": Commented("actions/checkout@3d3c42e", "v7.0.1"), "with": {"persist-credentials": False}}
    document = Spaced(
        {
            "name": "churn: train",
            "on": {"push": {"branches": Flow(["dev", "feat/*", "3.10"])}},
            "permissions": {},
            "jobs": Spaced(
                {
                    "train": {"steps": [checkout, Section({"run": "set -e\nmake\n"}, "Why\nit is")]},
                    "verdict": Section({"needs": ["train"], "timeout-minutes": 5}, "The required check"),
                }
            ),
        }
    )
    assert emit(Section(document, "Do not edit.\n\nMade from churn.yaml")) == (
        """\
# Do not edit.
#
# Made from churn.yaml
name: "churn: train"

"on":
  push:
    branches: [dev, feat/*, "3.10"]

permissions: {}

jobs:
  train:
    steps:
      - uses: actions/checkout@3d3c42e # v7.0.1
        with:
          persist-credentials: false
      # Why
      # it is
      - run: |
          set -e
          make

  # The required check
  verdict:
    needs:
      - train
    timeout-minutes: 5
"""
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.8, "0.8"),
        (-1.0, "-1.0"),
        (1e20, "1.0e+20"),
        (1e-07, "1.0e-07"),
        (1.5e300, "1.5e+300"),
        (10**20, "1" + "0" * 20),
    ],
)
def test_a_number_is_written_so_that_every_reader_takes_it_for_that_number(value: float, written: str) -> None:
    assert emit({"min": value}) == f"min: {written}\n"
    assert_reads_as(emit({"min": value}), {"min": value})


def test_one_value_used_twice_is_written_twice() -> None:
    shared: Plain = {"a": [1]}
    assert emit([shared, shared]) == "- a:\n    - 1\n- a:\n    - 1\n"


def test_long_text_is_never_folded() -> None:
    assert emit({"if": "a && " * 200 + "b"}).count("\n") == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"x" * 1025: 1}])
def test_what_readers_cannot_read_back_is_refused(value: Node) -> None:
    with pytest.raises(ValueError, match=r"has no place|half a character|readers refuse"):
        emit([value])


def test_the_longest_key_reads_back() -> None:
    assert_reads_as(emit({"x" * 1024: 1}), {"x" * 1024: 1})


@pytest.mark.parametrize("value", [object(), {1, 2}])
def test_what_is_not_plain_data_is_refused(value: Node) -> None:
    with pytest.raises(TypeError, match="YAML has no form"):
        emit({"key": value})


def test_present_drops_what_says_nothing() -> None:
    nothing: Mapping[str, Node] = {"a": None, "b": [], "c": {}, "d": (), "e": Flow([]), "f": Section({}, "why")}
    something: Mapping[str, Node] = {"g": 0, "h": False, "i": "", "j": [None], "k": Commented("x", "why")}
    assert present({**nothing, **something}) == something


def test_any_sequence_is_a_list() -> None:
    items: Sequence[Node] = range(2)
    assert emit({"a": ("x", "z"), "b": items}) == "a:\n  - x\n  - z\nb:\n  - 0\n  - 1\n"
