"""Secrets: in variable groups and secure files of an environment, mapped to the one step that names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from pipegen.delivery import Job, Run, SecretValue
from pipegen.targets.azure.bash import own
from pipegen.yaml_text import Node

_REQUIRE = """\
set -euo pipefail
require() {
  if [ -z "${!2-}" ] || [ "${!2}" = '$'"($2)" ]; then
    echo "error: variable group $1 holds no $2 for this run" >&2
    exit 1
  fi
}
"""


def group(environment: str | None) -> str:
    """The variable group with the secrets of an environment, or with those that all share."""
    return f"pipegen-{environment or 'shared'}"


def variables_of(secret: SecretValue) -> tuple[str, ...]:
    """The variables of a group that hold the secret; a file is not among them but a secure file."""
    match secret.type:
        case "string":
            return (secret.name,)
        case "username-password":
            return (f"{secret.name}_USERNAME", f"{secret.name}_PASSWORD")
        case "file":
            return ()
        case _:
            assert_never(secret.type)


def groups(job: Job) -> tuple[str, ...]:
    return tuple(dict.fromkeys(holder for holder, _ in _named(_runs(job))))


def secret_check(job: Job) -> Iterator[Node]:
    """A step before anything else that needs every secret to be there.

    Azure leaves the macro of a variable that does not exist as it is, and a script would take that text for the secret,
    perhaps in the middle of a deployment. An empty one is as good as none. What only an advisory step names stops
    nothing, so that step asks for it itself.
    """
    wanted = _named([step for step in _runs(job) if not step.advisory])
    if wanted:
        text = _REQUIRE + "".join(f"require {holder} {name}\n" for holder, name in wanted)
        yield own("Check that the secrets exist", text, env={name: f"$({name})" for _, name in wanted})


def own_secret_check(step: Run) -> Iterator[str]:
    """Lines of bash that end the script of an advisory step without its secrets."""
    wanted = _named([step]) if step.advisory else ()
    if wanted:
        yield _REQUIRE + "\n".join(f"require {holder} {name}" for holder, name in wanted)


def _runs(job: Job) -> list[Run]:
    return [step for step in job.steps if isinstance(step, Run)]


def _named(steps: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    """(group, variable) of each secret that the steps name."""
    values = (each.value for step in steps for each in step.variables)
    secrets = (value for value in values if isinstance(value, SecretValue))
    return tuple(dict.fromkeys((group(each.environment), name) for each in secrets for name in variables_of(each)))
