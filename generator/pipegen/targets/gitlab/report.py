"""What GitLab keeps of a delivery, and what has to be set there, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from pipegen.config import CHECK_RUNNER, Config
from pipegen.delivery import (
    VERDICT,
    Action,
    Cache,
    Capability,
    Change,
    Delivery,
    Fidelity,
    Job,
    Merged,
    Pipeline,
    PublishSummary,
    PublishTests,
    Review,
    Scheduled,
    Step,
    Tagged,
)
from pipegen.hosts import merge_capabilities
from pipegen.targets.gitlab.controls import control_capabilities
from pipegen.targets.gitlab.limits import limit_capabilities
from pipegen.targets.gitlab.names import start_of, tags


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    for pipeline in delivery.pipelines:
        yield _event(pipeline, config)
        yield from _start(delivery, pipeline)
        yield from limit_capabilities(delivery, pipeline)
        yield from _notices(pipeline)
    yield from merge_capabilities(delivery, config)
    yield from _verdict(delivery, config)
    yield from _platform(delivery, config)
    yield from control_capabilities(delivery, config)
    yield from _machines(delivery, config)
    yield from _results(delivery)


def _notices(pipeline: Pipeline) -> Iterator[Capability]:
    if pipeline.failed is not None and any(pipeline.approvals):
        how = "people are told too when an approval is rejected or given too late, which fails the job that waits"
        yield Capability(f"notice failed {pipeline.id}", Fidelity.APPROXIMATED, how, pipeline.failed.origin)


# ---------------------------------------------------------------- events


def _event(pipeline: Pipeline, config: Config) -> Capability:
    event, subject = pipeline.event, f"event {pipeline.id}"
    match event:
        case Change():
            return Capability(subject, Fidelity.EXACT, "push", pipeline.origin)
        case Review() if config.host != "gitlab":
            how = "the host is not GitLab, so it has no merge requests, and no review runs here"
            return Capability(subject, Fidelity.APPROXIMATED, how, pipeline.origin)
        case Review():
            how = (
                "merge request pipelines; they take the source branch as it is unless merged results pipelines are "
                "enabled (Premium)"
            )
            return Capability(subject, Fidelity.WITH_SETTINGS, how, pipeline.origin)
        case Merged(branch):
            closed = f"only merge requests reach {branch}: a protected branch that nobody may push to"
            return Capability(subject, Fidelity.WITH_SETTINGS, closed, pipeline.origin)
        case Tagged(pattern):
            closed = f"protected tags say who may push {pattern}"
            return Capability(subject, Fidelity.WITH_SETTINGS, closed, pipeline.origin)
        case Scheduled() | Action():
            given = "inputs of pipelines: GitLab 18.1 or newer"
            return Capability(subject, Fidelity.WITH_SETTINGS, given, pipeline.origin)
        case _:
            assert_never(event)


def _start(delivery: Delivery, pipeline: Pipeline) -> Iterator[Capability]:
    """How what no push starts is started."""
    event, started = pipeline.event, start_of(delivery, pipeline)
    if isinstance(event, Scheduled):
        how = (
            f"create a pipeline schedule: cron {event.cron}, time zone UTC, branch {event.branch}, input pipeline "
            f"{started}; its owner must be allowed to merge into {event.branch}, and a blocked owner stops it"
        )
        yield Capability(f"schedule {event.name}", Fidelity.WITH_SETTINGS, how, pipeline.origin)
    if isinstance(event, Action):
        given = "; ".join(f"{each.name}={each.default}" for each in event.parameters).replace("; ", ";")
        parameters = f" and input parameters {given}" if given else ""
        how = (
            f"started on the page for new pipelines or through the API with input pipeline {started}{parameters}; "
            "parameters are one text, of which the first job checks every part; their values consist of letters, "
            "digits, blanks and ._:/@+=,~%-, and GitLab refuses any other before anything starts"
        )
        yield Capability(f"action {event.name}", Fidelity.APPROXIMATED, how, pipeline.origin)


def _verdict(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What every delivery with a review has from the one root file of the repository."""
    for pipeline in delivery.pipelines:
        if not isinstance(pipeline.event, Review):
            continue
        if config.host != "gitlab":
            how = "merge request pipelines are for repositories on GitLab: a mirror of another host has none"
            yield Capability("verdict", Fidelity.APPROXIMATED, how, pipeline.origin)
        elif config.pin is None or config.pin.requirements is None:
            how = "there is none: pipegen.toml does not say how a pipeline installs the whole of pipegen"
            yield Capability("verdict", Fidelity.APPROXIMATED, how, pipeline.origin)
        else:
            yield Capability("verdict", Fidelity.WITH_SETTINGS, _settings_of_merges(config), pipeline.origin)


