"""What is measured is a real ledger, and real programs add to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.ledger import added_at_once, write_ledger
from ledger_runs import DONE, ledger, where
from pipegen.ledger.places import FolderPlace

pytest_plugins = ("ledger_fixtures",)
pytestmark = pytest.mark.usefixtures("outside_of_any_pipeline")


def test_the_ledger_of_the_benchmark_verifies(tmp_path: Path) -> None:
    write_ledger(tmp_path, entries=40, models=4)
    run = ledger("verify", *where(FolderPlace(tmp_path)))
    assert (run.code, run.out.splitlines()[0]) == (DONE, "verified; models: 4, entries: 40")


def test_the_writers_of_the_benchmark_all_land(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parent.parent)
    assert added_at_once(tmp_path, 2) > 0
