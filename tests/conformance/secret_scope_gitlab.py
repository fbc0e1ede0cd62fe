"""Which jobs of GitLab's files hold what an environment owns, and what stands before them.

A job that is bound to an environment gets all variables of its scope, whatever its script says. People are asked by
manual jobs of environments called `<approval>-approval`; what waits for these jobs does not begin before they succeed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from conformance.secret_scope import Guarded, Holder, UnknownConstruct
from pipegen.targets import Files

Node = dict[str, Any]
_WHEN = {"on_success", "on_failure", "always", "manual"}
_BELOW = '$CI_PIPELINE_SOURCE == "parent_pipeline"'


def holders(files: Files, guarded: Guarded) -> Iterator[Holder]:
    analysis = _Analysis({path: _read(text) for path, text in files.items()})
    for path, nodes in analysis.files.items():
        for name in nodes:
            if not name.startswith(".") and analysis.environment(path, name) == guarded.environment:
                yield Holder(path, name, analysis.behind(path, name), analysis.on_reviews(path, name))


def _read(text: str) -> dict[str, Node]:
    """The jobs of a file, hidden ones included."""
    *_, body = yaml.safe_load_all(text)
    return {
        name: node for name, node in body.items() if isinstance(node, dict) and name not in {"workflow", "variables"}
    }


@dataclass(frozen=True)
class _Analysis:
    files: dict[str, dict[str, Node]]

    def environment(self, path: str, name: str) -> str:
        """The environment that a job is bound to; '' without one."""
        given = self.files[path][name].get("environment", "")
        found = str(given["name"] if isinstance(given, dict) else given)
        if "$" in found:
            raise UnknownConstruct(f"environment {found}")
        return found

    def behind(self, path: str, name: str) -> frozenset[str]:
        """The approvals that were given whenever this job begins."""
        passed = self._above(path)
        if self._when(path, name) <= {"on_success", "manual"}:
            for need in self.files[path][name].get("needs", []):
                if "pipeline" not in need:
                    passed |= self._once_done(path, need["job"])
        return passed

    def _once_done(self, path: str, name: str) -> frozenset[str]:
        environment = self.environment(path, name)
        asks = environment.endswith("-approval") and self._when(path, name) == {"manual"}
        return self.behind(path, name) | ({environment.removesuffix("-approval")} if asks else set())

    def _above(self, path: str) -> frozenset[str]:
        """A file that jobs of others start begins where any of these may."""
        places = [self.behind(*place) for place in self._triggers(path)]
        return frozenset.intersection(*places) if places else frozenset()

    def _triggers(self, path: str) -> list[tuple[str, str]]:
        return [
            (place, name)
            for place, nodes in self.files.items()
            for name, node in nodes.items()
            if {"local": path} in node.get("trigger", {}).get("include", [])
        ]

    def _rules(self, path: str, name: str) -> list[Node]:
        """Its own, else those of the last that it extends and that has some."""
        node = self.files[path][name]
        if "rules" in node:
            return list(node["rules"])
        bases = [node["extends"]] if isinstance(node.get("extends"), str) else node.get("extends", [])
        found = [self.files[path][each]["rules"] for each in bases if "rules" in self.files[path].get(each, {})]
        if not found:
            raise UnknownConstruct(f"{name} has no rules")
        return list(found[-1])

    def _when(self, path: str, name: str) -> set[str]:
        found = {str(rule.get("when", "on_success")) for rule in self._rules(path, name)}
        if unknown := found - _WHEN:
            raise UnknownConstruct(f"when {sorted(unknown)}")
        return found

    def on_reviews(self, path: str, name: str) -> bool:
        """A rule that asks for no event holds at reviews too."""
        conditions = [str(rule.get("if", "")) for rule in self._rules(path, name)]
        if any("||" in each for each in conditions):
            raise UnknownConstruct(f"{name} begins if {conditions}")
        if all(each == _BELOW for each in conditions):
            return any(self.on_reviews(*place) for place in self._triggers(path))
        return any("merge_request" in each or not each.startswith("$CI_PIPELINE_SOURCE ") for each in conditions)
