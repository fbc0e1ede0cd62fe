"""What Jenkins makes of each item of a delivery, and what must be set there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from pipegen.config import Config
from pipegen.delivery import (
    VERDICT,
    Action,
    Cache,
    Capability,
    Change,
    Checkout,
    Delivery,
    Fidelity,
    Merged,
    Pipeline,
    PublishSummary,
    PublishTests,
    Review,
    Scheduled,
    Step,
    Tagged,
    UsePython,
)
from pipegen.hosts import merge_capabilities
from pipegen.targets.jenkins.controls import control_capabilities
from pipegen.targets.jenkins.events import compare_script, parameters
from pipegen.targets.jenkins.files import VERDICT_FILE, file_view, review_view
from pipegen.targets.jenkins.names import job_name, label, own_libraries, path
from pipegen.targets.jenkins.size import LIMIT, model_bytes
from pipegen.targets.jenkins.view import Jenkinsfile

_ALWAYS = (
    "Pipeline, Pipeline: Multibranch, Git, Branch Source of the host, Credentials Binding, JUnit, Timestamper, "
    "Lockable Resources, Pipeline: Milestone Step, Pipeline: Input Step of July 2025 or later"
)


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    for pipeline in delivery.pipelines:
        yield _event(delivery, pipeline)
        yield from _start(delivery, pipeline)
        yield from _size(pipeline, _view(delivery, pipeline, config))
        yield from _notices(pipeline)
    yield from merge_capabilities(delivery, config)
    yield from _verdict(delivery, config)
    yield from control_capabilities(delivery, config)
    yield from _machines(delivery, config)
    yield from _results(delivery)


# ---------------------------------------------------------------- events


def _event(delivery: Delivery, pipeline: Pipeline) -> Capability:
    if isinstance(pipeline.event, Review):
        detail = f"the run of {VERDICT_FILE} loads {path(delivery, pipeline)}, which needs no job of its own"
        return Capability(f"event {pipeline.id}", Fidelity.EXACT, detail, pipeline.origin)
    job = f"multibranch job {job_name(delivery, pipeline)} with the script path {path(delivery, pipeline)}"
    detail = f"{job}: {_discovery(delivery, pipeline)}"
    return Capability(f"event {pipeline.id}", Fidelity.WITH_SETTINGS, detail, pipeline.origin)


def _discovery(delivery: Delivery, pipeline: Pipeline) -> str:
    match pipeline.event:
        case Change(branches):
            return f"discover branches named {' '.join(branches)}, except those filed as pull requests"
        case Review():
            return "discover pull requests, merged with their target, and nothing else"
        case Merged(branch):
            return (
                f"discover branch {branch}; give nobody the permission to replay. The first scan and `Build Now` "
                "deliver the branch as it is, and pushes that come while a run is queued become one run"
            )
        case Tagged(pattern):
            return (
                f"discover tags named {pattern} and build them (strategy Tags of Basic Branch Build Strategies); "
                "give nobody the permission to replay"
            )
        case Scheduled(_, _, branch):
            return (
                f"discover branch {branch}; give nobody the permission to replay; the run of the first scan does "
                "nothing and sets the timer"
            )
        case Action(_, _, branches):
            return (
                f"discover {_refs(delivery, branches)} and nothing else, for whatever is discovered brings its own "
                "Jenkinsfile; give nobody the permission to replay; the run of the first scan does nothing and sets "
                "the form"
            )
        case _:
            assert_never(pipeline.event)


def _refs(delivery: Delivery, patterns: Sequence[str]) -> str:
    """The patterns as branches and as tags: a tag that is named like a branch must not be found."""
    of_tags = {each.event.pattern for each in delivery.pipelines if isinstance(each.event, Tagged)}
    kinds = (
        ("branches", [each for each in patterns if each not in of_tags]),
        ("tags", [each for each in patterns if each in of_tags]),
    )
    return " and ".join(f"{kind} named {' '.join(names)}" for kind, names in kinds if names)


def _start(delivery: Delivery, pipeline: Pipeline) -> Iterator[Capability]:
    match pipeline.event:
        case Scheduled(name, cron, branch):
            detail = f"the cron line {cron} with TZ=UTC in the job of {branch}, which the first run of that job sets"
            yield Capability(f"schedule {name}", Fidelity.EXACT, detail, pipeline.origin)
        case Action(name):
            names = ", ".join(asked.name for asked in parameters(pipeline.event)) or "none"
            detail = (
                f"`Build with Parameters` of {job_name(delivery, pipeline)}, or POST buildWithParameters with an API "
                f"token; parameters: {names}; the permission Job/Build is for those who may start it; the form refuses "
                "what is no choice, and takes a boolean that is not true for false"
            )
            yield Capability(f"action {name}", Fidelity.WITH_SETTINGS, detail, pipeline.origin)
        case _:
            return


def _verdict(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What every delivery with a review has from the one job of the repository."""
    for pipeline in delivery.pipelines:
        if not isinstance(pipeline.event, Review):
            continue
        if config.pin is None:
            how = "no check of the repository, and so no review: pipegen.toml does not say how a job installs pipegen"
            yield Capability("verdict", Fidelity.APPROXIMATED, how, pipeline.origin)
            continue
        into = ", ".join(each.branch for each in pipeline.event.targets)
        how = (
            f"one multibranch job {VERDICT} with the script path {VERDICT_FILE} for all models: "
            f"{_discovery(delivery, pipeline)}; trust nobody or those with write permission, so that a fork changes no "
            f"file that Jenkins runs; its commit status is called {VERDICT!r} (Custom Notification Context of GitHub "
            f"Branch Source, the build status of this job elsewhere), and the host requires it before a merge into "
            f"{into}. Credentials that this job can reach, every review can ask for"
        )
        yield Capability("verdict", Fidelity.WITH_SETTINGS, how, pipeline.origin)


