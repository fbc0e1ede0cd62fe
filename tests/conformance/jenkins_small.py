"""Small pipelines by hand, and what a run of them does in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.jenkins_engine import Build, Ended


def stage(directives: str, steps: str, post: str = "") -> str:
    return f"stage('s') {{\n {directives}\n steps {{ {steps} }}\n {post}\n}}"


def whole(stages: str) -> str:
    """For pipelines that say more than their stages."""
    return f"stages {{\n{stages}\n}}\n"


@dataclass(frozen=True)
class Small:
    """A pipeline, or its stages alone; what a run `does` and how it ends.

    A method `jobA` is the job `a`, and its script titled Work is `work`.
    """

    text: str
    does: tuple[str, ...]
    result: str = "SUCCESS"
    options: str = ""
    methods: str = ""
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rejected: str = ""
    expires: str = ""
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    before: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def build(self, folder: Path) -> Build:
        folder.mkdir(parents=True)
        file = folder / "Jenkinsfile"
        file.write_text(self._file(), "utf-8")
        more = {"env": {"BRANCH_NAME": "feat/a"}, **self.more}
        return Build(
            file,
            folder / "run",
            answers=self._answers(),
            groups=self.groups,
            faults=self.faults,
            places={"jobA": "a"},
            steps={"a": {"Work": ["work"]}},
            resultBefore=self.before,
            **more,
        )

    def _file(self) -> str:
        stages = self.text if self.text.startswith(("stages {", "agent none")) else whole(self.text)
        checks_out = "checkout" in self.options
        options = f"{'' if checks_out else 'skipDefaultCheckout()'}\n{self.options}"
        text = stages if self.text.startswith("agent none") else f"agent none\n{stages}"
        declared = f"pipeline {{\noptions {{\n{options}\n}}\n{text}\n}}\n"
        return f"import groovy.transform.Field\n{declared}{self.methods}\n"

    def _answers(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = {
            name: {"approved_by": list(people), "rejected_by": None, "expires": False}
            for name, people in self.answers.items()
        }
        if self.rejected:
            found[self.rejected] = {"approved_by": [], "rejected_by": "eve", "expires": False}
        if self.expires:
            found[self.expires] = {"approved_by": [], "rejected_by": None, "expires": True}
        return found


def outline(ended: Ended) -> tuple[str, ...]:
    """What the run did, in order, as far as it is seen from outside."""
    return tuple(word for each in ended.told if (word := _word(each)))


def _word(told: Mapping[str, Any]) -> str:  # noqa: PLR0911
    match told["step"]:
        case "echo":
            return str(told["message"])
        case "node":
            return f"node {told['label']}"
        case "lock" | "unlock":
            return f"{told['step']} {told['resource']}"
        case "input":
            return f"input {told['outcome']}"
        case "sh":
            return f"sh {told['label']}{'' if told['result'] == 'success' else ' ' + told['result']}"
        case "skipped":
            return f"skip {told['name']}"
        case "milestone":
            return f"milestone {told['ordinal']}"
        case _:
            return ""
