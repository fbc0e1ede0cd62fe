"""Of the tables one model is tried with every change; all of them are `make conformance`."""

from __future__ import annotations

import pytest

QUICK = "minimal"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the bulk of the tables as slow."""
    for item in items:
        is_table = item.path.parent.name == "conformance" and item.path.stem.endswith(("_table", "_mutations"))
        if is_table and QUICK not in item.name:
            item.add_marker(pytest.mark.slow)
