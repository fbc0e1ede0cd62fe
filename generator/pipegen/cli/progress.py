"""How far a run is, shown on a terminal while a person waits for many specs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

MANY = 50
"""So many specs are done before a bar could be read."""


@contextmanager
def watched(paths: Sequence[str], *, quiet: bool) -> Iterator[Iterable[str]]:
    """The same paths; taking one after the other moves a bar, if there is a terminal, a reason and `rich` to draw it.

    Nothing is left of the bar afterwards.
    """
    if quiet or len(paths) <= MANY or not _can_be_drawn_on_stderr():
        yield paths
        return
    try:
        from rich.console import Console  # noqa: PLC0415  (slow, and few runs need it)
        from rich.progress import BarColumn, MofNCompleteColumn, Progress  # noqa: PLC0415
    except ImportError:  # rich comes with the extra `progress` alone
        yield paths
        return
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress.track(paths, description="specs")


def _can_be_drawn_on_stderr() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
