"""Jobs and the ends of deployments as Groovy methods."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import assert_never

from pipegen import scripts
from pipegen.delivery import (
    ApprovedBy,
    Begin,
    Cache,
    Checkout,
    CollectOutputs,
    Complete,
    Deployment,
    Download,
    Job,
    JobVariable,
    ParameterValue,
    Prepare,
    PublishedValue,
    PublishSummary,
    PublishTests,
    Run,
    SecretValue,
    Step,
    StepVariable,
    Text,
    TokenValue,
    Upload,
    UsePython,
    When,
)
from pipegen.targets.jenkins.names import ORDINARY, method_name
from pipegen.targets.jenkins.statements import (
    Advisory,
    Bash,
    Bound,
    CheckOut,
    Credential,
    Ensured,
    Fetch,
    HandOver,
    IfBegun,
    IfStarted,
    InImage,
    Limited,
    Mark,
    Method,
    Milestone,
    OnAgent,
    Publish,
    Statement,
    Summary,
    Tests,
    Unheeded,
    Value,
)
from pipegen.targets.jenkins.view import Agent

Part = tuple[Statement, ...]

_SETUP_MINUTES = 10
_AGENT_MINUTES = 60
"""How long a message waits for an agent."""
_HAND_OVER = 'printf \'%s=%s\\n\' "$name" "$value" >> "$PIPEGEN_HOME/published"'


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands: in which deployment, if any; whether it is the first of several; the milestone it passes.

    `among` is the model's name where jobs of several models share a run, and with it what they hand over.
    """

    environment: str = ""
    starts: bool = False
    milestone: int | None = None
    among: str = ""


def agent(job: Job) -> Agent:
    return Agent(job.runner or ORDINARY, job.image)


def job_method(job: Job, place: Place, *, shows: bool = True) -> Method:
    """A job; `shows` False leaves what always runs and is shown to the end of the deployment, which may add to it."""
    work = (*_opening(place), *_work(job, place))
    body = _in_turn(work, *_always(job), tuple(_shown(job, place))) if shows else work
    return Method(method_name("job", job.id), job.title, _values(job), body)


def failed_method(job: Job) -> Method:
    """What runs once after a run that failed."""
    method = job_method(job, Place())
    body: Statement = Limited(job.timeout_minutes, method.body)
    if job.image is not None:
        body = InImage(job.image, (body,))
    waiting = Limited(_AGENT_MINUTES + job.timeout_minutes, (OnAgent(agent(job).label, (body,)),))
    return replace(method, body=(Unheeded((waiting,)),))


def _opening(place: Place) -> Iterator[Statement]:
    if place.milestone is not None:
        yield Milestone(place.milestone)
    if place.starts and place.environment:
        yield Mark(place.environment, "started")


def closing_method(deployment: Deployment) -> Method | None:
    """What happens however the deployment ended; None if the spec says nothing of it."""
    job = deployment.closing or deployment.jobs[0].job
    undo = tuple((_script(job, run),) for run in _runs(job, When.UNDO))
    cleanup = _always(job)
    if not undo and not cleanup:
        return None
    environment = deployment.environment
    if deployment.closing is None:
        name = method_name("close", job.id)
        restored = (IfBegun(environment, _in_turn(*undo)),) if undo else ()
        body = _in_turn(restored, *cleanup, tuple(_shown(job, Place())))
        comment = "On the agent of the deployment: undo what began and did not complete, then clean up."
    else:
        name = method_name("close", job.id.removesuffix("-closing"))
        body = (_elsewhere(job, environment, undo, cleanup),)
        comment = (
            "On an agent of its own, for the deployment had several: undo what began and did not complete, clean up."
        )
    return Method(name, comment, _values(job), body)


def _in_turn(*parts: Part) -> Part:
    """None of the parts keeps the next from its turn."""
    *before, body = [part for part in parts if part] or [()]
    for part in reversed(before):
        body = (Ensured(part, body),)
    return body


def _elsewhere(job: Job, environment: str, undo: tuple[Part, ...], cleanup: tuple[Part, ...]) -> Statement:
    """Takes an agent only if there is something to do; what it prepares there keeps nothing of it from its turn."""
    restored = _in_turn(*undo)
    if undo and cleanup:
        restored = (IfBegun(environment, restored),)
    shown = tuple(_shown(job, Place()))
    body: Statement = Limited(job.timeout_minutes, _in_turn(tuple(_work(job, Place())), restored, *cleanup, shown))
    if job.image is not None:
        body = InImage(job.image, (body,))
    placed = (OnAgent(agent(job).label, (body,)),)
    return IfStarted(environment, placed) if cleanup else IfBegun(environment, placed)


# ---------------------------------------------------------------- statements


def _work(job: Job, place: Place) -> Iterator[Statement]:
    """What a job does while all goes well."""
    for step in job.steps:
        yield from _statements(job, step, place)


def _always(job: Job) -> tuple[Part, ...]:
    """What runs however the job went, one after the other, whatever becomes of each."""
    return tuple((_script(job, run),) for run in _runs(job, When.ALWAYS))


def _shown(job: Job, place: Place) -> Iterator[Statement]:
    """Test results, then the summary."""
    yield from (Tests(step.file) for step in job.steps if isinstance(step, PublishTests))
    name = f"{place.among}.{job.id}" if place.among else job.id
    yield from (Summary(name) for step in job.steps if isinstance(step, PublishSummary))


