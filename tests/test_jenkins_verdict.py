"""The check of a repository on Jenkins: its whole run and the reviews that it loads, carried out by Groovy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from jenkins_run import Scenario, Told, run
from jenkins_samples import PREPARE, REVIEW, WORLD, delivery, job, phase, pipeline, script, write
from pipegen.config import Config, Names, Runner
from pipegen.delivery import (
    Checkout,
    CollectOutputs,
    Job,
    JobVariable,
    PublishedValue,
    PublishSummary,
    Run,
    Upload,
    Verdict,
)
from pipegen.quoting import sh_quote
from pipegen.targets import jenkins

PULL_REQUEST = {
    **WORLD,
    "BRANCH_NAME": "PR-7",
    "CHANGE_ID": "7",
    "CHANGE_TARGET": "dev",
    "CHANGE_BRANCH": "feat/a$(id)",
    "CHANGE_AUTHOR": "ann",
}
CONFIG = Config(
    own={"jenkins": ("company-ci@3.2.1", "other@4")}, names={"jenkins": Names({"check": Runner(("small && !gpu",))})}
)
STRICT = "set -euo pipefail\n"


def _verdict(models: str) -> Verdict:
    found = script("Find", f"{STRICT}printf '%s' {sh_quote(models)} > .pipegen/models\n")
    steps = (Checkout(), PREPARE, script("Compare"), found, PublishSummary())
    return Verdict(Job("pipegen", "pipegen", steps, runner="check"), ".pipegen/models", 330)


def _review(model: str) -> dict[str, str]:
    """Two waves, of which the first makes a value that the second shows."""
    made = script("Give", f'{STRICT}echo "VERSION={model}-1" >> "$PIPEGEN_OUTPUTS"\n: > .pipegen/packed\n')
    first = Job(
        "train", "Train", (Checkout(), PREPARE, made, CollectOutputs(("VERSION",)), Upload("m", ".pipegen/packed"))
    )
    show = Run("show", "Show", f'{STRICT}echo "{model} has $VERSION on $PIPEGEN_BRANCH for $PIPEGEN_TARGET_BRANCH"\n')
    after = Job("test", "Test", (show,), variables=(JobVariable("VERSION", PublishedValue("train", "VERSION")),))
    beside = job("lint", script(f"Lint {model}"))
    planned = replace(delivery(pipeline(phase("p", [first, beside], [after]), event=REVIEW)), model=model)
    planned = replace(planned, pipelines=(replace(planned.pipelines[0], id="review"),))
    return jenkins.render(planned, CONFIG)


@dataclass(frozen=True)
class World:
    """A pull request: the models that its check finds, and what happens meanwhile."""

    models: str
    result: str
    said: str = ""
    present: Sequence[str] = ("a", "b-2")
    env: Mapping[str, str] | None = None
    fails: str = ""
    hangs: Sequence[str] = ()
    aborts: Sequence[str] = ()
    untrusted: Sequence[str] = ()


def _laid_out(folder: Path, world: World) -> Scenario:
    folder.mkdir()
    files = {name: text for model in world.present for name, text in _review(model).items()}
    files |= jenkins.root(CONFIG, _verdict(world.models))
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    if world.fails:
        broken = folder / f"jenkins/{world.fails}/review.groovy"
        broken.write_text(broken.read_text("utf-8").replace(f'echo "{world.fails} has', "exit 3; echo "), "utf-8")
    env = {**(PULL_REQUEST if world.env is None else world.env), "WORKSPACE": str(folder)}
    file = folder / "jenkins/pipegen.Jenkinsfile"
    more = {"hangs": world.hangs, "aborts": world.aborts, "untrusted": world.untrusted}
    return Scenario(file, ["pipeline"], env=env, workspace=folder, **more)  # type: ignore[arg-type]


WORLDS = {
    "no model is concerned": World("", "SUCCESS"),
    "the review of a model passes": World("a\n", "SUCCESS", "a has a-1 on feat/a$(id) for dev"),
    "the last line may lack its end": World("a\nb-2", "SUCCESS", "b-2 has b-2-1 on"),
    "a review fails and the other goes on": World("a\nb-2\n", "FAILURE", "The review of a did not", fails="a"),
    "a review is missing": World(
        "a\nc\n", "FAILURE", "The review of c is missing: there is no jenkins/c/review.groovy"
    ),
    "a fork changed a review": World(
        "a\n", "FAILURE", "modified in an untrusted revision", untrusted=["jenkins/a/review.groovy"]
    ),
    "a person ends the run": World("a\nb-2\n", "ABORTED", "The review of a did not succeed", aborts=["Lint a"]),
    "a script takes too long": World("a\nb-2\n", "FAILURE", "Lint a took more than 60 minutes", hangs=["Lint a"]),
    "a line leads out of the folder": World("../../a\n", "FAILURE", "no name of a model"),
    "a line is a program": World("a'); sh('id\n", "FAILURE", "no name of a model"),
    "a line holds a space": World("a \n", "FAILURE", "no name of a model"),
    "a line has capitals": World("A\n", "FAILURE", "no name of a model"),
    "a line is too long": World("a" * 101 + "\n", "FAILURE", "no name of a model"),
    "the check takes too long": World("a\n", "FAILURE", "Compare took more than 60 minutes", hangs=["Compare"]),
    "a branch is built": World("a\n", "ABORTED", "This is no build of a pull request", env=WORLD),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """What became of each world; one JVM for all of them."""
    folder = tmp_path_factory.mktemp("verdicts")
    scenarios = [_laid_out(folder / str(number), world) for number, world in enumerate(WORLDS.values())]
    return dict(zip(WORLDS, run(scenarios), strict=True))


@pytest.mark.parametrize("claim", WORLDS)
def test_the_run_says_what_became_of_the_reviews(told: dict[str, Told], claim: str) -> None:
    world = WORLDS[claim]
    assert (told[claim].outcomes, world.said in _said(told[claim])) == ([world.result], True), _said(told[claim])


def _said(found: Told) -> str:
    return "\n".join(str(each.get("message") or each.get("text", "")) for each in found.told)


def test_a_model_that_is_not_concerned_costs_no_agent(told: dict[str, Told]) -> None:
    found = told["no model is concerned"]
    assert [each["label"] for each in found.of("agent")] == ["small && !gpu"]
    assert list(found.of("node")) == list(found.of("load")) == []
    assert [each["path"] for each in told["the review of a model passes"].of("load")] == ["jenkins/a/review.groovy"]


def test_no_agent_is_held_while_others_work(told: dict[str, Told]) -> None:
    kinds = [each["step"] for each in told["the last line may lack its end"].told]
    agents = [kind for kind in kinds if kind in {"agent", "node", "released"}]
    assert agents == ["agent", "released", *["node", "released"] * 6]


def test_a_branch_that_is_built_takes_no_agent(told: dict[str, Told]) -> None:
    assert [each["step"] for each in told["a branch is built"].told] == ["stage", "timeout", "echo"]


def test_a_review_that_fails_ends_no_other_and_its_later_waves_do_not_run(told: dict[str, Told]) -> None:
    found = told["a script takes too long"]
    assert found.labels.count("Show") == 1
    assert "b-2 has b-2-1" in _said(found)
    assert "b-2 has b-2-1" in _said(told["a review fails and the other goes on"])


def test_what_reviews_hand_over_meets_nothing_of_other_models(told: dict[str, Told]) -> None:
    found = told["the last line may lack its end"]
    assert [each["name"] for each in found.of("stash")] == ["a.train.m", "b-2.train.m"]
    kept = [each["artifacts"] for each in found.of("archiveArtifacts")]
    assert sorted(kept) == ["a.packed", "b-2.packed", "summary-pipegen.md"]
    names = [each["name"] for each in found.of("stage")]
    assert len(names) == len(set(names))


def test_every_jenkinsfile_loads_the_libraries_of_the_company_and_a_review_gets_them_from_it(tmp_path: Path) -> None:
    line = "@Library(['company-ci@3.2.1', 'other@4']) _\n\nimport groovy.transform.Field\n"
    assert jenkins.root(CONFIG, _verdict(""))["jenkins/pipegen.Jenkinsfile"].startswith(line)
    assert write(tmp_path, pipeline(phase("p", [job("a")])), config=CONFIG).read_text("utf-8").startswith(line)
    assert "@Library" not in _review("a")["jenkins/a/review.groovy"]


def test_without_a_pin_there_is_no_check() -> None:
    assert jenkins.root(CONFIG, None) == {}


# ---------------------------------------------------------------- a run that failed

TELL = Job("notify-failed", "Tell", (replace(script("Tell"), advisory=True),))
ENDINGS: Mapping[str, tuple[Mapping[str, Any], str, list[str]]] = {
    "a run that succeeds tells nobody": ({}, "SUCCESS", ["Work"]),
    "a run that fails tells it": ({"fails": ["Work"]}, "FAILURE", ["Work", "Tell"]),
    "a script that takes too long is a failure": ({"hangs": ["Work"]}, "FAILURE", ["Work", "Tell"]),
    "a run that a person ends tells nobody": ({"aborts": ["Work"]}, "ABORTED", ["Work"]),
    "a message that fails changes nothing": ({"fails": ["Work", "Tell"]}, "FAILURE", ["Work", "Tell"]),
    "a message that hangs changes nothing": ({"fails": ["Work"], "hangs": ["Tell"]}, "FAILURE", ["Work", "Tell"]),
    "a run of another branch tells nobody": ({"fails": ["Work"], "branch": "dev"}, "SUCCESS", []),
}


def test_who_is_to_know_of_a_failure_hears_of_it_once(tmp_path: Path) -> None:
    file = write(tmp_path, replace(pipeline(phase("p", [job("a", script("Work"))])), failed=TELL))
    scenarios = []
    for given, _, _ in ENDINGS.values():
        more = {name: value for name, value in given.items() if name != "branch"}
        env = {**WORLD, "BRANCH_NAME": str(given.get("branch", "prod"))}
        scenarios.append(Scenario(file, ["pipeline"], env=env, **more))
    found = {claim: (each.outcomes[0], each.labels) for claim, each in zip(ENDINGS, run(scenarios), strict=True)}
    assert found == {claim: (result, labels) for claim, (_, result, labels) in ENDINGS.items()}


def test_a_message_finds_a_folder_to_work_in(tmp_path: Path) -> None:
    """Its job has no checkout, which would lay one out."""
    said = replace(script("Tell", f"{STRICT}echo told\n"), advisory=True)
    file = write(tmp_path, replace(pipeline(phase("p", [job("a")])), failed=replace(TELL, steps=(said,))))
    folder = tmp_path / "empty"
    folder.mkdir()
    (told,) = run([Scenario(file, ["jobNotifyFailed"], env={**WORLD, "WORKSPACE": str(folder)}, workspace=folder)])
    assert ([each["text"] for each in told.of("printed")], list(told.of("caught"))) == (["told\n"], [])
