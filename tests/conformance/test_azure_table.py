"""Azure Pipelines does what the reference says: each model, at each occurrence, with each thing that goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.azure import CONFIG, files_of, observed, project_of
from conformance.azure_cases import SECOND, answers_of, expected_of, teams_of, world_of
from conformance.azure_templates import compiled
from conformance.cases import Case
from conformance.cells import NOTHING, cell_of
from conformance.equivalence import Shows, undeclared
from conformance.ledger_values import misled
from conformance.observing import differences
from conformance.table import PEOPLE, STARTER, all_agree, cases, numbered, wrong
from local_models import DELIVERIES
from local_world import World
from pipegen.delivery import Action, Event
from pipegen.simulation import Answer, Outcomes, PullRequestOpened, Pushed, simulate, started
from pipegen.targets import azure

CASES = [case for model in DELIVERIES for case in cases(model)]
PLAIN = [case for case in CASES if cell_of(case).fault in {"", NOTHING}]
FAULTY = [case for case in CASES if case not in PLAIN]
WorldOf = Callable[[str], World]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> WorldOf:
    """One world for all cases of a model: each run has folders and artifacts of its own."""
    made: dict[str, World] = {}

    def of(model: str) -> World:
        if model not in made:
            made[model] = world_of(model, tmp_path_factory.mktemp(model))
        return made[model]

    return of


def found(case: Case, world: WorldOf, shows: Shows) -> list[str]:
    expected = expected_of(case)
    runs = observed(case, world(case.model), teams_of(case.delivery))
    words = wrong(expected, runs) + misled(case, runs, names=False)
    if not words:
        shows("azure", case, expected.declared)
    return words


@pytest.mark.parametrize("case", PLAIN, ids=numbered(PLAIN))
def test_the_right_runs_do_the_right_things(case: Case, world: WorldOf, shows: Shows) -> None:
    assert found(case, world, shows) == []


@pytest.mark.parametrize("case", FAULTY, ids=numbered(FAULTY))
def test_whatever_goes_wrong_means_the_same(case: Case, world: WorldOf, shows: Shows) -> None:
    assert found(case, world, shows) == []


@pytest.mark.parametrize("model", DELIVERIES)
def test_azure_says_where_it_differs(model: str) -> None:
    differing = [expected_of(case).declared for case in CASES if case.model == model]
    assert undeclared(differing, azure.capabilities(DELIVERIES[model], CONFIG)) == []


@pytest.mark.parametrize("model", DELIVERIES)
def test_a_change_elsewhere_starts_what_has_no_filter_of_paths(model: str, world: WorldOf) -> None:
    changed = ("elsewhere/file",)
    teams = teams_of(DELIVERIES[model])
    for occurrence in (
        Pushed("feat/a"),
        Pushed("dev"),
        Pushed("prod"),
        Pushed("main"),
        PullRequestOpened("dev", "main"),
    ):
        case = Case(model, occurrence, all_agree(DELIVERIES[model]))
        starts = started(case.delivery, occurrence, changed)
        expected = [simulate(start, case.outcomes) for start in starts]
        assert differences(expected, observed(case, world(model), teams, changed=changed)) == []


# ---------------------------------------------------------------- what lives in settings and in queues


def queues_of(model: str, event: Event, file: str) -> dict[str, str]:
    """What becomes of runs that wait for the lock of each environment."""
    parameters = event.parameters if isinstance(event, Action) else ()
    given = {each.name: each.default or "1" for each in parameters}
    return {
        job["environment"]: {"sequential": "all", "runLatest": "newest"}[stage["lockBehavior"]]
        for stage in compiled(files_of(model), file, given)["stages"]
        for job in stage["jobs"]
        if "environment" in job
    }


@pytest.mark.parametrize("model", DELIVERIES)
def test_runs_that_queue_for_an_environment_go_in_order_or_give_way_as_the_spec_says(model: str) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals: exclusive lock, lockBehavior."""
    settings = project_of(DELIVERIES[model], {})
    for each in DELIVERIES[model].pipelines:
        units = {phase.deployment.lock.name: phase.deployment for phase in each.phases if phase.deployment}
        queues = {} if not units else queues_of(model, each.event, settings.definitions[f"{model} {each.id}"])
        assert queues == {name: unit.lock.waiting for name, unit in units.items()}
        assert all(settings.environments[name].is_locked for name in queues)


@pytest.mark.parametrize("model", DELIVERIES)
def test_nobody_who_starts_a_run_can_leave_a_stage_out(model: str) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/run-stages: any stage unless it says `isSkippable: false`."""
    files = files_of(model)
    stages = [each for path in files.texts for each in files.node(path).get("stages", []) if "stage" in each]
    assert {each["isSkippable"] for each in stages} == {"false"}


@pytest.mark.parametrize("model", DELIVERIES)
def test_an_approval_waits_as_long_as_the_spec_says(model: str) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals; manual-validation-v1."""
    settings = project_of(DELIVERIES[model], {})
    text = "".join(files_of(model).texts.values())
    for environment in DELIVERIES[model].environments:
        for approval in environment.approvals:
            check = settings.environments[approval.id].approval if approval.id in settings.environments else None
            if check is None:
                assert f"timeoutInMinutes: {approval.expires_minutes}\n            inputs:\n" in text
            else:
                assert (check.minutes, check.minimum) == (approval.expires_minutes, approval.count)


# ---------------------------------------------------------------- where Azure differs, and says so


@pytest.mark.parametrize(
    ("model", "approval", "branch"),
    [("fraud-detection", "serving-prod", "prod"), ("demand-forecast", "bundle-prod", "main")],
)
def test_two_people_of_one_team_count_once(model: str, approval: str, branch: str, world: WorldOf) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals: a group is one approver. It is as if one spoke."""
    occurrence = Pushed(branch)
    both = answers_of(model, **{approval: Answer((PEOPLE[0], SECOND))})
    one = answers_of(model, **{approval: Answer((PEOPLE[0],))})
    case = Case(model, occurrence, Outcomes({}, both, STARTER))
    runs = observed(case, world(model), teams_of(case.delivery))
    assert f"approval {approval} is waiting and not granted" in differences(case.expected, runs)
    assert differences(Case(model, occurrence, Outcomes({}, one, STARTER)).expected, runs) == []
    report = [
        each.detail for each in azure.capabilities(case.delivery, CONFIG) if each.subject == f"approval {approval}"
    ]
    assert "two people of one team count once" in " ".join(report)