def _notices(pipeline: Pipeline) -> Iterator[Capability]:
    if pipeline.failed is not None:
        detail = "a run that is refused, ends with its approval's time or by a person has not failed: nobody is told"
        yield Capability(f"notice failed {pipeline.id}", Fidelity.EXACT, detail, pipeline.failed.origin)


def _view(delivery: Delivery, pipeline: Pipeline, config: Config) -> Jenkinsfile:
    if isinstance(pipeline.event, Review):
        return review_view(delivery, pipeline, config)
    return file_view(pipeline, config)


def _size(pipeline: Pipeline, view: Jenkinsfile) -> Iterator[Capability]:
    size = model_bytes(view)
    if size > LIMIT:
        detail = (
            f"Jenkins compiles the stages of a file into one JVM method of at most 65535 bytes; up to {LIMIT} are "
            f"known to work, and this one would have about {size}: let stages share jobs"
        )
        yield Capability(f"size of {pipeline.id}", Fidelity.UNSUPPORTED, detail, pipeline.origin)


# ---------------------------------------------------------------- machines and what they leave


def _machines(delivery: Delivery, config: Config) -> Iterator[Capability]:
    jobs = [job for pipeline in delivery.pipelines for job in pipeline.jobs]
    pythons = sorted({step.version for step in _steps(delivery) if isinstance(step, UsePython)})
    tools = ", ".join(("bash", "git", *(f"python{version}" for version in pythons)))
    for name in sorted({label(runner, config) for runner in (None, *(job.runner for job in jobs))}):
        detail = f"Linux agents with the label {name} and {tools}; no executors on the controller"
        yield Capability(f"runner {name}", Fidelity.WITH_SETTINGS, detail, ("runtime", "runner"))
    extra = ", Docker Pipeline (and Docker on the agents)" if any(each.image for each in jobs) else ""
    yield Capability("plugins", Fidelity.WITH_SETTINGS, f"{_ALWAYS}{extra}", ("model",))
    for library in own_libraries(config):
        detail = "a shared library of this name that Jenkins knows, with `Allow default version to be overridden`"
        yield Capability(f"library {library}", Fidelity.WITH_SETTINGS, detail, ("model",))
    yield from _checkouts(delivery)
    for kind in sorted({step.kind for step in _steps(delivery) if isinstance(step, Cache)}):
        detail = "Jenkins keeps nothing between runs; an installer keeps its own cache in the home folder of an agent"
        yield Capability(f"cache {kind}", Fidelity.APPROXIMATED, detail, ("runtime", "cache"))


def _checkouts(delivery: Delivery) -> Iterator[Capability]:
    checkouts = [step for step in _steps(delivery) if isinstance(step, Checkout)]
    lfs = ", `Git LFS pull after checkout` on" if any(each.lfs for each in checkouts) else ""
    detail = (
        "the whole history of all branches: give the jobs the behaviour `Advanced clone behaviours`, with `shallow "
        f"clone` and `honor refspec` off; without it Jenkins fetches little more than what it builds{lfs}"
    )
    yield Capability("checkout", Fidelity.WITH_SETTINGS, detail, ("runtime", "checkout"))


def _results(delivery: Delivery) -> Iterator[Capability]:
    origin = ("stages",)
    if any(isinstance(step, PublishTests) for step in _steps(delivery)):
        detail = "by the JUnit plugin, which never makes a run unstable: the exit code of the command decides"
        yield Capability("test results", Fidelity.EXACT, detail, origin)
    if any(isinstance(step, PublishSummary) for step in _steps(delivery)):
        detail = "Jenkins shows no Markdown: they are in the log and kept with the run as summary-<job>.md"
        yield Capability("summaries", Fidelity.APPROXIMATED, detail, origin)
    detail = (
        "every push starts a run, whose first stage compares with the last successful run of the branch and ends "
        "it if no path of the model differs"
    )
    for pipeline in delivery.pipelines:
        if compare_script(pipeline):
            yield Capability(f"path filter {pipeline.id}", Fidelity.APPROXIMATED, detail, ("model", "paths"))


def _steps(delivery: Delivery) -> Iterator[Step]:
    for pipeline in delivery.pipelines:
        for job in pipeline.jobs:
            yield from job.steps
