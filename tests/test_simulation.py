"""The reference semantics: against plain runs of the neutral form, and by tables of people, parameters and events."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from local_models import DELIVERIES, PIPELINES, ordinary_start, pipeline
from local_run import LocalRun, _Workspace
from local_trace import Ran
from local_world import new_world
from pipegen.delivery import Checkout, Download, Job, Pipeline, Run, Step
from pipegen.simulation import (
    ActionStarted,
    Answer,
    ApprovalResult,
    Ending,
    Entry,
    Fault,
    JobResult,
    LockTrace,
    Occurrence,
    Outcomes,
    PullRequestOpened,
    Pushed,
    RunResult,
    Start,
    TagPushed,
    TimerFired,
    Trace,
    simulate,
    started,
)
from pipegen.simulation.jobs import main_step
from walking import all_approvals

ROOT = Path(__file__).resolve().parent.parent
FRAUD = DELIVERIES["fraud-detection"]
PEOPLE = Outcomes(
    answers={each.id: Answer(("ann", "ben", "cat")) for d in DELIVERIES.values() for each in all_approvals(d)}
)


# ---------------------------------------------------------------- the same as a plain run of the neutral form


class DryRun(LocalRun):
    """A plain run in which nothing is carried out: scripts are told, and one of them fails."""

    broken: tuple[str, str] = ("", "")

    def _step(self, step: Step, job: Job, workspace: _Workspace) -> bool:
        return isinstance(step, Checkout) or super()._step(step, job, workspace)

    def _bash(self, job: Job, step_id: str, script: str, workspace: _Workspace, own: Mapping[str, str]) -> int:
        del script, workspace, own
        code = int((job.id, step_id) == self.broken)
        if step_id != "prepare":
            self.trace.ran.append(Ran(job.id, step_id, code, "", {}))
        return code

    def _collected(self, job: Job, names: tuple[str, ...], workspace: _Workspace) -> bool:
        del workspace
        self.trace.published[job.id] = dict.fromkeys(names, "x")
        return True

    def _uploaded(self, name: str, file: Path) -> bool:
        return bool(name and file)

    def _downloaded(self, step: Download, file: Path) -> bool:
        return bool(step and file)


@dataclass(frozen=True)
class Trouble:
    """A script that fails, or an approval that somebody rejects."""

    job: str = ""
    script: str = ""
    rejected: str = ""


def _troubles(planned: Pipeline) -> Iterator[Trouble]:
    """None, every script of every job, and every approval."""
    yield Trouble()
    for job in planned.jobs:
        yield from (Trouble(job.id, step.id) for step in job.steps if isinstance(step, Run))
    yield from (Trouble(rejected=each.id) for each in planned.approvals)


def _outcomes(trouble: Trouble) -> Outcomes:
    answers = {**PEOPLE.answers, trouble.rejected: Answer(rejected_by="eve")}
    return Outcomes({trouble.job: Fault(Ending.FAILED, trouble.script)}, answers)


@pytest.mark.parametrize(("model", "planned_id"), PIPELINES)
def test_whatever_goes_wrong_the_same_scripts_run_as_in_a_plain_run(
    model: str, planned_id: str, tmp_path: Path
) -> None:
    planned, delivery = pipeline(model, planned_id), DELIVERIES[model]
    how = ordinary_start(planned)
    world = new_world(tmp_path / "world", delivery.spec, "", delivery.path, (how.branch,))
    for number, trouble in enumerate(_troubles(planned)):
        begun = replace(how, refused=frozenset({trouble.rejected}), run_id=str(number))
        plain = DryRun(planned, world, begun)
        plain.broken = (trouble.job, trouble.script)
        plain.run()
        trace = simulate(Start(planned, how.parameters), _outcomes(trouble))
        ran = [(each.id, step.id, step.result != "success") for each in trace.jobs for step in each.steps]
        assert ran == [(each.job, each.step, bool(each.code)) for each in plain.trace.ran], trouble
        told = planned.failed.id if planned.failed else ""
        assert {each.id: each.result.value for each in trace.jobs if each.id != told} == plain.trace.jobs, trouble


# ---------------------------------------------------------------- what starts

STARTS: list[tuple[Occurrence, list[str]]] = [
    (Pushed("feat/a"), ["change"]),
    (Pushed("feat/a/b"), ["change"]),
    (Pushed("Feat/a"), []),
    (Pushed("feature/a"), []),
    (Pushed("dev"), ["deliver-dev"]),
    (Pushed("DEV"), []),
    (Pushed("prod"), ["deliver-prod"]),
    (Pushed("main"), ["archive-main"]),
    (PullRequestOpened("feat/a", "dev"), ["review"]),
    (PullRequestOpened("main", "dev"), ["review"]),
    (PullRequestOpened("feat/a", "docs"), []),
    (TagPushed("v1"), []),
    (TimerFired("monitor"), ["schedule-monitor"]),
    (TimerFired("Monitor"), []),
    (ActionStarted("rollback", "prod"), ["action-rollback"]),
    (ActionStarted("nothing", "prod"), []),
]


@pytest.mark.parametrize(("occurrence", "wanted"), STARTS, ids=lambda each: getattr(each, "label", ""))
def test_an_occurrence_starts_its_pipeline_alone(occurrence: Occurrence, wanted: list[str]) -> None:
    assert [each.pipeline.id for each in started(FRAUD, occurrence)] == wanted


def test_a_tag_that_is_not_on_its_branch_is_refused() -> None:
    (good,) = started(DELIVERIES["price-elasticity"], TagPushed("elasticity-v1"))
    (bad,) = started(DELIVERIES["price-elasticity"], TagPushed("elasticity-v1", reachable=False))
    assert (good.refusal, simulate(good, PEOPLE).result) == ("", RunResult.SUCCESS)
    assert simulate(bad, PEOPLE).job("guard").reason == "elasticity-v1 is not on branch main"


@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        (["models/churn/train.py"], 1),
        (["libs/features/x.py"], 1),
        (["pipegen.toml"], 1),
        (["models/churn2/train.py"], 0),
        (["README.md"], 0),
    ],
)
def test_a_change_that_does_not_touch_the_model_starts_nothing(changed: list[str], runs: int) -> None:
    assert len(started(DELIVERIES["churn-prediction"], Pushed("dev"), changed)) == runs
    assert len(started(DELIVERIES["churn-prediction"], ActionStarted("rollback", "dev"), changed)) == 1


@pytest.mark.parametrize(
    ("source", "target", "refused"),
    [
        ("feat/a", "dev", False),
        ("feat/a/b", "dev", False),
        ("main", "dev", True),
        ("acme:feat/a", "dev", True),
        ("hotfix/1", "prod", False),
        ("feat/a", "prod", True),
        ("PROD", "main", True),
    ],
)
def test_a_pull_request_comes_from_where_the_flow_leads(source: str, target: str, refused: bool) -> None:  # noqa: FBT001
    (start,) = started(DELIVERIES["churn-prediction"], PullRequestOpened(source, target))
    trace = simulate(start, Outcomes())
    assert bool(start.refusal) is refused
    assert trace.result is (RunResult.FAILED if refused else RunResult.SUCCESS)
    held = {each.environment for each in trace.jobs if each.result is not JobResult.SKIPPED}
    assert held <= {None, "checks"}


@pytest.mark.parametrize(
    ("branch", "given", "reason"),
    [
        ("prod", {"version": "1.2", "environment": "serving-prod"}, ""),
        ("dev", {"version": "1.2", "environment": "serving-prod"}, "it may not be started from dev"),
        ("prod", {"version": "1.2", "environment": "serving-dev"}, "it may not be started from prod"),
        ("dev", {"version": "1.2"}, ""),
        ("dev", {}, "parameter version is not of its form"),
        ("dev", {"version": '1"; echo PWN'}, "parameter version is not of its form"),
        ("dev", {"version": "1", "environment": "nowhere"}, "it may not be started from dev"),
    ],
)
def test_an_action_checks_where_it_was_started_and_with_what(branch: str, given: dict[str, str], reason: str) -> None:
    (start,) = started(FRAUD, ActionStarted("rollback", branch, given))
    assert start.refusal == reason
    assert (simulate(start, PEOPLE).result is RunResult.FAILED) is bool(reason)


# ---------------------------------------------------------------- people


def _asked(answer: Answer, starter: str = "") -> Trace:
    (start,) = started(FRAUD, Pushed("prod"))
    return simulate(start, Outcomes({}, {**PEOPLE.answers, "serving-prod": answer}, starter))


@pytest.mark.parametrize(
    ("answer", "starter", "result"),
    [
        (Answer(("ann", "ben")), "", ApprovalResult.GRANTED),
        (Answer(("ann", "ann")), "", ApprovalResult.WAITING),
        (Answer(("ann", "ben")), "ben", ApprovalResult.WAITING),
        (Answer(("ann", "ben", "cat")), "ben", ApprovalResult.GRANTED),
        (Answer(("ann",), expires=True), "", ApprovalResult.EXPIRED),
        (Answer(("ann",), rejected_by="ben"), "", ApprovalResult.REJECTED),
        (Answer(("ann", "ben"), rejected_by="cat"), "", ApprovalResult.GRANTED),
        (Answer(), "", ApprovalResult.WAITING),
    ],
)
def test_two_different_people_approve_and_none_of_them_started_it(
    answer: Answer, starter: str, result: ApprovalResult
) -> None:
    trace = _asked(answer, starter)
    assert trace.approvals[0].result is result
    deployed = [each.id for each in trace.jobs if "serving-prod" in each.id and each.result is JobResult.SUCCESS]
    assert bool(deployed) is (result is ApprovalResult.GRANTED)
    assert (trace.result, trace.restored) == (RunResult(result if deployed == [] else "success"), ())


@pytest.mark.parametrize(
    ("answer", "result", "restored"),
    [
        (Answer(rejected_by="eve"), RunResult.REJECTED, ("serving-prod",)),
        (Answer(expires=True), RunResult.EXPIRED, ("serving-prod",)),
        (Answer(), RunResult.WAITING, ()),
    ],
)
def test_a_rollout_that_is_stopped_half_way_is_undone(
    answer: Answer, result: RunResult, restored: tuple[str, ...]
) -> None:
    (start,) = started(FRAUD, Pushed("prod"))
    trace = simulate(start, Outcomes({}, {**PEOPLE.answers, "serving-prod-full": answer}))
    assert (trace.result, trace.restored) == (result, restored)


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("fault", "result", "restored"),
    [
        (Fault(Ending.FAILED), RunResult.FAILED, ("dev",)),
        (Fault(Ending.TIMED_OUT, "verify"), RunResult.FAILED, ("dev",)),
        (Fault(Ending.CANCELLED), RunResult.CANCELLED, ("dev",)),
        (Fault(Ending.FAILED, "tools"), RunResult.FAILED, ()),
        (Fault(Ending.CANCELLED, "tools"), RunResult.CANCELLED, ()),
    ],
)
def test_a_deployment_is_undone_if_it_had_begun(fault: Fault, result: RunResult, restored: tuple[str, ...]) -> None:
    (start,) = started(DELIVERIES["churn-prediction"], Pushed("dev"))
    trace = simulate(start, Outcomes({"deploy-dev": fault}))
    assert (trace.result, trace.restored) == (result, restored)


def test_after_a_person_ended_the_run_nothing_starts_but_the_way_back() -> None:
    (start,) = started(FRAUD, Pushed("prod"))
    trace = simulate(start, Outcomes({"deploy-serving-prod-canary": Fault(Ending.CANCELLED)}, PEOPLE.answers))
    ends = {each.id: each.result for each in trace.jobs if each.phase == "serving-prod"}
    assert ends == {
        "deploy-serving-prod-canary": JobResult.CANCELLED,
        "deploy-serving-prod-full": JobResult.SKIPPED,
        "deploy-serving-prod-closing": JobResult.SUCCESS,
    }
    assert trace.told is False


def test_the_step_that_a_deployment_exists_for_is_the_first_that_changes_something() -> None:
    (start,) = started(FRAUD, Pushed("prod"))
    steps = {job.id: main_step(job) for job in start.pipeline.jobs}
    assert steps["deploy-serving-prod-canary"] is not None
    assert steps["deploy-serving-prod-canary"].id == "rollout-canary"


def test_every_job_waits_for_what_is_before_it() -> None:
    trace = _asked(Answer(("ann", "ben")))
    done: set[str] = set()
    for entry in trace.entries:
        assert set(getattr(entry, "after", ())) <= done
        done.add({"JobTrace": "", "LockTrace": "lock "}.get(type(entry).__name__, "approval ") + _name(entry))


def _name(entry: Entry) -> str:
    return entry.name if isinstance(entry, LockTrace) else entry.id


# ---------------------------------------------------------------- the command


def _said(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipegen", "simulate", "model-specs/fraud-detection.yaml", *words]
    environment = {"PATH": "", "COLUMNS": "100"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_people_see_what_waits_for_whom() -> None:
    told = _said("--event", "merged:prod", "--approve", "serving-prod=ann")
    assert told.returncode == 0
    assert "approval serving-prod: waiting (2 of fraud-release, model-risk)" in told.stdout
    assert told.stdout.endswith("The run: waiting.\n")


def test_the_stage_of_a_deployment_stands_for_its_jobs() -> None:
    told = _said("--event", "merged:prod", "--approve", "serving-prod=ann,ben", "--fail", "deploy")
    assert "deploy-serving-staging: failed" in told.stdout
    assert told.stdout.endswith("The run: failed; restored: serving-staging.\n")


def test_programs_read_the_same_as_json() -> None:
    told = json.loads(_said("--event", "merged:dev", "--fail", "train", "--format", "json").stdout)
    (run,) = told["runs"]
    assert (run["pipeline"], run["result"]) == ("deliver-dev", "failed")
    assert {each["kind"] for each in run["entries"]} == {"job"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--event", "pushed:dev"],
            "'pushed' is no event; there are: change, review, merged, tagged, scheduled, action",
        ),
        (["--event", "merged:DEV"], "'DEV' is no branch that a merge delivers; there are: dev, prod, main"),
        (["--event", "review:dev"], "write review:SOURCE:TARGET"),
        (["--event", "review:a:docs"], "'docs' is no branch that pull requests go into; there are: dev, prod, main"),
        (["--event", "change:"], "write change:BRANCH"),
        (["--event", "scheduled:x"], "'x' is no schedule; there are: monitor, retrain"),
        (["--event", "action:x"], "'x' is no action; there are: retrain-now, deploy, rollback"),
        (["--event", "action:rollback", "--with", "v=1"], "'v' is no parameter of rollback; there are: version, env"),
        (["--event", "action:rollback", "--with", "version"], "'version' is no parameter: write NAME=VALUE"),
        (["--event", "merged:dev", "--with", "version=1"], "only an action has parameters"),
        (["--event", "merged:dev", "--fail", "tests"], "'tests' is no job; there are: unit-tests, "),
        (["--event", "merged:dev", "--cancel", "train/x"], "'x' is no script of train; there are: "),
        (["--event", "merged:prod", "--expire", "prod"], "'prod' is no approval; there are: serving-prod, "),
        (["--event", "change:docs/a", "--fail", "train"], "there is no job"),
        (["--event", "merged:prod", "--approve", "serving-prod"], "write APPROVAL=PERSON"),
    ],
)
def test_what_the_spec_does_not_have_is_refused_with_what_it_has(words: list[str], message: str) -> None:
    told = _said(*words)
    assert (told.returncode, told.stdout) == (2, "")
    assert message in told.stderr
