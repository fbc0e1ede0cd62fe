"""How Jenkins differs in the cases of the table."""

from __future__ import annotations

from dataclasses import replace

from conformance.cases import Case
from conformance.jenkins_settings import settings_of
from conformance.table import Declared, Expected
from pipegen.delivery import Action, Merged, Tagged
from pipegen.simulation import ActionStarted

OFFERED = Declared(
    "event action-", "and nothing else", "no job has the branch, so the action cannot be started there at all"
)
FORMS = Declared("action ", "the form refuses what is no choice", "the form refuses it before the guard does")
BOOLEANS = Declared(
    "action ",
    "takes a boolean that is not true for false",
    "what is no boolean counts as false, and is not refused",
)
STARTER = Declared(
    "initiator of approval ", "may approve in", "who pushed or merged is unknown, so the yes of whoever did counts"
)


def expected_of(case: Case) -> Expected:
    """The reference, but for what is not offered, what the form does not take, and who started a push."""
    if is_not_offered(case):
        return Expected(case.expected, _nothing(case), OFFERED)
    if is_no_choice(case):
        return Expected(case.expected, _nothing(case), FORMS)
    if said := _as_booleans(case):
        return Expected(said.expected, declared=BOOLEANS)
    if starter_is_unknown(case):
        return Expected(replace(case, outcomes=replace(case.outcomes, starter="")).expected, declared=STARTER)
    return Expected(case.expected)


def _nothing(case: Case) -> tuple[str, ...]:
    return tuple(f"it runs nothing and not ['{start.pipeline.id}']" for start in case.starts)


def is_not_offered(case: Case) -> bool:
    """No job has the branch that the action is not for. The reference has the guard refuse it."""
    asked = case.occurrence
    if not isinstance(asked, ActionStarted):
        return False
    (job,) = (each for each in settings_of(case.delivery).jobs if each.name == f"{case.model}-action-{asked.name}")
    return not (job.has_branch(asked.branch) or job.has_tag(asked.branch))


def is_no_choice(case: Case) -> bool:
    """The form takes none but its choices. The reference has the guard refuse it."""
    if not isinstance(case.occurrence, ActionStarted):
        return False
    (start,) = case.starts
    event = start.pipeline.event
    asked = event.parameters if isinstance(event, Action) else ()
    return any(each.choices and start.parameters[each.name] not in each.choices for each in asked)


def _as_booleans(case: Case) -> Case | None:
    """The case with `false` in place of what is no boolean; None if all are."""
    asked = case.occurrence
    if not isinstance(asked, ActionStarted):
        return None
    (start,) = case.starts
    event = start.pipeline.event
    booleans = (
        {each.name for each in event.parameters if each.type == "boolean"} if isinstance(event, Action) else set()
    )
    wrong = {name for name in booleans & asked.parameters.keys() if asked.parameters[name] not in {"true", "false"}}
    parameters = {**asked.parameters, **dict.fromkeys(wrong, "false")}
    return replace(case, occurrence=replace(asked, parameters=parameters)) if wrong else None


def starter_is_unknown(case: Case) -> bool:
    """Nobody is known to have pushed, so that the yes of whoever did counts."""
    (start,) = case.starts or (None,)
    said = {person for answer in case.outcomes.answers.values() for person in answer.approved_by}
    return start is not None and isinstance(start.pipeline.event, Merged | Tagged) and case.outcomes.starter in said