def _settings_of_merges(config: Config) -> str:
    machines = ", ".join(tags(CHECK_RUNNER, config) or ("none",))
    return (
        "once for the project, in the settings of merge requests: pipelines must succeed, skipped ones do not. The "
        f"job {VERDICT!r} (runner tags: {machines}) is in every pipeline of a merge request, the reviews of the models "
        "that it touches beside it. A merge request runs the files that it brings, so code owners review changes of "
        ".gitlab and .gitlab-ci.yml. One from a fork runs in the fork, without secrets: a member runs it again in the "
        "project after reading it"
    )


def _platform(delivery: Delivery, config: Config) -> Iterator[Capability]:
    what = (
        "GitLab 18.1 or newer with runners of version 17 or newer and their shell bash; in the settings for CI/CD: "
        "minimum role to use pipeline variables 'no one allowed', since whoever sets variables decides what scripts "
        "do; 'Prevent outdated deployment jobs' off, since models share environments; at most 148 models, as a file "
        "includes 150 others (administrators may change that); PIPEGEN_ATTEMPT is the number of the job: it grows with "
        "each attempt and does not begin at 1"
    )
    where = " The repository is elsewhere: a mirror starts pipelines late." if config.host != "gitlab" else ""
    for first in delivery.pipelines[:1]:
        yield Capability("platform", Fidelity.WITH_SETTINGS, f"{what}.{where}" if where else what, first.origin)


# ---------------------------------------------------------------- machines and results


def _machines(delivery: Delivery, config: Config) -> Iterator[Capability]:
    jobs = [job for pipeline in delivery.pipelines for job in pipeline.jobs]
    for runner, job in {job.runner: job for job in reversed(jobs)}.items():
        found = tags(runner, config)
        which = f"runners with the tag{'s' if len(found) > 1 else ''} {', '.join(found)}" if found else "runners"
        rest = "" if found else " that take jobs without tags"
        longest = max(each.timeout_minutes for each in jobs if each.runner == runner)
        what = (
            f"{which}{rest}, protected where deployments use them; they have bash, git, timeout and python3, and let a "
            f"job take {longest} minutes"
        )
        yield Capability(f"runner {runner or 'default'}", Fidelity.WITH_SETTINGS, what, job.origin)
    for image in dict.fromkeys(job.image for job in jobs if job.image):
        user = next(job for job in jobs if job.image == image)
        what = f"{image} can be pulled without credentials and has bash, git, timeout and python3"
        yield Capability("container image", Fidelity.WITH_SETTINGS, what, user.origin)


def _results(delivery: Delivery) -> Iterator[Capability]:
    steps: list[tuple[Step, Job]] = [
        (step, job) for pipeline in delivery.pipelines for job in pipeline.jobs for step in job.steps
    ]
    for kind, subject, fidelity, how in _RESULTS:
        user = next((job for step, job in steps if isinstance(step, kind)), None)
        if user:
            yield Capability(subject, fidelity, how, user.origin)
    for name in dict.fromkeys(step.kind for step, _ in steps if isinstance(step, Cache)):
        user = next(job for step, job in steps if isinstance(step, Cache) and step.kind == name)
        how = "in checks alone; protected branches have caches of their own unless the project's settings share them"
        yield Capability(f"cache {name}", Fidelity.WITH_SETTINGS, how, user.origin)


_RESULTS: tuple[tuple[type[Step], str, Fidelity, str], ...] = (
    (PublishTests, "test results", Fidelity.EXACT, "on the pipeline's Tests tab; they decide nothing"),
    (PublishSummary, "summaries", Fidelity.APPROXIMATED, "at the end of the job's log: a pipeline's page has no room"),
)
