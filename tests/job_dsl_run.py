"""Job DSL scripts carried out by Groovy, with a recorder in the place of Job DSL."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners import require
from validators.tools import run_json


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the script, with the calls of its closure."""

    name: str
    arguments: tuple[Any, ...]
    inside: tuple[Call, ...]

    def all(self, name: str) -> Iterator[Call]:
        for each in self.inside:
            if each.name == name:
                yield each
            yield from each.all(name)

    def said(self, name: str) -> Any:  # noqa: ANN401
        """The argument of the one call of this name."""
        (call,) = self.all(name)
        (argument,) = call.arguments
        return argument

    def paths(self) -> Iterator[str]:
        yield self.name
        yield from (f"{self.name}.{path}" for each in self.inside for path in each.paths())


def carried_out(*scripts: str) -> list[list[Call]]:
    """What each script declares; one JVM for all."""
    command = [require("groovy"), str(Path(__file__).with_suffix(".groovy"))]
    # Without it the launcher guesses a folder that Debian's headless JRE does not have.
    environment = {"JAVA_HOME": str(Path(require("java")).resolve().parent.parent), **os.environ}
    told = run_json(command, stdin=json.dumps(scripts), environment=environment)
    return [[_call(each) for each in calls] for calls in told]


def _call(told: Mapping[str, Any]) -> Call:
    return Call(told["name"], tuple(told["arguments"]), tuple(map(_call, told["inside"])))
