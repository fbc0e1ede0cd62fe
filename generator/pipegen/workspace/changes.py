"""What git says that a change touches."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from pipegen.diagnostics import Refused
from pipegen.workspace.findings import finding

_LONGEST = 300


def changed_paths(root: Path, since: str) -> tuple[str, ...]:
    """The files that differ between HEAD and the commit in which its way parted from `since`'s, sorted.

    Both names of a file that moved are among them. `Refused` where git does not know.
    """
    if not since:
        raise _unknown("no commit is named")
    command = [
        "git",
        "-C",
        str(root),
        "diff",
        "--name-only",
        "--no-renames",
        "-z",
        "--end-of-options",
        f"{since}...HEAD",
    ]
    # A variable such as GIT_DIR, which git sets for hooks, would make git look at another repository than the root's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603  (the one argument that varies stands behind --end-of-options)
            command, env=environment, capture_output=True, check=False, timeout=_LONGEST
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unknown(f"git cannot be run: {error}") from None
    if done.returncode:
        raise _unknown(_last_line(done.stderr.decode("utf-8", "replace")))
    return tuple(sorted(os.fsdecode(path) for path in done.stdout.split(b"\0") if path))


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return " ".join(lines[:1]).removeprefix("fatal: ") or "it gives no reason"


def _unknown(reason: str) -> Refused:
    hint = "name a commit or branch that was fetched, with its history: a shallow clone does not know where ways part"
    return Refused([finding(".git", "PG018", f"git cannot say what changed: {reason}", hint)])
