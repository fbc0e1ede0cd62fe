"""Ledgers with a past, as the tests of gates that read one need them: real entries, added one after the other."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from gate_runs import Run
from pipegen.gates.__main__ import main
from pipegen.ledger.adding import add
from pipegen.ledger.entries import Entry
from pipegen.ledger.places import FolderPlace, Place

MODEL = "churn"
LEDGER = Path("ledger-of-all")
IN_FOLDER = ("--model", MODEL, "--folder", str(LEDGER))


def sha256(mark: str) -> str:
    """A digest that is easy to tell from others."""
    return mark * 64


def commit(mark: str) -> str:
    return mark * 40


def deploy(version: str, environment: str, *, place: Place | None = None, **fields: object) -> Entry:
    told = {"version": version, "environment": environment, "commit": commit("a"), **fields}
    return add(place or FolderPlace(LEDGER), "deployment", MODEL, told)


def roll_back(version: str, environment: str, **fields: object) -> Entry:
    told = {"version": version, "environment": environment, **fields}
    return add(FolderPlace(LEDGER), "rollback", MODEL, told)


def restore(undone: str, environment: str, *, restored: bool = True, **fields: object) -> Entry:
    told = {"undone": undone, "environment": environment, "restored": restored, **fields}
    return add(FolderPlace(LEDGER), "restore", MODEL, told)


def run(*arguments: str) -> Run:
    """Run a gate in this process."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(arguments)
    return Run(code, out.getvalue(), err.getvalue())


def write(name: str, content: str | bytes | Mapping[str, object] | None) -> Path:
    """A file with this content, or none."""
    match content:
        case None:
            pass
        case bytes():
            Path(name).write_bytes(content)
        case str():
            Path(name).write_text(content, "utf-8")
        case _:
            Path(name).write_text(json.dumps(content), "utf-8")
    return Path(name)


def judged(arguments: Sequence[str]) -> list[dict[str, str]]:
    """What a gate wrote of each of its judgements."""
    run(*arguments, "--json", "judged.json")
    return list(json.loads(Path("judged.json").read_text("utf-8"))["judgements"])
