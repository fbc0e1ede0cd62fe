"""The gate on the champion: a candidate's metrics against those of the model that serves an environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from pipegen.gates.decimals import exact_product, exact_sum
from pipegen.gates.metrics import Bound, Side, metric_value
from pipegen.gates.reading import CannotJudgeError, JsonObject, kind_of, parse_number
from pipegen.gates.report import Judgement, Verdict

_NAMES_SHOWN = 12
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """How far a metric may stay behind the champion's; being exactly that far behind is enough."""

    metric: str
    side: Side
    """MIN where higher is better: the champion sets a minimum. MAX where lower is better."""
    tolerance: Decimal = _NONE
    relative: Decimal = _NONE
    """The same as a part of the champion's value; where both are given, either is enough."""

    def bound(self, champion: Decimal) -> Bound:
        """What the candidate has to meet if the champion has this value."""
        allowed = max(self.tolerance, exact_product(champion.copy_abs(), self.relative))
        if not allowed:
            return Bound(self.metric, self.side, champion)
        return Bound(self.metric, self.side, exact_sum(champion, -allowed if self.side is Side.MIN else allowed))

    def __str__(self) -> str:
        return f"{'>=' if self.side is Side.MIN else '<='} champion{f', {self.allowance}' if self.allowance else ''}"

    @property
    def allowance(self) -> str:
        """The tolerances in words; empty without one."""
        absolute = [f"tolerance {self.tolerance}"] if self.tolerance else []
        relative = [f"relative tolerance {self.relative}"] if self.relative else []
        return " or ".join(absolute + relative)


@dataclass(frozen=True, slots=True)
class Champion:
    """The model that serves; `name` is its version, or the file that tells its metrics."""

    name: str
    metrics: JsonObject


def judge(candidate: JsonObject, champion: Champion | None, rules: Iterable[Rule], place: str) -> tuple[Judgement, ...]:
    """One judgement a rule, in their order; without a champion in `place` the candidate has to have each metric."""
    return tuple(_judged(candidate, champion, rule, place) for rule in rules)


def unjudged(rule: Rule, reason: str) -> Judgement:
    return Judgement(rule.metric, str(rule), Verdict.CANNOT_JUDGE, reason=reason)


def champion_in(document: JsonObject, name: str) -> Champion:
    """The champion of a metrics file, or of the JSON that describes a registered version: its key `metrics`."""
    if "metrics" not in document:
        return Champion(name, document)
    match document["metrics"]:
        case dict() as metrics:
            return Champion(name, numbers(metrics))
        case other:
            raise CannotJudgeError(f"{name}: its key 'metrics' is {kind_of(other)}, not an object")


def numbers(metrics: Mapping[str, object]) -> JsonObject:
    """Recorded metrics as a file would have them: decimal text becomes the number that it writes."""
    return {name: _number(value) if isinstance(value, str) else value for name, value in metrics.items()}


def _number(text: str) -> Decimal | str:
    try:
        return parse_number(text)
    except CannotJudgeError:
        return text


def _judged(candidate: JsonObject, champion: Champion | None, rule: Rule, place: str) -> Judgement:
    try:
        value = metric_value(candidate, rule.metric)
        if champion is None:
            return Judgement(rule.metric, f"no champion in {place} yet", Verdict.PASS, str(value))
        best = _champions_value(champion, rule.metric)
        bound = rule.bound(best)
    except CannotJudgeError as error:
        return unjudged(rule, str(error))
    words = f"{bound} (champion {champion.name}: {best}{f', {rule.allowance}' if rule.allowance else ''})"
    margin = f"{bound.margin(value):+}"
    if bound.is_met_by(value):
        return Judgement(rule.metric, words, Verdict.PASS, str(value), margin)
    return Judgement(rule.metric, words, Verdict.FAIL, str(value), margin, _reason(value, best, champion, rule))


def _champions_value(champion: Champion, metric: str) -> Decimal:
    try:
        return metric_value(champion.metrics, metric)
    except CannotJudgeError as error:
        raise CannotJudgeError(f"champion {champion.name}: {error}; {_has(list(champion.metrics))}") from error


def _has(names: Sequence[str]) -> str:
    if not names:
        return "it was recorded without metrics"
    more = ", ..." if len(names) > _NAMES_SHOWN else ""
    return f"it has {', '.join(islice(names, _NAMES_SHOWN))}{more}"


def _reason(value: Decimal, best: Decimal, champion: Champion, rule: Rule) -> str:
    side = "below" if rule.side is Side.MIN else "above"
    allowed = f" by more than the {rule.allowance}" if rule.allowance else ""
    return f"{value} is {side} {best} of champion {champion.name}{allowed}"
