"""A script of the neutral form as a bash step, with the secrets and tokens that it names and with nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.delivery import Job, Run, SecretValue, StepVariable, TokenValue
from pipegen.targets.azure.bash import bash, condition, task
from pipegen.targets.azure.secrets import own_secret_check, variables_of
from pipegen.targets.azure.texts import identifier, script
from pipegen.targets.azure.variables import JobScope, fits_yaml
from pipegen.yaml_text import Node

_ADVISORY = (
    '[ "$status" = 0 ] || echo "##vso[task.logissue type=error]Failed with status $status; advisory, it stops nothing"',
    "exit 0",
)
_FETCH_ENDS_IN = 10
"""Minutes that a file or a token may take to come."""


def run(step: Run, scope: JobScope) -> Iterator[Node]:
    for variable in step.variables:
        yield from _fetched(step, variable, scope)
    yield bash(
        step.title,
        script("\n".join([*_prelude(step, scope), step.script])),
        scope.place.container,
        condition=_condition(step, scope),
        minutes=step.timeout_minutes,
        env={name: text for variable in step.variables for name, text in _mapped(step, variable, scope)},
        is_advisory=step.advisory,
    )


def _condition(step: Run, scope: JobScope) -> str | None:
    return condition(step.when, is_continuing=bool(scope.place.refusal))


def _mapped(step: Run, variable: StepVariable, scope: JobScope) -> Iterator[tuple[str, str]]:
    """What the step's `env` says for a variable."""
    match variable.value:
        case SecretValue(type="file"):
            yield variable.name, f"$({_reference(step, variable)}.secureFilePath)"
        case SecretValue():
            yield from ((name, f"$({name})") for name in variables_of(variable.value))
        case TokenValue(name):
            yield variable.name, f"$({name})"
        case given if fits_yaml(variable.name, given):
            yield variable.name, scope.sources.text(given)


def _reference(step: Run, variable: StepVariable) -> str:
    return f"{identifier(step.id)}_{variable.name}"


# ---------------------------------------------------------------- before the script


def _prelude(step: Run, scope: JobScope) -> Iterator[str]:
    """Lines of bash for what YAML cannot say."""
    yield from _at_exit(step)
    yield from own_secret_check(step)
    set_here = {each.name for each in step.variables}
    yield from (line for name, line in scope.exports.items() if name not in set_here)
    for each in step.variables:
        if not isinstance(each.value, SecretValue | TokenValue) and not fits_yaml(each.name, each.value):
            yield scope.sources.line(each.name, each.value)


def _at_exit(step: Run) -> Iterator[str]:
    """A secret file goes with its step. An advisory step leaves the job's result alone, even as a warning."""
    files = " ".join(f'"${each.name}"' for each in step.variables if _is_file(each))
    commands = [f"rm -f -- {files}"] if files else []
    if step.advisory:
        commands = ["status=$?", *commands, *_ADVISORY]
    if commands:
        yield f"trap '{'; '.join(commands)}' EXIT"


def _is_file(variable: StepVariable) -> bool:
    return isinstance(variable.value, SecretValue) and variable.value.type == "file"


# ---------------------------------------------------------------- steps before the script


def minutes_to_fetch(step: Run) -> int:
    """What the steps before the script may take, at most."""
    return _FETCH_ENDS_IN * sum(isinstance(each.value, TokenValue) or _is_file(each) for each in step.variables)


def job_minutes(job: Job) -> int:
    """What the job may take: the limit of a step has to be met before that of its job."""
    return job.timeout_minutes + sum(minutes_to_fetch(step) for step in job.steps if isinstance(step, Run))


def _fetched(step: Run, variable: StepVariable, scope: JobScope) -> Iterator[Node]:
    """What has to be fetched for the step, when and as long as the step itself."""
    options: dict[str, Node] = {"condition": _condition(step, scope), "continueOnError": step.advisory or None}
    match variable.value:
        case SecretValue(type="file", credential=file):
            named = {"name": _reference(step, variable), **options}
            title = f"Fetch the file {variable.name}"
            yield task("DownloadSecureFile@1", title, {"secureFile": file}, named, minutes=_FETCH_ENDS_IN)
        case TokenValue():
            title = f"Ask for the token {variable.name}"
            on_host = {**options, "target": "host" if scope.place.container else None}
            yield task("AzureCLI@2", title, _token_inputs(variable.value), on_host, minutes=_FETCH_ENDS_IN)


def _token_inputs(token: TokenValue) -> dict[str, Node]:
    """The model's script gets the token alone, not the session that the task opens for its own script."""
    connection = f"service connection {token.credential} has no workload identity federation"
    return {
        "azureSubscription": token.credential,
        "addSpnToEnvironment": True,
        "visibleAzLogin": False,
        "scriptType": "bash",
        "scriptLocation": "inlineScript",
        "inlineScript": (
            "set -euo pipefail\n"
            f': "${{idToken:?{connection}}}"\n'
            f'echo "##vso[task.setvariable variable={token.name};issecret=true]$idToken"\n'
        ),
    }
