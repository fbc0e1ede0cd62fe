"""Approvals, the way back and advice, as Groovy runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jenkins_run import Scenario, run
from jenkins_samples import APPROVAL, CLEAN_UP, RESTORE, WORLD, canary, deployed, job, phase, pipeline, script, write
from pipegen.delivery import Run

# ---------------------------------------------------------------- approvals

ASKED = {"id": "prod", "title": "Deploy", "approvers": ["release", "risk"]}
APPROVALS: dict[str, tuple[Sequence[str | None], Sequence[str], str, int]] = {
    "two different people are enough": (["ann", "bob"], [], "done", 2),
    "one person is asked for twice and counts once": (["ann", "ann", "bob"], [], "done", 3),
    "the case of a name makes no other person": (["ann", "ANN", "bob"], [], "done", 3),
    "whoever started the run does not count": (["ann", "Bob", "eve"], ["bob"], "done", 3),
    "a no ends it": (["ann", "no"], [], "Rejected", 2),
    "an answer without a name ends it": ([None], [], "Jenkins did not say who approved", 1),
    "answers that do not count come to an end": (["ann"] * 20, ["ann"], "Too many answers that do not count", 12),
}


def test_as_many_different_people_as_asked_must_approve(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("prod", [job("a")], approval=APPROVAL)))
    scenarios = [Scenario(file, [ASKED], answers=list(given), starters=by) for given, by, _, _ in APPROVALS.values()]
    found = {
        claim: (told.outcomes[0], len(list(told.of("input"))))
        for claim, told in zip(APPROVALS, run(scenarios), strict=True)
    }
    assert found == {claim: (outcome, asked) for claim, (_, _, outcome, asked) in APPROVALS.items()}


def test_each_team_is_asked_on_its_own_under_an_id_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("prod", [job("a")], approval=APPROVAL)))
    (told,) = run([Scenario(file, [ASKED], answers=["ann", "ann", "bob"])])
    assert [(each["submitter"], each["id"], each["submitterParameter"]) for each in told.of("input")] == [
        ("release", "prod-1", "APPROVER"),
        ("risk", "prod-2", "APPROVER"),
        ("risk", "prod-3", "APPROVER"),
    ]


# ---------------------------------------------------------------- the way back

ONE_JOB = ["jobDeployProd", "closeDeployProd"]
ENDINGS = {
    "a complete deployment is only cleaned up": ([], ["Look", "Roll out", "Verify", "Clean up"]),
    "what did not begin is not undone": (["Look"], ["Look", "Clean up"]),
    "what began is undone": (["Roll out"], ["Look", "Roll out", "Restore", "Clean up"]),
    "what cannot be verified is undone": (["Verify"], ["Look", "Roll out", "Verify", "Restore", "Clean up"]),
    "a restore that fails is cleaned up": (["Roll out", "Restore"], ["Look", "Roll out", "Restore", "Clean up"]),
}
SETUP = {"Prepare .pipegen", "Summary"}


def _labels(labels: Sequence[str]) -> list[str]:
    return [label for label in labels if label not in SETUP]


def test_a_deployment_in_one_job_is_undone_if_it_began_and_did_not_complete(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("prod", deployment=deployed(RESTORE, CLEAN_UP))))
    scenarios = [Scenario(file, ONE_JOB, env=WORLD, fails=fails) for fails, _ in ENDINGS.values()]
    found = {claim: _labels(told.labels) for claim, told in zip(ENDINGS, run(scenarios), strict=True)}
    assert found == {claim: labels for claim, (_, labels) in ENDINGS.items()}


def test_an_ending_that_fails_is_told(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("prod", deployment=deployed(RESTORE, CLEAN_UP))))
    (told,) = run([Scenario(file, ONE_JOB, env=WORLD, fails=["Roll out", "Restore"])])
    assert told.outcomes == ["script returned exit code 1"] * 2
    assert [each["artifacts"] for each in told.of("archiveArtifacts")] == ["summary-deploy-prod.md"]


FIRST, ASK, LAST, CLOSE = (
    "jobDeployProdTenth",
    {**ASKED, "approvers": ["release"]},
    "jobDeployProdFull",
    "closeDeployProd",
)


def test_a_deployment_in_several_jobs_is_undone_on_an_agent_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("prod", deployment=canary(RESTORE, CLEAN_UP))))
    refused, complete, idle = run(
        [
            Scenario(file, [FIRST, ASK, CLOSE], env=WORLD, answers=["no"]),
            Scenario(file, [FIRST, ASK, LAST, CLOSE], env=WORLD, answers=["ann"]),
            Scenario(file, [CLOSE], env=WORLD),
        ]
    )
    assert _labels(refused.labels) == ["Look", "One tenth", "Restore", "Clean up"]
    assert [each["label"] for each in refused.of("node")] == ["linux"]
    assert _labels(complete.labels) == ["Look", "One tenth", "Roll out", "Verify", "Clean up"]
    assert idle.told == []


def test_what_a_way_back_prepares_on_its_agent_may_fail(tmp_path: Path) -> None:
    unit = canary(RESTORE, CLEAN_UP)
    assert unit.closing is not None
    fetching = replace(unit, closing=replace(unit.closing, steps=(script("Fetch"), *unit.closing.steps)))
    file = write(tmp_path, pipeline(phase("prod", deployment=fetching)))
    (told,) = run([Scenario(file, [FIRST, ASK, CLOSE], env=WORLD, answers=["no"], fails=["Fetch"])])
    assert _labels(told.labels) == ["Look", "One tenth", "Fetch", "Restore", "Clean up"]
    assert told.outcomes == ["done", "Rejected", "script returned exit code 1"]


def test_nothing_to_undo_takes_no_agent(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("prod", deployment=canary(RESTORE))))
    complete, failed = run(
        [
            Scenario(file, [FIRST, LAST, CLOSE], env=WORLD),
            Scenario(file, [FIRST, LAST, CLOSE], env=WORLD, fails=["Verify"]),
        ]
    )
    assert list(complete.of("node")) == []
    assert _labels(failed.labels) == ["Look", "One tenth", "Roll out", "Verify", "Restore"]


# ---------------------------------------------------------------- advice


def test_an_advisory_script_ends_itself_before_jenkins_ends_the_run(tmp_path: Path) -> None:
    advice = Run("lint", "Lint", "set -euo pipefail\nruff check .\n", timeout_minutes=20, advisory=True)
    text = write(tmp_path, pipeline(phase("p", [job("a", advice)]))).read_text("utf-8")
    assert 'timeout --kill-after=30s 20m bash "$PIPEGEN_HOME/limited.sh"' in text
    assert "bash('Lint', 25, " in text


def test_an_advisory_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    advice = Run("lint", "Lint", "x", advisory=True)
    file = write(tmp_path, pipeline(phase("p", [job("a", advice, script("Test"))])))
    (told,) = run([Scenario(file, ["jobA"], env=WORLD, fails=["Lint"])])
    assert (told.outcomes, told.labels) == (["done"], ["Lint", "Test"])
    (caught,) = told.of("catchError")
    assert caught == {
        "step": "catchError",
        "buildResult": "SUCCESS",
        "stageResult": "UNSTABLE",
        "catchInterruptions": False,
    }
