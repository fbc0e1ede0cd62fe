"""Runs of gates in this process, as the tests of judging and of reporting need them."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from pipegen.gates.__main__ import main

PASS, FAIL, CANNOT_JUDGE = 0, 1, 2
METRICS = '{"auc": 0.83, "latency": {"p95_ms": 61}}'
PASSING = ("--min", "auc=0.83")
FAILING = ("--min", "auc=0.83", "--max", "latency.p95_ms=50")
HOSTILE = "a\x00\x1b[2J\u202e|<b>&\"']]>`\n::error::x ##vso[task.complete] \udcff\ufffe\\"


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str


def gate(content: str | bytes | None, *arguments: str) -> Run:
    """Run the gate on metrics over a file with `content`, or without a file for None."""
    if content is not None:
        Path("metrics.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    return run_gate("metrics", "--file", "metrics.json", *arguments)


def run_gate(name: str, *arguments: str | Path) -> Run:
    """Run any gate with the arguments of its command line."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main([name, *map(str, arguments)])
    return Run(code, out.getvalue(), err.getvalue())
