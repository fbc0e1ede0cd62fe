"""Whatever people write or type reaches scripts as data, byte for byte, or is refused; nothing of it is executed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import local_world
from conformance import jenkins_world
from conformance.hostile_values import (
    BRANCHES,
    LINES,
    MESSAGE,
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
from conformance.random_specs import NAME, Drawn, DrawnCase, errors
from conftest import GOLDEN
from local_world import World
from pipegen.delivery import Parameter
from pipegen.simulation import ActionStarted, JobResult, Occurrence, Outcomes, PullRequestOpened, Pushed, TimerFired
from pipegen.targets.azure.variables import may_hold_dollars

DEPLOYED = ActionStarted("rollback", "dev", {"version": "1", "environment": "prod"})
REFUSED = [ActionStarted("strict", "dev", {"note": text}) for text in (TEXTS[0], TEXTS[4], TEXTS[8], TEXTS[13], "a\nb")]
OCCURRENCES: Sequence[Occurrence] = (
    *(Pushed("feat/a"), Pushed("dev"), PullRequestOpened("feat/a", "dev"), TimerFired("nightly"), DEPLOYED),
    *map(Pushed, BRANCHES),
    *(PullRequestOpened(branch, "dev") for branch in BRANCHES),
    *(ActionStarted("again", "dev", given) for given in parameters()),
    *REFUSED,
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
    (runs,) = EXECUTORS[target]([(drawn, cases)], folder / "place")
    return Carried(cases, runs, found_in(folder), folder)


@pytest.fixture(scope="module")
def world() -> Iterator[None]:
    """Worlds have the program that must not run, and commits that say what nobody should take for a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_world, "STUBBED_TOOLS", (*local_world.STUBBED_TOOLS, PROGRAM))
        for each in BRANCHES:
            patch.setitem(jenkins_world.KEPT_AS, each, "feat/a")
        plain: Any = World.__dict__["_git"]

        def git(self: World, folder: Path, *arguments: str, check: bool = True) -> str:
            told = dict(zip(arguments[1:], arguments, strict=False))
            said = [MESSAGE if told.get(each) == "--message" else each for each in arguments]
            return str(plain(self, folder, *said, check=check))

        patch.setattr(World, "_git", git)
        yield


@pytest.fixture(scope="module", params=EXECUTORS)
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def carried(target: str, tmp_path_factory: pytest.TempPathFactory, world: None) -> Carried:  # noqa: ARG001
    folder = tmp_path_factory.mktemp(target)
    return carry_out(target, spec(folder), [*((each, "sam") for each in OCCURRENCES), (BY_EVE, STARTER)], folder)


# ---------------------------------------------------------------- what happens


def test_every_run_does_what_the_reference_says(carried: Carried) -> None:
    pairs = zip(carried.cases, carried.runs, strict=True)
    wrong = {str(case.occurrence): differences(case.expected, runs) for case, runs in pairs}
    assert {case: words for case, words in wrong.items() if words} == {}


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
    """Jenkins takes spaces from their ends."""
    given = [each for run in parameters() for each in run.items()]
    for name, text in given:
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


def test_a_value_that_the_spec_does_not_allow_is_refused_before_anything_runs(carried: Carried) -> None:
    refused = [run for case, run in zip(carried.cases, carried.runs, strict=True) if case.occurrence in REFUSED]
    for (run,) in refused:
        assert [(job.id, job.result) for job in run.jobs] == [("guard", JobResult.FAILED)]
        (guard,) = run.jobs[0].scripts
        assert guard.variables["PIPEGEN_PARAM_NOTE"].replace("$ ", "$") in {each.parameters["note"] for each in REFUSED}
    assert len(refused) == len(REFUSED)


@pytest.mark.parametrize(
    ("pattern", "may"),
    [
        ("", False),
        ("[A-Za-z0-9 ._-]{5,100}", False),
        ("[A-Za-z0-9][A-Za-z0-9._+-]{0,99}", False),
        (r"v[0-9]+\.[0-9]+", False),
        (".*", True),
        ("[^a]", True),
        ("[!-~]", True),
        ("[[:punct:]]", True),
        ("[]a]", True),
        ("[a$]", True),
        (r"\$", True),
        (r"\S+", True),
    ],
)
def test_on_azure_bash_restores_what_may_hold_a_dollar_and_nothing_else(pattern: str, may: bool) -> None:  # noqa: FBT001
    assert may_hold_dollars(Parameter("note", "string", "", "", (), pattern, "", "", ())) is may


# ---------------------------------------------------------------- what no spec may say


def spec_with(**changes: Any) -> Data:  # noqa: ANN401
    least: Data = {
        "pipegen": 1,
        "model": {"name": NAME, "owner": "team"},
        "stages": [{"id": "test", "run": "true"}],
    }
    return least | changes


