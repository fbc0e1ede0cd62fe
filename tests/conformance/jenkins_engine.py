"""Jenkinsfiles carried out by Groovy, the language of Jenkins: one JVM for all runs of a call.

The engine is in `jenkins_engine/`. Groovy evaluates the files themselves; bash carries out their scripts.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from runners import require

FOLDER = Path(__file__).with_suffix("")
PERSON = "hudson.model.Cause$UserIdCause"
TIMER = "hudson.triggers.TimerTrigger$TimerTriggerCause"
PUSH = "jenkins.branch.BranchEventCause"


class UnknownConstructError(AssertionError):
    """A file says something that the engine does not know."""


@dataclass(frozen=True, slots=True)
class Build:
    """A run that is to take place.

    `file` is the Jenkinsfile, `folder` a place that is removed afterwards, `path` that of the agents' programs.
    `places` are methods of the file that are jobs, by what they are called elsewhere, and `steps` the ids of their
    scripts by titles. `faults` are endings by `<job>/<script>`, `answers` those of people by approvals.
    """

    file: Path
    folder: Path
    path: str = "/usr/bin:/bin"
    env: Mapping[str, str] = field(default_factory=dict)
    causes: Sequence[Mapping[str, str]] = ({"class": PUSH},)
    timer: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    repository: Mapping[str, str] | None = None
    previous: str = ""
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    untrusted: Sequence[str] = ()
    current: str = ""
    fresh: Mapping[str, str] | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    resultBefore: str | None = None  # noqa: N815  (the engine's word)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a run: Jenkins' result, WAITING, or why there was none; and everything that it did."""

    result: str
    told: list[dict[str, Any]]
    unknown: str = ""
    """What the engine does not know, with the result UNKNOWN."""

    def of(self, step: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each["step"] == step]


def carry_out(groups: Sequence[Sequence[Build]]) -> list[list[Ended]]:
    """What becomes of each run; those of a group take place one after the other. Raises UnknownConstructError."""
    found = attempt(groups)
    for each in (end for group in found for end in group if end.unknown):
        raise UnknownConstructError(each.unknown)
    return found


def attempt(groups: Sequence[Sequence[Build]]) -> list[list[Ended]]:
    """As `carry_out`, where the file may say what nobody knows."""
    command = [require("groovy"), "-cp", str(FOLDER), str(FOLDER / "Controller.groovy")]
    # Without it the launcher guesses a folder that Debian's headless JRE does not have.
    home = {"JAVA_HOME": str(Path(require("java")).resolve().parent.parent)}
    environment = {**home, **os.environ, "JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    asked = json.dumps([[asdict(each) for each in group] for group in groups], default=str)
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [
        [Ended(each["result"], each["told"], each.get("unknown") or "") for each in group]
        for group in json.loads(done.stdout)
    ]
