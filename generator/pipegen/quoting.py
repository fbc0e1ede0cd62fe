"""Text from a spec, written so that a shell, Groovy, Markdown or an expression language reads it as that text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

INVISIBLE = (
    r"[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\ud800-\udfff\ufeff"
    r"\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
"""A regular expression for a character that a reviewer cannot see, or that turns around the text beside it.

Line feed and tab are not among them. The characters are listed because `str.isprintable` differs between Python
versions, and the same spec must give the same files under all of them. The expression is not compiled here because that
takes a third of a millisecond and most text is ASCII.
"""

_SHELL_WORD = re.compile(r"-[A-Za-z0-9_@%+=:,./-]*|[A-Za-z0-9_@%+:,./][A-Za-z0-9_@%+:,./-]*")
_SHELL_KEYWORD = "if|then|else|elif|fi|for|while|until|do|done|case|esac|in|select|function|time|coproc"
_GROOVY_PIECE = r"(?s:.{1,10000}(?:(?<=\n)|\Z)|.{1,10000})"
_GROOVY_END_OF_FILE = "\uffff"
_MARKDOWN_ESCAPES = str.maketrans({character: f"\\{character}" for character in r"\`*_[]<>|~$&"})


def shows(text: str) -> bool:
    """Whether all characters of the text, except line feeds and tabs, can be seen."""
    if text.isascii():
        return text.replace("\n", "").replace("\t", "").isprintable()
    return not re.search(INVISIBLE, text)


def sh_quote(text: str) -> str:
    """One word of a POSIX shell command.

    Between single quotes every character stands for itself except the single quote. A word stays bare only when no
    shell reads it as a keyword or, standing first, as an assignment. No shell word can hold NUL.
    """
    if "\0" in text:
        raise ValueError("a shell word cannot hold the character NUL")
    if _SHELL_WORD.fullmatch(text) and not re.fullmatch(_SHELL_KEYWORD, text):
        return text
    return "'" + text.replace("'", r"'\''") + "'"


def sh_words(words: Iterable[str]) -> str:
    """A command line of which every word arrives as given."""
    return " ".join(map(sh_quote, words))


def groovy(text: str) -> str:
    r"""A Groovy string literal without interpolation: `'...'`, or `'''...'''` for several lines.

    `$` means nothing between single quotes. Groovy turns `\uXXXX` into its character before it looks for strings, but
    not behind an escaped backslash. A constant of the JVM holds 65 535 bytes, at most six for a character, so longer
    text is a sum of literals. Groovy's lexer takes U+FFFF for the end of the file, so no literal can hold it.
    """
    if _GROOVY_END_OF_FILE in text:
        raise ValueError("a Groovy literal cannot hold the character U+FFFF")
    pieces = re.findall(_GROOVY_PIECE, text)
    if len(pieces) > 1:
        return f"({' + '.join(map(_groovy_literal, pieces))})"
    return _groovy_literal(text)


def _groovy_literal(text: str) -> str:
    escaped = text.replace("\\", r"\\")
    if not shows(text):
        escaped = re.sub(INVISIBLE, _groovy_escape, escaped)
    if "\n" in text:
        return "'''" + re.sub(r"\A'|'(?='|\Z)", r"\'", escaped) + "'''"
    return "'" + escaped.replace("'", r"\'") + "'"


def _groovy_escape(match: re.Match[str]) -> str:
    if match.group() == "\r":
        return r"\r"
    units = match.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(rf"\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def groovy_comment(text: str) -> str:
    r"""Text for the rest of a `//` line.

    Groovy turns `\u000a` into a line break in comments too, which would end the comment; an escaped backslash does not.
    """
    return one_line(text).replace("\\", r"\\")


def markdown_text(text: str) -> str:
    """Text for a cell of a Markdown table.

    CommonMark lets a backslash take the meaning from any ASCII punctuation; escaped are those that mean something
    within a line. A cell cannot hold a line break. A bare address may still be shown as a link to itself.
    """
    return one_line(text).translate(_MARKDOWN_ESCAPES)


# Titles and comments: each is asked for in every file that shows it.
@lru_cache(maxsize=1024)
def one_line(text: str) -> str:
    """The text with every run of spaces, line breaks, tabs and invisible characters as one space."""
    visible = text if shows(text) else re.sub(INVISIBLE, " ", text)
    return " ".join(visible.split())


def github_text(text: str) -> str:
    """Text for a value in which GitHub evaluates expressions.

    There is no escape for the opening `${{`; an expression that is nothing but that string yields it. Strings in
    expressions stand between single quotes, and what an expression yields is not evaluated again. A value with an
    expression in it may be 21 000 characters long in all.
    """
    return _without_expressions(text)


def azure_text(text: str) -> str:
    """Text for a value in which Azure evaluates template expressions (`${{ }}`, when the run is compiled).

    The same way out as on GitHub. Azure's macros, `$(name)`, know no escape: one stays as it is unless a variable of
    that name exists, and that is for a rule over the spec to see.
    """
    return _without_expressions(text)


def _without_expressions(text: str) -> str:
    return text.replace("${{", "${{ '${{' }}")
