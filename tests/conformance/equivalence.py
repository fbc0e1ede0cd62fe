"""docs/equivalence.md, made of what a whole run of the tables showed (see its --help)."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.cases import Case
from conformance.cells import NOTHING, Cell, cell_of
from conformance.overtaking import COMINGS, DIFFERENT, reference
from conformance.table import Declared, cases
from conformance.traps import TRAPS
from local_models import DELIVERIES
from pipegen.delivery import Capability
from pipegen.simulation import ApprovalTrace, Entry, JobResult, JobTrace, Trace
from pipegen.targets import TARGETS

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "equivalence.md"

Shows = Callable[[str, Case, Declared | None], None]
"""Notes that a target did what it must in a case, but for what it declares."""


@dataclass(frozen=True)
class Shown:
    """What a test showed: the target, the cell that its case belongs to, and the difference that was met there."""

    target: str
    cell: Cell
    declared: Declared | None

    @property
    def plain(self) -> list[object]:
        return [self.target, *self.cell.plain, list(self.declared) if self.declared else None]

    @classmethod
    def of(cls, target: str, case: Case, declared: Declared | None) -> Shown:
        return cls(target, cell_of(case), declared)

    @classmethod
    def of_plain(cls, plain: Sequence[object]) -> Shown:
        target, model, event, fault, declared = plain
        told = Declared(*declared) if isinstance(declared, list) else None
        return cls(str(target), Cell(str(model), str(event), str(fault)), told)


def undeclared(differing: Iterable[Declared | None], told: Iterable[Capability]) -> list[Declared]:
    """The differences that no capability declares in these words."""
    report = list(told)

    def says(each: Declared) -> bool:
        return any(one.subject.startswith(each.subject) and each.words in one.detail for one in report)

    return sorted({each for each in differing if each and not says(each)})


# ---------------------------------------------------------------- what must be there


def gaps(shown: Iterable[Shown]) -> list[str]:
    """What a CI system does not show of the table, which is the same for all of them."""
    found: dict[str, set[Cell]] = {name: set() for name in TARGETS}
    for each in shown:
        found[each.target].add(each.cell)
    wanted = {cell_of(case) for model in DELIVERIES for case in cases(model)}
    return [
        f"{target} shows nothing of {', '.join(cell.plain)}"
        for target, cells in found.items()
        for cell in sorted(wanted - cells)
    ]


# ---------------------------------------------------------------- the page

_EXAMPLE = ("churn-prediction", "deliver-prod")


def page(shown: Sequence[Shown], example: Sequence[Case]) -> str:
    """The whole page; `example` are cases of one event."""
    parts = (
        _INTRODUCTION,
        "\n".join(_run(shown)),
        _FAULTS,
        "\n".join(_faults(shown)),
        _EXAMPLE_TITLE,
        "\n".join(_answers(shown, example)),
        _DIFFERENCES,
        "\n".join(_differences(shown)),
        _OVERTAKING,
        "\n".join(_overtaking()),
        _TRAPS,
        "\n".join(_traps()),
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"


_INTRODUCTION = """\
# Equivalence

The files that pipegen writes for different CI systems do the same. This page is made from a run of the tables in
`tests/conformance`: every shipped model, with everything that may happen to it and go wrong in it, carried out from the
generated files and held against what `pipegen simulate` says. A test fails where a CI system does otherwise, unless its
report of capabilities (`pipegen explain --target`) declares that very difference. `make conformance` runs the tables
and refuses this page where it says something else than they showed; `make equivalence` writes it.

What stands in for a CI system reads the file as the vendor documents it and runs its scripts for real, with programs in
place of the model's own. Each of these has tests of its own, on small pipelines whose behaviour the vendor describes.
Nothing here was run on a vendor's servers.

## What was run

Cases by model. In brackets: those in which a difference that is declared was found, exactly as declared."""

_FAULTS = """\
## What goes wrong

The same cases, by what goes wrong in them."""

_EXAMPLE_TITLE = """\
## The same answer everywhere

What becomes of a merge into `prod` of the model `churn-prediction`, and whether each CI system gives that answer."""

_DIFFERENCES = """\
## Differences that are declared

Each is what the report of capabilities says under that subject, and the tables found just that. On GitLab the cases
take it that whoever says the last yes also starts the job that waited, for GitLab starts none by itself: its report
says so under `approval`."""


_OVERTAKING = """\
## Runs that overtake each other

Runs are numbered by age. They come to an environment in the order of the first column, while the first of them deploys
to it; the other columns say who deploys, in order. `all` and `newest` are what the spec says of runs that wait. Where a
CI system does not do as the reference, its report says so under `lock`."""

_TRAPS = """\
## Traps

