"""What carries Azure's files out asks people, takes templates and refuses what it does not know."""

from __future__ import annotations

import pytest

from conformance.azure_expressions import UnknownConstruct
from conformance.azure_settings import Approving, Resource, Settings, settings_of
from conformance.azure_small import Small, a_world, job, scripts, small
from local_world import World
from pipegen.delivery import Capability, Fidelity
from pipegen.simulation import Answer, ApprovalResult


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return a_world(tmp_path_factory)


# ---------------------------------------------------------------- checks and validations

CHECKED = """
stages:
  - stage: s
    jobs:
      - {job: a, steps: [{checkout: none}, {bash: 'true', displayName: a}]}
      - deployment: d
        environment: e
        strategy: {runOnce: {deploy: {steps: [{bash: 'true', displayName: d}]}}}
  - stage: after
    condition: eq(dependencies.s.result, 'RESULT')
    jobs: [{job: b, steps: [{checkout: none}, {bash: 'true', displayName: b}]}]
"""
TEAMS = {"one": frozenset({"alice", "carol"}), "two": frozenset({"bob"})}


@pytest.mark.parametrize(
    ("answer", "starter", "asked", "result"),
    [
        (Answer(("alice", "bob")), "dora", ApprovalResult.GRANTED, "Succeeded"),
        (Answer(("alice",)), "dora", ApprovalResult.WAITING, "Waiting"),
        (Answer(("alice", "alice")), "dora", ApprovalResult.WAITING, "Waiting"),
        (Answer(("alice", "carol")), "dora", ApprovalResult.WAITING, "Waiting"),
        (Answer(("alice", "dora")), "eve", ApprovalResult.WAITING, "Waiting"),
        (Answer(("alice", "bob")), "alice", ApprovalResult.WAITING, "Waiting"),
        (Answer(("alice",), rejected_by="bob"), "dora", ApprovalResult.REJECTED, "Failed"),
        (Answer(("alice",), expires=True), "dora", ApprovalResult.EXPIRED, "Skipped"),
    ],
)
def test_a_stage_waits_for_the_checks_of_what_its_jobs_use(
    world: World, answer: Answer, starter: str, asked: ApprovalResult, result: str
) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals: before any job; a group counts as one approver."""
    check = Approving(("one", "two"), minimum=2, own_runs=False)
    settings = Settings(environments={"e": Resource(check)}, teams=TEAMS)
    text = CHECKED.replace("RESULT", result)
    found = small(world, text, settings=settings, answers={"e": answer}, starter=starter).run()
    assert found.asked == [("e", asked)]
    assert found.stages["s"].result == result
    before = ["a", "d"] if asked is ApprovalResult.GRANTED else []
    assert scripts(found) == before + ([] if result == "Waiting" else ["b"])


def test_who_started_a_run_may_approve_it_unless_that_is_off(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals."""
    settings = Settings(environments={"e": Resource(Approving(("alice",), minimum=1))})
    found = small(world, CHECKED, settings=settings, answers={"e": Answer(("alice",))}, starter="alice").run()
    assert found.asked == [("e", ApprovalResult.GRANTED)]


@pytest.mark.parametrize(("branch", "ran"), [("prod", ["a", "d"]), ("dev", [])])
def test_branch_control_lets_nothing_else_in(world: World, branch: str, ran: list[str]) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals: branch control, before anybody is asked."""
    check = Approving(("alice",), minimum=1)
    settings = Settings(environments={"e": Resource(check, branches=("refs/heads/prod",))})
    found = small(world, CHECKED, settings=settings, answers={"e": Answer(("alice",))}).run(branch)
    assert (scripts(found), bool(found.asked)) == (ran, bool(ran))


VALIDATION = """
stages:
  - stage: s
    jobs:
      - {job: before, steps: [{checkout: none}, {bash: 'true', displayName: before}]}
      - job: asks
        dependsOn: before
        pool: server
        timeoutInMinutes: 65
        steps: [{task: ManualValidation@1, timeoutInMinutes: 60, inputs: {approvers: '[p]\\one', INPUTS}}]
      - {job: then, dependsOn: asks, steps: [{checkout: none}, {bash: 'true', displayName: then}]}
      - job: closing
        dependsOn: then
        condition: always()
        steps: [{checkout: none}, {bash: 'true', displayName: closing}]
"""
DENIED = "allowApproversToApproveTheirOwnRuns: false, onTimeout: reject"


@pytest.mark.parametrize(
    ("inputs", "answer", "starter", "ran"),
    [
        (DENIED, Answer(("alice",)), "dora", ["before", "then", "closing"]),
        (DENIED, Answer(("bob",)), "dora", ["before"]),
        (DENIED, Answer(rejected_by="alice"), "dora", ["before", "closing"]),
        (DENIED, Answer(expires=True), "dora", ["before", "closing"]),
        (DENIED, Answer(), "dora", ["before"]),
        (DENIED, Answer(("alice",)), "alice", ["before"]),
        ("onTimeout: reject", Answer(("alice",)), "alice", ["before", "then", "closing"]),
        ("onTimeout: resume", Answer(expires=True), "dora", ["before", "then", "closing"]),
    ],
)
def test_a_manual_validation_takes_one_answer(
    world: World, inputs: str, answer: Answer, starter: str, ran: list[str]
) -> None:
    """learn.microsoft.com/azure/devops/pipelines/tasks/reference/manual-validation-v1.

    On Azure DevOps Services who started the run may answer unless told otherwise; time that is over can mean yes.
    """
    text = VALIDATION.replace("INPUTS", inputs)
    settings = Settings(teams=TEAMS)
    found = small(world, text, settings=settings, answers={"asks": answer}, starter=starter).run()
    assert scripts(found) == ran


# ---------------------------------------------------------------- templates and what is not known

INCLUDING = """
parameters: [{name: models, type: string}]
stages:
  - ${{ each model in split(parameters.models, ',') }}:
      - template: /t/${{ model }}.yml@self
        parameters: {who: 'x ${{ parameters.models }}'}
