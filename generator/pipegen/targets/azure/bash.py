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
    minutes: int = 5,
    env: Mapping[str, Node] | None = None,
    settable: Sequence[str] = (),
    commands: str | None = "restricted",
    is_advisory: bool = False,
) -> dict[str, Node]:
    """A step. What it prints may set the `settable` variables, and ask for more of the agent if `commands` is None."""
    target = {"container": container, "commands": commands, "settableVariables": list(settable) or "none"}
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


def marker(name: str, variable: str, title: str, container: str | None, *, is_output: bool) -> Node:
    """A step that notes how far a deployment has come; an output reaches the job that restores."""
    scope = ";isOutput=true" if is_output else ""
    script = f'echo "##vso[task.setvariable variable={variable}{scope};isReadonly=true]true"\n'
    return bash(title, script, container, name=name, settable=(variable,))
