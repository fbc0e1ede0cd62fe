"""Which pipeline an occurrence asks GitLab for: its variables, its inputs, and the ref that it is for.

Sources: docs.gitlab.com/ci/variables/predefined_variables, docs.gitlab.com/ci/pipelines/merge_request_pipelines,
docs.gitlab.com/ci/pipelines/schedules, docs.gitlab.com/ci/inputs (of pipelines that a person or a schedule starts).
What schedules and people give is what the target tells them to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.gitlab_settings import Settings
from pipegen.simulation import ActionStarted, Occurrence, PullRequestOpened, Pushed, TagPushed, TimerFired

PROJECT = "acme/models"
UNREACHABLE = "hotfix/1"
"""A branch whose commit is on no other: what a tag names that no branch of the spec reaches."""
KEPT_AS = {"feat/a/b": "feat/a-b"}
"""Branches that no repository can have beside the others, and those that hold their commits instead."""
TOKENS = {name: f"secret {name}" for name in ("CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD")}
"""Credentials that GitLab gives every job."""
_SCHEDULE = re.compile(r"create a pipeline schedule: cron .*, time zone UTC, branch (\S+), input pipeline (\S+);")
_ACTION = re.compile(r"with input pipeline (\S+?)( and input parameters |; parameters are one text)")


@dataclass(frozen=True)
class Asked:
    """A pipeline that is to be; `ref` is what it checks out."""

    variables: Mapping[str, str]
    ref: str
    protected: bool
    inputs: Mapping[str, str] = field(default_factory=dict)


def asked(occurrence: Occurrence, settings: Settings, told: Mapping[str, str]) -> Asked:
    """`told` are the words of the capability report by their subjects."""
    match occurrence:
        case Pushed(branch):
            return _on("push", branch, settings)
        case TagPushed(tag, reachable):
            return _on_tag(tag, tag if reachable else UNREACHABLE, settings)
        case PullRequestOpened(source, target):
            return _merge_request(source, target, settings)
        case TimerFired(name):
            found = _SCHEDULE.match(told[f"schedule {name}"])
            assert found is not None
            return _on("schedule", found[1], settings, {"pipeline": found[2]})
        case ActionStarted(name, branch, parameters):
            found = _ACTION.search(told[f"action {name}"])
            assert found is not None
            given = ";".join(f"{key}={value}" for key, value in parameters.items())
            return _on("web", branch, settings, {"pipeline": found[1], **({"parameters": given} if given else {})})


def _on(source: str, branch: str, settings: Settings, inputs: Mapping[str, str] | None = None) -> Asked:
    protected = settings.protects(branch)
    variables = {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": branch, **_ref(branch, protected=protected)}
    return Asked(variables, KEPT_AS.get(branch, branch), protected, inputs or {})


def _on_tag(tag: str, ref: str, settings: Settings) -> Asked:
    protected = settings.protects(tag)
    variables = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": tag, **_ref(tag, protected=protected)}
    return Asked(variables, ref, protected)


def _merge_request(source: str, target: str, settings: Settings) -> Asked:
    """Neither a branch's pipeline nor a tag's; one from a fork runs in the fork, which has no variables of ours."""
    owner, _, branch = source.rpartition(":")
    protected = not owner and settings.protects(branch) and settings.protects(target)
    variables = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_IID": "1",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": branch,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": f"{owner}/models" if owner else PROJECT,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": target,
        "CI_MERGE_REQUEST_PROJECT_PATH": PROJECT,
        **_ref(branch, protected=protected),
    }
    return Asked(variables, KEPT_AS.get(branch, branch), protected)


def _ref(name: str, *, protected: bool) -> dict[str, str]:
    return {"CI_COMMIT_REF_NAME": name, "CI_COMMIT_REF_PROTECTED": str(protected).lower()}


def predefined(asked_for: Asked, commit: str, user: str, features: str, number: str = "7") -> dict[str, str]:
    """What GitLab sets for every job of the pipeline."""
    return {
        **TOKENS,
        "CI": "true",
        "GITLAB_CI": "true",
        "GITLAB_FEATURES": f"object_storage,{features},scoped_labels",
        "CI_COMMIT_SHA": commit,
        "CI_DEFAULT_BRANCH": "main",
        "CI_PIPELINE_ID": number,
        "CI_PIPELINE_URL": f"https://gitlab.example.com/{PROJECT}/-/pipelines/{number}",
        "CI_PROJECT_PATH": PROJECT,
        "CI_PROJECT_URL": f"https://gitlab.example.com/{PROJECT}",
        "GITLAB_USER_LOGIN": user,
        **asked_for.variables,
    }
