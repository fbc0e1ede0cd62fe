"""Carries out the Snowflake adapters against the interface of the real library, where no account is.

It runs under a Python that has snowflake-ml-python. Every object of the library that an adapter is given has the
signatures of the real class, so a call that the library would not take fails; what Snowflake would answer stands below.
Models and signatures are made by the library itself.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pandas as pd
from snowflake.ml.model import Model, ModelVersion
from snowflake.ml.model._packager.model_packager import ModelPackager
from snowflake.ml.model.custom_model import CustomModel
from snowflake.ml.model.model_signature import DataType, ModelSignature
from snowflake.ml.registry import Registry
from snowflake.snowpark import FileOperation, Session
from snowflake.snowpark.file_operation import ListResult

from pipegen.registry import moves, names
from pipegen.registry.errors import StoppedError
from pipegen.registry.lookup import find
from pipegen.registry.moving import clear, point
from pipegen.registry.protocol import Candidate, Column, Kept, Signature
from pipegen.registry.registering import register
from pipegen.registry.snowflake_registry import SnowflakeRegistry
from pipegen.registry.snowflake_session import opened
from pipegen.registry.snowflake_store import SnowflakeStore

CLICKS = Column("clicks", {"type": "array", "items": {"type": "long"}})
SIGNATURE = Signature((Column("age", {"type": "double"}), CLICKS), (Column("score", {"type": "float"}),))
URI = "snowflake://default/DB/SCHEMA"


class Account:
    """The versions of one model, as `SHOW VERSIONS IN MODEL` would list them."""

    def __init__(self) -> None:
        self.metrics: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.registry = create_autospec(Registry, instance=True)
        self.registry.models.side_effect = lambda: [self.model()] if self.metrics else []
        self.registry.get_model.side_effect = lambda _name: self.model()
        self.registry.log_model.side_effect = self.log_model

    def model(self) -> Any:  # noqa: ANN401  (the real class is known where this runs)
        model = create_autospec(Model, instance=True)
        model.name = "CHURN"
        model.show_versions.side_effect = self.rows
        model.version.side_effect = self.version
        model.delete_version.side_effect = self.metrics.pop
        return model

    def rows(self) -> pd.DataFrame:
        moment = datetime(2026, 11, 21, tzinfo=UTC)
        return pd.DataFrame(
            {"name": name, "created_on": moment, "metadata": json.dumps({"metrics": metrics})}
            for name, metrics in self.metrics.items()
        )

    def version(self, name: str) -> Any:  # noqa: ANN401  (the same)
        version = create_autospec(ModelVersion, instance=True)
        version.show_metrics.side_effect = lambda: dict(self.metrics[name])
        version.set_metric.side_effect = self.metrics[name].__setitem__
        version.export.side_effect = lambda target: [
            Path(target, file).write_bytes(content) for file, content in self.files[name].items()
        ]
        return version

    def log_model(self, model: CustomModel, **given: Any) -> None:  # noqa: ANN401  (the same)
        signature = given["signatures"]["predict"]
        assert isinstance(model, CustomModel)
        assert isinstance(signature, ModelSignature)
        assert [each._dtype for each in signature.inputs] == [DataType.DOUBLE, DataType.INT64]  # noqa: SLF001
        assert [each.__name__ for each in model._get_infer_methods()] == ["predict"]  # noqa: SLF001
        json.dumps(given["metrics"])
        self.metrics[given["version_name"]] = given["metrics"]
        with tempfile.TemporaryDirectory() as folder:
            # What is uploaded to Snowflake, packed by the library itself.
            packager = ModelPackager(folder)
            packager.save(name="churn", model=model, signatures=given["signatures"], options={})
            found = {file.name: file.read_bytes() for file in Path(folder).rglob("*.tar")}
        self.files[given["version_name"]] = found


def candidate(version: str, file: Path) -> Candidate:
    tags = {names.STATE: names.INCOMPLETE, names.VERSION: version, names.DIGEST: "0" * 64}
    return Candidate(version, {"model": file}, tags, {"auc": 0.83}, {}, SIGNATURE)


def versions_and_aliases(folder: Path) -> None:
    file = folder / "packed"
    file.write_bytes(b"bytes")
    registry = SnowflakeRegistry(Account().registry, "churn", URI)
    assert registry.versions() == ()
    for version in ("1.0.0", "1.1.0-rc.1"):
        assert register(registry, candidate(version, file)).is_new
        assert not register(registry, candidate(version, file)).is_new
    first, second = registry.versions()
    assert (first.handle, second.handle) == ("V1_0_0", "V1_1_0$$RC_1")
    for environment in ("dev", "prod"):
        assert list(point(registry, environment, first, moves.PROMOTED))
    assert list(point(registry, "prod", second, moves.PROMOTED))
    assert dict(registry.aliases()) == {"champion-dev": "V1_0_0", "champion-prod": "V1_1_0$$RC_1"}
    assert list(point(registry, "prod", first, moves.ROLLED_BACK))
    assert dict(registry.aliases()) == {"champion-dev": "V1_0_0", "champion-prod": "V1_0_0"}
    assert list(clear(registry, "dev"))
    assert dict(registry.aliases()) == {"champion-prod": "V1_0_0"}
    found = find(registry.versions(), "1.0.0")
    assert found is not None
    registry.download(found.handle, folder)
    assert (folder / "model.tar").read_bytes() == b"bytes"
    registry.discard("V1_1_0$$RC_1")
    assert len(registry.versions()) == 1


def files_under_keys(folder: Path) -> None:
    digest = "1" * 64
    file = folder / "model.tar"
    file.write_bytes(b"bytes")
    session = create_autospec(Session, instance=True)
    session.file = create_autospec(FileOperation, instance=True)
    moment = "Sat, 21 Nov 2026 10:00:00 GMT"
    session.file.list.return_value = [ListResult(f"stage/churn/{digest}/artifact.tar", 5, None, None, moment)]
    store = SnowflakeStore(session, "@STAGE")
    store.keep("churn", digest, file)
    (kept,) = store.kept("churn")
    assert kept == Kept(f"@STAGE/churn/{digest}", "churn", digest, "2026-11-21T10:00:00Z")
    assert store.fetch(kept, folder) == folder / "artifact.tar"


def a_connection_that_is_not_configured() -> None:
    try:
        opened("snowflake://nobody-configured-this/DB/SCHEMA")
    except StoppedError:
        return
    raise AssertionError("it was opened")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        versions_and_aliases(Path(temporary))
    with tempfile.TemporaryDirectory() as temporary:
        files_under_keys(Path(temporary))
    a_connection_that_is_not_configured()
