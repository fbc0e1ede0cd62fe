"""A machine for one job: its folders, its programs, and the files by which steps talk to GitHub's runner."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.github_language import UnknownConstruct
from local_world import World

_SHELLS = {
    "": ("bash", "-e"),
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail"),
    "python3 {0}": (sys.executable,),
    "python3 -I {0}": (sys.executable, "-I"),
}
"""The programs of shells; Python is this one, as those of the world are stubs."""

_LATER = """
import runpy, sys, time
now, later = time.time, float(sys.argv[1])
time.time = lambda: now() + later
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")


@dataclass(frozen=True)
class Done:
    """How a script ended and what it wrote for the runner."""

    code: int
    text: str
    outputs: Mapping[str, str]
    variables: Mapping[str, str]
    summary: str
    found: Mapping[str, str]
    """The environment that it ran in."""


@dataclass
class Machine:
    """A fresh machine with a workspace; `seconds` is how much later it is here than on this computer."""

    world: World
    home: Path
    seconds: float = 0
    given: Mapping[str, str] = field(default_factory=dict)
    """What GitHub's runner itself sets for every step."""
    scripts: int = 0

    @property
    def workspace(self) -> Path:
        return self.home / "work"

    def run(self, script: str, shell: str, variables: Mapping[str, str]) -> Done:
        """The script in the workspace; it finds what is given here and nothing of this process."""
        if shell not in _SHELLS:
            raise UnknownConstruct(f"shell {shell}")
        self.scripts += 1
        files = {name: self.home / f"{name}-{self.scripts}" for name in _FILES}
        for file in files.values():
            file.write_text("", "utf-8")
        script_file = self.home / f"script-{self.scripts}"
        script_file.write_text(script, "utf-8")
        own = {"PATH": self.world.path, "HOME": str(self.home), "GITHUB_WORKSPACE": str(self.workspace)}
        found = {**own, **self.given, **{name: str(file) for name, file in files.items()}, **variables}
        done = subprocess.run(
            self._command(shell, script_file),
            cwd=self.workspace,
            env=found,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=60,
        )
        written = {name: file.read_text("utf-8") for name, file in files.items()}
        if written["GITHUB_PATH"]:
            raise UnknownConstruct("GITHUB_PATH")
        return Done(
            done.returncode,
            done.stdout.decode(errors="replace"),
            values(written["GITHUB_OUTPUT"]),
            values(written["GITHUB_ENV"]),
            written["GITHUB_STEP_SUMMARY"],
            found,
        )

    def _command(self, shell: str, script: Path) -> list[str]:
        if not self.seconds or not shell.startswith("python3"):
            return [*_SHELLS[shell], str(script)]
        launcher = self.home / "later.py"
        launcher.write_text(_LATER, "utf-8")
        return [*_SHELLS[shell], str(launcher), str(self.seconds), str(script)]


def values(text: str) -> dict[str, str]:
    """What a file of outputs or variables says: `NAME=value`, or `NAME<<END`, lines and `END`."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, sign, rest = line.partition("=")
        if "<<" in name:
            name, _, end = line.partition("<<")
            taken = []
            for inner in lines:
                if inner == end:
                    break
                taken.append(inner)
            else:
                raise ValueError(f"{name} has no end {end}")
            found[name] = "\n".join(taken)
        elif sign:
            found[name] = rest
        elif line:
            raise ValueError(f"invalid format {line!r}")
    return found
