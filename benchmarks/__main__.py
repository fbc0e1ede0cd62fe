"""Measures pipegen and the programs nearest to it: `python -m benchmarks --peers .venv-bench/bin`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count as numbers
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bounds import (
    CHECK,
    CHECK_JSONSCHEMA,
    GCIP,
    JENKINS_JOBS,
    NO_CACHE,
    NOTHING,
    ONE_CHANGED,
    SIMULATE,
    VALIDATE,
)
from benchmarks.jenkins_jobs import write_definitions
from benchmarks.measuring import Command, Cost, measured_in_turns, run
from benchmarks.models import models
from benchmarks.report import report
from benchmarks.specs import SPECS, change, write_repository

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "schemas" / "model-spec.schema.json"

_ROUNDS = {1: 15, 100: 5, 1000: 3}
_OTHER_ROUNDS = 3


def main() -> None:
    chosen = _arguments()
    table = {}
    for count in chosen.specs:
        rounds = chosen.rounds or _ROUNDS.get(count, _OTHER_ROUNDS)
        sys.stderr.write(f"{count} specs, {rounds} rounds\n")
        table[count] = _measured(count, rounds, chosen.peers)
    sys.stdout.write(report(table))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--specs", type=int, nargs="+", default=list(_ROUNDS), metavar="N", help="numbers of specs")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds for each number of specs")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where the other programs are; none without it")
    return parser.parse_args()


def _measured(count: int, rounds: int, peers: Path | None) -> dict[str, Cost]:
    with TemporaryDirectory() as folder:
        place = Path(folder)
        # Of this run alone, and whoever measures in CI measures the same.
        os.environ |= {"PIPEGEN_CACHE_DIR": str(place / "cache"), "CI": "", "TF_BUILD": "", "JENKINS_URL": ""}
        repository = place / "repository"
        write_repository(repository, models(count))
        write_definitions(place / "definitions", models(count))
        run(_pipegen("render", repository, "render"))
        commands = [*_own(repository, count), *(_peers(peers.absolute(), place, count) if peers else ())]
        return measured_in_turns(commands, rounds)


def _own(repository: Path, count: int) -> Iterator[Command]:
    texts = numbers()
    last = tuple(models(count))[-1]
    yield Command(NOTHING, (sys.executable, "-c", "pass"), repository)
    yield _pipegen(CHECK, repository, "render", "--check")
    changed = _pipegen(ONE_CHANGED, repository, "render")
    yield replace(changed, before=lambda: change(repository, last, f"text {next(texts)}"))
    yield _pipegen(NO_CACHE, repository, "render", "--check", "--no-cache")
    yield _pipegen(VALIDATE, repository, "validate")
    yield _pipegen(SIMULATE, repository, "simulate", f"{SPECS}/{last.name}.yaml", "--event", "merged:prod")


def _pipegen(name: str, repository: Path, *words: str) -> Command:
    return Command(name, (str(Path(sys.executable).with_name("pipegen")), *words), repository)


def _peers(programs: Path, place: Path, count: int) -> Iterator[Command]:
    definitions = (str(place / "definitions"), "-o", str(place / "jobs"))
    yield Command(JENKINS_JOBS, (str(programs / "jenkins-jobs"), "test", *definitions), place)
    made = (str(count), str(place / "gitlab"))
    yield Command(GCIP, (str(programs / "python"), "-m", "benchmarks.gcip_pipelines", *made), ROOT)
    specs = sorted(str(path) for path in (place / "repository" / SPECS).iterdir())
    checked = (str(programs / "check-jsonschema"), "--schemafile", str(SCHEMA), *specs)
    yield Command(CHECK_JSONSCHEMA, checked, place)


if __name__ == "__main__":
    main()
