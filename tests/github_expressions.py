"""Expressions of workflows, evaluated by GitHub's own library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runners import missing, require
from validators.tools import run_json

_HERE = Path(__file__).parent


def conditions(cases: Sequence[tuple[str, Mapping[str, Any], str]]) -> list[bool]:
    """Whether each `if:` holds, given its contexts and how the job or the run went so far."""
    asked = [{"text": text, "contexts": contexts, "status": how, "bare": True} for text, contexts, how in cases]
    return [answer == "true" for answer in _evaluate(asked)]


def values(cases: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """The value that GitHub makes of each text with expressions in it."""
    asked = [{"text": text, "contexts": contexts, "status": "success", "bare": False} for text, contexts in cases]
    return _evaluate(asked)


def _evaluate(asked: Sequence[Mapping[str, Any]]) -> list[str]:
    node = require("node")
    if not (_HERE / "validators" / "node_modules").is_dir():
        missing("the Node packages are not installed: npm ci --prefix tests/validators")
    command = [node, "--import", "./validators/json_imports.mjs", "github_expressions.mjs"]
    answers: list[str] = run_json(command, stdin=json.dumps(list(asked)), cwd=_HERE)
    return answers
