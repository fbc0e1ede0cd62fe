"""When the jobs of a pipeline run, as rules that ask for its event and for nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from pipegen.delivery import Action, Change, Delivery, Event, Merged, Phase, Pipeline, Review, Scheduled, Tagged
from pipegen.targets.gitlab.names import PARAMETERS, START, model_path, start_of
from pipegen.yaml_text import Node, present

MOST_PATTERNS = 50
"""More patterns than that GitLab refuses in `changes`."""
STARTED = "$CI_PIPELINE_SOURCE =~ /^(api|trigger|web)$/"
"""By a person or a program; a pipeline that another one starts is none of these."""


def rules(delivery: Delivery, pipeline: Pipeline, phase: Phase | None = None, when: str | None = None) -> list[Node]:
    """One rule for each way in which the event can come about; no job runs at anything that no rule names.

    `when` is set for jobs that wait for a person or run whatever the ones before came to.
    """
    changed = filtered(delivery, pipeline)
    # A job that is not to fail says so: what GitLab assumes differs between the places where `manual` can stand.
    how: dict[str, Node] = {"when": when, "allow_failure": False if when == "manual" else None}
    conditions = [
        f"{event} && {chosen}" if chosen else event
        for event in _events(delivery, pipeline)
        for chosen in _chosen(pipeline.event, phase)
    ]
    return [present({"if": each, "changes": changed, **how}) for each in conditions]


def _events(delivery: Delivery, pipeline: Pipeline) -> Iterator[str]:
    event = pipeline.event
    match event:
        case Change(branches):
            yield from (f"{_source('push')} && {matches('CI_COMMIT_BRANCH', each)}" for each in branches)
        case Merged(branch):
            yield f"{_source('push')} && {matches('CI_COMMIT_BRANCH', branch)}"
        case Tagged(pattern):
            yield f"{_source('push')} && {matches('CI_COMMIT_TAG', pattern)}"
        case Review(targets):
            into = "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
            yield from (f"{_source('merge_request_event')} && {matches(into, each.branch)}" for each in targets)
        case Scheduled(branch=branch):
            yield f"{_source('schedule')} && {_started(delivery, pipeline)} && {matches('CI_COMMIT_BRANCH', branch)}"
        case Action():
            yield f"{STARTED} && {_started(delivery, pipeline)}"
        case _:
            assert_never(event)


def _source(name: str) -> str:
    return f'$CI_PIPELINE_SOURCE == "{name}"'


def _started(delivery: Delivery, pipeline: Pipeline) -> str:
    return f'${START} == "{start_of(delivery, pipeline)}"'


def matches(variable: str, pattern: str) -> str:
    """A test of a branch or tag, with regard to case; `*` stands for any characters, also `/`."""
    if "*" not in pattern:
        return f'${variable} == "{pattern}"'
    expression = ".*".join(re.escape(part).replace("/", r"\/") for part in re.split(r"\*+", pattern))
    return f"${variable} =~ /^{expression}$/"


def _chosen(event: Event, phase: Phase | None) -> Iterator[str]:
    """Whether the parameter has the value that the phase is for; it is left out where the default is meant."""
    if phase is None or phase.only is None or not isinstance(event, Action):
        yield ""
        return
    name, value = phase.only
    yield f"${PARAMETERS} =~ /(^|;){name}={re.escape(value)}(;|$)/"
    if any(each.name == name and each.default == value for each in event.parameters):
        yield f"${PARAMETERS} !~ /(^|;){name}=/"


# ---------------------------------------------------------------- paths


def filtered(delivery: Delivery, pipeline: Pipeline) -> list[str]:
    """The paths of which a push or a merge request must touch one, in GitLab's patterns; none for no filter."""
    if not pipeline.paths or not isinstance(pipeline.event, Change | Merged | Review):
        return []
    found = [path_pattern(each) for each in (*pipeline.paths, model_path(delivery))]
    return found if len(found) <= MOST_PATTERNS else []


def path_pattern(glob: str) -> str:
    """A glob of paths; GitLab gives more characters a meaning, and a last `**` does not reach into folders."""
    plain = re.sub(r"[\\?\[\]{}]", r"\\\g<0>", glob).replace("$", "?")
    return re.sub(r"(^|/)\*\*$", r"\1**/*", plain)
