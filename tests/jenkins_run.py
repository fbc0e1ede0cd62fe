"""Jenkinsfiles carried out by Groovy, with stand-ins for Jenkins' steps; one JVM for all scenarios of a call."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from runners import require


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run of some methods of a file; a mapping among them is an approval to ask for, `pipeline` the whole run."""

    file: Path
    call: Sequence[str | Mapping[str, object]]
    params: Mapping[str, object] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    starters: Sequence[str] = ()
    answers: Sequence[str | None] = ()
    fails: Sequence[str] = ()
    reads: Mapping[str, str] = field(default_factory=dict)
    hangs: Sequence[str] = ()
    aborts: Sequence[str] = ()
    untrusted: Sequence[str] = ()
    repository: Mapping[str, str] | None = None
    workspace: Path | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a scenario: every step in order, and for each call `done` or the message of its failure.

    The outcome of `pipeline` is the result of the run.
    """

    told: list[Any]
    outcomes: list[str]

    def of(self, step: str) -> Iterator[dict[str, Any]]:
        yield from (each for each in self.told if each["step"] == step)

    @property
    def labels(self) -> list[str]:
        """The titles of the shell scripts that ran."""
        return [each["label"] for each in self.of("sh")]


def run(scenarios: Sequence[Scenario]) -> list[Told]:
    """What becomes of each scenario."""
    command = [require("groovy"), str(Path(__file__).with_suffix(".groovy"))]
    # Without it the launcher guesses a folder that Debian's headless JRE does not have.
    environment = {"JAVA_HOME": str(Path(require("java")).resolve().parent.parent), **os.environ}
    asked = json.dumps([asdict(each) for each in scenarios], default=str)
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [Told(each["told"], each["outcomes"]) for each in json.loads(done.stdout)]
