"""A job on a machine: its steps one after the other, by GitHub's rules of status and outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.github_actions import Artifacts, use
from conformance.github_files import Job, Node, Step
from conformance.github_language import Status, UnknownConstruct, Value, language
from conformance.github_machine import Machine
from pipegen.simulation import Ending

_SUCCESS, _FAILURE, _CANCELLED, _SKIPPED = "success", "failure", "cancelled", "skipped"
_ENDINGS = {_SUCCESS: "success", _FAILURE: Ending.FAILED, _CANCELLED: Ending.CANCELLED}


@dataclass(frozen=True)
class Ran:
    """A script that ran: which step of the job it is, how it ended, and what it found."""

    index: int
    result: str
    variables: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Ended:
    """How a job ended; `cancels`: somebody cancelled the run while it was at work."""

    result: str
    outputs: Mapping[str, str]
    scripts: tuple[Ran, ...]
    summary: str
    cancels: bool = False


@dataclass
class Stage:
    """What a job is carried out with.

    `faults` says how steps end, by their place in the job; `stubs` what the world calls each of them.
    """

    machine: Machine
    contexts: Mapping[str, Any]
    variables: Node
    shell: str
    artifacts: Artifacts
    place: str
    faults: Mapping[int, Ending] = field(default_factory=dict)
    stubs: Mapping[int, tuple[str, str]] = field(default_factory=dict)


def evaluated(node: Any, contexts: Mapping[str, Any]) -> Any:  # noqa: ANN401  (a part of a file)
    """Plain data without expressions: texts and numbers as they stand, expressions as their values."""
    if isinstance(node, dict):
        if "$expression" in node:
            return language().evaluate(node["$expression"], contexts, None)
        return {name: evaluated(value, contexts) for name, value in node.items()}
    return [evaluated(each, contexts) for each in node] if isinstance(node, list) else node


def text(value: Any) -> str:  # noqa: ANN401  (the same)
    """A scalar as the runner passes it on."""
    if isinstance(value, Value):
        return value.text
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def texts(node: Node | None, contexts: Mapping[str, Any]) -> dict[str, str]:
    return {name: text(value) for name, value in evaluated(dict(node or {}), contexts).items()}


def carry_out(job: Job, stage: Stage) -> Ended:
    stage.machine.workspace.mkdir()
    return _Work(job, stage).run()


class _Work:
    """A job under way."""

    def __init__(self, job: Job, stage: Stage) -> None:
        self._job = job
        self._stage = stage
        self._status = _SUCCESS
        self._cancels = False
        self._steps: dict[str, Any] = {}
        self._variables = texts(stage.variables, stage.contexts) | texts(job.node.get("env"), stage.contexts)
        self._own: dict[str, str] = {}
        self._scripts: list[Ran] = []
        self._summary = ""

    def run(self) -> Ended:
        for index, step in enumerate(self._job.steps):
            self._own = texts(step.node.get("env"), {**self._contexts, "env": self._variables})
            if self._is_due(step.condition):
                self._note(step, *self._step(index, step))
            else:
                self._note(step, _SKIPPED, _SKIPPED, {})
        self._own = {}
        outputs = texts(self._job.node.get("outputs"), self._contexts)
        return Ended(self._status, outputs, tuple(self._scripts), self._summary, self._cancels)

    @property
    def _contexts(self) -> dict[str, Any]:
        return {
            **self._stage.contexts,
            "env": {**self._variables, **self._own},
            "steps": self._steps,
            "job": {"status": self._status},
            "runner": {"os": "Linux", "arch": "X64", "temp": str(self._stage.machine.home)},
        }

    def _is_due(self, condition: str) -> bool:
        asked = Status(self._status == _SUCCESS, self._status == _FAILURE, self._status == _CANCELLED)
        return language().evaluate(condition, self._contexts, asked).holds

    def _note(self, step: Step, outcome: str, conclusion: str, outputs: Mapping[str, str]) -> None:
        if step.node.get("id"):
            self._steps[step.node["id"]] = {"outcome": outcome, "conclusion": conclusion, "outputs": dict(outputs)}
        # A cancellation outweighs a failure, and nothing outweighs a cancellation.
        if conclusion == _CANCELLED or (conclusion == _FAILURE and self._status == _SUCCESS):
            self._status = conclusion

    # ------------------------------------------------------------ steps

    def _step(self, index: int, step: Step) -> tuple[str, str, Mapping[str, str]]:
        """Outcome, conclusion and outputs; an advisory step that failed has concluded well."""
        outcome, outputs = self._carried_out(index, step)
        advisory = step.node.get("continue-on-error", False)
        if not isinstance(advisory, bool):
            raise UnknownConstruct("continue-on-error by an expression")
        return outcome, _SUCCESS if advisory and outcome == _FAILURE else outcome, outputs

    def _carried_out(self, index: int, step: Step) -> tuple[str, Mapping[str, str]]:
        if "uses" in step.node:
            options = texts(_without_keys_of_caches(step.node), self._contexts)
            done = use(step.node["uses"], options, self._stage.machine, self._stage.artifacts, self._stage.place)
            return _SUCCESS if done else _FAILURE, {}
        variables = {**self._variables, **self._own}
        ending = self._stage.faults.get(index)
        if ending in {Ending.CANCELLED, Ending.TIMED_OUT}:
            return self._interrupted(index, step, ending, variables)
        return self._script(index, step, variables)

    def _interrupted(
        self, index: int, step: Step, ending: Ending, own: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        """A step's own limit fails it; the job's limit and a person cancel the job, unless it runs even then."""
        if ending is Ending.CANCELLED:
            self._cancels = True
            if language().evaluate(self._job.condition, self._stage.contexts, Status(False, cancelled=True)).holds:  # noqa: FBT003
                return self._script(index, step, own)
        fails = ending is Ending.TIMED_OUT and "timeout-minutes" in step.node
        self._scripts.append(Ran(index, ending.value, own, ""))
        return _FAILURE if fails else _CANCELLED, {}

    def _script(self, index: int, step: Step, own: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        machine, failing = self._stage.machine, self._stage.faults.get(index) is Ending.FAILED
        machine.world.tell_stubs(*self._stage.stubs.get(index, (self._job.id, "-")))
        script = text(evaluated(step.node["run"], self._contexts))
        shell = step.node.get("shell", self._stage.shell)
        done = machine.run("exit 1\n" if failing else script, shell, own)
        self._variables |= done.variables
        self._summary += done.summary
        outcome = _FAILURE if done.code else _SUCCESS
        self._scripts.append(Ran(index, _ENDINGS[outcome], done.found, done.text))
        return outcome, dict(done.outputs)


def _without_keys_of_caches(node: Node) -> Node:
    """Options of an action; those of a cache that holds nothing are not asked for."""
    return {} if node["uses"].startswith("actions/cache@") else node.get("with", {})
