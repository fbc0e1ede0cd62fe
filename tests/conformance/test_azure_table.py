"""Azure Pipelines does what the reference says: each model, at each occurrence, with each thing that goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.azure import files_of, observed, project_of
from conformance.azure_cases import (
    PEOPLE,
    SECOND,
    STARTER,
    all_well,
    faulty_cases,
    granted,
    plain_cases,
    teams_of,
    world_of,
)
from conformance.azure_templates import compiled
from conformance.cases import Case
from conformance.observing import differences
from local_models import DELIVERIES, pipeline
from local_world import World
from pipegen.delivery import Action, Event
from pipegen.simulation import ActionStarted, Answer, Outcomes, PullRequestOpened, Pushed, simulate, started

PLAIN = [case for model in DELIVERIES for case in plain_cases(model)]
FAULTY = [case for model in DELIVERIES for case in faulty_cases(model)]
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


def found(case: Case, world: WorldOf) -> list[str]:
    return differences(case.expected, observed(case, world(case.model), teams_of(case.delivery)))


def numbered(cases: list[Case]) -> list[str]:
    return [f"{number}: {case}" for number, case in enumerate(cases)]


@pytest.mark.parametrize("case", PLAIN, ids=numbered(PLAIN))
def test_the_right_runs_do_the_right_things(case: Case, world: WorldOf) -> None:
    assert found(case, world) == []


@pytest.mark.parametrize("case", FAULTY, ids=numbered(FAULTY))
def test_whatever_goes_wrong_means_the_same(case: Case, world: WorldOf) -> None:
    assert found(case, world) == []


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
        case = Case(model, occurrence, all_well(model))
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

ACTIONS = [
    (model, each.event) for model, delivery in DELIVERIES.items() for each in delivery.pipelines
    if isinstance(each.event, Action)
]  # fmt: skip


@pytest.mark.parametrize(("model", "action"), ACTIONS, ids=[f"{model} {action.name}" for model, action in ACTIONS])
def test_a_form_refuses_a_value_that_is_not_of_its_type_before_anything_runs(
    model: str, action: Action, world: WorldOf
) -> None:
    """The reference has the guard refuse it. Capability `action`: a form with typed parameters."""
    for name, value in (("environment", "nowhere"), ("window_months", "many"), ("strict", "maybe")):
        if name in {each.name for each in action.parameters}:
            given = {"version": "3.1", "reason": "the market moved", name: value}
            fitting = {each.name: given[each.name] for each in action.parameters if each.name in given}
            occurrence = ActionStarted(action.name, action.branches[0].replace("*", "1"), fitting)
            assert found(Case(model, occurrence, all_well(model)), world) == [
                f"it runs nothing and not ['action-{action.name}']"
            ]


@pytest.mark.parametrize(
    ("model", "approval", "branch"),
    [("fraud-detection", "serving-prod", "prod"), ("demand-forecast", "bundle-prod", "main")],
)
def test_two_people_of_one_team_count_once(model: str, approval: str, branch: str, world: WorldOf) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals: a group is one approver. It is as if one spoke."""
    occurrence = Pushed(branch)
    both = granted(model, **{approval: Answer((PEOPLE[0], SECOND))})
    one = granted(model, **{approval: Answer((PEOPLE[0],))})
    case = Case(model, occurrence, Outcomes({}, both, STARTER))
    runs = observed(case, world(model), teams_of(case.delivery))
    assert f"approval {approval} is waiting and not granted" in differences(case.expected, runs)
    assert differences(Case(model, occurrence, Outcomes({}, one, STARTER)).expected, runs) == []


@pytest.mark.parametrize("model", DELIVERIES)
def test_no_review_runs_for_a_fork_because_reviews_have_secrets(model: str, world: WorldOf) -> None:
    """The check of the repository fails instead. Capability `verdict`: a pull request from a fork fails."""
    (target, *_) = pipeline(model, "review").event.targets  # type: ignore[union-attr]
    case = Case(model, PullRequestOpened("mallory:feat/a", target.branch), all_well(model))
    assert found(case, world) == ["it runs nothing and not ['review']"]
