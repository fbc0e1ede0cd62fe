"""A team that releases a model with pipegen's commands alone: a git repository, a real MLflow, a ledger on a branch."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pages import ROOT
from registries import Desk

PYTHON = f"{ROOT}/generator"
FEATURES = {"age": "double", "tenure": "long"}


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str


@dataclass(frozen=True, slots=True)
class Model:
    """One training: what it is called, how good it is, and what it was made from."""

    version: str
    auc: str
    features: Mapping[str, str]
    trained_to: str
    notes: str = ""

    def lineage(self) -> dict[str, object]:
        return {
            "format": "pipegen-lineage/1",
            "version": self.version,
            "algorithm": "boosted trees",
            "signature": {
                "inputs": [{"name": name, "type": kind} for name, kind in self.features.items()],
                "outputs": [{"name": "score", "type": "double"}],
            },
            "feature_code": f"sha256:{'a' * 64}",
            "data": {"version": f"dvc:{self.trained_to}", "from": "2025-01-01", "to": self.trained_to},
            "parameters": {"max_depth": 6},
            "training_seconds": 41.5,
            "release_notes": self.notes or f"Version {self.version}.",
        }


@dataclass(frozen=True, slots=True)
class Team:
    """Works in a clone of a repository; `desk` is the model's place in the registry."""

    desk: Desk
    origin: Path
    clone: Path

    @classmethod
    def begin(cls, desk: Desk) -> Team:
        team = cls(desk, desk.folder / "origin.git", desk.folder / "clone")
        _git(desk.folder, "init", "--quiet", "--bare", "--initial-branch=main", str(team.origin))
        _git(desk.folder, "init", "--quiet", "--initial-branch=main", str(team.clone))
        _git(team.clone, "remote", "add", "origin", f"file://{team.origin}")
        return team

    # ------------------------------------------------------------ git

    def commit(self, words: str) -> str:
        """A change of the model's code, pushed."""
        (self.clone / "train.py").write_text(f"# {words}\n", "utf-8")
        _git(self.clone, "add", "train.py")
        _git(self.clone, "commit", "--quiet", "--message", words)
        _git(self.clone, "push", "--quiet", "origin", "HEAD:main")
        return _git(self.clone, "rev-parse", "HEAD")

    @property
    def head(self) -> str:
        return _git(self.clone, "rev-parse", "HEAD")

    @property
    def source(self) -> str:
        """The digest of the source tree, as pipelines compute it."""
        listed = subprocess.run(
            ["git", "ls-files", "--stage", "--", "."], cwd=self.clone, check=True, capture_output=True
        ).stdout
        return hashlib.sha256(listed).hexdigest()

    # ------------------------------------------------------------ commands

    def gate(self, *arguments: str) -> Ran:
        return self._run("pipegen.gates", *arguments)

    def ledger(self, *arguments: str, **variables: str) -> Ran:
        return self._run("pipegen.ledger", *arguments, **variables)

    def registry(self, *arguments: str) -> Ran:
        done = self.desk.run(*arguments, "--remote", f"file://{self.origin}")
        return Ran(done.code, done.out + done.err)

    def _run(self, module: str, *arguments: str, **variables: str) -> Ran:
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": PYTHON, "PIPEGEN_MODEL": self.desk.model, **variables}
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(command, cwd=self.clone, env=given, check=False, capture_output=True, text=True)
        return Ran(done.returncode, done.stdout + done.stderr)

    # ------------------------------------------------------------ what pipelines do with them

    def train(self, model: Model) -> None:
        """What a training leaves, and the version in the registry."""
        self.write("metrics.json", {"auc": float(model.auc), "latency": {"p95_ms": 31}})
        self.write("lineage.json", model.lineage())
        self.desk.file("model.tar", f"weights of {model.version}")
        given = ("--commit", self.head, "--source", self.source, "--artifact", "model=model.tar")
        files = ("--metrics", str(self.clone / "metrics.json"), "--lineage", str(self.clone / "lineage.json"))
        self.desk.done("register", "--version", model.version, *given, *files)

    def write(self, name: str, document: Mapping[str, object]) -> None:
        (self.clone / name).write_text(json.dumps(document), "utf-8")

    def admitted(self, model: Model, environment: str, after: str = "") -> list[str]:
        """The gates that refuse a deployment, each with its name."""
        what = ("--commit", self.head, "--source", self.source, "--artifact", f"model={self.digest(model)}")
        order = (
            "--environment",
            environment,
            *(("--after", after) if after else ()),
            "--version",
            model.version,
            *what,
        )
        champion = (
            "--environment",
            environment,
            "--file",
            "metrics.json",
            "--higher",
            "auc",
            "--tolerance",
            "auc=0.01",
        )
        version = ("--environment", environment, "--lineage", "lineage.json", "--metrics", "metrics.json")
        ran = {
            "metrics": self.gate("metrics", "--file", "metrics.json", "--min", "auc=0.8", *_reports("metrics")),
            "order": self.gate("order", *order, *_reports("order")),
            "champion": self.gate("champion", *champion, *_reports("champion")),
            "version": self.gate("version", *version, "--claimed", model.version, *what, *_reports("version")),
        }
        assert not [each for each in ran.values() if each.code not in {0, 1}], ran
        return [name for name, each in ran.items() if each.code]

    def digest(self, model: Model) -> str:
        return hashlib.sha256(f"weights of {model.version}".encode()).hexdigest()

    def enter(self, model: Model, environment: str, run: str) -> Ran:
        files = ("--metrics", "metrics.json", "--lineage", "lineage.json", "--source", self.source)
        reports = [part for name in ("metrics", "order", "champion", "version") for part in ("--gates", f"{name}.gate")]
        who = ("--owner", "retention", "--approver", "ann") if environment == "prod" else ("--owner", "retention")
        return self.ledger(
            *("add", "deployment", *files, *reports, *who, "--artifact", f"model={self.digest(model)}"),
            PIPEGEN_ENVIRONMENT=environment,
            PIPEGEN_VERSION=model.version,
            PIPEGEN_COMMIT=self.head,
            PIPEGEN_RUN_ID=run,
            PIPEGEN_RUN_URL=f"https://ci.example.com/{run}",
            PIPEGEN_ACTOR="sam",
        )

    def promote(self, model: Model, environment: str) -> Ran:
        return self.registry("promote", "--environment", environment, "--version", model.version)

    def deliver(self, model: Model, *environments: str, run: str) -> None:
        """Through the gates into one environment after the other."""
        before = ""
        for environment in environments:
            assert self.admitted(model, environment, before) == []
            entered, promoted = self.enter(model, environment, run), self.promote(model, environment)
            assert (entered.code, promoted.code) == (0, 0), (entered, promoted)
            before = environment


def _reports(name: str) -> tuple[str, ...]:
    return ("--json", f"{name}.gate", "--junit", f"{name}.xml")


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Sam", "-c", "user.email=sam@example.com", "-c", "commit.gpgsign=false")
    alone = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=alone).stdout.strip()
