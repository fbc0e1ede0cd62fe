"""Exact arithmetic on the decimals that files hold: what cannot be computed exactly is not judged."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation

from pipegen.gates.reading import CannotJudgeError

_EXACT = Context(prec=10_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation])


def exact_sum(left: Decimal, right: Decimal) -> Decimal:
    """The sum of two finite numbers; CannotJudgeError if it has more digits than anybody could mean."""
    try:
        return _EXACT.add(left, right)
    except Inexact as error:
        raise CannotJudgeError("numbers so far apart in size that no tolerance means anything") from error


def exact_product(left: Decimal, right: Decimal) -> Decimal:
    """The product of two finite numbers, as `exact_sum`."""
    try:
        return _EXACT.multiply(left, right)
    except Inexact as error:
        raise CannotJudgeError("numbers with so many digits that no tolerance means anything") from error
