"""Of the tables one model is tried with every change; `make conformance` tries all, and notes what it showed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.cases import Case
from conformance.equivalence import Shown, Shows
from conformance.table import Declared

QUICK = "minimal"
_NAME = "shown"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shown", metavar="FILE", help="write here, as JSON, what the tables of CI systems showed")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--shown", None) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Notes(Path(config.getoption("--shown"))))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the bulk of the tables as slow."""
    for item in items:
        is_table = item.path.parent.name == "conformance" and item.path.stem.endswith(("_table", "_mutations"))
        if is_table and QUICK not in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def shows(record_property: Callable[[str, object], None]) -> Shows:
    """Called once for every case that a test of a table has shown."""

    def note(target: str, case: Case, declared: Declared | None) -> None:
        record_property(_NAME, Shown.of(target, case, declared).plain)

    return note


class _Notes:
    """Collects what the tests of all workers showed; a test that fails showed nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._shown: list[list[object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._shown += self._of(report)

    @staticmethod
    def _of(report: pytest.TestReport) -> Iterator[list[object]]:
        for name, value in report.user_properties:
            if name == _NAME and isinstance(value, list):
                yield value

    def pytest_sessionfinish(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(sorted(self._shown, key=str), indent=0), "utf-8")
