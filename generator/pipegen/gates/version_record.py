"""A version means one thing for ever: the commit and the artifacts under which the ledger has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipegen.gates.history import digest_by_name
from pipegen.gates.report import Judgement, Verdict
from pipegen.ledger.entries import Entry

_SHOWN = 12
"""Digits of a commit or digest, as people tell them apart."""


def short(digits: str) -> str:
    return digits[:_SHOWN]


def judge_record(
    entries: Iterable[Entry], version: str, commit: str | None, artifacts: Mapping[str, str], subject: str
) -> Judgement:
    """Whether every deployment of a version was of this commit and these artifacts; `commit` None compares none."""
    bound = f"{version} means one thing for ever"
    earlier = [entry for entry in entries if entry.kind == "deployment" and entry.version == version]
    if not earlier:
        return Judgement(subject, bound, Verdict.PASS, "not recorded yet")
    other = next((text for entry in earlier for text in _other(entry, commit, artifacts)), None)
    if other:
        return Judgement(subject, bound, Verdict.FAIL, other, reason=f"{other}; give what is new another version")
    unknown = next((text for entry in earlier for text in _unknown(entry, artifacts)), None)
    if unknown:
        return Judgement(subject, bound, Verdict.CANNOT_JUDGE, reason=unknown)
    return Judgement(subject, bound, Verdict.PASS, "recorded as the same")


def _other(entry: Entry, commit: str | None, artifacts: Mapping[str, str]) -> Iterator[str]:
    if commit and entry.commit != commit:
        yield f"{_place(entry)} with commit {short(entry.commit)}, not {short(commit)}"
    recorded = digest_by_name(entry)
    for name, digest in artifacts.items():
        if recorded.get(name, digest) != digest:
            yield f"{_place(entry)} with artifact {name} of digest {short(recorded[name])}, not {short(digest)}"


def _unknown(entry: Entry, artifacts: Mapping[str, str]) -> Iterator[str]:
    recorded = digest_by_name(entry)
    for name in artifacts:
        if name not in recorded:
            known = f"it has {', '.join(recorded)}" if recorded else "it has none"
            yield f"{_place(entry)} without an artifact {name}: {known}; record artifacts under the same names"


def _place(entry: Entry) -> str:
    return f"{entry.version} is recorded in {entry.environment} (entry {entry.number})"
