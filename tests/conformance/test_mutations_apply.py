"""Each seeded change still fits, can be rendered, and changes what its target says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from conformance.random_runs import EXECUTORS
from conformance.seeded import MUTATIONS
from conformance.try_mutations import invalid

LEAST = 30


def test_every_seeded_change_changes_what_its_target_says(tmp_path: Path) -> None:
    assert {str(each): why for each, why in invalid(MUTATIONS, tmp_path).items()} == {}


def test_there_are_enough_seeded_changes_of_every_target() -> None:
    counts = Counter(each.target for each in MUTATIONS)
    assert counts.total() >= LEAST
    assert {name: counts[name] for name in EXECUTORS if counts[name] < LEAST // len(EXECUTORS)} == {}
    assert len({str(each) for each in MUTATIONS}) == len(MUTATIONS)
