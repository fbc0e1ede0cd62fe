"""Checks of many things at once: one judgement for the whole, and one for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipegen.gates.report import Judgement, Verdict

MOST_SHOWN = 100
"""Judgements of single things in one check; who has more wrong than this needs to see the count, not all of them."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that does not hold, or, with another verdict, one that allows no judgement."""

    subject: str
    reason: str
    value: str | None = None
    verdict: Verdict = Verdict.FAIL


def check(subject: str, bound: str, wrong: Iterable[Wrong], value: str) -> tuple[Judgement, ...]:
    """The judgement of the whole, with `value` if nothing is wrong, then one for each thing that is."""
    found = tuple(wrong)
    if not found:
        return (Judgement(subject, bound, Verdict.PASS, value),)
    verdicts = {each.verdict for each in found}
    verdict = Verdict.CANNOT_JUDGE if Verdict.CANNOT_JUDGE in verdicts else Verdict.FAIL
    reason = f"{len(found)} wrong: {named(each.subject for each in found)}"
    return (Judgement(subject, bound, verdict, f"{len(found)} wrong", reason=reason), *_each(found, bound))


def _each(found: tuple[Wrong, ...], bound: str) -> Iterator[Judgement]:
    for each in found[:MOST_SHOWN]:
        yield Judgement(each.subject, bound, each.verdict, each.value, reason=each.reason)


def named(names: Iterable[str], most: int = 5) -> str:
    """The first of the names, and how many more there are."""
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - most
    return ", ".join(distinct[:most]) + (f" and {more} more" if more > 0 else "")


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that says which name might have been meant, if there is one."""
    from difflib import get_close_matches  # noqa: PLC0415  (only what is wrong needs it)

    similar = get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"; did you mean {similar[0]}?" if similar else ""
