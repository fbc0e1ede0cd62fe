"""Who hears of a failure on Azure: the fraud model, whose rollout asks people half-way, with a webhook."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
import yaml

from conformance.azure import files_for, observed
from conformance.azure_cases import answers_of, teams_of, world_of
from conformance.cases import Case
from conformance.observing import differences
from conformance.table import STARTER
from deliveries import CONFIG, ROOT
from local_world import World
from pipegen.delivery import Delivery
from pipegen.plan import plan
from pipegen.simulation import Answer, Ending, Fault, Occurrence, Outcomes, Pushed, TimerFired
from specs import spec_from

MODEL = "fraud-detection"
SPEC = f"model-specs/{MODEL}.yaml"
PROD = Pushed("prod")
FULL = "serving-prod-full"


@cache
def telling() -> Delivery:
    data = yaml.safe_load((ROOT / SPEC).read_text("utf-8"))
    data["secrets"]["TEAMS_URL"] = {"stages": []}
    data["notify"] = {"webhook": "TEAMS_URL"}
    return plan(spec_from(data), CONFIG, SPEC)


@dataclass(frozen=True)
class Telling(Case):
    @property
    def delivery(self) -> Delivery:
        return telling()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_of(MODEL, tmp_path_factory.mktemp(MODEL))


def found(case: Case, world: World) -> list[str]:
    return differences(case.expected, observed(case, world, teams_of(case.delivery), files_for(case.delivery)))


def case(
    occurrence: Occurrence, faults: dict[str, Fault] | None = None, answers: dict[str, Answer] | None = None
) -> Case:
    return Telling(MODEL, occurrence, Outcomes(faults or {}, answers_of(MODEL, **(answers or {})), STARTER))


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        (case(PROD), False),
        (case(PROD, {"validate": Fault(Ending.FAILED)}), True),
        (case(PROD, {"validate": Fault(Ending.TIMED_OUT)}), True),
        (case(PROD, {"validate": Fault(Ending.CANCELLED)}), False),
        (case(PROD, {"deploy-serving-prod-canary": Fault(Ending.FAILED)}), True),
        (case(PROD, {"deploy-serving-prod-full": Fault(Ending.CANCELLED)}), False),
        (case(PROD, {}, {"serving-prod": Answer(expires=True)}), False),
        (case(PROD, {}, {"serving-prod": Answer()}), False),
        (case(PROD, {}, {FULL: Answer()}), False),
        (case(TimerFired("monitor"), {"drift": Fault(Ending.FAILED)}), True),
    ],
    ids=str,
)
def test_people_hear_of_failures(tried: Case, told: bool, world: World) -> None:  # noqa: FBT001  (of a table)
    assert [each.told for each in tried.expected] == [told]
    assert found(tried, world) == []


@pytest.mark.parametrize(
    "answers",
    [
        {"serving-prod": Answer(rejected_by="bob")},
        {FULL: Answer(rejected_by="alice")},
        {FULL: Answer(expires=True)},
    ],
    ids=["an approval is rejected", "a validation is rejected", "a validation expires"],
)
def test_a_refusal_is_a_failure_to_azure_and_people_hear_of_it(answers: dict[str, Answer], world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals and manual-validation-v1.

    A stage whose approval is rejected and a job whose validation is rejected end as failed; the reference tells nobody.
    """
    assert found(case(PROD, {}, answers), world) == ["notify-failed runs", "people are told of a failure"]