"""
INCLUDED = """
parameters: [{name: who, type: string}]
stages:
  - stage: NAME
    dependsOn: []
    jobs:
      - job: j_NAME
        steps: [{checkout: none}, {bash: 'true', displayName: NAME, env: {WHO: '${{ parameters.who }}'}}]
"""


def test_a_loop_puts_in_one_template_after_the_other(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/{templates,template-expressions}: each, template paths."""
    texts = {"p.yml": INCLUDING} | {f"t/{name}.yml": INCLUDED.replace("NAME", name) for name in ("a", "b", "c")}
    found = Small(world, texts).run(models="a,c")
    assert scripts(found) == ["a", "c"]
    assert job(found, "j_a").scripts[0].variables["WHO"] == "x a,c"


@pytest.mark.parametrize(
    "text",
    [
        "stages: [{stage: s, jobs: [{job: j, steps: [{powershell: x}]}]}]",
        "stages: [{stage: s, jobs: [{job: j, steps: [{bash: x, retryCountOnTaskFailure: 2}]}]}]",
        "stages: [{stage: s, jobs: [{job: j, strategy: {matrix: {}}, steps: []}]}]",
        "stages: [{stage: s, trigger: manual, jobs: []}]",
        "stages: [{stage: s, condition: xor(true, false), jobs: []}]",
        "stages: [{stage: s, condition: 'eq(1, 1', jobs: []}]",
        "stages: [{stage: s, lockBehavior: parallel, jobs: []}]",
        "stages: [{stage: s, dependsOn: later, jobs: []}]",
        "stages: [{stage: s, jobs: [{job: j, steps: [{task: Other@1}]}]}]",
        "stages: [{stage: s, jobs: [{job: j, steps: [{bash: 'echo \"##vso[task.prependpath]/x\"'}]}]}]",
        "stages: [{'${{ if eq(1, 1) }}': [{stage: s}]}]",
        "extends: {template: t.yml}",
        "jobs: [{job: j, steps: []}]",
    ],
)
def test_what_is_not_known_is_an_error(world: World, text: str) -> None:
    with pytest.raises(UnknownConstruct):
        small(world, text).run()


# ---------------------------------------------------------------- settings


def test_settings_are_read_from_the_words_of_capabilities() -> None:
    teams = {"release": frozenset({"alice"})}
    details = {
        "event deliver-prod": "create it once: az pipelines create --name 'm deliver-prod' --yml-path a/b.yml"
        " --skip-first-run; the rules of branch prod must let nothing but merges in",
        "approval prod": "environment prod: an approval check with approvers release and risk, minimum number of"
        " approvers 2; create it before the first run: one that a run creates by itself asks nobody",
        "expiry of approval prod": "environment prod: timeout of the approval check 3 days; an approval that expires",
        "initiator of approval prod": "environment prod: 'Allow approvers to approve their own runs' off",
        "lock prod": "environment prod: an exclusive lock check, and a branch control check for refs/heads/prod",
        "secret prod/STORE": "variable group pipegen-prod: STORE_USERNAME and STORE_PASSWORD, each locked as a secret;"
        " permit no pipeline that does not name it; a branch control check for refs/heads/prod, refs/tags/v*",
        "secret shared/CA": "secure file ca; permit no pipeline that does not name it",
    }
    found = settings_of([Capability(name, Fidelity.WITH_SETTINGS, text, ()) for name, text in details.items()], teams)
    check = Approving(("release", "risk"), 2, 3 * 24 * 60, own_runs=False)
    held = dict.fromkeys(("STORE_USERNAME", "STORE_PASSWORD"), "prod/STORE")
    assert found == Settings(
        definitions={"m deliver-prod": "a/b.yml"},
        environments={"prod": Resource(check, is_locked=True, branches=("refs/heads/prod",))},
        groups={"pipegen-prod": Resource(branches=("refs/heads/prod", "refs/tags/v*"), variables=held)},
        files={"ca": Resource(variables={"": "CA"})},
        teams=teams,
    )


@pytest.mark.parametrize("subject", ["event x", "approval x", "expiry of approval x", "lock x", "secret x", "token x"])
def test_a_setting_whose_words_are_not_understood_is_an_error(subject: str) -> None:
    with pytest.raises(ValueError, match="do something about it"):
        settings_of([Capability(subject, Fidelity.WITH_SETTINGS, "do something about it", ())], {})
