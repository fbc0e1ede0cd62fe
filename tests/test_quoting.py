from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipegen.quoting import (
    azure_text,
    github_text,
    groovy,
    groovy_comment,
    markdown_text,
    one_line,
    sh_quote,
    sh_words,
)
from runners import require

FRAGMENTS = [
    *["'", "''", "'''", '"', '"""', "\\", "\\\\", "\\'", "\\u0041", "\\\\u0041", "\\uuuu0041", "\\uXYZ", "\\n", "\\\n"],
    *["$", "$x", "${x}", "$(x)", "${{ x }}", "`x`", "!x", "~", "*", "?", "[a]", "{a,b}", "#", ";", "&", "|", "<", ">"],
    *[" ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "\x07", "\x1a", "\x7f", "\x85", "\u200b", "\u2028", "\u202e"],
    *[
        "//",
        "/*",
        "*/",
        "a",
        "b c",
        "é",
        "模型",
        "😀",
        "👩‍💻",
        "\U0010fffe",
        "\U000e0041",
        "\ufeff",
        "%s",
        "-n",
        "=",
        "if",
    ],
]
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
)


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=40))
def test_bash_gets_the_words_that_went_in(words: list[str]) -> None:
    script = f"printf '%s\\0' {sh_words(words)}"
    run = subprocess.run([require("bash"), "-c", script], capture_output=True, check=True)
    assert run.stdout.decode().split("\0") == [*words, ""]


@pytest.mark.parametrize("word", ["if", "time", "A=b", "!", "{", "", "[", "a*", "~", "#"])
def test_bash_takes_a_quoted_word_for_a_command_and_nothing_else(word: str) -> None:
    run = subprocess.run([require("bash"), "-c", sh_quote(word)], capture_output=True, check=False, text=True)
    assert run.returncode != 0
    assert re.search("command not found|missing", run.stderr)


@pytest.mark.parametrize(
    "word", ["train", "--out=x", "-x", "a/b.py", "./deploy.sh", "v1.2", "feat@x", "10%", "a:b", "a,b"]
)
def test_a_harmless_word_stays_bare(word: str) -> None:
    assert sh_quote(word) == word


def test_a_quote_in_a_word_is_escaped() -> None:
    assert sh_words(["echo", "it's", "$HOME"]) == r"echo 'it'\''s' '$HOME'"


def test_a_word_with_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        sh_quote("a\0b")


def generated_texts(count: int) -> list[str]:
    """Always the same texts: one JVM reads them all, so a failing one needs no shrinking to be found."""
    chance = random.Random(20261121)  # noqa: S311  (no secret is made)
    return ["".join(chance.choices(FRAGMENTS, k=chance.randint(0, 10))) for _ in range(count)]


LONG = ["é" * 70_000, "😀" * 30_000, "'" * 70_000, "echo 'x' \\\n" * 7_000, "x\n" + "y" * 70_000, "'''\n" * 20_000]
EDGES = ["", "a\n", "\n'", "'\n", "\n'''", "'''\n", "\n\\", "\n''''", "''''\n''''", "\0", "\ud83d", "\ufffe"]


