"""What the tests of the ledger start from: no pipeline around them, and an empty ledger of each sort."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger_runs import repository
from pipegen.ledger.places import FolderPlace, Place


@pytest.fixture
def outside_of_any_pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("PIPEGEN_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=["branch", "folder"])
def ledger_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return repository(tmp_path / "ledger.git") if request.param == "branch" else FolderPlace(tmp_path / "ledger")
