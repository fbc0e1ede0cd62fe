"""What becomes of an approval: how many different people count, and what happens when they are too few."""

from __future__ import annotations

from pipegen.delivery import Approval
from pipegen.simulation.outcomes import Answer, Outcomes
from pipegen.simulation.trace import ApprovalResult, ApprovalTrace


def asked(approval: Approval, outcomes: Outcomes) -> ApprovalTrace:
    """A person counts once; whoever started the run does not count."""
    answer = outcomes.answers.get(approval.id, Answer())
    people = dict.fromkeys(person for person in answer.approved_by if person != outcomes.starter)
    counted = tuple(people)[: approval.count]
    result, reason = _result(approval, answer, len(counted))
    return ApprovalTrace(approval.id, approval.environment, approval.count, approval.approvers, result, counted, reason)


def _result(approval: Approval, answer: Answer, count: int) -> tuple[ApprovalResult, str]:
    if count == approval.count:
        return ApprovalResult.GRANTED, ""
    if answer.rejected_by is not None:
        return ApprovalResult.REJECTED, f"{answer.rejected_by} said no"
    had = f"{count} of {approval.count} had agreed"
    if answer.expires:
        return ApprovalResult.EXPIRED, f"its time was over when {had}"
    return ApprovalResult.WAITING, f"it waits: {count} of {approval.count} agreed"
