"""gitlab-ci-local, asked for many pipelines in one process: which jobs there are, and what becomes of them.

It knows no approvals, cancellation or limits of time, and runs all jobs of a pipeline in one folder.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gitlab_local import program

DRIVER = Path(__file__).with_suffix("").with_name("gitlab_local.mjs")


class Refusal(Exception):  # noqa: N818  (it is an answer)
    """There is no such pipeline."""


@dataclass(frozen=True)
class Request:
    """A pipeline of the repository in a folder; `unset` are variables that it must not have."""

    folder: Path
    path: str
    variables: Mapping[str, str]
    inputs: Mapping[str, str] = field(default_factory=dict)
    unset: Sequence[str] = ()
    manual: Sequence[str] = ()


@dataclass
class GitLabCiLocal:
    """The running program; it works on one request after the other."""

    work: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        node, script = program()
        environment = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
        self.work = subprocess.Popen(
            [node, str(DRIVER), script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.work.stdin is not None
        self.work.stdin.close()
        self.work.wait(timeout=30)

    def selected(self, request: Request) -> dict[str, str]:
        """The jobs of the pipeline, and when they run. Raises Refusal."""
        return {each["name"]: each["when"] for each in self._jobs(request, run=False) if each["when"] != "never"}

    def ran(self, request: Request) -> dict[str, str]:
        """How each job of the pipeline ended; `pending` if it did not begin. Raises Refusal."""
        return {each["name"]: each["status"] for each in self._jobs(request, run=True) if each["when"] != "never"}

    def _jobs(self, request: Request, *, run: bool) -> list[dict[str, Any]]:
        told = {
            "cwd": str(request.folder),
            "path": request.path,
            "variables": dict(request.variables),
            "inputs": dict(request.inputs),
            "unset": list(request.unset),
            "manual": list(request.manual),
            "run": run,
        }
        assert self.work.stdin is not None
        assert self.work.stdout is not None
        self.work.stdin.write(json.dumps(told) + "\n")
        self.work.stdin.flush()
        answer = json.loads(self.work.stdout.readline())
        if "error" in answer:
            raise Refusal(answer["error"])
        found: list[dict[str, Any]] = answer["jobs"]
        return found
