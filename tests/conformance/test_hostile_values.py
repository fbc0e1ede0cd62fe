"""Whatever people write or type reaches scripts as data, byte for byte, or is refused; nothing of it is executed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import local_world
from conformance import gitlab_starts, jenkins_world
from conformance.hostile_values import (
    BRANCHES,
    DEFAULTS,
    LINES,
    MESSAGE,
    PARAMETERS,
    PROGRAM,
    STARTER,
    TEXTS,
    Data,
    Seen,
    found_in,
    parameters,
    spec,
    variables,
)
from conformance.observing import Observed, differences
from conformance.random_runs import EXECUTORS
from conformance.random_runs_gitlab import on_gitlab
from conformance.random_specs import NAME, Drawn, DrawnCase, errors
from local_world import World
from pipegen.simulation import ActionStarted, JobResult, Occurrence, Outcomes, PullRequestOpened, Pushed, TimerFired

SYSTEMS = {"gitlab": on_gitlab, **EXECUTORS}
DEPLOYED = ActionStarted("rollback", "dev", {"version": "1", "environment": "prod"})
REFUSED = [ActionStarted("strict", "dev", {"note": text}) for text in (TEXTS[0], TEXTS[4], TEXTS[8], TEXTS[13], "a\nb")]
GIVEN = [*(ActionStarted("again", "dev", each) for each in parameters()), *REFUSED]
OCCURRENCES: Sequence[Occurrence] = (
    *(Pushed("feat/a"), Pushed("dev"), PullRequestOpened("feat/a", "dev"), TimerFired("nightly"), DEPLOYED),
    *map(Pushed, BRANCHES),
    *(PullRequestOpened(branch, "dev") for branch in BRANCHES),
    *GIVEN,
)
BY_EVE = ActionStarted("again", "dev")


@dataclass(frozen=True)
class Carried:
    """What was tried on one CI system, the runs that there were, and what scripts found in them."""

    cases: Sequence[DrawnCase]
    runs: Sequence[Sequence[Observed]]
    seen: Sequence[Seen]
    folder: Path

    def values(self, name: str) -> set[str]:
        return {each.variables[name] for each in self.seen if name in each.variables}

    @property
    def calls(self) -> list[str]:
        """Every call of a program of the world."""
        return [line for file in self.folder.rglob("calls") for line in file.read_text("utf-8").splitlines()]


def carry_out(target: str, data: Data, occurrences: Sequence[tuple[Occurrence, str]], folder: Path) -> Carried:
    drawn = Drawn(data)
    assert errors(data) == []
    cases = [
        DrawnCase(NAME, each, Outcomes(answers=drawn.answers, starter=starter), planned=drawn.delivery)
        for each, starter in occurrences
    ]
    (runs,) = SYSTEMS[target]([(drawn, cases)], folder / "place")
    return Carried(cases, runs, found_in(folder), folder)


@pytest.fixture(scope="module")
def world() -> Iterator[None]:
    """Worlds have the program that must not run, and commits that say what nobody should take for a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_world, "STUBBED_TOOLS", (*local_world.STUBBED_TOOLS, PROGRAM))
        for each in BRANCHES:
            patch.setitem(jenkins_world.KEPT_AS, each, "feat/a")
            patch.setitem(gitlab_starts.KEPT_AS, each, "feat/a")
        plain: Any = World.__dict__["_git"]

        def git(self: World, folder: Path, *arguments: str, check: bool = True) -> str:
            told = dict(zip(arguments[1:], arguments, strict=False))
            said = [MESSAGE if told.get(each) == "--message" else each for each in arguments]
            return str(plain(self, folder, *said, check=check))

        patch.setattr(World, "_git", git)
        yield


@pytest.fixture(scope="module", params=SYSTEMS)
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def carried(target: str, tmp_path_factory: pytest.TempPathFactory, world: None) -> Carried:  # noqa: ARG001
    folder = tmp_path_factory.mktemp(target)
    return carry_out(target, spec(folder), [*((each, "sam") for each in OCCURRENCES), (BY_EVE, STARTER)], folder)


# ---------------------------------------------------------------- what happens


