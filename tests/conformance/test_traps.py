"""The list of traps is whole, and each of them has a test that is there."""

from __future__ import annotations

import ast

import pytest

from conformance.traps import TRAPS, Trap
from deliveries import ROOT


def test_all_fifty_are_there_in_order() -> None:
    assert [each.number for each in TRAPS] == list(range(1, 51))
    assert len({each.title for each in TRAPS}) == len(TRAPS)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap.number:02}")
def test_a_trap_is_shown_by_a_test_or_cannot_occur(trap: Trap) -> None:
    assert bool(trap.shown_by) != bool(trap.why)
    if trap.shown_by:
        path, _, name = trap.shown_by.partition("::")
        tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_every_test_of_a_trap_belongs_to_one_of_the_list() -> None:
    named = [
        each.name
        for path in (ROOT / "tests/conformance").glob("test_traps_*.py")
        for each in ast.parse(path.read_text("utf-8")).body
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_trap_")
    ]
    own = {each.number for each in TRAPS if f"::test_trap_{each.number:02}_" in each.shown_by}
    assert {int(name.split("_")[2]) for name in named} == own
