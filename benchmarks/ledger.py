"""Measures the ledger: verifying many entries, and twenty programs that add at once: `python -m benchmarks.ledger`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bounds import NOTHING, Bound
from benchmarks.measuring import Command, Cost, measured_in_turns
from pipegen.ledger.adding import record
from pipegen.ledger.cards import card, overview
from pipegen.ledger.entries import Entry, line_of, sealed
from pipegen.ledger.fields import checked_fields
from pipegen.ledger.files import HEADS, OVERVIEW, Head, card_path, entries_path, heads_text
from pipegen.ledger.places import GitPlace
from pipegen.ledger.reading import Chain, read

ENTRIES = 10_000
MODELS = 50
WRITERS = 20
VERIFY = "pipegen ledger verify"
START = "pipegen ledger --help"

_FEATURES = 30
_SHA = "0123456789abcdef" * 4


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES, metavar="N", help="entries to verify")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of verifying")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        write_ledger(place / "ledger", chosen.entries, MODELS)
        costs = measured_in_turns(_commands(place), chosen.rounds)
        seconds = added_at_once(place, WRITERS)
    sys.stdout.write(_report(costs, chosen.entries, seconds))


def write_ledger(folder: Path, entries: int, models: int) -> None:
    """A ledger in a folder, of deployments as pipelines record them, shared out among models."""
    chains = {f"model-{number}": _chain(f"model-{number}", entries // models) for number in range(models)}
    heads = {model: Head(len(chain.entries), chain.entries[-1].digest) for model, chain in chains.items()}
    files = {HEADS: heads_text(heads), OVERVIEW: overview(chains).encode()}
    for model, chain in chains.items():
        files[entries_path(model)] = "".join(f"{line_of(entry)}\n" for entry in chain.entries).encode()
        files[card_path(model)] = card(model, chain.entries).encode()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def added_at_once(folder: Path, writers: int) -> float:
    """Seconds until so many programs that started together have all added to one branch, and all entries are there."""
    place = GitPlace(str(folder / "ledger.git"))
    subprocess.run(["git", "init", "--bare", "--quiet", place.remote], check=True)  # noqa: S603, S607
    begun = time.perf_counter()
    running = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _ADDING, place.remote, f"1.{number}.0"], stdout=subprocess.DEVNULL
        )
        for number in range(writers)
    ]
    codes = [process.wait() for process in running]
    seconds = time.perf_counter() - begun
    if any(codes) or len(read(place, "churn")) != writers:
        sys.exit(f"not all of {writers} entries landed")
    return seconds


def add_one(remote: str, version: str) -> None:
    """What each of the programs does."""
    record(GitPlace(remote), "deployment", "churn", _fields(version))


_ADDING = "import sys; from benchmarks.ledger import add_one; add_one(*sys.argv[1:])"


def _chain(model: str, count: int) -> Chain:
    entries: list[Entry] = []
    for number in range(1, count + 1):
        previous = entries[-1].digest if entries else ""
        fields = checked_fields("deployment", _fields(f"1.{number}.0"))
        entries.append(sealed(Entry(number, "deployment", model, "2026-01-01T00:00:00Z", "", previous, fields)))
    return Chain(tuple(entries))


def _fields(version: str) -> Mapping[str, object]:
    columns = [{"name": f"feature_{number}", "type": "double"} for number in range(_FEATURES)]
    judged = {"gate": "metrics", "title": "quality", "subject": "auc", "bound": ">= 0.8", "verdict": "pass"}
    return {
        "version": version,
        "environment": "prod",
        "commit": _SHA[:40],
        "source": _SHA,
        "spec_digest": _SHA,
        "artifacts": {"model": _SHA},
        "metrics": {"auc": "0.8312", "latency.p95_ms": "41.5"},
        "gates": [judged],
        "approvers": ["ana", "ben"],
        "actor": "eve",
        "run": f"https://ci.example/runs/{version}",
        "run_id": version,
        "lineage": {
            "format": "pipegen-lineage/1",
            "signature": {"inputs": columns, "outputs": [{"name": "score", "type": "double"}]},
            "parameters": {"max_depth": 6, "eta": 0.1},
        },
    }


def _commands(place: Path) -> list[Command]:
    ledger = (sys.executable, "-I", "-m", "pipegen.ledger")
    return [
        Command(NOTHING, (sys.executable, "-c", "pass"), place),
        Command(START, (*ledger, "--help"), place),
        Command(VERIFY, (*ledger, "verify", "--folder", "ledger"), place),
    ]


def _report(costs: Mapping[str, Cost], entries: int, seconds: float) -> str:
    held = [
        Bound(f"{VERIFY}, {entries} entries: seconds of CPU", costs[VERIFY].cpu, 1),
        Bound(f"{START}: wall / {NOTHING}", costs[START].wall / costs[NOTHING].wall, 8),
        Bound(f"{WRITERS} that add at once, until all have landed: seconds", seconds, 120),
    ]
    return "".join(f"{bound.claim}: {bound.measured:.2f} (at most {bound.most:g}), {bound.verdict}\n" for bound in held)


if __name__ == "__main__":
    main()
