"""Text that Azure Pipelines takes as it is meant: labels, values and names that are neither macros nor expressions."""

from __future__ import annotations

import re

from pipegen.quoting import azure_text, one_line, sh_quote

_OPENERS = re.compile(r"\$(?=\(|\[|\{\{)")
_KEYWORDS = frozenset({"deploy", "deployment"})
# Tasks take variables of these beginnings for themselves, whatever their case; scripts do not get them.
_TAKEN = re.compile(r"endpoint|input|path|secret|securefile", re.IGNORECASE)


def label(text: str) -> str:
    """Text for people. Labels are expanded like everything else, and `parameters` cannot hold an escape."""
    return _OPENERS.sub("$ ", one_line(text))


def identifier(text: str) -> str:
    """The name of a stage, job or step; ids hold no underscore, so that two of them never become one."""
    name = text.replace("-", "_")
    return f"{name}_" if name in _KEYWORDS else name


def is_taken(name: str) -> bool:
    """Whether a variable of this name would not reach a script."""
    return _TAKEN.match(name) is not None


def is_plain(text: str) -> bool:
    """Whether Azure leaves the value of a variable alone. There is no escape for a macro or a run-time expression."""
    return "$(" not in text and "$[" not in text


def value(text: str) -> str:
    """A plain value of a variable."""
    return azure_text(text)


def exported(name: str, text: str) -> str:
    """A line of bash that sets a variable to a text whose macros are broken up by empty quotes."""
    broken_up = sh_quote(text).replace("$(", "$''(")
    return f"export {name}={broken_up}"


def script(text: str) -> str:
    """The text of a script. A command substitution is a macro only if a variable has the name of the command."""
    return azure_text(text)


def minutes(count: int) -> str:
    """A duration for people."""
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if count % length == 0:
            return f"{count // length} {unit}{'' if count == length else 's'}"
    return f"{count} minutes"


def listed(words: tuple[str, ...]) -> str:
    """Words joined for people: a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
