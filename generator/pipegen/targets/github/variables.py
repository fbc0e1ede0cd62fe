"""Values on their way into scripts: only ever as variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from pipegen.config import Config
from pipegen.delivery import (
    CONTEXT_VARIABLES,
    ApprovedBy,
    Download,
    Event,
    Job,
    JobValue,
    JobVariable,
    ParameterValue,
    Pipeline,
    PublishedValue,
    Review,
    Run,
    SecretValue,
    StepValue,
    Text,
    TokenValue,
)
from pipegen.quoting import github_text, one_line
from pipegen.targets.github.names import APPROVED_BY, approved_id

SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"


@dataclass(frozen=True, slots=True)
class File:
    """The workflow file that jobs stand in.

    `config` says what the company calls machines and teams, and which releases of actions it uses. `inputs` are the
    values that reach the file from jobs of another one, by the input that brings them; `shared` are the variables that
    it sets for all its jobs.
    """

    path: str
    config: Config
    inputs: Mapping[PublishedValue, str] = field(default_factory=dict)
    shared: tuple[JobVariable, ...] = ()


def expression(text: str) -> str:
    return f"${{{{ {text} }}}}"


def label(text: str) -> str:
    """A name that people read, where GitHub evaluates expressions."""
    return github_text(one_line(text))


def plain_label(text: str) -> str:
    """A name that people read, where GitHub looks for expressions and allows none."""
    return one_line(text).replace("${{", "$ {{")


SOURCE_BRANCH = expression(
    f"{SAME_REPOSITORY} && github.head_ref || github.event.pull_request.head.label || github.ref_name"
)
"""Where a pull request comes from; the branch of a run that none started."""


# ---------------------------------------------------------------- what all scripts of a file see


def file_variables(pipeline: Pipeline, shared: Iterable[JobVariable]) -> dict[str, str]:
    constants = {name: github_text(text) for name, text in pipeline.variables}
    return constants | _context(pipeline.event) | {each.name: _read(each.value, {}) for each in shared}


def _context(event: Event) -> dict[str, str]:
    if isinstance(event, Review):
        return context(SOURCE_BRANCH, expression("github.base_ref || inputs.into"))
    return context(expression("github.ref_name"), "")


def context(branch: str, into: str) -> dict[str, str]:
    """What every script sees of the run."""
    values = {
        "PIPEGEN_BRANCH": branch,
        "PIPEGEN_TARGET_BRANCH": into,
        "PIPEGEN_COMMIT": expression("github.sha"),
        "PIPEGEN_RUN_ID": expression("github.run_id"),
        "PIPEGEN_ATTEMPT": expression("github.run_attempt"),
        "PIPEGEN_RUN_URL": (
            f"{expression('github.server_url')}/{expression('github.repository')}"
            f"/actions/runs/{expression('github.run_id')}"
        ),
        "PIPEGEN_ACTOR": expression("github.actor"),
    }
    return {name: values[name] for name in CONTEXT_VARIABLES}


def shared_variables(jobs: Iterable[Job]) -> tuple[JobVariable, ...]:
    """What is the same in every job that has variables; values of other jobs are known only once those have run."""
    holders = [job for job in jobs if job.variables]
    if len(holders) < 2:  # noqa: PLR2004  (one job shares nothing)
        return ()
    first, *others = holders
    return tuple(
        each
        for each in first.variables
        if not isinstance(each.value, PublishedValue) and all(each in job.variables for job in others)
    )


# ---------------------------------------------------------------- what a job's or a step's scripts see


def job_variables(job: Job, file: File) -> dict[str, str]:
    return {each.name: _read(each.value, file.inputs) for each in job.variables if each not in file.shared}


def step_variables(run: Run, file: File) -> dict[str, str]:
    found: dict[str, str] = {}
    for variable in run.variables:
        found |= dict(_entries(variable.name, variable.value, file))
    return found


def _entries(name: str, value: StepValue, file: File) -> Iterator[tuple[str, str]]:
    match value:
        case SecretValue():
            yield from ((variable, expression(f"secrets.{secret}")) for variable, secret in secret_names(name, value))
        case TokenValue():
            return  # its script fetches it
        case Text() | PublishedValue() | ParameterValue() | ApprovedBy():
            yield name, _read(value, file.inputs)
        case _:
            assert_never(value)


def secret_names(variable: str, secret: SecretValue) -> Iterator[tuple[str, str]]:
    """(variable, name of the secret on GitHub) for each of the secret's parts."""
    if secret.type == "username-password":
        yield from ((f"{variable}_{part}", f"{secret.name}_{part}") for part in ("USERNAME", "PASSWORD"))
    elif secret.type == "file":
        yield f"{variable}_CONTENT", secret.name
    else:
        yield variable, secret.name


def _read(value: JobValue, inputs: Mapping[PublishedValue, str]) -> str:
    match value:
        case Text():
            return github_text(value.text)
        case ParameterValue():
            return expression(f"inputs.{value.name}")
        case PublishedValue():
            return read_published(value, inputs)
        case ApprovedBy(approval):
            return read_published(people_of(approval), inputs)
        case _:
            assert_never(value)


def read_published(value: PublishedValue, inputs: Mapping[PublishedValue, str]) -> str:
    if value in inputs:
        return expression(f"inputs.{inputs[value]}")
    return expression(f"needs.{value.job}.outputs.{value.name}")


# ---------------------------------------------------------------- what a job reads


def runs(job: Job) -> Iterator[Run]:
    return (step for step in job.steps if isinstance(step, Run))


def values_of(job: Job) -> Iterator[StepValue]:
    """Everything that the job's scripts read."""
    yield from (each.value for each in job.variables)
    for run in runs(job):
        yield from (each.value for each in run.variables)


def published_of(job: Job) -> tuple[PublishedValue, ...]:
    """The values of other jobs that the job reads, each once."""
    read = (value for each in values_of(job) if isinstance(value := _of_job(each), PublishedValue))
    fetched = (step.remote_name for step in job.steps if isinstance(step, Download))
    return tuple(dict.fromkeys((*read, *fetched)))


def _of_job(value: StepValue) -> StepValue:
    return people_of(value.approval) if isinstance(value, ApprovedBy) else value


def people_of(approval: str) -> PublishedValue:
    """Who approved is known to the job that counts them."""
    return PublishedValue(approved_id(approval), APPROVED_BY)


def parameters_of(job: Job) -> frozenset[str]:
    return frozenset(value.name for value in values_of(job) if isinstance(value, ParameterValue))


def secrets_of(job: Job) -> tuple[SecretValue, ...]:
    return tuple(dict.fromkeys(value for value in values_of(job) if isinstance(value, SecretValue)))


def tokens_of(job: Job) -> tuple[TokenValue, ...]:
    return tuple(dict.fromkeys(value for value in values_of(job) if isinstance(value, TokenValue)))


def uses_environment(job: Job) -> bool:
    """Whether the job needs secrets or an identity of its environment."""
    return bool(tokens_of(job)) or any(secret.environment is not None for secret in secrets_of(job))
