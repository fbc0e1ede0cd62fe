"""What is measured of the gates is their work: each of them judges, and passes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.gates import commands, write_inputs
from pipegen.gates.__main__ import GATES


def test_every_gate_of_the_benchmark_judges_something_and_passes(tmp_path: Path) -> None:
    write_inputs(tmp_path)
    measured = list(commands(tmp_path))
    assert {f"gate {name}" for name in GATES} - {each.name for each in measured} == {"gate latency"}
    for each in measured:
        done = subprocess.run(each.words, cwd=tmp_path, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), each.name
        assert "pass (bounds: " in done.stdout
