"""The gate on latency: quantiles, errors and memory of a server under recorded requests, held against bounds.

A quantile is the nearest rank: of n measured requests in order, the smallest that at least the asked part does not
exceed. Nothing is interpolated, and no quantile is given that n is too small for. A wrong answer counts as slower than
every right one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pipegen.gates.checks import named
from pipegen.gates.decimals import exact_product
from pipegen.gates.metrics import Bound, Side, parse_bound
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.report import Judgement, Verdict

ERROR_RATE = "error_rate"
MEMORY = "memory_mb"
_QUANTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,6})?)_ms")
_NANOSECONDS = Decimal(1_000_000)
_MEGABYTE = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Answer:
    """How long one request took, in nanoseconds, and what is wrong with its answer, if anything."""

    nanoseconds: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """All measured answers, and the most memory that was seen, in bytes; None where it could not be."""

    answers: tuple[Answer, ...]
    memory: int | None = None


def parse_limit(text: str) -> Bound:
    """A bound written NAME=NUMBER, for a name that this gate measures and a number that is not negative."""
    bound = parse_bound(Side.MAX, text)
    if bound.metric not in {ERROR_RATE, MEMORY} and not _part(bound.metric):
        raise CannotJudgeError(
            f"{bound.metric!r} is not measured here: p50_ms, p95_ms, p99.9_ms, {MEMORY}, {ERROR_RATE}"
        )
    if bound.limit < 0:
        raise CannotJudgeError(f"{text!r}: no measured value is below zero")
    return bound


def _part(name: str) -> Fraction:
    """The part of all requests that a quantile covers, 0.95 for p95_ms; zero for any other name."""
    found = _QUANTILE.fullmatch(name)
    return Fraction(found[1]) / 100 if found else Fraction(0)


def judge(measured: Measurement, bounds: Sequence[Bound]) -> tuple[Judgement, ...]:
    """One judgement a bound, in their order."""
    return tuple(_judged(measured, bound) for bound in bounds)


def _judged(measured: Measurement, bound: Bound) -> Judgement:
    try:
        if bound.metric == ERROR_RATE:
            return _errors(measured.answers, bound)
        if bound.metric == MEMORY:
            return _compared(bound, _memory(measured), "is too much")
        return _quantile(measured.answers, bound)
    except CannotJudgeError as error:
        return Judgement(bound.metric, str(bound), Verdict.CANNOT_JUDGE, reason=str(error))


def _errors(answers: Sequence[Answer], bound: Bound) -> Judgement:
    if not answers:
        raise CannotJudgeError("no request was measured")
    faults = [answer.fault for answer in answers if answer.fault]
    value = f"{len(faults)} of {len(answers)}"
    if Decimal(len(faults)) <= exact_product(bound.limit, Decimal(len(answers))):
        return Judgement(bound.metric, str(bound), Verdict.PASS, value)
    return Judgement(bound.metric, str(bound), Verdict.FAIL, value, reason=f"wrong answers: {named(faults, 3)}")


def _quantile(answers: Sequence[Answer], bound: Bound) -> Judgement:
    nanoseconds = nearest_rank(answers, _part(bound.metric))
    if nanoseconds is None:
        reason = "so many answers are wrong that this quantile is one of them"
        return Judgement(bound.metric, str(bound), Verdict.FAIL, "a wrong answer", reason=reason)
    return _compared(bound, nanoseconds / _NANOSECONDS, "is too slow")


def nearest_rank(answers: Sequence[Answer], part: Fraction) -> int | None:
    """The nanoseconds at the nearest rank, None for a wrong answer; refused if the sample is too small for the part."""
    needed = math.ceil(1 / (1 - part))
    if len(answers) < needed:
        raise CannotJudgeError(f"{len(answers)} measured requests are too few: it takes at least {needed}")
    right = sorted(answer.nanoseconds for answer in answers if not answer.fault)
    rank = math.ceil(part * len(answers))
    return right[rank - 1] if rank <= len(right) else None


def _memory(measured: Measurement) -> Decimal:
    if measured.memory is None:
        raise CannotJudgeError("memory cannot be measured: there is no /proc here that shows the server's processes")
    return measured.memory / _MEGABYTE


def _compared(bound: Bound, value: Decimal, words: str) -> Judgement:
    shown, margin = f"{value:.3f}", f"{bound.margin(value):+.3f}"
    if bound.is_met_by(value):
        return Judgement(bound.metric, str(bound), Verdict.PASS, shown, margin)
    return Judgement(bound.metric, str(bound), Verdict.FAIL, shown, margin, f"{shown} {words}")
