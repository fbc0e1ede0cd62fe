"""GitHub's own parser and evaluator, in one Node process for all workflows and expressions of a session."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from runners import missing, require

_TESTS = Path(__file__).resolve().parent.parent


class UnknownConstruct(Exception):  # noqa: N818  (it is no mistake of the file)
    """A workflow says something that the executor cannot carry out."""


class InvalidWorkflow(Exception):  # noqa: N818  (the same)
    """GitHub would not take the file or the run."""


@dataclass(frozen=True)
class Status:
    """What the status functions answer at a place of a run."""

    success: bool
    failure: bool = False
    cancelled: bool = False


@dataclass(frozen=True)
class Value:
    """What an expression comes to: a scalar (None for all else), its text, and whether it holds as a condition."""

    value: str | float | bool | None
    text: str
    holds: bool


class Language:
    """The Node process; a question and its answer are a line each."""

    def __init__(self) -> None:
        node = require("node")
        if not (_TESTS / "validators" / "node_modules").is_dir():
            missing("the Node packages are not installed: npm ci --prefix tests/validators")
        command = [node, "--import", "./validators/json_imports.mjs", "conformance/github_language.mjs"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=_TESTS
        )

    def parse(self, path: str, text: str) -> dict[str, Any]:
        """The document and the conditions of its jobs and steps, as GitHub completes them."""
        answer = self._ask({"path": path, "text": text})
        if answer["errors"]:
            raise InvalidWorkflow(f"{path}: {'; '.join(answer['errors'])}")
        return answer

    def evaluate(self, expression: str, contexts: Mapping[str, Any], status: Status | None) -> Value:
        """Without a status the functions for it do not exist, as outside conditions."""
        answers = {} if status is None else {"always": True, **{name: getattr(status, name) for name in _STATUS}}
        return Value(**self._ask({"expression": expression, "contexts": dict(contexts), "status": answers}))

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("the process has pipes")
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the Node process ended")
        answer: dict[str, Any] = json.loads(line)
        if "failure" in answer:
            raise UnknownConstruct(f"{answer['failure']} in {question.get('expression', question.get('path'))}")
        return answer

    def stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=30)


_STATUS = ("success", "failure", "cancelled")


@cache
def language() -> Language:
    """The process of this session; it ends when its input does."""
    return Language()
