"""What scripts get for the ledger: that each CI system says what it cannot tell, and that a wrong value is found."""

from __future__ import annotations

import pytest

from conformance.cases import LEDGER, Case
from conformance.ledger_values import PEOPLE, UNNAMED, asks_for_people, misled
from conformance.observing import Observed, ObservedJob, Script
from conformance.table import all_agree
from deliveries import CONFIG
from local_models import DELIVERIES
from pipegen.delivery import Fidelity
from pipegen.plan.variables import LEDGER_TOKEN
from pipegen.simulation import JobResult, Pushed
from pipegen.targets import TARGETS

MODEL = "demand-forecast"
CASE = Case(MODEL, Pushed("main"), all_agree(DELIVERIES[MODEL]))
RIGHT = {PEOPLE: "alice,bob", LEDGER_TOKEN: "secret"}


@pytest.mark.parametrize("model", DELIVERIES)
@pytest.mark.parametrize("target", TARGETS)
def test_each_ci_system_says_whether_scripts_are_told_who_gave_an_approval_that_they_ask_for(
    target: str, model: str
) -> None:
    fidelity = Fidelity.APPROXIMATED if target in {"azure", "gitlab"} else Fidelity.EXACT
    said = {
        each.subject.removeprefix(UNNAMED.subject): each.fidelity
        for each in TARGETS[target].capabilities(DELIVERIES[model], CONFIG)
        if each.subject.startswith(UNNAMED.subject)
    }
    assert said == dict.fromkeys(DELIVERIES[model].people_wanted, fidelity)


def test_scripts_ask_who_approved_where_somebody_had_to() -> None:
    assert asks_for_people(CASE, CASE.expected)
    assert not asks_for_people(Case(MODEL, Pushed("dev"), CASE.outcomes), Case(MODEL, Pushed("dev")).expected)


def of_ledger(variables: dict[str, str], step: str = LEDGER) -> list[Observed]:
    """A run in which one script finds these variables."""
    job = ObservedJob("deploy-bundle-prod", JobResult.SUCCESS, (Script(step, "success", variables),), (), ())
    return [Observed("deliver-main", (job,), (), told=False)]


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({**RIGHT, PEOPLE: "alice"}, "finds that 'alice' approved, and not 'alice,bob'"),
        ({**RIGHT, PEOPLE: "alice,bob,sam"}, "finds that 'alice,bob,sam' approved, and not 'alice,bob'"),
        ({LEDGER_TOKEN: "secret"}, "finds that None approved, and not 'alice,bob'"),
        ({PEOPLE: "alice,bob"}, "gets no token of the ledger"),
        ({**RIGHT, LEDGER_TOKEN: ""}, "gets no token of the ledger"),
    ],
)
def test_a_wrong_value_is_found(variables: dict[str, str], says: str) -> None:
    assert misled(CASE, of_ledger(RIGHT), names=True) == []
    assert misled(CASE, of_ledger(variables), names=True) == [f"deploy-bundle-prod/ledger: {says}"]


def test_names_are_told_nowhere_else_and_no_other_script_gets_the_token() -> None:
    assert misled(CASE, of_ledger({}, "rollout"), names=True) == []
    assert misled(CASE, of_ledger(RIGHT, "rollout"), names=True) == [
        "deploy-bundle-prod/rollout: finds that 'alice,bob' approved, and not None",
        "deploy-bundle-prod/rollout: gets the token of the ledger",
    ]


def test_who_tells_no_names_tells_none() -> None:
    assert misled(CASE, of_ledger({**RIGHT, PEOPLE: ""}), names=False) == []
    assert misled(CASE, of_ledger(RIGHT), names=False) != []
