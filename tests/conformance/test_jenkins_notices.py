"""Who hears of a failure on Jenkins: a model that asks for an approval before prod, with a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from conformance.cases import BRANCHES, Case
from conformance.jenkins_executor import execute_in
from conformance.jenkins_world import KEPT_AS, Installation, committed
from conformance.observing import differences
from deliveries import CONFIG, ROOT
from local_models import BEHAVIOUR
from local_world import World, new_world
from pipegen.delivery import Delivery, SecretValue
from pipegen.plan import plan
from pipegen.simulation import Answer, Ending, Fault, Outcomes, Pushed
from specs import spec_from

MODEL = "churn-prediction"
SPEC = f"model-specs/{MODEL}.yaml"


@cache
def telling() -> Delivery:
    data = yaml.safe_load((ROOT / SPEC).read_text("utf-8"))
    data |= {"secrets": {"TEAMS_URL": {"stages": []}}, "notify": {"webhook": "TEAMS_URL"}}
    return plan(spec_from(data), CONFIG, SPEC)


@dataclass(frozen=True)
class Telling(Case):
    @property
    def delivery(self) -> Delivery:
        return telling()


class _World(World):
    """A world whose webhook takes every message."""

    def secret(self, value: SecretValue, part: str = "") -> str:
        return "data:,heard" if value.name == "TEAMS_URL" else super().secret(value, part)


@dataclass(frozen=True)
class _Installation(Installation):
    @property
    def delivery(self) -> Delivery:
        return telling()


def case(branch: str, ending: Ending | None = None, job: str = "", answer: Answer | None = None) -> Case:
    answers = {"prod": answer or Answer(("ann",))}
    return Telling(MODEL, Pushed(branch), Outcomes({job: Fault(ending)} if ending else {}, answers))


CASES: Mapping[str, tuple[Case, bool]] = {
    "all is well": (case("dev"), False),
    "a job fails": (case("dev", Ending.FAILED, "validate"), True),
    "a job takes too long": (case("dev", Ending.TIMED_OUT, "validate"), True),
    "a person ends the run": (case("dev", Ending.CANCELLED, "validate"), False),
    "the deployment fails": (case("dev", Ending.FAILED, "deploy-dev"), True),
    "nobody has answered yet": (case("prod", answer=Answer()), False),
    "an approval is rejected": (case("prod", answer=Answer(rejected_by="ann")), False),
    "an approval expires": (case("prod", answer=Answer(expires=True)), False),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """How Jenkins differs, by the name of the case."""
    place = _installed(tmp_path_factory.mktemp(MODEL))
    cases = [case for case, _ in CASES.values()]
    carried = execute_in([place] * len(cases), cases)
    differing = [differences(case.expected, each.runs) for case, each in zip(cases, carried, strict=True)]
    return dict(zip(CASES, differing, strict=True))


def _installed(folder: Path) -> Installation:
    branches = tuple(KEPT_AS.get(each, each) for each in BRANCHES)
    spec = (ROOT / SPEC).read_text("utf-8")
    world = _World(new_world(folder / "world", SPEC, spec, telling().path, branches).folder)
    world.behave(BEHAVIOUR[MODEL])
    return _Installation(MODEL, world, committed(world, telling(), spec, branches))


@pytest.mark.parametrize("name", CASES)
def test_people_hear_of_failures(name: str, found: Mapping[str, list[str]]) -> None:
    tried, told = CASES[name]
    assert [each.told for each in tried.expected] == [told]
    assert found[name] == []
