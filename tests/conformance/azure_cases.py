"""What is Azure's own in the cases of the table: who belongs to which team, the world, and how Azure differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from conformance.cases import BRANCHES, Case
from conformance.ledger_values import UNNAMED, asks_for_people
from conformance.table import PEOPLE, STARTER, UNREACHABLE, Declared, Expected, granted
from deliveries import SPECS, source_of, whole_text
from local_models import BEHAVIOUR, DELIVERIES, run
from local_world import World, new_world
from pipegen.delivery import Action, Approval, Delivery, Parameter
from pipegen.simulation import ActionStarted, Answer, PullRequestOpened

SECOND = "dana"
"""Of the same team as the first."""

FORKS = Declared(
    "verdict",
    "a pull request from a fork that concerns a model fails",
    "no review runs for a fork, and the required check fails",
)
FORMS = Declared("action ", "refuses a value that is not of its type", "the form refuses it before the guard does")


def world_of(model: str, folder: Path) -> World:
    """The world of a model in which what other branches made is in the store."""
    delivery = DELIVERIES[model]
    (spec,) = (path for path in SPECS if path.stem == model)
    # A branch `feat/a/b` cannot be in a repository that has a `feat/a`: runs for it take the commit that main has.
    branches = [each for each in BRANCHES if each != "feat/a/b"]
    world = new_world(folder / "world", delivery.spec, whole_text(source_of(spec)), delivery.path, branches)
    world.tag("elasticity-v1", "main")
    world.tag("v1", "main")
    world.tag(UNREACHABLE, "docs")
    world.behave(BEHAVIOUR[model])
    if model == "fraud-detection":
        run(world, model, "deliver-dev")
    return world


def teams_of(delivery: Delivery) -> Mapping[str, frozenset[str]]:
    """One person in each team of an approval, one more in the first, and the starter in all; others are no teams."""
    found: dict[str, frozenset[str]] = {}
    for each in _approvals(delivery):
        for number, team in enumerate(each.approvers):
            members = {PEOPLE[number], STARTER, *([SECOND] if number == 0 else [])}
            found[team] = found.get(team, frozenset()) | members
    return found


def _approvals(delivery: Delivery) -> Iterator[Approval]:
    yield from (each for environment in delivery.environments for each in environment.approvals)


def answers_of(model: str, **changed: Answer) -> dict[str, Answer]:
    """Enough people say yes to everything but what is said otherwise; `_` stands for `-` in a name."""
    return {**granted(DELIVERIES[model]), **{name.replace("_", "-"): each for name, each in changed.items()}}


def expected_of(case: Case) -> Expected:
    """The reference, but that a form refuses what is not of its type, that no review runs for a fork, and no names."""
    traces = case.expected
    if isinstance(case.occurrence, PullRequestOpened) and ":" in case.occurrence.source and traces:
        return Expected(traces, ("it runs nothing and not ['review']",), FORKS)
    if isinstance(case.occurrence, ActionStarted) and _is_no_value(case):
        return Expected(traces, (f"it runs nothing and not ['{traces[0].pipeline}']",), FORMS)
    return Expected(traces, declared=UNNAMED if asks_for_people(case, traces) else None)


def _is_no_value(case: Case) -> bool:
    (start,) = case.starts
    asked = start.pipeline.event.parameters if isinstance(start.pipeline.event, Action) else ()
    return any(not _fits(each, start.parameters[each.name]) for each in asked)


def _fits(parameter: Parameter, value: str) -> bool:
    """Whether a form takes it: it knows choices, `boolean` and `number`."""
    match parameter.type:
        case "choice":
            return value in parameter.choices
        case "boolean":
            return value in {"true", "false"}
        case "integer" | "number":
            return value.replace(".", "", 1).isdigit()
        case "string":
            return True