MEANINGFUL = (*TEXTS[:11:2], *TEXTS[11:22:3], *LINES[:1], "a;b", "a$b", "a'b", "a\n")
SHAPES = {
    "name": lambda text: spec_with(model={"name": text, "owner": "team"}),
    "owner": lambda text: spec_with(model={"name": NAME, "owner": text}),
    "path": lambda text: spec_with(model={"name": NAME, "owner": "team", "path": text}),
    "paths": lambda text: spec_with(model={"name": NAME, "owner": "team", "paths": [text]}),
    "branch": lambda text: spec_with(flow=[{"branch": text, "environments": ["prod"]}]),
    "tags": lambda text: spec_with(flow=[{"branch": "main"}, {"tags": text, "environments": ["prod"]}]),
    "environment": lambda text: spec_with(environments={text: {}}),
    "team": lambda text: spec_with(environments={"prod": {"approvals": {"approvers": [text]}}}),
    "variable": lambda text: spec_with(variables={text: "1"}),
    "secret": lambda text: spec_with(secrets=[text]),
    "credential": lambda text: spec_with(secrets={"A": {"credential": text}}),
    "audience": lambda text: spec_with(environments={"prod": {"identity": {"A": {"audience": text}}}}),
    "index": lambda text: spec_with(runtime={"python": "3.11", "indexes": [{"url": text}]}),
    "image": lambda text: spec_with(runtime={"container": {"image": text}}),
    "python": lambda text: spec_with(runtime={"python": text}),
    "stage": lambda text: spec_with(stages=[{"id": text, "run": "true"}]),
    "runner": lambda text: spec_with(stages=[{"id": "test", "run": "true", "runner": text}]),
    "tool": lambda text: spec_with(stages=[{"id": "test", "run": "true", "requires": [text]}]),
    "report": lambda text: spec_with(stages=[{"id": "test", "run": "true", "reports": {"junit": text}}]),
    "artifact": lambda text: spec_with(stages=[{"id": "test", "run": "true", "produces": text}]),
    "metric": lambda text: spec_with(stages=[{"id": "test", "run": "true", "gates": [{"metric": text, "min": 1}]}]),
    "cron": lambda text: spec_with(schedules={"nightly": {"cron": text, "stages": ["test"]}}),
    "parameter": lambda text: _with_parameter(text, {"type": "string"}),
    "choice": lambda text: _with_parameter("size", {"type": "choice", "choices": [text]}),
    "moment": lambda text: spec_with(stages=[{"id": "test", "run": "true", "at": [text]}]),
}


def _with_parameter(name: str, parameter: Data) -> Data:
    return spec_with(actions={"again": {"stages": ["test"], "parameters": {name: parameter}}})


@pytest.mark.parametrize("place", SHAPES)
def test_where_no_free_text_belongs_nothing_is_accepted_that_means_something_to_a_shell(place: str) -> None:
    assert [text for text in MEANINGFUL if not _is_refused(SHAPES[place](text))] == []


def _is_refused(data: Data) -> bool:
    return any(each.startswith(("PG1", "PG270")) for each in errors(data))


@pytest.mark.parametrize("text", [text for text in TEXTS if "${{" in text])
@pytest.mark.parametrize("refusing", ["azure", "github"])
def test_a_default_that_would_be_an_expression_is_refused(refusing: str, text: str) -> None:
    data = _with_parameter("note", {"type": "string", "pattern": ".{0,99}", "default": text})
    (found,) = errors(data | {"targets": [refusing]})
    assert found.startswith("PG301") and "default of note" in found  # noqa: PT018
    assert errors(data | {"targets": ["jenkins"]}) == []


WORDS_OF_PEOPLE = (
    *(
        "head_commit",
        "commits[",
        "pull_request.title",
        "pull_request.body",
        "github.event.issue",
        "inputs.reason }}\"'",
    ),
    *("SourceVersionMessage", "SourceBranchName", "PullRequestTitle", "BUILD_SOURCEVERSIONMESSAGE"),
    *("CHANGE_TITLE", "CHANGE_AUTHOR_DISPLAY_NAME", "GIT_COMMIT_MESSAGE", "changeSets"),
    *("CI_COMMIT_MESSAGE", "CI_COMMIT_TITLE", "CI_COMMIT_DESCRIPTION", "CI_MERGE_REQUEST_TITLE"),
)


def test_no_file_reads_what_people_say_of_commits_and_pull_requests() -> None:
    texts = {file: file.read_text("utf-8") for file in GOLDEN.rglob("*") if file.is_file()}
    assert len(texts) > 100
    assert [(file, word) for file, text in texts.items() for word in WORDS_OF_PEOPLE if word in text] == []
