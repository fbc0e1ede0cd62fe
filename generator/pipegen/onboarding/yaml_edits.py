"""Small additions to YAML files of people: all that they wrote stays as it is, comments and layout included.

An edit is made in the text and then read back. Where the result does not say exactly what it should, there is no edit.
"""

from __future__ import annotations

import re
from typing import Any

import yaml


def with_item(text: str, key: str, item: str) -> str | None:
    """The text with one more item at the end of the list `key` at its root; None where that cannot be done safely.

    `item` is a list of one item, as YAML.
    """
    before = _read(text)
    if not isinstance(before, dict) or not isinstance(before.get(key), list | None) or key not in before:
        return None
    node = _value(text, key)
    wanted = {**before, key: [*(before[key] or ()), *yaml.safe_load(item)]}
    return _checked(_appended(text, node, item), wanted)


def with_value(text: str, key: str, value: str) -> str | None:
    """The text with `key: value` at its root, in the place of an older value; None where that cannot be done safely."""
    before = _read(text)
    if not isinstance(before, dict):
        return None
    if key in before:
        node = _value(text, key)
        start = text.rindex(key, 0, node.start_mark.index) + len(key)
        edited = f"{text[:start]}: {value}{text[_end(node) :]}"
    else:
        edited = f"{_ended(text)}{key}: {value}\n"
    return _checked(edited, {**before, key: yaml.safe_load(value)})


def _read(text: str) -> Any:  # noqa: ANN401  (whatever a person wrote)
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _checked(edited: str, wanted: object) -> str | None:
    return edited if _read(edited) == wanted else None


def _value(text: str, key: str) -> yaml.Node:
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    found: yaml.Node = next(value for name, value in root.value if name.value == key)
    return found


def _appended(text: str, node: yaml.Node, item: str) -> str:
    if not node.value:  # an empty list in brackets, or nothing at all
        head, tail = text[: node.start_mark.index].rstrip(" "), text[_end(node) :].lstrip(" ")
        return f"{head}\n{_indented(item, 2)}{tail.removeprefix(chr(10))}"
    end = _end(node)
    line = end if text[end - 1 : end] == "\n" else text.find("\n", end) + 1 or len(text)
    head = _ended(text[:line])
    return head + _indented(item, node.start_mark.column) + text[line:]


def _indented(item: str, columns: int) -> str:
    return re.sub(r"^(?=.)", " " * columns, _ended(item), flags=re.MULTILINE)


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _end(node: yaml.Node) -> int:
    """Behind the last character of a node; a block list's own mark stands behind the comments that follow it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end: int = node.end_mark.index
    return end
