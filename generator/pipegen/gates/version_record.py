"""A version means one thing for ever: the sources and the artifacts under which the ledger has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipegen.gates.history import digest_by_name
from pipegen.gates.report import Judgement, Verdict
from pipegen.ledger.entries import Entry

_SHOWN = 12
"""Digits of a commit or digest, as people tell them apart."""


def short(digits: str) -> str:
    return digits[:_SHOWN]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a version is to mean; None and no artifacts where that is not compared."""

    commit: str | None = None
    source: str | None = None
    """The digest of the source tree: the same sources under another commit, as merging makes it, are the same."""
    artifacts: Mapping[str, str] = field(default_factory=dict)


def judge_record(entries: Iterable[Entry], version: str, identity: Identity, subject: str) -> Judgement:
    """Whether every deployment of a version was of the same sources and artifacts."""
    bound = "means one thing for ever"
    earlier = [entry for entry in entries if entry.kind == "deployment" and entry.version == version]
    other = next((text for entry in earlier for text in _other(entry, identity)), None)
    if other:
        return Judgement(subject, bound, Verdict.FAIL, version, reason=f"{other}; give what is new another version")
    unknown = next((text for entry in earlier for text in _unknown(entry, identity.artifacts)), None)
    if unknown:
        return Judgement(subject, bound, Verdict.CANNOT_JUDGE, version, reason=unknown)
    return Judgement(subject, bound, Verdict.PASS, version)


def _other(entry: Entry, identity: Identity) -> Iterator[str]:
    if identity.commit not in (None, entry.commit) and identity.source != entry.source:
        sources = "" if identity.source else " (give --source if the sources are the same)"
        yield f"{_place(entry)} with commit {short(entry.commit)}, not {short(identity.commit)}{sources}"
    recorded = digest_by_name(entry)
    for name, digest in identity.artifacts.items():
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
