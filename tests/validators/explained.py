"""The findings of public tools that are right about the text and wrong about the meaning, each with its reason.

This is the only place where a finding may be put aside: the files themselves carry no `ignore` comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .report import Report


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule of a tool, the messages it covers (a regular expression, searched), and why they are no defects."""

    tool: str
    rule: str
    pattern: str
    reason: str

    def covers(self, report: Report) -> bool:
        return (self.tool, self.rule) == (report.tool, report.rule) and bool(re.search(self.pattern, report.message))


EXPLAINED = (
    Explained(
        "actionlint",
        "shellcheck",
        r": SC2016:info:",
        "A command that a gate runs is handed over as text, and expands where it is run.",
    ),
    Explained(
        "zizmor",
        "template-injection",
        r"`'\$\{\{'`\Z",
        "`${{ '${{' }}` is how GitHub writes a literal `${{` in a script: a constant, which nobody can attack.",
    ),
)


def unexplained(reports: Iterable[Report], explanations: Sequence[Explained] = EXPLAINED) -> list[Report]:
    """What is left to mend."""
    return [report for report in reports if not any(one.covers(report) for one in explanations)]


def unused(reports: Iterable[Report], explanations: Sequence[Explained] = EXPLAINED) -> list[Explained]:
    """Explanations of something that no longer happens."""
    found = list(reports)
    return [one for one in explanations if not any(one.covers(report) for report in found)]
