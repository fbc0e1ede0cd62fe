"""Measures how fast each gate judges something small, beside an empty Python: `python -m benchmarks.gates`."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bounds import NOTHING, Bound
from benchmarks.measuring import Command, measured_in_turns
from pipegen.ledger.adding import record
from pipegen.ledger.places import FolderPlace

MOST = 8
_LEDGER = ("--folder", "ledger", "--model", "churn", "--environment", "prod")
_REQUEST = {"method": "GET", "path": "/", "expect": {"status": 200}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gates", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds (default: 15)")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        write_inputs(place)
        costs = measured_in_turns(
            [Command(NOTHING, (sys.executable, "-c", "pass"), place), *commands(place)], chosen.rounds
        )
    nothing = costs.pop(NOTHING)
    for name, cost in costs.items():
        bound = Bound(f"{name}: wall / {NOTHING}", cost.wall / nothing.wall, MOST)
        line = (
            f"{bound.claim}: {bound.measured:.1f} (at most {MOST}), {bound.verdict}; CPU {cost.cpu / nothing.cpu:.1f}\n"
        )
        sys.stdout.write(line)


def commands(place: Path) -> Iterator[Command]:
    """Each gate that judges files and the ledger, so that it passes; a server of its own has a time of its own."""
    for name, options in _options(_commit(place)).items():
        words = (sys.executable, "-I", "-m", "pipegen.gates", name, *options)
        yield Command(f"gate {name}", words, place)


def _options(commit: str) -> Mapping[str, tuple[str, ...]]:
    what = ("--commit", commit, "--source", "a" * 64, "--version", "1.0.0")
    return {
        "metrics": ("--file", "metrics.json", "--min", "auc=0.8"),
        "champion": ("--file", "metrics.json", "--higher", "auc", *_LEDGER),
        "config": ("--environment", "dev=dev.json", "--environment", "prod=prod.json"),
        "dependencies": ("--lock", "requirements.lock", "--declared", "requirements.in"),
        "artifact": ("--folder", "model", "--sums", "model/SHA256SUMS"),
        "version": ("--lineage", "lineage.json", "--claimed", "1.0.0", "--commit", commit, *_LEDGER),
        "reproducible": ("--first", "model", "--second", "model-again"),
        "order": (*what, *_LEDGER),
    }


def write_inputs(place: Path) -> None:
    """Small files for each gate, a repository of one commit, and a ledger in a folder."""
    lineage = {
        "format": "pipegen-lineage/1",
        "version": "1.0.0",
        "algorithm": "boosted trees",
        "signature": {"inputs": [{"name": "age", "type": "double"}], "outputs": [{"name": "score", "type": "double"}]},
        "feature_code": f"sha256:{'a' * 64}",
    }
    weights = b"weights"
    sums = f"{hashlib.sha256(weights).hexdigest()}  weights\n"
    files: dict[str, str] = {
        "metrics.json": '{"auc": 0.85}',
        "lineage.json": json.dumps(lineage),
        "dev.json": '{"database": "dev"}',
        "prod.json": '{"database": "prod"}',
        "requirements.in": "click>=8\n",
        "requirements.lock": f"click==8.1.7 --hash=sha256:{'a' * 64}\n",
        "requests.jsonl": json.dumps(_REQUEST),
    }
    for folder in ("model", "model-again"):
        files |= {f"{folder}/weights": weights.decode(), f"{folder}/SHA256SUMS": sums}
    for name, text in files.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text, "utf-8")
    _git(place, "init", "--quiet")
    _git(place, "commit", "--quiet", "--allow-empty", "--message", "begin")
    (place / "ledger").mkdir()
    entry = {"version": "1.0.0", "environment": "prod", "commit": _commit(place), "source": "a" * 64}
    record(
        FolderPlace(place / "ledger"), "deployment", "churn", {**entry, "lineage": lineage, "metrics": {"auc": "0.84"}}
    )


def _commit(place: Path) -> str:
    return _git(place, "rev-parse", "HEAD")


def _git(place: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Sam", "-c", "user.email=sam@example.com", *arguments]
    return subprocess.run(command, cwd=place, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


if __name__ == "__main__":
    main()
