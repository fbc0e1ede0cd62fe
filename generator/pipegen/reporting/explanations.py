"""What docs/rules.md says of a code, for readers who do not have it at hand."""

from __future__ import annotations

import re
from functools import cache

from pipegen.resources import DOCS


def explanation(code: str) -> tuple[str, ...]:
    """Paragraphs of prose: what is wrong with such a thing, and what to do; the examples are left out."""
    return _sections()[code]


@cache
def _sections() -> dict[str, tuple[str, ...]]:
    page = (DOCS / "rules.md").read_text("utf-8")
    found = re.findall(r"^## (PG[0-9]{3}) .*\n((?:(?!#).*\n)*)", _without_examples(page), re.MULTILINE)
    return {code: tuple(_prose(each) for each in re.split("\n\n+", body.strip())) for code, body in found}


def _prose(paragraph: str) -> str:
    """One line; whether something is a warning says the finding itself."""
    return " ".join(paragraph.split()).removeprefix("*Warning.* ")


def _without_examples(page: str) -> str:
    return re.sub(r"^```\w+\n.*?^```\n", "", page, flags=re.MULTILINE | re.DOTALL)
