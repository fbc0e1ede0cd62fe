"""Steps that run bash: what they may ask of the agent, when they run, and that a deployment is undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipegen.delivery import When
from pipegen.targets.azure.texts import label
from pipegen.yaml_text import Node, present

BEGUN = "PIPEGEN_BEGUN"
COMPLETE = "PIPEGEN_COMPLETE"

CONDITIONS = {
    When.SUCCESS: None,
    When.ALWAYS: "always()",
    When.UNDO: f"and(always(), eq(variables['{BEGUN}'], 'true'), ne(variables['{COMPLETE}'], 'true'))",
}


def bash(
    title: str,
    script: str,
    container: str | None,
    *,
    name: str | None = None,
    when: When = When.SUCCESS,
    minutes: int | None = None,
    env: Mapping[str, Node] | None = None,
    settable: Sequence[str] = (),
    is_advisory: bool = False,
) -> dict[str, Node]:
    """A step that prints what others wrote: of all that a line may ask of the agent, it sets the `settable` alone."""
    target = {"container": container, "commands": "restricted", "settableVariables": list(settable) or "none"}
    return present(
        {
            "bash": script,
            "name": name,
            "displayName": label(title),
            "condition": CONDITIONS[when],
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
    when: When = When.SUCCESS,
    env: Mapping[str, Node] | None = None,
) -> dict[str, Node]:
    """A step of a moment whose every line is pipegen's own: nothing to restrict, and the job's timeout is enough."""
    return present(
        {"bash": script, "name": name, "displayName": label(title), "condition": CONDITIONS[when], "env": env or {}}
    )


def marker(name: str, variable: str, title: str, *, is_output: bool) -> Node:
    """A step that notes how far a deployment has come; an output reaches the job that restores."""
    scope = ";isOutput=true" if is_output else ""
    script = f'echo "##vso[task.setvariable variable={variable}{scope};isReadonly=true]true"'
    return own(title, script, name=name if is_output else None)