def _runs(job: Job, when: When) -> Iterator[Run]:
    yield from (step for step in job.steps if isinstance(step, Run) and step.when is when)


def _statements(job: Job, step: Step, place: Place) -> Iterator[Statement]:
    match step:
        case Checkout():
            yield CheckOut()
        case Prepare(script):
            yield Bash("Prepare .pipegen", _SETUP_MINUTES, script)
        case UsePython(version):
            yield Bash(f"Check for Python {version}", _SETUP_MINUTES, python_check(version))
        case Run():
            if step.when is When.SUCCESS:
                yield _script(job, step)
        case CollectOutputs() | Upload() | Download():
            yield _exchange(job, step, place)
        case Begin() | Complete():
            if place.environment:
                yield Mark(place.environment, "begun" if isinstance(step, Begin) else "complete")
        case Cache() | PublishTests() | PublishSummary():
            # Jenkins has no cache; the others come at the end.
            return
        case _:
            assert_never(step)


def _exchange(job: Job, step: CollectOutputs | Upload | Download, place: Place) -> Statement:
    """What goes from job to job."""
    match step:
        case CollectOutputs(names):
            return Publish(job.id, scripts.collect(names, _HAND_OVER))
        case Upload(name, file):
            return HandOver(_stash(place, job.id, name), str(PurePosixPath(file).parent), PurePosixPath(file).name)
        case Download(name, producer, file):
            return Fetch(_stash(place, producer, name), str(PurePosixPath(file).parent))
        case _:
            assert_never(step)


def _stash(place: Place, job_id: str, name: str) -> str:
    """Two jobs may make an artifact of the same name, and two models in one run have jobs of the same id."""
    return ".".join(filter(None, (place.among, job_id, name)))


def python_check(version: str) -> str:
    """Agents bring their Pythons along; a third number of the version must be met too."""
    short = ".".join(version.split(".")[:2])
    missing = f'{{ echo "error: this agent has no python{short}" >&2; exit 1; }}'
    lines = [scripts.STRICT, f"command -v python{short} > /dev/null || {missing}"]
    if version != short:
        other = f'{{ echo "error: this agent has $(python{short} --version), not {version}" >&2; exit 1; }}'
        lines.append(f'[ "$(python{short} --version)" = "Python {version}" ] || {other}')
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- scripts and their variables


_LIMIT_MARGIN = 5
"""Minutes that Jenkins leaves to an advisory script that ends itself: an end by Jenkins would end the run as well."""


def _script(job: Job, run: Run) -> Statement:
    if run.advisory:
        own_limit = scripts.limited(run.script, run.timeout_minutes)
        if not any(isinstance(step, Prepare) for step in job.steps):
            own_limit = f'mkdir -p "$PIPEGEN_HOME"\n{own_limit}'
        run = replace(run, script=own_limit, timeout_minutes=run.timeout_minutes + _LIMIT_MARGIN)
    credentials = tuple(_credentials(run.variables))
    script: Statement = _bash(job, run, {name for each in credentials for name in _bound(each)})
    if credentials:
        script = Bound(credentials, (script,))
    return Advisory((script,)) if run.advisory else script


def _bash(job: Job, run: Run, secret: Container[str]) -> Bash:
    own = tuple(_value(each) for each in run.variables if not isinstance(each.value, SecretValue | TokenValue))
    if not any(each.name in secret for each in job.variables):
        return Bash(run.title, run.timeout_minutes, run.script, own)
    # The innermost variable wins on Jenkins, and that would be the job's instead of the secret.
    kept = (_value(each) for each in job.variables if each.name not in secret)
    every = {value.name: value for value in (*kept, *own)}
    return Bash(run.title, run.timeout_minutes, run.script, tuple(every.values()), alone=True)


def _values(job: Job) -> tuple[Value, ...]:
    return tuple(map(_value, job.variables))


def _value(variable: JobVariable | StepVariable) -> Value:
    match variable.value:
        case Text(text):
            return Value(variable.name, text=text)
        case PublishedValue(job, name):
            return Value(variable.name, published=f"{job}/{name}")
        case ParameterValue(name):
            return Value(variable.name, parameter=f"PIPEGEN_PARAM_{name.upper()}")
        case ApprovedBy(approval):
            return Value(variable.name, approval=approval)
        case SecretValue() | TokenValue():
            raise TypeError(f"{variable.name} is bound by a credential")
        case _:
            assert_never(variable.value)


def _credentials(variables: Iterable[StepVariable]) -> Iterator[Credential]:
    for variable in variables:
        match variable.value:
            case SecretValue(_, "username-password", _, credential):
                yield Credential("usernamePassword", credential, variable.name)
            case SecretValue(_, "file", _, credential):
                yield Credential("file", credential, variable.name)
            case SecretValue(_, "string", _, credential) | TokenValue(_, _, _, credential):
                yield Credential("string", credential, variable.name)
            case _:
                continue


def _bound(credential: Credential) -> tuple[str, ...]:
    name = credential.variable
    return (f"{name}_USERNAME", f"{name}_PASSWORD") if credential.kind == "usernamePassword" else (name,)
