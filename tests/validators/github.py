"""GitHub workflows, read by GitHub's own parser, actionlint with shellcheck, zizmor and the published schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runners import require

from .report import Report
from .tools import by_path, language_service, run_json

_PINNED = re.compile(r"(uses: *[\w./-]+)@[0-9a-f]{40}(?= +# *(v\d+))")


def parser(files: Sequence[Path]) -> list[Report]:
    """GitHub's workflow parser and the diagnostics of its editor service."""
    return language_service("github-parser", "github.mjs", files)


def schema(files: Sequence[Path]) -> list[Report]:
    """The published JSON schema of workflows. The rule is the path of the wrong value; the tool knows no lines."""
    original = by_path(files)
    options = ("--builtin-schema", "vendor.github-workflows", "--output-format", "json")
    answer = run_json([require("check-jsonschema"), *options, *original], ok=(0, 1))
    return [
        Report(original[one["filename"]], 0, "github-schema", one.get("path", "parse"), _deepest(one))
        for one in (*answer.get("errors", ()), *answer.get("parse_errors", ()))
    ]


def actionlint(files: Sequence[Path], labels: Sequence[str] = ()) -> list[Report]:
    """actionlint, with shellcheck on every `run:`. `labels` are the self-hosted runners that exist.

    A pinned action is read as the major version its comment names, because actionlint knows the inputs and outputs of
    actions by version and nothing of commits.
    """
    with TemporaryDirectory() as folder:
        config = Path(folder) / "actionlint.json"
        config.write_text(json.dumps({"self-hosted-runner": {"labels": list(labels)}}), encoding="utf-8")
        original = _unpinned_copies(files, Path(folder))
        options = ("-config-file", str(config), "-shellcheck", require("shellcheck"), "-pyflakes", "", "-no-color")
        command = [require("actionlint"), *options, "-format", "{{json .}}", *map(str, original)]
        found = run_json(command, ok=(0, 1), cwd=Path(folder))
    return [
        Report(original[Path(folder, one["filepath"])], one["line"], "actionlint", one["kind"], one["message"])
        for one in found
    ]


def zizmor(files: Sequence[Path]) -> list[Report]:
    """The pedantic audits of zizmor without the network, whatever comments in the files ask to ignore."""
    original = by_path(files)
    options = ("--offline", "--no-config", "--no-ignores", "--no-exit-codes", "--strict-collection", "--quiet")
    command = [require("zizmor"), *options, "--persona=pedantic", "--format=json", *original]
    return [_audit(finding, original) for finding in run_json(command)]


def _deepest(error: Mapping[str, Any]) -> str:
    """The message of the nested error that most likely says what is wrong: `anyOf` itself says nothing."""
    best = error.get("best_deep_match")
    return f"{best['path']}: {best['message']}" if best else str(error["message"])


def _unpinned_copies(files: Sequence[Path], folder: Path) -> Mapping[Path, Path]:
    """Copies that actionlint can judge, each with its original; files of one folder stay one repository."""
    repositories = {parent: number for number, parent in enumerate(dict.fromkeys(file.parent for file in files))}
    copies = {}
    for file in files:
        copy = folder / str(repositories[file.parent]) / ".github" / "workflows" / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        (copy.parent.parent.parent / ".git").mkdir(exist_ok=True)
        copy.write_text(_PINNED.sub(r"\1@\2", file.read_text(encoding="utf-8")), encoding="utf-8")
        copies[copy] = file
    return copies


def _audit(finding: Mapping[str, Any], original: Mapping[str, Path]) -> Report:
    primary = next(place for place in finding["locations"] if place["symbolic"]["kind"] == "Primary")
    file = original[primary["symbolic"]["key"]["Local"]["verbatim_path"]]
    place = primary["concrete"]["location"]
    span = place["offset_span"]
    marked = file.read_bytes()[span["start"] : span["end"]].decode().partition("\n")[0]
    message = f"{finding['desc']}: {primary['symbolic']['annotation']}: `{marked}`"
    return Report(file, place["start_point"]["row"] + 1, "zizmor", finding["ident"], message)
