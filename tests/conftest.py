"""What all tests share: golden trees and their renewal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parent / "golden"
AssertGolden = Callable[[str, Mapping[str, str]], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden trees anew")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test believes in the cache of whoever runs the tests, and none fills it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PIPEGEN_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def assert_golden(request: pytest.FixtureRequest) -> AssertGolden:
    """Compares a whole tree of files with tests/golden/<name>; a missing or surplus file fails too."""
    update: bool = request.config.getoption("--update-golden")

    def compare(name: str, files: Mapping[str, str]) -> None:
        folder = GOLDEN / name
        if update:
            _replace(folder, files)
        assert _tree(folder) == dict(files)

    return compare


def _tree(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def _replace(folder: Path, files: Mapping[str, str]) -> None:
    for path in _tree(folder).keys() - files.keys():
        (folder / path).unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8", newline="\n")
