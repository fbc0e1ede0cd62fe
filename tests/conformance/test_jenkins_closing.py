"""Jenkins takes no agent for the job that closes a rollout where there is nothing to undo, and says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.observing import differences
from conformance.random_runs import SPARED, expected_on, on_jenkins
from conformance.random_specs import NAME, Drawn
from deliveries import CONFIG
from pipegen.simulation import Ending, Fault, Pushed
from pipegen.targets import jenkins

ROLLOUT = Drawn(
    {
        "pipegen": 1,
        "model": {"name": NAME, "owner": "risk", "path": "models/risk"},
        "flow": [{"branch": "feat/*"}, {"branch": "dev", "environments": ["dev"]}],
        "environments": {"dev": {}},
        "stages": [
            {
                "id": "deploy",
                "deploys": True,
                "rollout": [
                    {"id": "some", "run": "true"},
                    {"id": "all", "run": "true", "approvals": {"approvers": ["risk"], "environments": ["dev"]}},
                ],
                "restore": "true",
            }
        ],
    }
)


def test_the_end_of_a_rollout_takes_place_on_jenkins_where_there_is_something_to_undo(tmp_path: Path) -> None:
    (good,) = (case for case in ROLLOUT.cases(100) if case.occurrence == Pushed("dev") and not case.outcomes.faults)
    bad = replace(good, outcomes=replace(good.outcomes, faults={"deploy-dev-all": Fault(Ending.FAILED)}))
    ((well, wrong),) = on_jenkins([(ROLLOUT, [good, bad])], tmp_path)
    assert differences(good.expected, well) == ["deploy-dev-closing does not run"]
    assert differences(expected_on("jenkins", good), well) == []
    assert differences(bad.expected, wrong) == []
    assert expected_on("jenkins", bad) == list(bad.expected)


def test_jenkins_says_that_it_spares_the_agent() -> None:
    told = {each.subject: each.detail for each in jenkins.capabilities(ROLLOUT.delivery, CONFIG)}
    assert told["restore dev"].endswith(SPARED)
