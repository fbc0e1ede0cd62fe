"""GitLab's files, read by the published schema and, as a whole repository, by gitlab-ci-local."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runners import require

from .report import Report
from .tools import run_json

_SEPARATOR = "\n---\n"


def schema(files: Sequence[Path]) -> list[Report]:
    """The published JSON schema of pipelines. The rule is the path of the wrong value; the tool knows no lines."""
    with TemporaryDirectory() as folder:
        original = _bodies(files, Path(folder))
        options = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", "--output-format", "json")
        answer = run_json([require("check-jsonschema"), *options, *original], ok=(0, 1))
    return [
        Report(original[one["filename"]], 0, "gitlab-schema", one.get("path", "parse"), _deepest(one))
        for one in (*answer.get("errors", ()), *answer.get("parse_errors", ()))
    ]


def _bodies(files: Sequence[Path], folder: Path) -> dict[str, Path]:
    """Copies without the header that says what a file's inputs are: the tool reads one document of a file."""
    copies = {}
    for number, file in enumerate(files):
        copy = folder / f"{number}.yml"
        copy.write_text(file.read_text(encoding="utf-8").rpartition(_SEPARATOR)[2], encoding="utf-8")
        copies[str(copy)] = file
    return copies


def _deepest(error: Mapping[str, Any]) -> str:
    """The message of the nested error that most likely says what is wrong: `anyOf` itself says nothing."""
    best = error.get("best_deep_match")
    return f"{best['path']}: {best['message']}" if best else str(error["message"])


def printed(text: str) -> list[dict[str, Any]]:
    """The list of jobs in what gitlab-ci-local prints; it has remarks before and behind it."""
    found: list[dict[str, Any]]
    found, _ = json.JSONDecoder().raw_decode(text, text.index("["))
    return found
