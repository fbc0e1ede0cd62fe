"""The checks that a stage has to pass before it starts, and the answers of people to approvals and validations.

Sources: learn.microsoft.com/azure/devops/pipelines/process/approvals (a stage waits for the checks of all resources
that its jobs use; static checks before approvals; an approval that expires skips the stage, one that is rejected ends
it) and /tasks/reference/manual-validation-v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.azure_settings import Approving, Resource, Settings
from conformance.azure_starting import matches
from conformance.azure_templates import Node, known
from pipegen.simulation import Answer, ApprovalResult

MACRO = re.compile(r"\$\(([^)]+)\)")


@dataclass(frozen=True)
class People:
    """What people say to each approval, by the name of its environment or job, and who started the run."""

    answers: Mapping[str, Answer]
    starter: str

    def to(self, name: str) -> Answer:
        return self.answers.get(name, Answer())


def approved(check: Approving, answer: Answer, starter: str, settings: Settings) -> ApprovalResult:
    """Everybody who may approves once, and a team counts once however many of it do."""
    counted: set[str] = set()
    for person in answer.approved_by:
        if person == starter and not check.own_runs:
            continue
        counted |= {each for each in check.approvers if person in settings.people(each)}
        if len(counted) >= (check.minimum or len(check.approvers)):
            return ApprovalResult.GRANTED
    return _ended(answer)


def validated(
    inputs: Mapping[str, str], answer: Answer, starter: str, settings: Settings
) -> tuple[ApprovalResult, str]:
    """One task takes one answer: that of the first who may give it, who is named."""
    named = [each.strip().rpartition("\\")[2] for each in inputs["approvers"].split(",")]
    may_own = inputs.get("allowApproversToApproveTheirOwnRuns", "true").lower() == "true"
    for person in answer.approved_by:
        if any(person in settings.people(each) for each in named) and (may_own or person != starter):
            return ApprovalResult.GRANTED, person
    ended = _ended(answer)
    if ended is ApprovalResult.EXPIRED and inputs.get("onTimeout", "reject") == "resume":
        return ApprovalResult.GRANTED, ""
    return ended, ""


def _ended(answer: Answer) -> ApprovalResult:
    if answer.rejected_by is not None:
        return ApprovalResult.REJECTED
    return ApprovalResult.EXPIRED if answer.expires else ApprovalResult.WAITING


def resources(stage: Node, settings: Settings) -> Iterator[tuple[str, Resource]]:
    """What the jobs of a stage use of what can have checks; an environment that nobody made has none."""
    for job in stage["jobs"]:
        if "environment" in job:
            yield f"environment {job['environment']}", settings.environments.get(job["environment"], Resource())
        for name in groups(job):
            yield f"group {name}", settings.groups[name]
        for step in all_steps(job):
            inputs = step.get("inputs", {})
            if "secureFile" in inputs:
                yield f"file {inputs['secureFile']}", settings.files[inputs["secureFile"]]
            if "azureSubscription" in inputs:
                name = inputs["azureSubscription"]
                yield f"connection {name}", settings.connections[name]


def passes_branch_control(used: Iterable[tuple[str, Resource]], ref: str) -> bool:
    return all(each.branches is None or any(matches(one, ref) for one in each.branches) for _, each in used)


def groups(job: Node) -> list[str]:
    variables = job.get("variables", {})
    return [each["group"] for each in variables if "group" in each] if isinstance(variables, list) else []


def all_steps(job: Node) -> Sequence[Node]:
    """The steps of a job, or of all hooks of a deployment."""
    if "deployment" not in job:
        steps: Sequence[Node] = job.get("steps", [])
        return steps
    known(job["strategy"], {"runOnce"})
    hooks = dict(job["strategy"]["runOnce"])
    after = hooks.pop("on", {})
    return [step for hook in (*hooks.values(), *after.values()) for step in hook["steps"]]


def secrets(job: Node, settings: Settings) -> tuple[str, ...]:
    """The secrets that the steps of a job name, by macros or as secure files."""
    found: dict[str, None] = {}
    held = {name: secret for each in groups(job) for name, secret in settings.groups[each].variables.items()}
    for step in all_steps(job):
        for macro in MACRO.findall(str(step)):
            if macro in held:
                found[held[macro]] = None
        if "secureFile" in (inputs := step.get("inputs", {})):
            found[settings.files[inputs["secureFile"]].variables[""]] = None
    return tuple(found)
