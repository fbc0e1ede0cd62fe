"""The rows of GitLab's table: what must come of each, and in which words GitLab differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from conformance.cases import Case
from conformance.gitlab_executor import Executor
from conformance.jenkins_cases import Row, happenings, mishaps
from conformance.observing import differences
from deliveries import CONFIG
from pipegen.delivery import Deployment, Pipeline
from pipegen.simulation import ActionStarted, Answer, Ending, Outcomes, Trace
from pipegen.targets import gitlab

_SAFE = re.compile(r"[A-Za-z0-9 ._:/@+=,~%-]*")
"""What the report says that values of actions may consist of."""


@dataclass(frozen=True)
class Difference:
    """Where GitLab differs: the item of the capability report that says so, and in which words."""

    subject: str
    said: str


REFUSED = Difference("action ", "GitLab refuses any other before anything starts")
WAITS = Difference("expiry of approval ", "but waits until then")
WAITS_INSIDE = Difference("expiry of approval ", "GitLab ends no wait by itself")
NOT_UNDONE = Difference("restore ", "a pipeline that is cancelled cancels it too")
TOLD = Difference("notice failed ", "people are told too when an approval is rejected or given too late")


def rows(model: str) -> Mapping[str, list[Row]]:
    """All that is tried of a model, by what happens; that which goes well stands together."""
    found: dict[str, list[Row]] = {f"{model}: all agree": list(happenings(model))}
    for row in mishaps(model):
        found.setdefault(f"{model}: {row.case.occurrence.label}", []).append(row)
    return found


def wanted(case: Case) -> tuple[tuple[Trace, ...], tuple[str, ...]]:
    """What GitLab must do: what the reference does or what that does as if something else were so, and otherwise."""
    if is_refused(case):
        return (), ()
    return replace(case, outcomes=without_expiry(case.outcomes)).expected, tuple(_words(case))


def is_refused(case: Case) -> bool:
    asked = case.occurrence
    given = asked.parameters.values() if isinstance(asked, ActionStarted) else ()
    return not all(_SAFE.fullmatch(each) for each in given)


def without_expiry(outcomes: Outcomes) -> Outcomes:
    """Nobody answers, and GitLab ends no wait."""
    answers = {name: replace(each, expires=False) for name, each in outcomes.answers.items()}
    return replace(outcomes, answers=answers)


def expires(case: Case) -> bool:
    return any(each.expires for each in case.outcomes.answers.values())


def cut_off(case: Case) -> Deployment | None:
    """The deployment of several jobs of which somebody cancels one; its last job is cancelled with the others."""
    for start in case.starts:
        for unit in deployments(start.pipeline):
            inside = [each.job.id for each in unit.jobs]
            for name, fault in case.outcomes.faults.items():
                if unit.closing and name in inside and fault.ending is Ending.CANCELLED:
                    return unit
    return None


def _words(case: Case) -> Iterator[str]:
    unit = cut_off(case)
    if unit and unit.closing:
        yield f"{unit.closing.id} does not run"


def deployments(pipeline: Pipeline) -> Iterator[Deployment]:
    yield from (phase.deployment for phase in pipeline.phases if phase.deployment)


def declared(case: Case) -> Iterator[Difference]:
    """Why it may differ."""
    if is_refused(case):
        yield REFUSED
    if expires(case):
        inside = {
            each.approval.id
            for start in case.starts
            for unit in deployments(start.pipeline)
            for each in unit.jobs
            if each.approval
        }
        yield WAITS_INSIDE if inside & _expiring(case.outcomes.answers) else WAITS
    if cut_off(case):
        yield NOT_UNDONE


def _expiring(answers: Mapping[str, Answer]) -> set[str]:
    return {name for name, each in answers.items() if each.expires}


def is_declared(executor: Executor, difference: Difference) -> bool:
    told = gitlab.capabilities(executor.delivery, CONFIG)
    return any(each.subject.startswith(difference.subject) and difference.said in each.detail for each in told)


def wrong(tried: Iterable[Row], executor: Executor) -> dict[str, list[str]]:
    """What GitLab does otherwise than it must; there must be rows."""
    found = {str(row): _wrong(row.case, executor) for row in tried}
    assert found
    return {title: words for title, words in found.items() if words}


def _wrong(case: Case, executor: Executor) -> list[str]:
    traces, differs = wanted(case)
    words = sorted(differences(traces, executor.observe(case)))
    return [] if words == sorted(differs) else words or [f"it does not differ: {differs}"]