def run_groovy(folder: Path, source: str) -> str:
    program = require("groovy")
    java = Path(require("java")).resolve().parent.parent
    script = folder / "literals.groovy"
    script.write_text(source, encoding="utf-8")
    environment = {"JAVA_HOME": str(java), **os.environ}
    run = subprocess.run(
        [program, "-c", "UTF-8", str(script)], capture_output=True, check=False, text=True, env=environment
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


def utf16(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").hex()


def test_groovy_gets_the_text_that_went_in(tmp_path: Path) -> None:
    given_texts = [*FRAGMENTS, *EDGES, *LONG, *generated_texts(400)]
    methods = [f"static text{number}() {{ {groovy(text)} }}" for number, text in enumerate(given_texts)]
    prints = [f"println hex(text{number}())" for number in range(len(given_texts))]
    hexadecimal = "static hex(String text) { text.toCharArray().collect { String.format('%04x', (int) it) }.join() }"
    printed = run_groovy(tmp_path, "\n".join([hexadecimal, *methods, *prints]) + "\n").splitlines()
    differing = [text for text, line in zip(given_texts, printed, strict=True) if line != utf16(text)]
    assert differing == []


LINE_BREAKS = ["\n", "\r", "\r\n", "\u2028", "\x85", "\\u000a", "\\u000d", "\\\\u000a", "\\\n", "*/"]


def test_no_text_leaves_a_groovy_comment(tmp_path: Path) -> None:
    comments = [
        *FRAGMENTS,
        *(f"a{line_break}println 'escaped' //" for line_break in LINE_BREAKS),
        *generated_texts(200),
    ]
    source = "".join(f"// {groovy_comment(text)}\nprintln {number}\n" for number, text in enumerate(comments))
    assert run_groovy(tmp_path, source).split() == [str(number) for number in range(len(comments))]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", "''"),
        ("it's", r"'it\'s'"),
        ('$x ${y} "z"', "'$x ${y} \"z\"'"),
        ("C:\\u0041", r"'C:\\u0041'"),
        ("é 😀", "'é 😀'"),
        ("a\tb", "'a\tb'"),
        ("a\rb\u202e", r"'a\rb\u202e'"),
        ("\U000e0041", r"'\udb40\udc41'"),
        ("echo 'a'\nb\n", "'''echo 'a'\nb\n'''"),
        ("'a'\n''", "'''\\'a'\n\\'\\''''"),
    ],
)
def test_groovy_text_stays_as_readable_as_groovy_allows(text: str, written: str) -> None:
    assert groovy(text) == written


def test_long_groovy_text_is_cut_behind_a_line() -> None:
    pieces = groovy("x" * 98 + "\\\n" + ("y" * 99 + "\n") * 150)[1:-1].split(" + ")
    assert len(pieces) == 2
    assert all(piece.endswith("\n'''") for piece in pieces)


def test_groovy_text_with_the_mark_of_an_ended_file_is_refused() -> None:
    with pytest.raises(ValueError, match=r"U\+FFFF"):
        groovy("a\uffff")


@given(texts)
def test_markdown_text_is_one_line_without_a_character_that_means_something(text: str) -> None:
    cell = markdown_text(text)
    assert not re.search(r"[`*_\[\]<>|~$&\n\t\r]", re.sub(r"\\[\\`*_\[\]<>|~$&]", "", cell))
    assert re.sub(r"\\([\\`*_\[\]<>|~$&])", r"\1", cell) == one_line(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("auc >= 0.8", r"auc \>= 0.8"),
        ("a|b\nc", r"a\|b c"),
        ("[x](http://y) `z` <b> &amp;", r"\[x\](http://y) \`z\` \<b\> \&amp;"),
        (r"\*a_b*", r"\\\*a\_b\*"),
        (" a\u202e\r\n b ", "a b"),
    ],
)
def test_markdown_text_is_shown_as_written(text: str, written: str) -> None:
    assert markdown_text(text) == written


EXPRESSION = re.compile(r"\$\{\{ '((?:[^']|'')*)' \}\}")


def evaluated(text: str) -> str:
    """What GitHub and Azure make of text whose only expressions are strings; an opening without one is left over."""
    literals = EXPRESSION.split(text)
    assert not any("${{" in literal for literal in literals[::2])
    return "".join(literals)


@pytest.mark.parametrize("written_for", [github_text, azure_text])
@given(
    st.lists(st.sampled_from(["${{", "}}", "$", "{", "'", "''", " ", "secrets.A", "\n", "${{ '${{' }}"])).map("".join)
)
def test_no_expression_in_text_is_evaluated(written_for: Callable[[str], str], text: str) -> None:
    assert evaluated(written_for(text)) == text


@pytest.mark.parametrize("written_for", [github_text, azure_text])
def test_text_without_an_expression_stays_as_it_is(written_for: Callable[[str], str]) -> None:
    assert written_for("$(x) }} $[y] {{ z }}") == "$(x) }} $[y] {{ z }}"
    assert written_for("a ${{ b }}") == "a ${{ '${{' }} b }}"
