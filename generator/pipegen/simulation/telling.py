"""A trace as a table for people, and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipegen.layout import paragraph
from pipegen.simulation.trace import (
    ApprovalResult,
    ApprovalTrace,
    Entry,
    JobResult,
    JobTrace,
    LockTrace,
    StepTrace,
    Trace,
)

_INNER = re.compile("PIPEGEN_(DIGEST|ARTIFACT)_")


def as_text(occurrence: str, traces: Sequence[Trace], width: int = 80) -> str:
    """For people, in lines of at most `width` characters where the words allow it."""
    lines = list(_lines(occurrence, traces, max(width, 60)))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_json(occurrence: str, traces: Sequence[Trace]) -> str:
    runs = [{**asdict(each), "entries": [_entry(entry) for entry in each.entries]} for each in traces]
    return json.dumps({"occurrence": occurrence, "runs": runs}, indent=2) + "\n"


def _entry(entry: Entry) -> Mapping[str, Any]:
    kind = {ApprovalTrace: "approval", LockTrace: "lock", JobTrace: "job"}[type(entry)]
    return {"kind": kind, **asdict(entry)}


def _lines(occurrence: str, traces: Sequence[Trace], width: int) -> Iterator[str]:
    if not traces:
        yield from paragraph(f"{occurrence}: nothing runs", width)
    for number, trace in enumerate(traces):
        yield from ("",) if number else ()
        yield from paragraph(f"{occurrence}: {trace.pipeline} runs", width)
        yield ""
        for place, entry in enumerate(_taken(trace), start=1):
            yield from paragraph(f"{place:>3}  {_headline(entry)}", width, "", "       ")
            yield from (line for each in _details(entry) for line in paragraph(each, width, "       ", "         "))
        yield from _skipped(trace, width)
        yield ""
        yield from paragraph(f"The run: {_end(trace)}.", width)


def _taken(trace: Trace) -> list[Entry]:
    return [each for each in trace.entries if not _is_skipped(each)]


def _is_skipped(entry: Entry) -> bool:
    return isinstance(entry, JobTrace) and entry.result is JobResult.SKIPPED


def _headline(entry: Entry) -> str:
    match entry:
        case ApprovalTrace():
            people = f" by {', '.join(entry.counted)}" if entry.result is ApprovalResult.GRANTED else ""
            return f"approval {entry.id}: {entry.result}{people} ({entry.count} of {', '.join(entry.approvers)})"
        case LockTrace(name, waiting):
            return (
                f"lock {name}: taken; {'runs that wait go in turn' if waiting == 'all' else 'the newest waits alone'}"
            )
        case JobTrace():
            return f"{entry.id}: {entry.result}" + (f" in {entry.environment}" if entry.environment else "")


def _details(entry: Entry) -> Iterator[str]:
    if isinstance(entry, ApprovalTrace) and entry.reason:
        yield entry.reason
    if not isinstance(entry, JobTrace):
        return
    held = (*entry.secrets, *(f"{token} (token)" for token in entry.tokens))
    handed = [name for name in (each.rpartition(".")[2] for each in entry.gives) if not _INNER.match(name)]
    for word, listed in (("after", entry.after), ("holds", held), ("hands on", handed)):
        if listed:
            yield f"{word} {', '.join(listed)}"
    if entry.reason:
        yield f"{entry.reason}; it ran {', '.join(map(_script, entry.steps))}"


def _script(step: StepTrace) -> str:
    return step.id if step.result == "success" else f"{step.id} ({step.result})"


def _skipped(trace: Trace, width: int) -> Iterator[str]:
    skipped = [each for each in trace.jobs if each.result is JobResult.SKIPPED]
    if skipped:
        yield ""
        yield "  Not run:"
    for each in skipped:
        yield from paragraph(f"{each.id}: {each.reason}", width, "    ", "      ")


def _end(trace: Trace) -> str:
    restored = f"; restored: {', '.join(trace.restored)}" if trace.restored else ""
    return trace.result + restored + ("; people are told that it failed" if trace.told else "")
