"""What all tests share: golden trees and their renewal, and one MLflow for all tests of the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from mlflow_server import Server, Worker, database, migrated, worker
from registries import Desk

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


@pytest.fixture(scope="session")
def mlflow_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A process that runs commands of `pipegen registry`."""
    with worker(tmp_path_factory.mktemp("worker") / "log") as started:
        yield started


@pytest.fixture(scope="session")
def mlflow_template(mlflow_worker: Worker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database whose tables are made."""
    return migrated(mlflow_worker, tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def mlflow_server(mlflow_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An MLflow server on loopback; its tests share it, each with a model of its own."""
    folder = tmp_path_factory.mktemp("server")
    server = Server(database(mlflow_template, folder / "server.db"), folder / "files", folder / "log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def embedded(mlflow_worker: Worker, mlflow_template: Path, tmp_path: Path) -> Desk:
    """A model whose registry is a file."""
    made = database(mlflow_template, tmp_path / "registry" / "registry.db")
    return Desk(mlflow_worker, tmp_path, f"sqlite:///{made}", "churn")


@pytest.fixture
def served(mlflow_worker: Worker, mlflow_server: Server, tmp_path: Path) -> Desk:
    """A model whose registry is a server."""
    return Desk(mlflow_worker, tmp_path, mlflow_server.uri, f"churn-{uuid4().hex[:12]}")


@pytest.fixture(params=["embedded", "served"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """A model in each kind of registry."""
    found: Desk = request.getfixturevalue(request.param)
    return found


def _tree(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def _replace(folder: Path, files: Mapping[str, str]) -> None:
    for path in _tree(folder).keys() - files.keys():
        (folder / path).unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8", newline="\n")
