"""Which jobs of GitHub's workflows hold what an environment owns, and what stands before them.

A job that is bound to an environment reads its secrets and gets its identity, whatever the job's steps say. People are
asked by environments called `<approval>-approval-<n>`; a job that needs them counts the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from conformance.secret_scope import Guarded, Holder, UnknownConstruct
from pipegen.targets import Files

_REVIEWS = {"pull_request", "merge_group"}
_EVENTS = {"push", "schedule", "workflow_dispatch", "workflow_call"} | _REVIEWS
_WHATEVER_FAILED = re.compile(r"\b(always|failure|cancelled)\s*\(")
_ALL_SECRETS = re.compile(r"\bsecrets\s*(?!\.\w)[\[)\s]|secrets: inherit")
_ASKING = re.compile(r"(.+)-approval-\d+")
Node = dict[str, Any]


def holders(files: Files, guarded: Guarded) -> Iterator[Holder]:
    workflows = {path: _read(path, text) for path, text in files.items()}
    analysis = _Analysis(workflows, guarded)
    for path, workflow in workflows.items():
        for name, job in workflow["jobs"].items():
            if analysis.holds(job):
                on_reviews = not _REVIEWS.isdisjoint(_all_events(workflows, path))
                yield Holder(path, name, analysis.behind(path, name), on_reviews)


def _read(path: str, text: str) -> Node:
    found: Node = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  (it makes nothing but text)
    if unknown := found["on"].keys() - _EVENTS:
        raise UnknownConstruct(f"{path} starts on {sorted(unknown)}")
    if _ALL_SECRETS.search("\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))):
        raise UnknownConstruct(f"{path} passes all secrets at once")
    return found


def _environment(job: Node) -> str:
    """The environment that a job is bound to; '' without one."""
    given = job.get("environment", "")
    name = str(given["name"] if isinstance(given, dict) else given)
    if "${{" in name:
        raise UnknownConstruct(f"environment {name}")
    return name


def _callers(workflows: dict[str, Node], path: str) -> list[tuple[str, str]]:
    return [
        (caller, name)
        for caller, workflow in workflows.items()
        for name, job in workflow["jobs"].items()
        if job.get("uses", "").endswith(f"/{path}")
    ]


def _all_events(workflows: dict[str, Node], path: str) -> set[str]:
    """What starts a workflow, by itself or by one that calls it."""
    called = (_all_events(workflows, caller) for caller, _ in _callers(workflows, path))
    return set(workflows[path]["on"]).union(*called)


@dataclass(frozen=True)
class _Analysis:
    workflows: dict[str, Node]
    guarded: Guarded

    def holds(self, job: Node) -> bool:
        """A token for a job of no environment is anybody's, and so this environment's too."""
        if "uses" in job:
            return False
        signs = isinstance(given := job.get("permissions", {}), str) or given.get("id-token") == "write"
        return _environment(job) == self.guarded.environment or (signs and not _environment(job))

    def behind(self, path: str, name: str) -> frozenset[str]:
        """The approvals that were given whenever this job begins."""
        job = self.workflows[path]["jobs"][name]
        passed = self._before_file(path)
        if not _WHATEVER_FAILED.search(job.get("if", "")):
            passed = passed.union(*(self._once_done(path, each) for each in _names(job.get("needs", []))))
        return passed

    def _before_file(self, path: str) -> frozenset[str]:
        """A file that is only called begins where those begin that call it, and any of them may."""
        if set(self.workflows[path]["on"]) != {"workflow_call"}:
            return frozenset()
        callers = [self.behind(*each) for each in _callers(self.workflows, path)]
        if not callers:
            raise UnknownConstruct(f"nobody calls {path}")
        return frozenset.intersection(*callers)

    def _once_done(self, path: str, name: str) -> frozenset[str]:
        """Who was asked, and where the answers were counted, once this job succeeded."""
        job = self.workflows[path]["jobs"][name]
        passed = self.behind(path, name)
        if _ASKING.fullmatch(_environment(job)):
            passed |= {_environment(job)}
        counted = {
            each for step in job.get("steps", []) for each in step.get("env", {}).get("ENVIRONMENTS", "").split()
        }
        if counted <= passed:
            passed |= {found[1] for each in counted if (found := _ASKING.fullmatch(each))}
        return passed


def _names(needs: str | list[str]) -> list[str]:
    return [needs] if isinstance(needs, str) else needs
