"""Rules about the ledger and the registry: what is kept of a model, and where."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding
from pipegen.plan.flow import arrivals
from pipegen.plan.recording import ARCHIVE
from pipegen.plan.variables import VERSION
from pipegen.spec.model import ModelSpec

CODES = {
    "PG299": "a model cannot be registered",
    "PG307": "the ledger's branch would start pipelines",
}


def registered(spec: ModelSpec, config: Config) -> Iterator[Finding]:
    """PG299: a version that is registered has a name and something that it is made of, in a registry that exists."""
    if spec.registry is None:
        return
    if config.registry is None:
        message = "pipegen.toml does not say which registry the organisation has"
        yield Finding(("registry",), "PG299", message, 'add a table [registry] to it, for example `kind = "mlflow"`')
    if not any(VERSION in stage.publishes for stage in spec.stages):
        message = f"no stage publishes {VERSION}, so there is nothing to register a model under"
        yield Finding(("registry",), "PG299", message, f"say `publishes: {VERSION}` where the version is made")
    if not any(stage.produces for stage in spec.stages):
        message = "no stage produces an artifact that could be registered"
        yield Finding(("registry",), "PG299", message, "say what a stage makes with `produces`")


def ledger_is_apart(spec: ModelSpec, config: Config) -> Iterator[Finding]:
    """PG307: entries of the ledger are commits: none starts a pipeline, and the archive's environment is its own."""
    if config.ledger is None:
        return
    branch = config.ledger.branch
    for arrival in arrivals(spec):
        if arrival.tags is None and _matches(arrival.trunk, branch):
            message = f"{arrival.trunk!r} matches {branch!r}, the branch of the ledger, so each entry would start a run"
            yield Finding(arrival.origin, "PG307", message, "give the ledger another `branch` in pipegen.toml")
        if ARCHIVE in arrival.environments:
            message = f"{ARCHIVE!r} is the environment of the record, and nothing is deployed there"
            yield Finding((*arrival.origin, "environments"), "PG307", message, "give the environment another name")
    if ARCHIVE in spec.environments and any(arrival.role == "archive" for arrival in arrivals(spec)):
        message = f"{ARCHIVE!r} is the environment of the record, which holds the ledger's token and nothing else"
        yield Finding(("environments", ARCHIVE), "PG307", message, "give the environment another name")


def _matches(pattern: str, branch: str) -> bool:
    """`*` stands for any characters, also `/`."""
    first, *others = pattern.split("*")
    if not others:
        return pattern == branch
    if not branch.startswith(first):
        return False
    rest = branch[len(first) :]
    for part in others[:-1]:
        place = rest.find(part)
        if place < 0:
            return False
        rest = rest[place + len(part) :]
    return rest.endswith(others[-1])
