"""The rows of GitLab's table: what must come of each, and in which words GitLab differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from conformance.cases import Case
from conformance.cells import NOTHING, cell_of
from conformance.gitlab_executor import Executor
from conformance.ledger_values import UNNAMED, asks_for_people, misled
from conformance.observing import differences
from conformance.table import Declared, cases
from deliveries import CONFIG
from pipegen.delivery import Deployment, Pipeline
from pipegen.simulation import ActionStarted, Answer, Ending, Outcomes, Trace
from pipegen.targets import gitlab

_SAFE = re.compile(r"[A-Za-z0-9 ._:/@+=,~%-]*")
"""What the report says that values of actions may consist of."""


REFUSED = Declared(
    "action ", "GitLab refuses any other before anything starts", "a value is refused before the guard refuses it"
)
WAITS = Declared("expiry of approval ", "but waits until then", "the run waits on; a late yes ends it")
WAITS_INSIDE = Declared("expiry of approval ", "GitLab ends no wait by itself", "the run waits on; a late yes ends it")
NOT_UNDONE = Declared(
    "restore ",
    "a pipeline that is cancelled cancels it too",
    "a rollout that is cancelled between its jobs is not undone",
)
TOLD = Declared(
    "notice failed ",
    "people are told too when an approval is rejected or given too late",
    "people hear of a rejection as of a failure",
)


@dataclass(frozen=True)
class Row:
    """A case, and what goes wrong in it."""

    case: Case

    @property
    def what(self) -> str:
        return cell_of(self.case).fault

    def __str__(self) -> str:
        return str(self.case)


def rows(model: str) -> Mapping[str, list[Row]]:
    """All that is tried of a model, by what happens; that which goes well stands together."""
    found: dict[str, list[Row]] = {}
    for row in map(Row, cases(model)):
        group = "all agree" if row.what in {"", NOTHING} else row.case.occurrence.label
        found.setdefault(f"{model}: {group}", []).append(row)
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


def declared(case: Case) -> Iterator[Declared]:
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


def differing(case: Case) -> Iterator[Declared]:
    """All that its report must say of the case: why it may differ, and that nobody's name is told."""
    yield from declared(case)
    if asks_for_people(case, wanted(case)[0]):
        yield UNNAMED


def _expiring(answers: Mapping[str, Answer]) -> set[str]:
    return {name for name, each in answers.items() if each.expires}


def is_declared(executor: Executor, difference: Declared) -> bool:
    told = gitlab.capabilities(executor.delivery, CONFIG)
    return any(each.subject.startswith(difference.subject) and difference.words in each.detail for each in told)


def wrong(tried: Iterable[Row], executor: Executor) -> dict[str, list[str]]:
    """What GitLab does otherwise than it must; there must be rows."""
    found: dict[str, list[str]] = {}
    for row in tried:
        # Cases that differ in the script alone have one title.
        found.setdefault(str(row), []).extend(_wrong(row.case, executor))
    assert found
    return {title: words for title, words in found.items() if words}


def _wrong(case: Case, executor: Executor) -> list[str]:
    traces, differs = wanted(case)
    runs = executor.observe(case)
    words, misleading = sorted(differences(traces, runs)), misled(case, runs, names=False)
    if words == sorted(differs):
        return misleading
    return words + misleading or [f"it does not differ: {differs}"]