def test_every_run_does_what_the_reference_says(target: str, carried: Carried) -> None:
    """GitLab makes no pipeline of parameters that its one text for them does not take."""
    pairs = zip(carried.cases, carried.runs, strict=True)
    wrong = {str(case.occurrence): differences(case.expected, runs) for case, runs in pairs}
    refused = {str(each): ["it runs nothing"] for each in GIVEN} if target == "gitlab" else {}
    assert {
        case: [each.partition(" and not")[0] for each in words] for case, words in wrong.items() if words
    } == refused


def test_nothing_is_executed(carried: Carried) -> None:
    assert [line for line in carried.calls if f"\t{PROGRAM}" in line] == []
    assert [file for file in carried.folder.rglob("x") if file.is_file()] == []


def test_what_is_executed_would_be_noticed(tmp_path: Path, world: None) -> None:  # noqa: ARG001
    data = spec(tmp_path)
    data["stages"][0]["steps_before"][0]["run"] = f'echo $(eval "{PROGRAM}")'
    careless = carry_out("azure", data, [(Pushed("feat/a"), "sam")], tmp_path)
    assert [line for line in careless.calls if f"\t{PROGRAM}" in line] != []


# ---------------------------------------------------------------- what arrives


@pytest.mark.parametrize(("name", "text"), variables().items())
def test_a_variable_of_the_spec_arrives_in_every_script(name: str, text: str, carried: Carried) -> None:
    assert {each.variables.get(name) for each in carried.seen} == {text}


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("OF_PLACE", {TEXTS[4]}),
        ("INPUT_LIKE", {TEXTS[16]}),
        ("PATHS", {TEXTS[9]}),
        ("OVERRIDDEN", {TEXTS[0], TEXTS[1]}),
        ("OF_TIMER", {TEXTS[2]}),
        ("OF_ACTION", {TEXTS[3]}),
    ],
)
def test_variables_of_environments_stages_timers_and_actions_arrive(
    name: str, texts: set[str], carried: Carried
) -> None:
    assert carried.values(name) == texts


def test_arguments_arrive(carried: Carried) -> None:
    words = tuple(text for text in (*TEXTS, *LINES) if "$" not in text)
    assert {each.arguments for each in carried.seen} == {words, ("",)}


def test_parameters_arrive(target: str, carried: Carried) -> None:
    """Jenkins takes spaces from their ends. On GitLab it is the defaults that arrive, as all others are refused."""
    given = [each for run in parameters() for each in run.items()]
    for name, text in ((f"note_{number}", text) for number, text in enumerate(DEFAULTS[:PARAMETERS])):
        assert text in carried.values(f"PIPEGEN_PARAM_{name.upper()}"), name
    for name, text in given if target != "gitlab" else ():
        wanted = text.strip() if target == "jenkins" else text
        assert wanted in carried.values(f"PIPEGEN_PARAM_{name.upper()}"), name


def test_branches_arrive(target: str, carried: Carried) -> None:
    """Azure knows no way to write a `$` that begins no macro, and so a space parts them."""
    wanted = {"feat/a", "dev", *BRANCHES}
    if target == "azure":
        pushed = {each.replace("$(", "$ (") for each in wanted}
        wanted = pushed | {each.replace("$", "$ ") for each in wanted}
    assert carried.values("PIPEGEN_BRANCH") == wanted


def test_names_of_people_arrive(target: str, carried: Carried) -> None:
    """Jenkins' ids of people know no case."""
    wanted = {"azure": STARTER.replace("$(", "$ ("), "jenkins": STARTER.lower()}.get(target, STARTER)
    assert wanted in carried.values("PIPEGEN_ACTOR")


def test_a_value_that_the_spec_does_not_allow_is_refused_before_anything_runs(target: str, carried: Carried) -> None:
    """GitLab does not even begin a run."""
    refused = [run for case, run in zip(carried.cases, carried.runs, strict=True) if case.occurrence in REFUSED]
    if target == "gitlab":
        assert refused == [[]] * len(REFUSED)
        return
    for (run,) in refused:
        assert [(job.id, job.result) for job in run.jobs] == [("guard", JobResult.FAILED)]
        (guard,) = run.jobs[0].scripts
        assert guard.variables["PIPEGEN_PARAM_NOTE"].replace("$ ", "$") in {each.parameters["note"] for each in REFUSED}
    assert len(refused) == len(REFUSED)
