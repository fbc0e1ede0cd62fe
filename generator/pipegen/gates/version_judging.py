"""The gate on versions: whether what changed is known, and whether a claimed version was raised far enough for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipegen.gates.lineage import Lineage
from pipegen.gates.reading import JsonObject
from pipegen.gates.report import Judgement, Verdict
from pipegen.gates.version import ASKED, NEEDED, Change, bump
from pipegen.gates.version_numbers import Bump, Semver, is_enough, least, parse_semver, text_of

COMPARED = tuple(key for key in ASKED if key != "data.rows")
"""What is judged to be known or not; rows are only counted."""


@dataclass(frozen=True, slots=True)
class Before:
    """The version that a candidate follows, and what is known of it beside its lineage."""

    number: Semver
    lineage: Lineage
    metrics: JsonObject = field(default_factory=dict)
    commit: str = ""
    source: str = ""
    artifacts: Mapping[str, str] = field(default_factory=dict)


def judge_knowledge(before: Lineage | None, after: Lineage, without: Collection[str]) -> Iterator[Judgement]:
    """One judgement for each thing that the candidate's lineage leaves out; `without` names what the model lacks."""
    for key in COMPARED:
        if not after.knows(key):
            yield _unknown(key, had=before is not None and before.knows(key), is_lacking=key in without)


def judge_changes(claimed: str | None, before: Semver, changes: Sequence[Change]) -> Iterator[Judgement]:
    """One judgement a change: whether the claimed version is high enough for it alone. Without a claim it only asks."""
    number = None if claimed is None else parse_semver(claimed)
    for change in changes:
        asked = f"asks for {change.asks.name}"
        if claimed is None or (number and is_enough(number, before, change.asks)):
            yield Judgement(change.subject, asked, Verdict.PASS, str(change))
            continue
        smallest = text_of(least(before, change.asks))
        reason = f"{change.asks.name} after {before} is {smallest} or higher, and {claimed or 'nothing'} is claimed"
        yield Judgement(change.subject, asked, Verdict.FAIL, str(change), reason=reason)


def judge_claim(claimed: str | None, before: Semver, changes: Sequence[Change]) -> Judgement:
    """The claimed version against all changes together; without a claim the value is the smallest that is enough."""
    asked = bump(changes)
    smallest = before.text if asked is Bump.NONE else text_of(least(before, asked))
    bound = f"{smallest} or higher ({asked.name} after {before})" if asked else f"{before} or higher (nothing changed)"
    if claimed is None:
        return Judgement("version", bound, Verdict.PASS, smallest)
    number = parse_semver(claimed)
    if number is None:
        return Judgement("version", bound, Verdict.FAIL, claimed, reason=_no_semver(claimed, smallest))
    if is_enough(number, before, asked):
        return Judgement("version", bound, Verdict.PASS, claimed)
    is_above = number.precedence > before.precedence
    reason = f"{claimed} is {'too low' if is_above else f'not above {before}'}; claim {smallest} or higher"
    return Judgement("version", bound, Verdict.FAIL, claimed, reason=reason)


def judge_first(claimed: str | None) -> Judgement:
    """The claimed version where none came before."""
    bound = "any semantic version (the first)"
    if claimed is None:
        reason = "no version came before and none is claimed; claim one, for example 0.1.0"
        return Judgement("version", bound, Verdict.CANNOT_JUDGE, reason=reason)
    if parse_semver(claimed) is None:
        return Judgement("version", bound, Verdict.FAIL, claimed, reason=_no_semver(claimed, "0.1.0"))
    return Judgement("version", bound, Verdict.PASS, claimed)


def _unknown(key: str, *, had: bool, is_lacking: bool) -> Judgement:
    bound = "is known"
    if is_lacking:
        return Judgement(key, f"{bound}, or --without {key}", Verdict.PASS, "the model has none")
    if had:
        reason = f"the version before states it and this lineage does not; state it, or give --without {key}"
        return Judgement(key, bound, Verdict.CANNOT_JUDGE, reason=f"{reason} if the model has none any more")
    if key in NEEDED:
        reason = f"the lineage does not state it, so a change would not be seen; state it, or give --without {key}"
        return Judgement(key, bound, Verdict.CANNOT_JUDGE, reason=f"{reason} if the model has none")
    return Judgement(key, "compared if it is known", Verdict.PASS, "not known")


def _no_semver(claimed: str, example: str) -> str:
    return f"{claimed!r} is no semantic version, which is MAJOR.MINOR.PATCH; claim {example} or higher"
