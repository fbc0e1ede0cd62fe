"""Plain data to YAML text that readers of YAML 1.1 and of YAML 1.2 understand alike."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from types import NoneType
from typing import TypeAlias

from pipegen.quoting import INVISIBLE, one_line, shows

Scalar: TypeAlias = str | int | float | bool | None
Node: TypeAlias = "Mapping[str, Node] | Sequence[Node] | Scalar | Commented | Flow | Section | Spaced"


@dataclass(frozen=True, slots=True)
class Flow:
    """A short list on one line: `branches: [dev, prod]`."""

    value: Sequence[Scalar]


@dataclass(frozen=True, slots=True)
class Commented:
    """A value with a comment behind it: `uses: actions/checkout@3d3c42e # v7.0.1`."""

    value: Scalar | Flow
    comment: str


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping's value or a list's item with comment lines above its entry; around a document, its heading."""

    value: Node
    comment: str


@dataclass(frozen=True, slots=True)
class Spaced:
    """A mapping or list with a blank line between its entries."""

    value: Mapping[str, Node] | Sequence[Node]


# What nodes are made of as a rule comes first: to find out whether something is a Mapping takes three times as long.
_MAPPINGS = (dict, Mapping)
_COLLECTIONS = (dict, list, tuple, Mapping, Sequence)
_MARKED = (Commented, Flow, Section, Spaced)
_ON_ONE_LINE = (int, float, Flow, NoneType)
_AMBIGUOUS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan"])
# It starts with no indicator, digit or sign, and not with `...`, which ends a document; in it is no `: ` and no ` #`,
# and at its end no space and no colon.
_PLAIN = re.compile(
    r"(?:[^ \n\t!\"#%&')*+,\-.0-9:;<=>?@\[\]^`{|}~]|\.{1,2}/|\.[A-Za-z_])(?:[^: \n\t]++|:(?=[^ ])| ++(?=[^#]))*+"
)
_PLAIN_ENDS_IN_FLOW = re.compile(r"[,\[\]{}:?]")
# Double quotes and backslashes, which double quotes make hard to read, and nothing that needs an escape.
_SINGLE_QUOTED = re.compile(r"""(?=.*["\\])[^'\n\t]*""")
_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t"})
_SURROGATES = range(0xD800, 0xE000)
_ASTRAL = 0x10000
_LONGEST_KEY = 1024


def emit(node: Node) -> str:
    """The YAML text of a mapping or list of plain data, ending in a line break.

    Mappings keep their order. Text that a reader of either version could take for something else is quoted; text of
    several lines is a literal block wherever a block can hold it. Nothing is folded, aliased or tagged.
    """
    lines: list[str] = []
    _write(lines, "", node, "")
    return "\n".join(lines) + "\n"


def present(node: Mapping[str, Node]) -> dict[str, Node]:
    """The mapping without the entries that say nothing: None and empty lists and mappings, marked or not."""
    return {key: value for key, value in node.items() if not _is_empty(value)}


def _is_empty(node: Node) -> bool:
    if isinstance(node, _MARKED):
        return _is_empty(node.value)
    return not node and (node is None or (isinstance(node, _COLLECTIONS) and not isinstance(node, str)))


def _write(lines: list[str], lead: str, node: Node, pad: str) -> None:
    """Write `node` behind `lead`, its key or dash, at the indentation `pad`."""
    if isinstance(node, str):
        lines.append(lead + (_block(node, pad) if "\n" in node else _text(node)))
    elif isinstance(node, Section):
        _write_comment(lines, lead, node.comment)
        _write(lines, lead, node.value, pad)
    elif isinstance(node, Spaced):
        _write_entries(lines, lead, node.value, pad, spaced=True)
    elif isinstance(node, Commented):
        comment = one_line(node.comment)
        tail = f" # {comment}" if comment else ""
        is_block = isinstance(node.value, str) and "\n" in node.value
        lines.append(lead + (_block(node.value, pad, tail) if is_block else _inline(node.value) + tail))
    elif isinstance(node, _ON_ONE_LINE) or not isinstance(node, _COLLECTIONS):
        lines.append(lead + _inline(node))
    else:
        _write_entries(lines, lead, node, pad)


