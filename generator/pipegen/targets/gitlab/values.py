"""Values on their way into scripts: shell variables that the job sets itself.

Variables of a project, of a group or of a start win over those that a file lists, and GitLab expands `$NAME` in the
latter. So a file lists none: the first lines of each job export what its scripts read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from pipegen.delivery import (
    PATH_VARIABLES,
    Action,
    ApprovedBy,
    Cache,
    Delivery,
    Download,
    Job,
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
from pipegen.quoting import sh_quote
from pipegen.targets.gitlab.names import RUN_ID, RUN_URL, handed_variable, published_variable

CACHES = {"pip": ("PIP_CACHE_DIR", ".pipegen-cache/pip"), "conda": ("CONDA_PKGS_DIRS", ".pipegen-cache/conda")}
"""The variable that says where an installer keeps its cache, and the folder."""

_SOURCE_BRANCH = """\
PIPEGEN_BRANCH="$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"
if [ "$CI_MERGE_REQUEST_SOURCE_PROJECT_PATH" != "$CI_MERGE_REQUEST_PROJECT_PATH" ]; then
  PIPEGEN_BRANCH="${CI_MERGE_REQUEST_SOURCE_PROJECT_PATH%/*}:$PIPEGEN_BRANCH"
fi
export PIPEGEN_BRANCH PIPEGEN_TARGET_BRANCH="$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
"""
_REF = """\
export PIPEGEN_BRANCH="$CI_COMMIT_REF_NAME" PIPEGEN_TARGET_BRANCH=
"""
_CONTEXT = f"""\
export PIPEGEN_COMMIT="$CI_COMMIT_SHA" PIPEGEN_ATTEMPT="$CI_JOB_ID" PIPEGEN_ACTOR="$GITLAB_USER_LOGIN"
export PIPEGEN_RUN_ID="${{{RUN_ID}:-$CI_PIPELINE_ID}}" PIPEGEN_RUN_URL="${{{RUN_URL}:-$CI_PIPELINE_URL}}"
"""


def setting(job: Job, pipeline: Pipeline, delivery: Delivery, elsewhere: tuple[str, ...] = ()) -> str:
    """The lines that set what every script of the job sees, and take from them what only some may see."""
    return "".join(
        (
            _exports(pipeline.variables),
            context(reviewed=isinstance(pipeline.event, Review)),
            _parameters(job, pipeline),
            *_handed(job, elsewhere),
            *(f"export {each.name}={word(each.value)}\n" for each in job.variables),
            *_caches(job),
            hide(_hidden(delivery)),
        )
    )


def context(*, reviewed: bool) -> str:
    """What every script sees of the run."""
    paths = "".join(f'export {name}="$CI_PROJECT_DIR/{path}"\n' for name, path in PATH_VARIABLES.items())
    return (_SOURCE_BRANCH if reviewed else _REF) + _CONTEXT + paths


def _exports(constants: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"export {name}={sh_quote(text)}\n" for name, text in constants)


def _parameters(job: Job, pipeline: Pipeline) -> str:
    """A call that takes the parameters apart, if the job reads any: each name and what stands for it if left out."""
    event = pipeline.event
    if not isinstance(event, Action) or not any(isinstance(each, ParameterValue) for each in values_of(job)):
        return ""
    words = " ".join(sh_quote(f"{each.name}={each.default}") for each in event.parameters)
    return f"pipegen_parameters {words}\n"


def _handed(job: Job, elsewhere: tuple[str, ...]) -> Iterator[str]:
    """Values of jobs of the pipeline above, under the names that they have there."""
    for each in published_of(job):
        if each.job in elsewhere:
            yield f'{published_variable(each.job, each.name)}="${handed_variable(each.job, each.name)}"\n'


def _caches(job: Job) -> Iterator[str]:
    for step in job.steps:
        if isinstance(step, Cache):
            name, folder = CACHES[step.kind]
            yield f'export {name}="$CI_PROJECT_DIR/{folder}"\n'


def word(value: StepValue) -> str:
    """A word of bash that is the value."""
    match value:
        case Text(text):
            return sh_quote(text)
        case ParameterValue(name):
            return f'"$pipegen_parameter_{name}"'
        case PublishedValue(job, name):
            return f'"${published_variable(job, name)}"'
        case ApprovedBy():
            return "''"
        case SecretValue(name=name) | TokenValue(name=name):
            return f'"${name}"'
        case _:
            assert_never(value)


def assignments(run: Run) -> Iterator[str]:
    """`NAME=word` for each variable of one step."""
    for variable in run.variables:
        value = variable.value
        if isinstance(value, SecretValue) and value.type == "username-password":
            yield from (f'{variable.name}_{part}="${value.name}_{part}"' for part in ("USERNAME", "PASSWORD"))
        else:
            yield f"{variable.name}={word(value)}"


# ---------------------------------------------------------------- secrets


def hide(names: tuple[str, ...]) -> str:
    """Take variables from the scripts; the shell that starts them keeps their values."""
    return f"export -n {' '.join(names)}\n" if names else ""


def _hidden(delivery: Delivery) -> tuple[str, ...]:
    """All secrets and tokens of the model: GitLab puts those of an environment before every script of its jobs."""
    secrets = [*delivery.shared_secrets, *(secret for each in delivery.environments for secret in each.secrets)]
    tokens = [token.name for each in delivery.environments for token in each.tokens]
    return tuple(sorted({*(name for secret in secrets for name in secret_names(secret)), *tokens}))


def secret_names(secret: SecretValue) -> tuple[str, ...]:
    """What the variables are called that hold the secret."""
    if secret.type == "username-password":
        return (f"{secret.name}_USERNAME", f"{secret.name}_PASSWORD")
    return (secret.name,)


# ---------------------------------------------------------------- what a job reads


def values_of(job: Job) -> Iterator[StepValue]:
    """Everything that the job's scripts read."""
    yield from (each.value for each in job.variables)
    for step in job.steps:
        if isinstance(step, Run):
            yield from (each.value for each in step.variables)


def published_of(job: Job) -> tuple[PublishedValue, ...]:
    """The values of other jobs that the job reads, each once."""
    read = (value for value in values_of(job) if isinstance(value, PublishedValue))
    fetched = (step.remote_name for step in job.steps if isinstance(step, Download))
    return tuple(dict.fromkeys((*read, *fetched)))


def tokens_of(job: Job) -> tuple[TokenValue, ...]:
    return tuple(dict.fromkeys(value for value in values_of(job) if isinstance(value, TokenValue)))
