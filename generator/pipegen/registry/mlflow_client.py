"""The client of an MLflow server, a Unity Catalog or an embedded file: quiet, quick to give up, clear in its errors."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipegen.registry.addresses import address
from pipegen.registry.errors import RegistryError, StoppedError

_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "6",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""What MLflow is told unless the environment says otherwise: a registry that is down is reported in seconds."""

_TRANSFER_SECONDS = "120"  # what MLflow itself waits
_SQLITE = "sqlite:///"
_LONGEST_REASON = 400


@dataclass(frozen=True, slots=True)
class Session:
    """A client, where it works, and where artifacts of an embedded registry go."""

    client: Any
    tracking: str
    registry: str
    artifacts: str | None

    @property
    def is_catalog(self) -> bool:
        """Whether versions live in a Unity Catalog, whose tags are narrower and are not listed with the versions."""
        return self.registry.startswith(("databricks-uc", "uc:"))

    def experiment(self, name: str) -> str:
        """The id of an experiment, which is made if it is not there."""
        with answering(self.tracking):
            found = self.client.get_experiment_by_name(name)
            if found is not None:
                return str(found.experiment_id)
            try:
                return str(self.client.create_experiment(name, artifact_location=self.artifacts))
            except _mlflow_exception():
                # Somebody else made it in between; if not, the reason is worth telling.
                found = self.client.get_experiment_by_name(name)
                if found is None:
                    raise
                return str(found.experiment_id)

    def writable(self, location: str) -> str:
        """Where the files of a run go; refused if a server sends them to its own disk, which this machine lacks."""
        if self.tracking.startswith("http") and location.partition(":")[0] not in _REMOTE and self.artifacts is None:
            raise RegistryError(
                f"{address(self.tracking)} leaves artifacts at {location}, a place on its own disk; start it with "
                "--artifacts-destination, or name a place that all machines reach with --artifacts"
            )
        return location


_REMOTE = (
    "mlflow-artifacts",
    "s3",
    "gs",
    "abfss",
    "wasbs",
    "dbfs",
    "hdfs",
    "http",
    "https",
    "ftp",
    "sftp",
    "oss",
    "r2",
)


def opened(tracking: str, registry: str, artifacts: str | None) -> Session:
    """A session; an embedded registry is made if it is not there, with its artifacts in a folder beside it."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    if tracking.startswith(_SQLITE):
        artifacts = artifacts or _beside(Path(tracking.removeprefix(_SQLITE)).absolute())
    try:
        from mlflow.tracking import MlflowClient  # noqa: PLC0415  (the library is there only where the extra is)
    except ImportError as error:
        raise RegistryError(
            f"the MLflow client cannot be imported ({error}): pip install 'mlops-pipegen[registry]'"
        ) from error
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with answering(tracking):
        return Session(MlflowClient(tracking_uri=tracking, registry_uri=registry), tracking, registry, artifacts)


def _beside(database: Path) -> str:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RegistryError(f"{database.parent}: cannot be made: {error.strerror}") from error
    return (database.parent / f"{database.stem}-artifacts").as_uri()


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """Turns what goes wrong inside the library into one message."""
    import sqlalchemy  # noqa: PLC0415  (the same)

    try:
        yield
    except _mlflow_exception() as error:
        raise StoppedError(f"{address(uri)} does not do it: {_short(error)}") from error
    except (OSError, sqlalchemy.exc.SQLAlchemyError) as error:
        raise StoppedError(f"{address(uri)} cannot be reached: {_short(error)}") from error


@contextmanager
def transferring() -> Iterator[None]:
    """Files may take longer than questions."""
    name = "MLFLOW_HTTP_REQUEST_TIMEOUT"
    before = os.environ[name]
    os.environ[name] = max(before, _TRANSFER_SECONDS, key=float)
    try:
        yield
    finally:
        os.environ[name] = before


def is_missing(error: Exception) -> bool:
    """Whether MLflow says that something does not exist."""
    return getattr(error, "error_code", "") in {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"}


def seconds(milliseconds: int) -> str:
    """A moment as MLflow counts it, as UTC text."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mlflow_exception() -> type[Exception]:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (the same)

    found: type[Exception] = MlflowException
    return found


def _short(error: Exception) -> str:
    text = address(" ".join(str(error).split()))
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}..."
