"""What was measured, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.bounds import NOTHING, Table, bounds
from benchmarks.measuring import Cost


def report(table: Table) -> str:
    """A table for each number of specs, then the bounds."""
    lines = [line for count, costs in table.items() for line in (*_costs(count, costs), "")]
    return "\n".join([*lines, *_bounds(table)]) + "\n"


def _costs(count: int, costs: Mapping[str, Cost]) -> Iterator[str]:
    specs = "1 spec" if count == 1 else f"{count} specs"
    yield f"{specs:<24} {'wall':>9} {'x pass':>8} {'CPU':>9} {'CPU a spec':>11} {'memory':>8}"
    nothing = costs[NOTHING]
    for name, cost in costs.items():
        ratio, share = cost.wall / nothing.wall, "" if cost is nothing else _milliseconds(cost.cpu / count)
        yield (
            f"{name:<24} {_milliseconds(cost.wall):>9} {ratio:>8.1f} {_milliseconds(cost.cpu):>9} {share:>11} "
            f"{cost.memory:>4.0f} MiB"
        )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds * 1000:.0f} ms"


def _bounds(table: Table) -> Iterator[str]:
    for bound in bounds(table):
        stretch = "" if bound.stretch is None else f", stretch {bound.stretch:g}"
        yield f"{bound.verdict:>20}: {bound.measured:6.2f} (at most {bound.most:g}{stretch})  {bound.claim}"
