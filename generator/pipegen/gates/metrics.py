"""The gate on metrics: minimum and maximum for the numbers of a JSON file, judged as exact decimals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice

from pipegen.gates.reading import CannotJudgeError, JsonObject, kind_of, parse_number
from pipegen.gates.report import Judgement, Verdict

_SEARCHED_FOR_SIMILAR_NAMES = 500
# Margins are shown, never judged by, so rounding them is harmless; a range this wide keeps them from raising.
_MARGINS = Context(prec=28, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


class Side(StrEnum):
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit that a metric must not pass; meeting it exactly is enough."""

    metric: str
    side: Side
    limit: Decimal

    def __str__(self) -> str:
        return f"{'>=' if self.side is Side.MIN else '<='} {self.limit}"

    def is_met_by(self, value: Decimal) -> bool:
        return value >= self.limit if self.side is Side.MIN else value <= self.limit

    def margin(self, value: Decimal) -> Decimal:
        """How far inside the bound `value` is, rounded to 28 digits; negative outside."""
        low, high = (self.limit, value) if self.side is Side.MIN else (value, self.limit)
        return _MARGINS.subtract(high, low)


def parse_bound(side: Side, text: str) -> Bound:
    """The bound written NAME=VALUE; the name may hold `=`, the value is a number as JSON writes it."""
    metric, equals, number = text.rpartition("=")
    if not equals or not metric:
        raise CannotJudgeError(f"{text!r} is not NAME=VALUE, for example auc=0.8")
    try:
        return Bound(metric, side, parse_number(number))
    except CannotJudgeError as error:
        raise CannotJudgeError(f"{text!r}: {error}") from error


def judge(document: JsonObject, bounds: Sequence[Bound]) -> tuple[Judgement, ...]:
    """One judgement a bound, in their order."""
    return tuple(_judged(document, bound) for bound in bounds)


def unjudged(bound: Bound, reason: str) -> Judgement:
    return Judgement(bound.metric, str(bound), Verdict.CANNOT_JUDGE, reason=reason)


def metric_value(document: JsonObject, name: str) -> Decimal:
    """The number called `name`: a key of the root, else the one place whose keys joined by dots give the name."""
    candidates = [document[name]] if name in document else _places(document, name)
    match candidates:
        case []:
            raise CannotJudgeError(f"no such metric{_similar_names(document, name)}")
        case [Decimal() as number] if number.is_finite():
            return number
        case [Decimal() as number]:
            raise CannotJudgeError(f"{number} is not a finite number")
        case [other]:
            raise CannotJudgeError(f"{kind_of(other)}, not a number{_similar_names(document, name)}")
        case _:
            raise CannotJudgeError(f"ambiguous: {len(candidates)} places in the file have this name")


def _judged(document: JsonObject, bound: Bound) -> Judgement:
    try:
        value = metric_value(document, bound.metric)
    except CannotJudgeError as error:
        return unjudged(bound, str(error))
    margin = f"{bound.margin(value):+}"
    if bound.is_met_by(value):
        return Judgement(bound.metric, str(bound), Verdict.PASS, str(value), margin)
    missed = "below the minimum" if bound.side is Side.MIN else "above the maximum"
    reason = f"{value} is {missed} {bound.limit}"
    return Judgement(bound.metric, str(bound), Verdict.FAIL, str(value), margin, reason)


def _places(document: JsonObject, name: str) -> list[object]:
    """Every value below the root that `name` can mean; keys may hold dots themselves."""
    found: list[object] = []
    ahead = [(document, name)]
    while ahead:
        node, rest = ahead.pop()
        if rest in node:
            found.append(node[rest])
        for dot in re.finditer(r"\.", rest):
            child = node.get(rest[: dot.start()])
            if isinstance(child, dict):
                ahead.append((child, rest[dot.end() :]))
    return found


def _similar_names(document: JsonObject, name: str) -> str:
    names = list(islice(_numbers_by_name(document), _SEARCHED_FOR_SIMILAR_NAMES))
    below = [known for known in names if known.startswith(f"{name}.")]
    similar = below[:3] or get_close_matches(name, names)
    return f"; similar: {', '.join(similar)}" if similar else ""


def _numbers_by_name(document: JsonObject) -> Iterator[str]:
    ahead = [("", document)]
    while ahead:
        prefix, node = ahead.pop()
        for key, child in node.items():
            if isinstance(child, dict):
                ahead.append((f"{prefix}{key}.", child))
            elif isinstance(child, Decimal):
                yield f"{prefix}{key}"
