"""What Azure keeps of a delivery, and what has to be set where, by name."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen import hosts
from pipegen.config import Config
from pipegen.delivery import (
    Action,
    Cache,
    Capability,
    Change,
    Delivery,
    EnvironmentSettings,
    Job,
    Merged,
    Parameter,
    Pipeline,
    PublishSummary,
    PublishTests,
    Review,
    Scheduled,
    SecretValue,
    Step,
    Tagged,
    TokenValue,
    Upload,
)
from pipegen.targets.azure.checks import YAML_HOSTS, superseded, verdict
from pipegen.targets.azure.controls import controls
from pipegen.targets.azure.fidelity import approximated, exact, unsupported, with_settings
from pipegen.targets.azure.names import TARGET, branch_control, creation, definition_of, path_of
from pipegen.targets.azure.pools import is_hosted, runner
from pipegen.targets.azure.required_template import required_template
from pipegen.targets.azure.runs import job_minutes
from pipegen.targets.azure.secrets import group, variables_of
from pipegen.targets.azure.texts import is_taken, listed, minutes

_LONGEST_HOSTED = 360
"""Minutes that a job may take on an agent of Microsoft's."""
_AUDIENCE = "api://AzureADTokenExchange"


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    for pipeline in delivery.pipelines:
        yield from _event(delivery, pipeline, config)
        yield from _timeouts(pipeline, config)
        yield from _path_filter(pipeline)
        yield from _notices(pipeline)
    yield from hosts.merge_capabilities(delivery, config)
    yield from verdict(delivery, config)
    yield from _platform(delivery)
    yield from _template(delivery, config)
    yield from superseded(delivery, config)
    yield from controls(delivery, config)
    for environment in delivery.environments:
        yield from (_secret(each, environment) for each in environment.secrets)
        yield from (_token(each, environment) for each in environment.tokens)
    yield from (_secret(each, None) for each in delivery.shared_secrets)
    yield from _machines(delivery, config)
    yield from _results(delivery)


def _notices(pipeline: Pipeline) -> Iterator[Capability]:
    if pipeline.failed is not None and any(pipeline.approvals):
        how = "people are told too when an approval is rejected or the question inside a rollout expires"
        yield approximated(f"notice failed {pipeline.id}", detail=how, origin=pipeline.failed.origin)


def _platform(delivery: Delivery) -> Iterator[Capability]:
    detail = (
        "Azure DevOps Services, which limits queue-time variables and the scope of job authorization to the project; a "
        "Server has neither pipeline artifacts nor stages that nobody can skip; in the triggers of every pipeline, "
        "'Make secrets available to builds of forks' off"
    )
    yield from (with_settings("platform", detail=detail, origin=each.origin) for each in delivery.pipelines[:1])


