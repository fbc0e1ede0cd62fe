"""All that is generated for the shipped models and the company, as it stands in tests/golden, read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conftest import GOLDEN
from deliveries import CONFIG
from local_models import DELIVERIES
from pipegen.config import Host
from pipegen.targets import TARGETS

Node = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A job of a file; `name` is its own, `stage` that of its stage where there are stages."""

    path: str
    name: str
    node: Node
    stage: str = ""

    @property
    def place(self) -> str:
        return f"{self.path}: {self.name}"


@cache
def texts(target: str) -> Mapping[str, str]:
    """The files of a target, by their tree and path."""
    folders = [tree / target for tree in sorted(GOLDEN.iterdir()) if (tree / target).is_dir()]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    assert files, f"nothing is generated for {target}"
    return {file.relative_to(GOLDEN).as_posix(): file.read_text("utf-8") for file in files}


@cache
def documents(target: str) -> Mapping[str, Node]:
    """Files of YAML, in which every scalar is text; of several documents the last says what runs."""
    return {path: list(yaml.load_all(text, Loader=yaml.CBaseLoader))[-1] for path, text in texts(target).items()}


def pipeline_of(path: str) -> str:
    """The pipeline that a file is of; `x.deliver-prod.yml` and `x/deliver-prod.yml` are of deliver-prod."""
    parts = Path(path).name.split(".")
    return parts[1] if "/.github/" in path and len(parts) > 2 else parts[0]


def of_kind(target: str, *kinds: str) -> Mapping[str, str]:
    """The files that start pipelines whose names begin so: `deliver`, `action`, `schedule` ..."""
    found = {
        path: text
        for path, text in texts(target).items()
        if pipeline_of(path).startswith(kinds) and "\n  workflow_call:" not in text
    }
    assert found
    return found


def github_jobs() -> Iterator[Part]:
    for path, workflow in documents("github").items():
        yield from (Part(path, name, job) for name, job in workflow["jobs"].items())


def azure_stages() -> Iterator[Part]:
    for path, pipeline in documents("azure").items():
        stages = pipeline.get("stages") or pipeline["extends"]["parameters"]["stages"]
        yield from (Part(path, each["stage"], each) for each in stages if "stage" in each)


def azure_jobs() -> Iterator[Part]:
    for stage in azure_stages():
        for job in stage.node["jobs"]:
            yield Part(stage.path, job.get("job") or job["deployment"], job, stage.name)


def steps(job: Node) -> Iterator[Node]:
    """Of a job, or of all hooks of Azure's deployments."""
    hooks = dict(job["strategy"]["runOnce"]) if "strategy" in job else {"": job}
    after = hooks.pop("on", {})
    for hook in (*hooks.values(), *after.values()):
        yield from hook.get("steps", [])


def gitlab_jobs() -> Iterator[Part]:
    """Jobs that run: those of a dot are what others extend, and the rest of a file are settings."""
    settings = {"include", "stages", "workflow", "variables", "default", "spec"}
    for path, file in documents("gitlab").items():
        yield from (
            Part(path, name, node) for name, node in file.items() if name not in settings and not name.startswith(".")
        )


def starts(part: Part) -> bool:
    """Whether a job of GitLab's is in a file that starts a pipeline; others are started by one of these."""
    return part.path.count("/") < _CALLED


_CALLED = 5
"""Slashes in `tree/gitlab/.gitlab/pipegen/model/file.yml`."""


def gitlab_rules(part: Part) -> list[Node]:
    """A job's rules, or those of what it extends."""
    if "rules" in part.node:
        return list(part.node["rules"])
    extended = part.node.get("extends", [])
    for name in [extended] if isinstance(extended, str) else extended:
        found = documents("gitlab")[part.path].get(name, {}).get("rules")
        if found is not None:
            return list(found)
    return []


@cache
def said(model: str, target: str, host: Host | None = None) -> Mapping[str, str]:
    """What a target reports of a model: subject -> detail."""
    config = CONFIG if host is None else replace(CONFIG, host=host)
    return {each.subject: each.detail for each in TARGETS[target].capabilities(DELIVERIES[model], config)}


def said_of(subject: str, target: str, host: Host | None = None) -> Mapping[str, str]:
    """The same of all models, where the subject begins so."""
    found = {
        f"{model}: {name}": detail
        for model in DELIVERIES
        for name, detail in said(model, target, host).items()
        if name.startswith(subject)
    }
    assert found, f"{target} says nothing of {subject}"
    return found
