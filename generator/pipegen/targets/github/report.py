"""What GitHub makes of each item of a delivery, and what must be set there."""

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
from pipegen.targets.github.controls import control_capabilities
from pipegen.targets.github.events import relays
from pipegen.targets.github.limits import limit_capabilities
from pipegen.targets.github.machines import HOSTED, is_hosted, labels
from pipegen.targets.github.names import workflow_path
from pipegen.targets.github.pins import RELEASES, own_pins


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    for pipeline in delivery.pipelines:
        yield _event(delivery, pipeline, config)
        yield from limit_capabilities(delivery, pipeline, config)
        yield from _start(pipeline, config)
        yield from _notices(pipeline)
    yield from merge_capabilities(delivery, config)
    yield from _verdict(delivery, config)
    yield from _platform(delivery, config)
    yield from control_capabilities(delivery, config)
    yield from _machines(delivery, config)
    yield from _results(delivery)


def _notices(pipeline: Pipeline) -> Iterator[Capability]:
    if pipeline.failed is not None and any(pipeline.approvals):
        how = "people are told too when an approval is rejected or expires, which fails the job that asks for it"
        yield Capability(f"notice failed {pipeline.id}", Fidelity.APPROXIMATED, how, pipeline.failed.origin)


# ---------------------------------------------------------------- events


def _event(delivery: Delivery, pipeline: Pipeline, config: Config) -> Capability:
    event, subject = pipeline.event, f"event {pipeline.id}"
    match event:
        case Change():
            return Capability(subject, Fidelity.EXACT, "push", pipeline.origin)
        case Review():
            present = (
                f"{workflow_path(delivery, pipeline)} is on {config.default_branch}, the default branch, too, or "
                "else the verdict cannot start what GitHub did not"
            )
            return Capability(subject, Fidelity.WITH_SETTINGS, present, pipeline.origin)
        case Merged():
            closed = f"only pull requests reach {event.branch}: a ruleset without bypass"
            return Capability(subject, Fidelity.WITH_SETTINGS, closed, pipeline.origin)
        case Tagged():
            closed = f"a ruleset says who may push tags {event.pattern}"
            return Capability(subject, Fidelity.WITH_SETTINGS, closed, pipeline.origin)
        case Scheduled() | Action():
            present = f"{workflow_path(delivery, pipeline)} is on {config.default_branch}, the default branch"
            return Capability(subject, Fidelity.WITH_SETTINGS, present, pipeline.origin)
        case _:
            assert_never(event)


def _start(pipeline: Pipeline, config: Config) -> Iterator[Capability]:
    """How what no push starts is started, and what a push must touch."""
    event = pipeline.event
    if isinstance(event, Scheduled):
        how = "GitHub may start it late, and under load not at all; in a public repository it stops after 60 quiet days"
        if relays(event, config):
            how = f"the timer on {config.default_branch} starts the run on {event.branch} through the API; {how}"
        yield Capability(f"schedule {event.name}", Fidelity.WITH_SETTINGS, how, pipeline.origin)
    if isinstance(event, Action):
        how = (
            f"started on the Actions page or through the API, from {', '.join(event.branches)}; the form refuses a "
            "value that is not of its type"
        )
        yield Capability(f"action {event.name}", Fidelity.WITH_SETTINGS, how, pipeline.origin)
    if pipeline.paths:
        how = (
            "GitHub looks at the first 300 changed files; a review that it leaves out is started by the verdict"
            if isinstance(event, Review)
            else "GitHub looks at the first 300 changed files of a push, and runs at every push of over 1000 commits"
        )
        yield Capability(f"path filter {pipeline.id}", Fidelity.APPROXIMATED, how, pipeline.origin)