def _template(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What the company's template asks of whoever sets the pipelines up."""
    extends = required_template(config)
    if extends is None:
        return
    file, given = extends.template, extends.repository
    where = f"repository {given.name} at {given.ref}" if given else "this repository"
    detail = (
        f"every pipeline extends {file} of {where}: permit the pipelines to read it, and add a required template check "
        "to the environments, variable groups and service connections that it guards"
    )
    yield from (
        with_settings("required template", detail=detail, origin=each.origin) for each in delivery.pipelines[:1]
    )


# ---------------------------------------------------------------- events


def _event(delivery: Delivery, pipeline: Pipeline, config: Config) -> Iterator[Capability]:
    subject, origin = f"event {pipeline.id}", pipeline.origin
    if config.host not in YAML_HOSTS:
        detail = "Azure Pipelines reads YAML from Azure Repos, GitHub and Bitbucket Cloud alone: mirror the repository"
        yield unsupported(subject, detail=detail, origin=origin)
        return
    name = definition_of(delivery, pipeline)
    if isinstance(pipeline.event, Review):
        yield exact(
            subject, detail="a template that the check of the repository runs, without a pipeline", origin=origin
        )
        return
    created = f"create it once: {creation(name, path_of(delivery, pipeline))}"
    yield with_settings(subject, detail=f"{created}{_beside(pipeline)}", origin=origin)
    match pipeline.event:
        case Scheduled(name=schedule):
            detail = f"pipeline '{name}' must have no schedule in its own settings, which would win over the file"
            yield with_settings(f"schedule {schedule}", detail=detail, origin=origin)
        case Action(name=action, parameters=parameters):
            detail = "a form, by hand or through the REST API; it refuses a value that is not of its type"
            yield exact(f"action {action}", detail=detail, origin=origin)
            yield from (_default(each, pipeline) for each in parameters if "${{" in each.default)


def _default(parameter: Parameter, pipeline: Pipeline) -> Capability:
    detail = "Azure reads `${{` in the default of a form as an expression, and knows no way to write it as text"
    return unsupported(f"default of {parameter.name} in {pipeline.id}", detail=detail, origin=parameter.origin)


def _beside(pipeline: Pipeline) -> str:
    """What the host has to be told beside the pipeline itself."""
    match pipeline.event:
        case Merged(branch):
            return f"; the rules of branch {branch} must let nothing but merges in, as Azure counts every push"
        case Tagged(pattern):
            return f"; the rules of the host say who may push tags {pattern}"
    return ""


# ---------------------------------------------------------------- secrets and tokens


def _secret(secret: SecretValue, environment: EnvironmentSettings | None) -> Capability:
    subject = f"secret {environment.name if environment else 'shared'}/{secret.name}"
    origin = (*(environment.origin if environment else ()), "secrets", secret.name)
    if is_taken(secret.name):
        return unsupported(subject, detail=_taken(secret.name), origin=origin)
    names = variables_of(secret)
    place = f"secure file {secret.credential}"
    if names:
        place = f"variable group {group(secret.environment)}: {listed(names)}, each locked as a secret"
    return with_settings(subject, detail=f"{place}; {_permissions(environment)}", origin=origin)


def _permissions(environment: EnvironmentSettings | None) -> str:
    """The pipeline permissions and checks of what holds secrets."""
    allowed = "permit no pipeline that does not name it"
    check = branch_control(environment) if environment else ""
    return f"{allowed}; {check}" if check else allowed


def _token(token: TokenValue, environment: EnvironmentSettings) -> Capability:
    subject, origin = f"token {environment.name}/{token.name}", (*environment.origin, "identity", token.name)
    if is_taken(token.name):
        return unsupported(subject, detail=_taken(token.name), origin=origin)
    kind = "Azure Resource Manager with workload identity federation"
    connection = f"service connection {token.credential} ({kind}); {_permissions(environment)}"
    if token.audience == _AUDIENCE:
        return with_settings(subject, detail=connection, origin=origin)
    fixed = f"its token is for {_AUDIENCE}, which the receiver has to accept in place of {token.audience}"
    return approximated(subject, detail=f"{connection}; {fixed}", origin=origin)


def _taken(name: str) -> str:
    return f"Azure keeps variables whose names begin like {name} from scripts: rename it"


# ---------------------------------------------------------------- paths, results, machines


def _path_filter(pipeline: Pipeline) -> Iterator[Capability]:
    """Only pushes to branches are filtered, here as everywhere."""
    if not pipeline.paths or not isinstance(pipeline.event, Change | Merged):
        return
    if any("*" in path.removesuffix("/**").replace("**", "") for path in pipeline.paths):
        detail = "`*` also stands for slashes, so that a change further down starts a run as well"
        yield approximated(f"path filter {pipeline.id}", detail=detail, origin=("model", "paths"))
    else:
        detail = "a new branch starts a run if its own commits touch them"
        yield exact(f"path filter {pipeline.id}", detail=detail, origin=pipeline.origin)


def _results(delivery: Delivery) -> Iterator[Capability]:
    users = {type(step): job for job in _jobs(delivery) for step in job.steps}
    for kind, subject, detail in _RESULTS:
        if kind in users:
            yield exact(subject, detail=detail, origin=users[kind].origin)
    uploads = [step for job in _jobs(delivery) for step in job.steps if isinstance(step, Upload)]
    if uploads:
        days = max(step.retention_days for step in uploads)
        detail = f"project settings, pipeline retention: keep runs for {days} days; artifacts live as long as their run"
        yield with_settings("artifacts", detail=detail, origin=users[Upload].origin)


_RESULTS: tuple[tuple[type[Step], str, str], ...] = (
    (PublishTests, "test results", "on the run's Tests tab; they decide nothing"),
    (PublishSummary, "summaries", "on the run's Extensions tab"),
)


def _machines(delivery: Delivery, config: Config) -> Iterator[Capability]:
    runners = {job.runner: job for job in _jobs(delivery)}
    for name, job in runners.items():
        if name is not None or config.runner(TARGET, None) is not None:
            yield _runner(name, job, config)
    images = {job.image: job for job in _jobs(delivery) if job.image}
    for image, job in images.items():
        detail = f"{image} can be pulled without credentials and has bash and git; agents have Docker"
        yield with_settings("container image", detail=detail, origin=job.origin)
    caches = {step.kind: job for job in _jobs(delivery) for step in job.steps if isinstance(step, Cache)}
    for kind, job in caches.items():
        detail = "in checks alone; a pull request reads what its target keeps and writes only for itself"
        yield exact(f"cache {kind}", detail=detail, origin=job.origin)


def _runner(name: str | None, job: Job, config: Config) -> Capability:
    subject, given = f"runner {name or 'default'}", runner(config, name)
    if given.image is not None:
        return exact(subject, detail=f"agents of Microsoft's with the image {given.image}", origin=job.origin)
    demands = f", with {listed(given.demands)}" if given.demands else ""
    has = "that have bash, git and, in the tool cache, the spec's Python"
    return with_settings(
        subject, detail=f"agent pool {given.labels[0]} of Linux agents{demands} {has}", origin=job.origin
    )


def _timeouts(pipeline: Pipeline, config: Config) -> Iterator[Capability]:
    for job in pipeline.jobs:
        if is_hosted(config, job.runner) and job_minutes(job) > _LONGEST_HOSTED:
            detail = (
                f"steps of the job may take {minutes(job_minutes(job))}, but an agent of Microsoft's ends a job "
                f"after {minutes(_LONGEST_HOSTED)} at the latest; a pool of your own may take longer"
            )
            yield approximated(f"timeout {pipeline.id}/{job.id}", detail=detail, origin=job.origin)


def _jobs(delivery: Delivery) -> Iterator[Job]:
    return (job for pipeline in delivery.pipelines for job in pipeline.jobs)
