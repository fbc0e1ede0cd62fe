"""Programs run in turns, and what each run took: wall time, processor time of all its processes, peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile


@dataclass(frozen=True, slots=True)
class Command:
    """A program that is measured, run in the folder `cwd`, each time after `before`, which does not count."""

    name: str
    words: tuple[str, ...]
    cwd: Path
    before: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took: seconds by the clock, seconds of processors, MiB at most."""

    wall: float
    cpu: float
    memory: float


def measured_in_turns(commands: Sequence[Command], rounds: int) -> dict[str, Cost]:
    """The medians of each command, by its name.

    In every round each command runs once, so that a busy machine slows all of them. A first round that does not count
    fills the caches of files and of compiled Python.
    """
    costs: dict[str, list[Cost]] = {command.name: [] for command in commands}
    for turn in range(rounds + 1):
        for command in commands:
            cost = run(command)
            if turn > 0:
                costs[command.name].append(cost)
    return medians(costs)


def medians(costs: Mapping[str, Sequence[Cost]]) -> dict[str, Cost]:
    return {
        name: Cost(
            median(cost.wall for cost in each), median(cost.cpu for cost in each), median(cost.memory for cost in each)
        )
        for name, each in costs.items()
    }


def run(command: Command) -> Cost:
    """The cost of one run; a program that fails ends the benchmark with its last lines."""
    command.before()
    with TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  (the programs named in this package)
            command.words, cwd=command.cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        # Of this process and of all that it has waited for. Linux counts the memory of the process that starts it too,
        # which is why nothing large is imported here.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            tail = output.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(command.words)[:200]} ended with {process.returncode}:\n{tail}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
