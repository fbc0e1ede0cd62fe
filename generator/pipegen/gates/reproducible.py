"""The gate on reproducibility: two trainings gave the same bytes, or metrics that are close enough."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pipegen.gates.checks import named
from pipegen.gates.contents import READABLE, entries, sha256_of
from pipegen.gates.decimals import exact_product, exact_sum
from pipegen.gates.metrics import Side, metric_value, parse_bound
from pipegen.gates.reading import CannotJudgeError, JsonObject
from pipegen.gates.report import Judgement, Verdict

_CONTENTS = "contents"
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a metric may differ between two runs; a relative one is a part of the larger of the two sizes."""

    metric: str
    limit: Decimal
    relative: bool

    def __str__(self) -> str:
        return f"differs by <= {self.limit}{' of the larger' if self.relative else ''}"

    def allowed(self, first: Decimal, second: Decimal) -> Decimal:
        return exact_product(self.limit, max(abs(first), abs(second))) if self.relative else self.limit


def parse_tolerance(text: str, *, relative: bool) -> Tolerance:
    """The tolerance written METRIC=NUMBER, which is not negative."""
    bound = parse_bound(Side.MAX, text)
    if bound.limit < 0:
        raise CannotJudgeError(f"{text!r}: a tolerance is not negative")
    return Tolerance(bound.metric, bound.limit, relative)


def digests(path: Path) -> Mapping[str, str]:
    """The digest of each file of a folder by its name below it, or of a file alone by the empty name."""
    found = _of_folder(path) if path.is_dir() else {"": sha256_of(path)}
    if set(found.values()) <= {_EMPTY}:
        raise CannotJudgeError(f"{path}: empty, so there is nothing to compare")
    return found


def _of_folder(folder: Path) -> dict[str, str]:
    below = entries(folder)
    for entry in below:
        if entry.kind not in READABLE:
            raise CannotJudgeError(f"{entry.path}: {entry.kind}, which has no content to compare")
    return {entry.name: sha256_of(entry.path) for entry in below}


def same_contents(first: Mapping[str, str], second: Mapping[str, str]) -> Judgement:
    """Whether both hold the same names with the same digests; the first that differ are named."""
    if first == second:
        return Judgement(_CONTENTS, "same digest", Verdict.PASS, _digest(first))
    reason = f"the two runs differ: {_differing(first, second)}"
    return Judgement(_CONTENTS, "same digest", Verdict.FAIL, "differs", reason=reason)


def other_contents(first: Mapping[str, str], second: Mapping[str, str]) -> Judgement:
    """What is said of bytes that differ where the metrics decide."""
    value = f"bytes differ: {_differing(first, second)}"
    return Judgement(_CONTENTS, "same digest, or metrics within tolerance", Verdict.PASS, value)


def _digest(contents: Mapping[str, str]) -> str:
    if set(contents) == {""}:
        return f"sha256:{contents['']}"
    # Lengths keep two names from running into each other.
    lines = (f"{len(name)} {name} {digest}\n" for name, digest in sorted(contents.items()))
    return f"sha256:{hashlib.sha256(''.join(lines).encode('utf-8', 'surrogateescape')).hexdigest()}"


def _differing(first: Mapping[str, str], second: Mapping[str, str]) -> str:
    return named(_differences(first, second)) or "their content"


def _differences(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(first.keys() | second.keys()):
        if name not in second:
            yield f"{name} (first alone)"
        elif name not in first:
            yield f"{name} (second alone)"
        elif name and first[name] != second[name]:
            yield name


def judge_metrics(first: JsonObject, second: JsonObject, tolerances: Sequence[Tolerance]) -> Iterable[Judgement]:
    """One judgement a tolerance, in their order."""
    return (_judged(first, second, tolerance) for tolerance in tolerances)


def _judged(first: JsonObject, second: JsonObject, tolerance: Tolerance) -> Judgement:
    bound = str(tolerance)
    try:
        before, after = _value(first, tolerance.metric, "first"), _value(second, tolerance.metric, "second")
        apart = abs(exact_sum(after, before.copy_negate()))
        margin = exact_sum(tolerance.allowed(before, after), apart.copy_negate())
    except CannotJudgeError as error:
        return Judgement(tolerance.metric, bound, Verdict.CANNOT_JUDGE, reason=str(error))
    value = f"{before} and {after}"
    if margin >= 0:
        return Judgement(tolerance.metric, bound, Verdict.PASS, value, f"{margin:+}")
    return Judgement(tolerance.metric, bound, Verdict.FAIL, value, f"{margin:+}", f"the two runs differ by {apart}")


def _value(document: JsonObject, metric: str, which: str) -> Decimal:
    try:
        return metric_value(document, metric)
    except CannotJudgeError as error:
        raise CannotJudgeError(f"in the {which} run: {error}") from error
