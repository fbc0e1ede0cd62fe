"""How much memory a process and all below it hold at most, as Linux says in /proc."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

PROC = Path("/proc")
_SECONDS_BETWEEN = 0.1
_HIGHEST = re.compile(r"^VmHWM:\s+([0-9]+) kB$", re.MULTILINE)


@dataclass(slots=True)
class Peak:
    """The most that was seen so far, in bytes; None while nothing was."""

    memory: int | None = None

    def look(self, root: int) -> None:
        seen = memory_of(root)
        if seen is not None:
            self.memory = max(seen, self.memory or 0)


@contextmanager
def watched(root: int) -> Iterator[Peak]:
    """Look at a process and all below it again and again until it is left, and once more then."""
    peak, stop = Peak(), Event()

    def watch() -> None:
        while not stop.wait(_SECONDS_BETWEEN):
            peak.look(root)

    thread = Thread(target=watch, daemon=True)
    peak.look(root)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
        peak.look(root)


def memory_of(root: int) -> int | None:
    """The resident memory of a session's processes and all below them, or the highest that one of them ever had.

    Pages that several processes share count for each of them, so the sum is never too small.
    """
    members = list(_members(root))
    if not members:
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    return max(sum(pages for _, pages in members) * page, *(_highest(process) for process, _ in members))


def _members(root: int) -> Iterator[tuple[int, int]]:
    """The processes that belong to `root`, each with its resident pages."""
    known = {process: stat for process, stat in _all_stats() if stat is not None}
    below = {process for process, (_, session, _) in known.items() if root in (process, session)}
    grown = True
    while grown:
        more = {process for process, (parent, _, _) in known.items() if parent in below} - below
        below |= more
        grown = bool(more)
    return ((process, known[process][2]) for process in below)


def _all_stats() -> Iterator[tuple[int, tuple[int, int, int] | None]]:
    """Each process with its parent, session and resident pages."""
    with suppress(OSError):
        for entry in os.scandir(PROC):
            if entry.name.isdigit():
                yield int(entry.name), _stat(Path(entry.path, "stat"))


def _stat(file: Path) -> tuple[int, int, int] | None:
    """Fields 4, 6 and 24 of proc(5); None if the process has just ended."""
    try:
        # The name of the program stands in parentheses and may hold anything, so fields are counted behind it.
        fields = file.read_text("utf-8", "replace").rpartition(")")[2].split()
        return int(fields[1]), int(fields[3]), int(fields[21])
    except (OSError, ValueError, IndexError):
        return None


def _highest(process: int) -> int:
    try:
        found = _HIGHEST.search((PROC / str(process) / "status").read_text("utf-8", "replace"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