Fifty ways in which CI systems look the same and differ, and the test in `tests/conformance` that shows that none of
them occurs here."""


def _run(shown: Sequence[Shown]) -> Iterator[str]:
    yield from _counted("model", shown, [(each.cell.model, each) for each in shown])


def _faults(shown: Sequence[Shown]) -> Iterator[str]:
    yield from _counted("what goes wrong", shown, [(_words(each.cell.fault), each) for each in shown])


def _words(fault: str) -> str:
    return {NOTHING: "nothing", "": "the start is refused"}.get(fault, fault)


def _counted(title: str, shown: Sequence[Shown], rows: Sequence[tuple[str, Shown]]) -> Iterator[str]:
    """A table of numbers of cases, a column for each target, with a last row for all of them."""
    names = sorted({each.target for each in shown})
    counts = Counter((row, each.target) for row, each in rows)
    differing = Counter((row, each.target) for row, each in rows if each.declared)
    for each in shown:
        counts["all", each.target] += 1
        differing["all", each.target] += bool(each.declared)
    yield f"| {title} | {' | '.join(TARGETS[name].TITLE for name in names)} |"
    yield f"|---|{'---|' * len(names)}"
    for row in (*sorted({row for row, _ in rows}), "all"):
        cells = [_number(counts[row, name], differing[row, name]) for name in names]
        yield f"| {row} | {' | '.join(cells)} |"


def _number(count: int, differing: int) -> str:
    return f"{count} ({differing})" if differing else str(count)


def _answers(shown: Sequence[Shown], example: Sequence[Case]) -> Iterator[str]:
    """A row for each case of the example: the reference, and whether each target showed it."""
    names = sorted({each.target for each in shown})
    found = {(each.target, each.cell): each.declared for each in shown}
    yield f"| what goes wrong | what happens | {' | '.join(TARGETS[name].TITLE for name in names)} |"
    yield f"|---|---|{'---|' * len(names)}"
    seen = set[Cell]()
    for case in example:
        cell = cell_of(case)
        if cell not in seen:
            seen.add(cell)
            told = ["the same" if found[name, cell] is None else "as declared" for name in names]
            yield f"| {_words(cell.fault)} | {_told(case.expected[0])} | {' | '.join(told)} |"


def _told(trace: Trace) -> str:
    """A run in a line."""
    told = [words for each in trace.entries if (words := _happened(each))]
    told += [f"{each} is restored" for each in trace.restored]
    return f"{', '.join(told)}; the run: {trace.result}"


def _happened(entry: Entry) -> str:
    match entry:
        case JobTrace(name, result=JobResult.SUCCESS):
            return name
        case JobTrace(name, result=result) if result is not JobResult.SKIPPED:
            return f"{name} ({result})"
        case ApprovalTrace(name, result=result):
            return f"approval {name} {result}"
    return ""


def _differences(shown: Sequence[Shown]) -> Iterator[str]:
    """By target: what its report says, where that was met, and how often."""
    yield "| CI system | what it does | subject in the report | met at | cases |"
    yield "|---|---|---|---|---|"
    found: dict[tuple[str, Declared], list[Shown]] = defaultdict(list)
    for each in shown:
        if each.declared:
            found[each.target, each.declared].append(each)
    for (target, declared), those in sorted(found.items()):
        events = sorted({each.cell.event for each in those})
        place = ", ".join(events[:3]) + (f" and {len(events) - 3} more" if len(events) > 3 else "")
        subject = declared.subject.strip()
        yield f"| {TARGETS[target].TITLE} | {declared.meaning} | `{subject}` | {place} | {len(those)} |"


def _overtaking() -> Iterator[str]:
    names = sorted(TARGETS)
    yield f"| they come | kept | reference | {' | '.join(TARGETS[name].TITLE for name in names)} |"
    yield f"|---|---|---|{'---|' * len(names)}"
    for waiting in ("all", "newest"):
        for runs in COMINGS:
            usual = reference(waiting, runs)
            told = [DIFFERENT.get((name, waiting, runs), (usual, ""))[0] for name in names]
            yield f"| {' | '.join((_order(runs), f'`{waiting}`', _order(usual), *map(_order, told)))} |"


def _order(runs: Sequence[int]) -> str:
    return ", ".join(str(run + 1) for run in runs)


def _traps() -> Iterator[str]:
    yield "| | trap | shown by |"
    yield "|---|---|---|"
    for each in TRAPS:
        name = each.shown_by.partition("::")[2]
        yield f"| {each.number} | {each.title} | {f'`{name}`' if name else each.why} |"


# ---------------------------------------------------------------- by hand and in CI


def main() -> int:
    """Writes the page, or with --check says whether it is what the run showed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("shown", type=Path, help="what `pytest tests/conformance --shown FILE` wrote")
    parser.add_argument("--check", action="store_true", help="write nothing")
    chosen = parser.parse_args()
    shown = [Shown.of_plain(each) for each in json.loads(chosen.shown.read_text("utf-8"))]
    if missing := gaps(shown):
        sys.stderr.write("\n".join((*missing[:20], f"{len(missing)} gaps in all", "")))
        return 1
    text = page(shown, _example())
    if not chosen.check:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.read_text("utf-8") != text:
        sys.stderr.write(f"{PAGE.name} is not what the tables showed: run `make equivalence`\n")
        return 1
    sys.stdout.write(f"{PAGE.name} is what {len(shown)} cases on {len(TARGETS)} CI systems showed\n")
    return 0


def _example() -> list[Case]:
    model, event = _EXAMPLE
    return [case for case in cases(model) if cell_of(case).event == event]


if __name__ == "__main__":
    raise SystemExit(main())
