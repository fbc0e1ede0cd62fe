"""Rules about what jobs run in, the paths they use and the time they take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.plan.jobs import ORDINARY_RUNNER
from pipegen.spec.model import ModelSpec

CODES = {
    "PG268": "a step may take longer than its runner lives",
    "PG269": "a step may take longer than any target allows",
    "PG279": "both Python and conda are asked for",
    "PG280": "a cache does not fit the runtime",
    "PG281": "an image is not pinned by digest",
    "PG282": "a path leaves the model's folder or is written in a way that not all systems read",
}

_HOSTED = 6 * 60
_LONGEST = 35 * 24 * 60
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def runtime(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG279, PG280 and PG281: one Python environment, a cache that fits it, an image that cannot change."""
    asked = spec.runtime
    if asked.python is not None and asked.conda is not None:
        message = "a job has one Python environment, but both `python` and `conda` are given"
        yield Finding(("runtime", "python"), "PG279", message, "keep one; conda's file can name the Python version")
    if asked.cache == "conda" and asked.conda is None:
        yield Finding(
            ("runtime", "cache"), "PG280", "there is no conda environment to keep", "say `cache: pip`, or add `conda`"
        )
    if asked.cache == "pip" and asked.conda is not None:
        message = "packages come from conda here, and a pip cache does not keep them"
        yield Finding(("runtime", "cache"), "PG280", message, "say `cache: conda`")
    if asked.image is not None and not _DIGEST.search(asked.image):
        message = f"the image {asked.image!r} can change behind its name"
        yield Finding(("runtime", "image"), "PG281", message, "name it with @sha256:<digest>", Severity.WARNING)


def timeouts(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG268 and PG269: no step may take longer than where it runs allows."""
    default = spec.runtime.timeout
    yield from _timeout(("runtime", "timeout"), default, spec.runtime.runner)
    for index, stage in enumerate(spec.stages):
        if stage.timeout is not None:
            runners = [stage.runner or spec.runtime.runner, *(each.runner for each in stage.override if each.runner)]
            hosted = next((runner for runner in runners if runner in {None, ORDINARY_RUNNER}), runners[0])
            yield from _timeout(("stages", index, "timeout"), stage.timeout, hosted)


def _timeout(path: KeyPath, minutes: int, runner: str | None) -> Iterator[Finding]:
    if minutes > _LONGEST:
        yield Finding(
            path, "PG269", "no target lets a job run longer than 35 days", "split the work, or start it elsewhere"
        )
    elif minutes > _HOSTED and runner in {None, ORDINARY_RUNNER}:
        message = "runners of the CI system's own end after 6 hours"
        yield Finding(path, "PG268", message, "name a `runner` of yours", Severity.WARNING)


def paths(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG282: paths lead down from where they begin, and single files are named without wildcards."""
    for path, given, is_glob in _paths(spec):
        parts = given.split("/")
        if ".." in parts or given.startswith("/"):
            message = f"{given!r} leads out of the folder that it begins in"
            yield Finding(path, "PG282", message, "name a path below it, without `..`")
        elif given != "." and any(part in {"", "."} for part in parts):
            message = f"{given!r} has parts that say nothing, and path filters do not read them alike"
            yield Finding(path, "PG282", message, "leave out `.` and doubled or trailing slashes")
        elif "*" in given and not is_glob:
            yield Finding(path, "PG282", f"{given!r} must name one file or folder", "write it without `*`")


def _paths(spec: ModelSpec) -> Iterator[tuple[KeyPath, str, bool]]:
    """Every path of the spec, and whether it may be a pattern."""
    yield ("model", "path"), spec.model.path, False
    for position, given in enumerate(spec.model.paths):
        yield ("model", "paths", position), given, True
    if spec.runtime.conda:
        yield ("runtime", "conda", "file"), spec.runtime.conda.file, False
    for index, stage in enumerate(spec.stages):
        path: KeyPath = ("stages", index)
        if stage.reports.junit:
            yield (*path, "reports", "junit"), stage.reports.junit, False
        if stage.metrics:
            yield (*path, "metrics", "file"), stage.metrics.file, False
        for position, artifact in enumerate(stage.produces):
            if artifact.path:
                yield (*path, "produces", position, "path"), artifact.path, False
