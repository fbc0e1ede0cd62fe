"""Which jobs of Azure's pipelines hold what an environment owns, and what stands before them.

Azure asks the checks of an environment before a stage in which any job is bound to it, and before no other stage. A
stage stands behind those that it depends on if it begins only after they succeeded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from conformance.secret_scope import Guarded, Holder, UnknownConstruct
from pipegen.targets import Files

Node = dict[str, Any]
_OF_REVIEWS = "/azure-pipelines/${{ model }}/review.yml@self"


def holders(files: Files, guarded: Guarded) -> Iterator[Holder]:
    for path, text in files.items():
        pipeline: Node = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  (it makes nothing but text)
        # A file that does not say so runs on every pull request, or within a file that does.
        on_reviews = pipeline.get("pr") != "none"
        stages = _Stages.of(pipeline)
        everywhere = _is_held(pipeline.get("variables", []), guarded)
        for name, stage in stages.by_name.items():
            for job in stage["jobs"]:
                own = _is_held(stage.get("variables", []), guarded) or _holds(job, guarded)
                if everywhere or own:
                    yield Holder(path, job.get("job") or job["deployment"], stages.behind(name), on_reviews)


def _holds(job: Node, guarded: Guarded) -> bool:
    """By a variable group, or as an input of a task: a secure file or a service connection."""
    if "template" in job:
        raise UnknownConstruct(f"a job of the template {job['template']}")
    if _is_held(job.get("variables", []), guarded):
        return True
    return any(guarded.owns(str(value)) for step in _steps(job) for value in step.get("inputs", {}).values())


def _is_held(variables: Node | list[Node], guarded: Guarded) -> bool:
    groups = [each["group"] for each in variables if "group" in each] if isinstance(variables, list) else []
    if any("$" in each for each in groups) or any("template" in each for each in variables):
        raise UnknownConstruct(f"variables from {variables}")
    return any(guarded.owns(each) for each in groups)


def _steps(job: Node) -> Iterator[Node]:
    """Of a job, or of every hook of a deployment."""
    if "steps" in job:
        yield from job["steps"]
        return
    ((_, hooks),) = job["strategy"].items()
    for name, hook in hooks.items():
        for each in hook.values() if name == "on" else [hook]:
            yield from each["steps"]


@dataclass(frozen=True)
class _Stages:
    by_name: Mapping[str, Node]
    above: Mapping[str, str]

    @classmethod
    def of(cls, pipeline: Node) -> _Stages:
        given = pipeline.get("stages") or pipeline["extends"]["parameters"]["stages"]
        stages = [each for each in given if not _includes_reviews(each)]
        names = [each["stage"] for each in stages]
        return cls(dict(zip(names, stages, strict=True)), dict(zip(names[1:], names, strict=False)))

    def behind(self, name: str) -> frozenset[str]:
        """The environments whose checks have passed whenever this stage's jobs begin."""
        stage = self.by_name[name]
        asked = {_environment(job) for job in stage["jobs"] if "environment" in job}
        if not _needs_success(stage.get("condition", "succeeded()")):
            return frozenset(asked)
        waited = stage.get("dependsOn", [self.above[name]] if name in self.above else [])
        waited = [waited] if isinstance(waited, str) else waited
        return frozenset(asked).union(*(self.behind(each) for each in waited))


def _includes_reviews(stage: Node) -> bool:
    """Where the check of the repository puts in the reviews of models, whose files stand for themselves."""
    if "stage" in stage:
        return False
    ((_, body),) = stage.items()
    if [each["template"] for each in body] != [_OF_REVIEWS]:
        raise UnknownConstruct(f"stages of {body}")
    return True


def _needs_success(condition: str) -> bool:
    """Any other condition may be true after a stage that failed, was refused or was left out."""
    return condition == "succeeded()" or condition.startswith("and(succeeded(), ")


def _environment(job: Node) -> str:
    given = job["environment"]
    name = str(given["name"] if isinstance(given, dict) else given)
    if "$" in name:
        raise UnknownConstruct(f"environment {name}")
    return name
