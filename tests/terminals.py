"""Programs that are started in a terminal, as a person starts them."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def in_terminal(
    folder: Path, arguments: Sequence[str], typed: Sequence[str], environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Exit code and screen of `pipegen` in a terminal into which the lines are typed."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-m", "pipegen", *arguments],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=os.environ | {"TERM": "dumb", "NO_COLOR": "1", **(environment or {})},
    )
    os.close(theirs)
    os.write(ours, "".join(f"{line}\n" for line in typed).encode())
    screen = b"".join(_read(ours)).decode().replace("\r\n", "\n")
    os.close(ours)
    return started.wait(timeout=60), screen


def _read(terminal: int) -> Iterator[bytes]:
    """All that is shown until the program lets go of the terminal, which Linux reports as an error."""
    while True:
        try:
            shown = os.read(terminal, 4096)
        except OSError:
            return
        if not shown:
            return
        yield shown
