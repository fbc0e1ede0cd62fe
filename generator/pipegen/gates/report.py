"""What a gate found, and its four written forms: a table, JSON, JUnit XML and Markdown.

The JSON form, one object; every text is exact, every number is decimal text so that no reader rounds it:

    format      "pipegen-gate/1"; a change that could break a reader gets another number
    gate        which gate judged, for example "metrics"
    title       the name its caller gave it
    source      the file it read
    verdict     "pass", "fail" or "cannot-judge", for the whole gate
    judgements  a list in the order asked, each an object with
                subject, bound      what was judged and what was asked of it: "auc", ">= 0.8"
                verdict             as above, for this bound
                value, margin       text, or null where nothing could be judged; a negative margin misses the bound
                reason              why it did not pass; empty for a pass
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree as ET

from pipegen.printing import printable

FORMAT = "pipegen-gate/1"
_WIDEST_CELL = 120
_LONGEST_REASON = 500
"""What to do stands at its end."""
# A pipe becomes an entity: renderers split a table into cells before they read escapes, and differ on `\\|`.
_MARKDOWN = str.maketrans({"|": "&#124;"} | {mark: f"\\{mark}" for mark in "\\`*_[]<~&$"})


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    CANNOT_JUDGE = "cannot-judge"


EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.CANNOT_JUDGE: 2}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one bound came to; `value` and `margin` are None where nothing could be judged."""

    subject: str
    bound: str
    verdict: Verdict
    value: str | None = None
    margin: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GateResult:
    """All judgements of one run; `heading` says what the subjects are, for example "metric"."""

    gate: str
    title: str
    heading: str
    source: str
    judgements: tuple[Judgement, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(judgement.verdict is verdict for judgement in self.judgements)

    @property
    def verdict(self) -> Verdict:
        """Cannot-judge outweighs fail: a gate that knows only half must not look as if it knew all."""
        if not self.judgements or self.count(Verdict.CANNOT_JUDGE):
            return Verdict.CANNOT_JUDGE
        return Verdict.FAIL if self.count(Verdict.FAIL) else Verdict.PASS


def as_text(result: GateResult) -> str:
    """The table a person reads in the log."""
    # The verdict stands first because GitHub obeys a line that begins with `::`, and subjects are free text.
    rows = [("verdict", result.heading, "value", "bound", "margin", "reason")]
    rows += [(judgement.verdict.value, *_cells(judgement), judgement.reason) for judgement in result.judgements]
    table = [[*map(_clipped, cells), _clipped(reason, _LONGEST_REASON)] for *cells, reason in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in table]
    opening = [f"gate {_clipped(result.title)}: {_outcome(result)}", f"read {_clipped(result.source)}", ""]
    return "\n".join([*opening, *lines, ""])


def as_json(result: GateResult) -> str:
    """The form for programs; the module's docstring describes it."""
    document = {
        "format": FORMAT,
        "gate": result.gate,
        "title": result.title,
        "source": result.source,
        "verdict": result.verdict,
        "judgements": [
            {
                "subject": judgement.subject,
                "bound": judgement.bound,
                "verdict": judgement.verdict,
                "value": judgement.value,
                "margin": judgement.margin,
                "reason": judgement.reason,
            }
            for judgement in result.judgements
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def as_junit(result: GateResult) -> str:
    """One test case a bound: a bound not met is a failure, one that cannot be judged an error."""
    counts = {
        "tests": str(len(result.judgements)),
        "failures": str(result.count(Verdict.FAIL)),
        "errors": str(result.count(Verdict.CANNOT_JUDGE)),
    }
    title = f"gate.{printable(result.title)}"
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": title, **counts, "skipped": "0", "time": "0"})
    suite.extend(_test_case(title, judgement) for judgement in result.judgements)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def as_markdown(result: GateResult) -> str:
    """A section for the run's summary page; it opens with an empty line because it follows others."""
    rows = [(*_cells(judgement), _stressed(judgement.verdict), judgement.reason) for judgement in result.judgements]
    lines = [
        "",
        f"### Gate {_markdown(result.title)}: {_outcome(result)}",
        "",
        f"Read from {_markdown(result.source)}.",
        "",
        f"| {_markdown(result.heading)} | value | bound | margin | verdict | reason |",
        "| --- | ---: | --- | ---: | --- | --- |",
        *(f"| {' | '.join(_row_in_markdown(row))} |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def _outcome(result: GateResult) -> str:
    counted = {
        "met": result.count(Verdict.PASS),
        "not met": result.count(Verdict.FAIL),
        "cannot be judged": result.count(Verdict.CANNOT_JUDGE),
    }
    bounds = ", ".join(f"{count} {words}" for words, count in counted.items() if count)
    return f"{result.verdict} (bounds: {bounds or 'none'})"


def _cells(judgement: Judgement) -> tuple[str, str, str, str]:
    return judgement.subject, judgement.value or "-", judgement.bound, judgement.margin or "-"


def _clipped(text: str, longest: int = _WIDEST_CELL) -> str:
    shown = printable(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def _aligned(row: list[str], widths: list[int]) -> list[str]:
    return [f"{cell:{side}{width}}" for cell, side, width in zip(row, "<<><><", widths, strict=True)]


def _test_case(title: str, judgement: Judgement) -> ET.Element:
    name = printable(f"{judgement.subject} {judgement.bound}")
    case = ET.Element("testcase", {"classname": title, "name": name, "time": "0"})
    if judgement.verdict is not Verdict.PASS:
        tag = "failure" if judgement.verdict is Verdict.FAIL else "error"
        message = printable(judgement.reason)
        found = f"{name}: value {judgement.value or 'unknown'}, margin {judgement.margin or 'unknown'}. {message}"
        ET.SubElement(case, tag, {"message": message, "type": judgement.verdict.value}).text = found
    return case


def _stressed(verdict: Verdict) -> str:
    return verdict.value if verdict is Verdict.PASS else f"**{verdict}**"


def _markdown(text: str, longest: int = _WIDEST_CELL) -> str:
    return _clipped(text, longest).translate(_MARKDOWN)


def _row_in_markdown(row: tuple[str, ...]) -> list[str]:
    subject, value, bound, margin, verdict, reason = row
    return [*map(_markdown, (subject, value, bound, margin)), verdict, _markdown(reason, _LONGEST_REASON)]