def _write_entries(
    lines: list[str],
    lead: str,
    node: Mapping[str, Node] | Sequence[Node],
    pad: str,
    *,
    spaced: bool = False,
) -> None:
    """Write a mapping or list: its first entry goes on the line of a dash but below a key."""
    if not node:
        lines.append(lead + ("{}" if isinstance(node, _MAPPINGS) else "[]"))
        return
    inner = pad + "  " if lead else pad
    if lead.endswith(": "):
        lines.append(lead[:-1])
        lead = inner
    is_first = True
    for own_lead, value in _entries(node):
        # A literal block that keeps its last line breaks ends in a blank line; another one would belong to its text.
        if spaced and not is_first and lines[-1] and not lines[-1].endswith("\n"):
            lines.append("")
        _write(lines, lead + own_lead, value, inner)
        lead, is_first = inner, False


def _entries(node: Mapping[str, Node] | Sequence[Node]) -> Iterable[tuple[str, Node]]:
    if isinstance(node, _MAPPINGS):
        return zip(map(_key, node), node.values(), strict=True)
    return zip(repeat("- "), node, strict=False)


def _write_comment(lines: list[str], lead: str, comment: str) -> None:
    """Write comment lines as deep as `lead` starts: deeper, they would be text of a literal block above them."""
    pad = lead[: len(lead) - len(lead.lstrip(" "))]
    lines.extend(f"{pad}# {one_line(line)}".rstrip() for line in comment.split("\n"))


# Setup steps are the same in every job, and quoting is decided for the same words again and again: remembering both
# takes a seventh off the time of a file.
@lru_cache(maxsize=512)
def _block(text: str, pad: str, tail: str = "") -> str:
    """Text of several lines: a literal block wherever one can hold it; `tail` is a comment on its first line."""
    header = _literal_header(text)
    if header is None:
        return _text(text) + tail
    lines = text.removesuffix("\n").split("\n")
    return "\n".join([header + tail, *[f"{pad}  {line}" if line else "" for line in lines]])


def _literal_header(text: str) -> str | None:
    """The first line of a literal block that holds `text` exactly, or None."""
    start = text.lstrip("\n")[:1]
    # Readers that look for the indentation themselves stumble over a first line that begins with a tab.
    if start in ("", "\t") or not text.strip(" \n") or not shows(text):
        return None
    indentation = "2" if start == " " else ""
    if not text.endswith("\n"):
        return f"|{indentation}-"
    return f"|{indentation}+" if text.endswith("\n\n") else f"|{indentation}"


def _inline(value: Scalar | Flow) -> str:
    match value:
        case str():
            return _text(value)
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case int():
            return str(value)
        case float():
            return _float(value)
        case Flow():
            return f"[{', '.join(map(_in_flow, value.value))}]"
    raise TypeError(f"YAML has no form for {type(value).__name__}")


def _in_flow(value: Scalar) -> str:
    text = _inline(value)
    is_plain = isinstance(value, str) and text == value
    return _double_quoted(text) if is_plain and _PLAIN_ENDS_IN_FLOW.search(text) else text


def _float(value: float) -> str:
    """YAML 1.1 asks for a decimal point before an exponent; not a number and infinity have no place in a pipeline."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no place in a pipeline")
    mantissa, exponent, power = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{exponent}{power}"


@lru_cache(maxsize=1024)
def _key(key: str) -> str:
    text = _text(key)
    if len(text) > _LONGEST_KEY:
        raise ValueError(f"YAML readers refuse keys of more than {_LONGEST_KEY} characters")
    return f"{text}: "


@lru_cache(maxsize=4096)
def _text(text: str) -> str:
    """The text on one line: plain, else in the quotes that leave it easier to read."""
    if shows(text) and _PLAIN.fullmatch(text) and text.lower() not in _AMBIGUOUS:
        return text
    if shows(text) and _SINGLE_QUOTED.fullmatch(text):
        return f"'{text}'"
    return _double_quoted(text)


def _double_quoted(text: str) -> str:
    escaped = text.translate(_ESCAPES)
    return f'"{escaped if shows(text) else re.sub(INVISIBLE, _escape, escaped)}"'


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code in _SURROGATES:
        raise ValueError(f"half a character (U+{code:04X}) cannot be written")
    return rf"\u{code:04x}" if code < _ASTRAL else rf"\U{code:08x}"