def _verdict(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What every delivery with a review has from the one workflow of the repository."""
    for pipeline in delivery.pipelines:
        if not isinstance(pipeline.event, Review):
            continue
        into = ", ".join(each.branch for each in pipeline.event.targets)
        if config.pin is None or config.pin.requirements is None:
            how = "there is none: pipegen.toml does not say how a workflow installs the whole of pipegen"
            yield Capability("verdict", Fidelity.APPROXIMATED, how, pipeline.origin)
            continue
        how = (
            f"a ruleset on {into} requires the status check {VERDICT!r} of GitHub Actions; it takes a machine while it "
            f"waits ({', '.join(labels(CHECK_RUNNER, config))}). A pull request runs the workflows that it brings, so "
            "code owners review changes of .github. Two open pull requests of one commit into different branches fail"
        )
        yield Capability("verdict", Fidelity.WITH_SETTINGS, how, pipeline.origin)


def _platform(delivery: Delivery, config: Config) -> Iterator[Capability]:
    what = (
        "github.com; an Enterprise Server must know environments without deployments, queues of concurrency groups and "
        "references to the own repository ($/)"
    )
    for first in delivery.pipelines[:1]:
        yield Capability("platform", Fidelity.WITH_SETTINGS, what, first.origin)
        for name in own_pins(config).keys() - RELEASES.keys():
            unknown = f"pipegen.toml pins it, and no workflow uses it; known: {', '.join(RELEASES)}"
            yield Capability(f"release of {name}", Fidelity.UNSUPPORTED, unknown, first.origin)


# ---------------------------------------------------------------- machines


def _machines(delivery: Delivery, config: Config) -> Iterator[Capability]:
    jobs = [(pipeline, job) for pipeline in delivery.pipelines for job in pipeline.jobs]
    for runner in dict.fromkeys(job.runner for _, job in jobs):
        users = [(pipeline, job) for pipeline, job in jobs if job.runner == runner]
        yield from _machine(runner, users, config)
    for image in dict.fromkeys(job.image for _, job in jobs if job.image):
        user = next(job for _, job in jobs if job.image == image)
        what = f"{image} can be pulled without credentials and has bash, git, curl and python3"
        yield Capability("container image", Fidelity.WITH_SETTINGS, what, user.origin)


def _machine(runner: str | None, users: list[tuple[Pipeline, Job]], config: Config) -> Iterator[Capability]:
    """Machines that somebody must set up; GitHub's ordinary ones are there."""
    subject, found = f"runner {runner or 'default'}", labels(runner, config)
    first = users[0][1]
    if is_hosted(runner, config):
        if found != (HOSTED,):
            what = f"runners of GitHub with the label{'s' if len(found) > 1 else ''} {', '.join(found)}"
            yield Capability(subject, Fidelity.WITH_SETTINGS, what, first.origin)
        return
    named = [each for each in found if each.lower() != "self-hosted"] or ["self-hosted"]
    listed = f"label{'s' if len(named) > 1 else ''} {', '.join(named)}"
    what = f"self-hosted runners with the {listed}, that have bash, git, curl and python3"
    yield Capability(subject, Fidelity.WITH_SETTINGS, what, first.origin)
    reviewing = next((job for pipeline, job in users if isinstance(pipeline.event, Review)), None)
    if reviewing:
        risk = (
            "the code of a pull request runs on a machine of your own before anybody has read it; in a public "
            "repository anybody's does"
        )
        yield Capability(f"{subject} in reviews", Fidelity.APPROXIMATED, risk, reviewing.origin, weakens=True)


# ---------------------------------------------------------------- results


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
        how = "actions/cache, in checks alone; a pull request reads what its target keeps and writes only for itself"
        yield Capability(f"cache {name}", Fidelity.EXACT, how, user.origin)


_RESULTS: tuple[tuple[type[Step], str, Fidelity, str], ...] = (
    (
        PublishTests,
        "test results",
        Fidelity.APPROXIMATED,
        "GitHub has no view of them: a table on the run's page, and the files as artifacts",
    ),
    (PublishSummary, "summaries", Fidelity.EXACT, "on the run's page, the first megabyte of each"),
)
