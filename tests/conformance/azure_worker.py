"""What an agent makes of the variables of a job and of the lines that its steps print.

Sources: microsoft/azure-pipelines-agent (Variables, VarUtil, TaskCommandExtension, WorkerCommandManager),
microsoft/azure-pipelines-task-lib (_loadData, which takes some variables away from scripts), and
learn.microsoft.com/azure/devops/pipelines/process/{variables,set-variables-scripts}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.azure_expressions import UnknownConstruct
from conformance.azure_templates import Node

_COMMAND = re.compile(r"##vso\[(?P<name>[\w.]+)(?P<properties>[^\]]*)\](?P<data>.*)")
_KEPT_BY_TASKS = ("INPUT_", "ENDPOINT_AUTH_", "SECUREFILE_TICKET_", "SECRET_", "VSTS_TASKVARIABLE_")
_RESTRICTED = frozenset({"task.complete", "task.debug", "task.logissue", "task.setsecret", "task.setvariable"})
_ESCAPES = {"%0D": "\r", "%0A": "\n", "%3B": ";", "%5D": "]", "%AZP25": "%"}
_MACRO = re.compile(r"\$\(([^)]+)\)")
_DEEPEST = 50


def _is_circular(name: str, known: Mapping[str, str], above: tuple[str, ...]) -> bool:
    if name in above:
        return True
    return any(_is_circular(each.lower(), known, (*above, name)) for each in _MACRO.findall(known.get(name, "")))


@dataclass
class Variables:
    """The variables of a job: `secret` ones stay out of environments, `readonly` ones keep their value."""

    values: dict[str, str]
    secret: set[str] = field(default_factory=set)
    readonly: set[str] = field(default_factory=set)
    outputs: dict[str, str] = field(default_factory=dict)
    issues: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Before the first step the macros in all values are expanded, as often as there are some.

        A value that leads into a circle stays as it is.
        """
        known = {name.lower(): text for name, text in self.values.items()}
        circular = {name for name in self.values if _is_circular(name.lower(), known, ())}
        for _ in range(_DEEPEST):
            expanded = {name: text if name in circular else self.expanded(text) for name, text in self.values.items()}
            if expanded == self.values:
                return
            self.values = expanded
        raise UnknownConstruct("variables that name each other")

    def expanded(self, text: str) -> str:
        """Macros of variables that exist, once; others stay as they are."""
        known = {name.lower(): value for name, value in self.values.items()}
        start = text.find("$(")
        while start >= 0 and (end := text.find(")", start)) >= 0:
            value = known.get(text[start + 2 : end].lower())
            text = text if value is None else text[:start] + value + text[end + 1 :]
            start = text.find("$(", start + (1 if value is None else len(value)))
        return text

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """What a script gets: all public variables under their names in capitals, and what its step maps."""
        public = {name: text for name, text in self.values.items() if name.lower() not in self.secret}
        found = {name.replace(".", "_").replace(" ", "_").upper(): text for name, text in public.items()}
        found |= {name: self.expanded(text) for name, text in own.items()}
        return {name: text for name, text in found.items() if not name.startswith(_KEPT_BY_TASKS)}

    def listen(self, output: str, step: Node) -> None:
        """Do what the lines of a step ask for, as far as the step lets them."""
        for line in output.splitlines():
            found = _COMMAND.search(line)
            target = step.get("target", {})
            if found and not (target.get("commands") == "restricted" and found["name"] not in _RESTRICTED):
                self._command(found["name"], found["properties"], found["data"], step)

    def _command(self, name: str, properties: str, data: str, step: Node) -> None:
        given = dict(each.split("=", 1) for each in properties.strip().split(";") if each)
        said = re.sub("|".join(_ESCAPES), lambda code: _ESCAPES[code[0]], data)
        match name:
            case "task.setvariable":
                self._set(given, said, step)
            case "task.logissue":
                self.issues.append(said)
            case "task.uploadsummary" | "task.debug":
                pass
            case _:
                raise UnknownConstruct(f"the command {name}")

    def _set(self, given: Mapping[str, str], value: str, step: Node) -> None:
        name = given["variable"]
        settable = step.get("target", {}).get("settableVariables")
        if name.lower() in self.readonly or (settable is not None and (settable == "none" or name not in settable)):
            self.issues.append(f"{name} may not be set")
            return
        if given.get("isOutput") == "true":
            if "name" not in step:
                raise UnknownConstruct(f"{name} is an output of a step without a name")
            name = f"{step['name']}.{name}"
            self.outputs[name] = value
        self.values = {each: text for each, text in self.values.items() if each.lower() != name.lower()}
        self.values[name] = value
        self.secret |= {name.lower()} if given.get("issecret", given.get("isSecret")) == "true" else set()
        self.readonly |= {name.lower()} if given.get("isReadonly") == "true" else set()
