"""Steps that run bash: what they may ask of the agent, when they run, and that a deployment is undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipegen.delivery import When
from pipegen.targets.azure.places import Image
from pipegen.targets.azure.texts import label
from pipegen.yaml_text import Node, present

BEGUN = "PIPEGEN_BEGUN"
COMPLETE = "PIPEGEN_COMPLETE"

_ATTEMPT = "variables['System.StageAttempt']"
"""Counts up whenever jobs of a stage run again, some of them or all."""
_HERE = {
    When.SUCCESS: None,
    When.ALWAYS: "always()",
    When.UNDO: f"and(always(), eq(variables['{BEGUN}'], 'true'), ne(variables['{COMPLETE}'], 'true'))",
}
_ELSEWHERE = {
    When.SUCCESS: None,
    When.ALWAYS: f"and(always(), in(variables['{BEGUN}'], '', {_ATTEMPT}))",
    When.UNDO: f"and(always(), eq(variables['{BEGUN}'], {_ATTEMPT}), ne(variables['{COMPLETE}'], {_ATTEMPT}))",
}
_REFUSE = f"""\
set -euo pipefail
if [ "${BEGUN}" != "$SYSTEM_STAGEATTEMPT" ]; then
  echo "##vso[task.logissue type=error]$REFUSAL"
  exit 1
fi
"""


def condition(when: When, *, is_continuing: bool) -> str | None:
    """A job that goes on with what another one began counts only what began in the same attempt."""
    return (_ELSEWHERE if is_continuing else _HERE)[when]


def bash(
    title: str,
    script: str,
    container: str | Image | None,
    *,
    name: str | None = None,
    condition: str | None = None,
    minutes: int | None = None,
    env: Mapping[str, Node] | None = None,
    settable: Sequence[str] = (),
    is_advisory: bool = False,
) -> dict[str, Node]:
    """A step that prints what others wrote: of all that a line may ask of the agent, it sets the `settable` alone.

    One that restricts itself leaves the container of its job unless it names it, so in one without a name it does not.
    """
    restricted: dict[str, Node] = {"commands": "restricted", "settableVariables": list(settable) or "none"}
    target = {} if isinstance(container, Image) else {"container": container, **restricted}
    return present(
        {
            "bash": script,
            "name": name,
            "displayName": label(title),
            "condition": condition,
            "continueOnError": is_advisory or None,
            "timeoutInMinutes": minutes,
            "target": present(target),
            "env": env or {},
        }
    )


def task(
    kind: str, title: str, inputs: Mapping[str, Node], options: Mapping[str, Node] | None = None, *, minutes: int = 10
) -> dict[str, Node]:
    """A step by one of Azure's own tasks, pinned to its major version; there is no finer pin."""
    asked = {"displayName": label(title), **(options or {}), "timeoutInMinutes": minutes}
    return present({"task": kind, **asked, "inputs": inputs})


def own(
    title: str,
    script: str,
    *,
    name: str | None = None,
    condition: str | None = None,
    env: Mapping[str, Node] | None = None,
) -> dict[str, Node]:
    """A step of a moment whose every line is pipegen's own: nothing to restrict, and the job's timeout is enough."""
    return present(
        {"bash": script, "name": name, "displayName": label(title), "condition": condition, "env": env or {}}
    )


def marker(name: str, variable: str, title: str, *, is_output: bool) -> Node:
    """A step that notes how far a deployment has come; an output tells other jobs in which attempt."""
    scope, value = (";isOutput=true", "$SYSTEM_STAGEATTEMPT") if is_output else ("", "true")
    script = f'echo "##vso[task.setvariable variable={variable}{scope};isReadonly=true]{value}"'
    return own(title, script, name=name if is_output else None)


def require_attempt(refusal: str, *, unless_unbegun: bool) -> Node:
    """A first step that refuses to go on with a deployment that an earlier attempt began.

    Azure runs failed jobs again without those that succeeded, the answers of people among them, and hands on what those
    had put out; between the attempts nobody held the lock.
    """
    begun = f"and(always(), ne(variables['{BEGUN}'], ''))" if unless_unbegun else None
    env = {"REFUSAL": label(refusal)}
    return own("Refuse what belongs to an earlier attempt", _REFUSE, condition=begun, env=env)
