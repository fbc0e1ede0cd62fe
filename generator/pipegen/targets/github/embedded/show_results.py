"""Show test results on the run's page: how many passed, and which did not."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

SHOWN = 30


class Results(TreeBuilder):
    def doctype(self, *_: object) -> None:
        raise ParseError("a document type, which could make it grow without end")


def markdown(text: str) -> str:
    """Text that nothing in it turns into anything but text."""
    visible = "".join(character if character.isprintable() else " " for character in text[:300])
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~$^&:@])", r"\\\1", " ".join(visible.split()))


def outcome(case: Element) -> str:
    tags = {child.tag for child in case}
    return next((tag for tag in ("failure", "error", "skipped") if tag in tags), "passed")


def lines(file: Path) -> list[str]:
    parser = XMLParser(target=Results())  # noqa: S314
    parser.feed(file.read_bytes())
    cases = [(outcome(case), case) for case in parser.close().iter("testcase")]
    numbers = [sum(found == name for found, _ in cases) for name in ("passed", "failure", "error", "skipped")]
    bad = [case for found, case in cases if found in ("failure", "error")]
    named = [f"- {markdown(case.get('classname', ''))} **{markdown(case.get('name', ''))}**" for case in bad[:SHOWN]]
    rest = [f"- and {len(bad) - SHOWN} more"] if len(bad) > SHOWN else []
    table = ["| passed | failed | errors | skipped |", "|---|---|---|---|", f"| {' | '.join(map(str, numbers))} |"]
    return [*table, "", *named, *rest]


with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as page:
    for result in os.environ["RESULTS"].splitlines():
        name, _, title = result.partition(" = ")
        try:
            shown = lines(Path(name))
        except (OSError, ParseError) as problem:
            shown = [markdown(f"no results: {problem}")]
        page.write("\n".join([f"### {markdown(title)}", "", *shown, "", ""]))
