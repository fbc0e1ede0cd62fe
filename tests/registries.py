"""Registries as tests use them: commands over an embedded file or a real server, files to register, a ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlflow_server import Done, Worker, variables
from pipegen.ledger.adding import add
from pipegen.ledger.places import FolderPlace

COMMIT = "c0ffee" + "0" * 34
SIGNATURE = {
    "inputs": [{"name": "age", "type": "double"}, {"name": "clicks", "type": "array", "items": {"type": "int64"}}],
    "outputs": [{"name": "score", "type": "double"}],
}
LINEAGE: Mapping[str, object] = {
    "format": "pipegen-lineage/1",
    "algorithm": "xgboost.XGBClassifier",
    "signature": SIGNATURE,
    "data": {"version": "dvc:4f1c", "from": "2025-01-01", "to": "2025-12-31", "rows": 120000},
    "parameters": {"max_depth": 6, "booster": {"eta": 0.1}},
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one model's commands are run: a folder with files, a registry, and a ledger in a folder."""

    worker: Worker
    folder: Path
    uri: str
    model: str
    extra: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, uri: str | None = None, **more: str) -> Done:
        given = {"MLFLOW_TRACKING_URI": uri or self.uri, "PIPEGEN_MODEL": self.model, **self.extra, **more}
        return self.worker.run(arguments, variables() | given, self.folder)

    def ask(self, code: str) -> str:
        """What code prints that asks MLflow itself: `client` and `model` are at hand."""
        return self.worker.ask(self.uri, self.model, code, self.folder)

    def done(self, *arguments: str) -> str:
        """What a command that must succeed printed."""
        done = self.run(*arguments)
        assert done.code == 0, f"{arguments}: {done}"
        return done.out

    def file(self, name: str, content: str | Mapping[str, object]) -> Path:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return path

    def register(self, version: str, content: str = "", *more: str) -> str:
        self.file("model.tar", content or f"model {version}")
        return self.done("register", "--version", version, "--file", "model.tar", "--commit", COMMIT, *more)

    def aliases(self) -> dict[str, str]:
        """The version that each alias points at."""
        done = self.run("show", "--json")
        listed = json.loads(done.out)["versions"] if done.code == 0 else []
        return {alias: each["version"] for each in listed for alias in each["aliases"]}

    def versions(self) -> list[str]:
        done = self.run("show", "--json")
        return [each["version"] for each in json.loads(done.out)["versions"]] if done.code == 0 else []

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger-folder"

    def record(self, kind: str, environment: str, version: str, **fields: object) -> None:
        """Write an entry of the ledger as a pipeline does before it moves an alias."""
        needed: dict[str, object] = {"commit": COMMIT} if kind == "deployment" else {}
        said = {"environment": environment, **needed, **({"version": version} if version else {}), **fields}
        self.ledger.mkdir(exist_ok=True)
        add(FolderPlace(self.ledger), kind, self.model, said)

    def move(self, command: str, environment: str, version: str, uri: str | None = None) -> Done:
        place = ("--environment", environment, "--version", version, "--folder", str(self.ledger))
        return self.run(command, *place, uri=uri)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def moves(desk: Desk, environment: str) -> Sequence[tuple[str, str]]:
    done = desk.run("history", "--environment", environment, "--json")
    return [(each["version"], each["move"]) for each in json.loads(done.out)["moves"]]
