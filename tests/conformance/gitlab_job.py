"""A job as a runner carries it out: the repository, what other jobs hand on, its two shells, and what it hands on.

Sources: docs.gitlab.com/ci/yaml (script, after_script, artifacts, artifacts:reports:dotenv, retry, timeout),
docs.gitlab.com/ci/yaml/script, docs.gitlab.com/ci/runners/configure_runners (GIT_STRATEGY, GIT_DEPTH,
RUNNER_SCRIPT_TIMEOUT), docs.gitlab.com/ci/jobs/job_artifacts.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.gitlab_files import Node, UnknownConstruct, known
from conformance.gitlab_machine import Machine
from conformance.gitlab_status import Status
from conformance.observing import Script

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "s": 1, "m": 60, "h": 3600}
_ARTIFACTS = {"when", "access", "expire_in", "paths", "reports"}
_LONGEST = 60.0
"""Seconds after which a shell hangs that has no such limit of its own."""


@dataclass(frozen=True)
class Ended:
    """How a job ended, and what it handed on; `files` is a copy of its artifacts."""

    status: Status
    scripts: tuple[Script, ...]
    files: Path | None
    dotenv: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Given:
    """What a job gets: `fetched` are the artifacts of others, `fault` the step that ends otherwise, and how.

    Variables of type File hold the path of a file with their text.
    """

    name: str
    node: Node
    variables: Mapping[str, str]
    ref: str
    files: Mapping[str, str] = field(default_factory=dict)
    fetched: Sequence[Path] = ()
    fault: tuple[str | None, str] = (None, "")


def carry_out(given: Given, machine: Machine, keep: Path) -> Ended:
    """The job, and again after a failure as often as it says; `keep` is a new folder for what it hands on."""
    retries = given.node.get("retry", 0)
    if not isinstance(retries, int):
        raise UnknownConstruct(f"retry {retries}")
    for attempt in range(retries + 1):
        ended = _once(given, machine, keep / str(attempt))
        if ended.status != "failed":
            return ended
    return ended


def _once(given: Given, machine: Machine, keep: Path) -> Ended:
    folder = keep / "work"
    folder.mkdir(parents=True)
    _check_out(given, machine, folder)
    for each in given.fetched:
        shutil.copytree(each, folder, dirs_exist_ok=True)
    variables = {**given.variables, **_written(given.files, keep / "variables"), "CI_PROJECT_DIR": str(folder)}
    machine.begin(given.name, *given.fault)
    lines = [*_lines(given.node, "before_script"), *_lines(given.node, "script")]
    whole, limit = seconds(given.node.get("timeout")), seconds(given.variables.get("RUNNER_SCRIPT_TIMEOUT"))
    done = machine.run("\n".join(lines), folder, {**variables, "CI_JOB_STATUS": "running"}, min(whole, limit))
    status: Status = "canceled" if done.cancelled else "success" if done.code == 0 else "failed"
    text = done.text
    if "after_script" in given.node and (done.code is not None or limit < whole):
        after = seconds(given.variables.get("RUNNER_AFTER_SCRIPT_TIMEOUT", "5m"))
        told = {**variables, "CI_JOB_STATUS": status}
        text += machine.run("\n".join(_lines(given.node, "after_script")), folder, told, after).text
    ended = Ended(status, machine.scripts, None, {}, text)
    return _handed_on(ended, given.node.get("artifacts", {}), folder, keep / "files")


def _lines(node: Node, key: str) -> list[str]:
    found = node.get(key, [])
    if isinstance(found, str) or any(not isinstance(each, str) for each in found):
        raise UnknownConstruct(f"{key} that is no list of texts")
    return list(found)


def seconds(text: str | None) -> float:
    if text is None:
        return _LONGEST
    found = re.fullmatch(r"(\d+) ?(second|minute|hour|s|m|h)s?", text)
    if found is None:
        raise UnknownConstruct(f"duration {text}")
    return min(_LONGEST, int(found[1]) * _UNITS[found[2]])


def _written(files: Mapping[str, str], folder: Path) -> dict[str, str]:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return {name: str(folder / name) for name in files}


def _check_out(given: Given, machine: Machine, folder: Path) -> None:
    strategy = given.variables.get("GIT_STRATEGY", "fetch")
    if strategy not in {"clone", "fetch", "none"}:
        raise UnknownConstruct(f"GIT_STRATEGY {strategy}")
    if strategy != "none":
        machine.world.check_out(folder, given.ref, int(given.variables.get("GIT_DEPTH", "20")))


# ---------------------------------------------------------------- what it hands on


def _handed_on(ended: Ended, artifacts: Node, folder: Path, keep: Path) -> Ended:
    """Files if the job ended as `when` says; reports always."""
    known(artifacts, _ARTIFACTS, "artifacts")
    known(artifacts.get("reports", {}), {"junit", "dotenv"}, "reports")
    when = artifacts.get("when", "on_success")
    wanted = {"on_success": {"success"}, "on_failure": {"failed"}, "always": {"success", "failed", "canceled"}}[when]
    if "paths" in artifacts and ended.status in wanted:
        for each in artifacts["paths"]:
            _copy(folder, each, keep)
        ended = replace(ended, files=keep if keep.exists() else None)
    file = artifacts.get("reports", {}).get("dotenv")
    if file and (folder / file).is_file():
        ended = replace(ended, dotenv=dict(_pairs((folder / file).read_text("utf-8"))))
    return ended


def _copy(folder: Path, path: str, keep: Path) -> None:
    for found in sorted(folder.glob(path.rstrip("/"))):
        place = keep / found.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        if found.is_dir():
            shutil.copytree(found, place, dirs_exist_ok=True)
        else:
            shutil.copyfile(found, place)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """GitLab takes names of letters, digits and underscores, and values of one line."""
    for line in filter(None, text.splitlines()):
        name, sign, value = line.partition("=")
        if not sign or not re.fullmatch(r"\w+", name):
            raise UnknownConstruct(f"dotenv {line}")
        yield name, value.strip("\"'") if value[:1] in {'"', "'"} else value
