"""A file that says something else is found out: each change to what is generated for Azure makes a difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from conformance.azure import files_of, observed
from conformance.azure_cases import SECOND, answers_of, teams_of, world_of
from conformance.azure_expressions import UnknownConstruct
from conformance.azure_templates import Files
from conformance.cases import Case
from conformance.observing import differences
from conformance.table import PEOPLE, STARTER
from local_models import DELIVERIES
from local_world import World
from pipegen.simulation import (
    ActionStarted,
    Answer,
    Ending,
    Fault,
    Occurrence,
    Outcomes,
    PullRequestOpened,
    Pushed,
    TagPushed,
    TimerFired,
)

CHURN, DEMAND, FRAUD, PRICE = "churn-prediction", "demand-forecast", "fraud-detection", "price-elasticity"
PROD = Pushed("prod")
RESULTS = "'Succeeded', 'SucceededWithIssues', 'Failed', 'Canceled'"
FULL = "serving-prod-full"


@dataclass(frozen=True)
class Mutation:
    """A change of the text of a model's files, and the case that shows it."""

    title: str
    model: str
    old: str
    new: str
    occurrence: Occurrence
    faults: Mapping[str, Fault] | None = None
    answers: Mapping[str, Answer] | None = None
    starter: str = STARTER

    @property
    def case(self) -> Case:
        outcomes = Outcomes(self.faults or {}, answers_of(self.model, **(self.answers or {})), self.starter)
        return Case(self.model, self.occurrence, outcomes)

    @property
    def files(self) -> Files:
        texts = files_of(self.model).texts
        changed = {path: text.replace(self.old, self.new) for path, text in texts.items()}
        assert changed != texts, self.title
        return Files(changed)


def failed(job: str, step: str | None = None) -> dict[str, Fault]:
    return {job: Fault(Ending.FAILED, step)}


def cancelled(job: str) -> dict[str, Fault]:
    return {job: Fault(Ending.CANCELLED)}


ROLLBACK = ActionStarted("rollback", "dev", {"environment": "dev", "version": "$(touch x)"})
MUTATIONS = [
    Mutation("one level of branches", CHURN, "include: [feat/*]", "include: [feat/a]", Pushed("feat/a/b")),
    Mutation("a branch more", CHURN, "include: [prod]", "include: [prod, docs]", Pushed("docs")),
    Mutation("no trigger", CHURN, "trigger: none", "", Pushed("docs")),
    Mutation("another branch", CHURN, "'refs/heads/prod'", "'refs/heads/dev'", PROD),
    Mutation("another reason", CHURN, "'IndividualCI', 'BatchedCI'", "'BatchedCI'", PROD),
    Mutation("the model's folder", CHURN, "      - models/churn\n", "", PROD),
    Mutation("a guard without weight", CHURN, "and(succeeded(), eq('${{", "and(always(), eq('${{", ROLLBACK),
    Mutation("an order lost", DEMAND, "dependsOn: [build]", "dependsOn: []", Pushed("dev"), failed("backtest")),
    Mutation("a wave lost", CHURN, "dependsOn: [tests]", "dependsOn: []", PROD, failed("tests")),
    Mutation("another environment", CHURN, "environment: prod\n", "environment: dev\n", PROD),
    Mutation("no environment at all", CHURN, "environment: prod\n", "environment: other\n", PROD),
    Mutation("another group", CHURN, "group: pipegen-prod", "group: pipegen-dev", PROD),
    Mutation("a secret less", CHURN, "  SNOWFLAKE_TOKEN: $(SNOWFLAKE_TOKEN)", "  OTHER: x", PROD),
    Mutation("no beginning", CHURN, "variable=PIPEGEN_BEGUN", "variable=OTHER", PROD, failed("deploy-prod")),
    Mutation("no end", CHURN, "variable=PIPEGEN_COMPLETE", "variable=OTHER", PROD),
    Mutation(
        "restore after nothing",
        CHURN,
        "eq(variables['PIPEGEN_BEGUN'], 'true'), ",
        "",
        PROD,
        failed("deploy-prod", "tools"),
    ),
    Mutation(
        "restore only on success",
        CHURN,
        "and(always(), eq(variables['PIPEGEN_BEGUN']",
        "and(succeeded(), eq(variables['PIPEGEN_BEGUN']",
        PROD,
        failed("deploy-prod"),
    ),
    Mutation(
        "restore killed", CHURN, "        cancelTimeoutInMinutes: 90\n", "", PROD, cancelled("deploy-prod")
    ),
    Mutation(
        "no limit of a step",
        CHURN,
        "                  timeoutInMinutes: 60\n",
        "",
        PROD,
        {"deploy-prod": Fault(Ending.TIMED_OUT)},
    ),
    Mutation("a schedule that waits for changes", CHURN, "always: true", "always: false", TimerFired("monitor")),
    Mutation("another time", CHURN, "0 6 1 * *", "0 6 2 * *", TimerFired("monitor")),
    Mutation("another clock", CHURN, "'Schedule', 'Manual'", "'Manual', 'Manual'", TimerFired("monitor")),
    Mutation("a value kept", CHURN, ";isOutput=true", "", PROD),
    Mutation("a wrong path", CHURN, "dependencies.train.outputs['outputs.", "dependencies.train.outputs['", PROD),
    Mutation("nothing may be set", CHURN, "                - PIPEGEN_DIGEST_MODEL\n", "", PROD),
    Mutation("another folder", CHURN, "targetPath: $(Build.SourcesDirectory)", "targetPath: $(Pipeline.Workspace)",
             PROD),
    Mutation("an artifact not kept", CHURN, "artifact: model-", "artifact: other-", PROD),
    Mutation("advice with weight", DEMAND, "continueOnError: true", "continueOnError: false", Pushed("feat/a"),
             failed("checks", "lint")),
    Mutation("no clean-up", FRAUD, "condition: always()", "condition: succeeded()", Pushed("dev"),
             failed("deploy-serving-dev")),
    Mutation("nobody closes", FRAUD, f"and(always(), in(dependencies.deploy_serving_prod_canary.result, {RESULTS}))",
             "succeeded()", PROD, failed("deploy-serving-prod-canary")),
    Mutation("closing is cancelled along", FRAUD, "and(always(), in(dep", "and(not(canceled()), in(dep", PROD,
             cancelled("deploy-serving-prod-full")),
    Mutation("going on unasked", FRAUD, "dependsOn: [deploy_serving_prod_canary, approve_serving_prod_full]",
             "dependsOn: [deploy_serving_prod_canary]", PROD, answers={FULL: Answer(rejected_by="alice")}),
    Mutation("the starter answers", FRAUD, "OwnRuns: false", "OwnRuns: true", PROD,
             answers={FULL: Answer(("alice",)), "serving-prod": Answer((SECOND, "bob"))}, starter=PEOPLE[0]),
    Mutation("silence agrees", FRAUD, "onTimeout: reject", "onTimeout: resume", PROD,
             answers={FULL: Answer(expires=True)}),
    Mutation("others answer", FRAUD, "\\fraud-release", "\\model-risk", PROD),
    Mutation("history is not there", PRICE, "fetchDepth: 0", "fetchDepth: 1", TagPushed("elasticity-v1")),
    Mutation("any tag", PRICE, "include: [elasticity-v*]", 'include: ["v*"]', TagPushed("v1")),
    Mutation("the wrong branch is told", CHURN, "branch: ${{ parameters.branch }}", "branch: ${{ parameters.target }}",
             PullRequestOpened("feat/a", "dev")),
    Mutation("a review of pushes", CHURN, "eq(variables['Build.Reason'], 'Manual')",
             "eq(variables['Build.Reason'], 'PullRequest')", PullRequestOpened("feat/a", "dev")),
    Mutation("a lock that is none", CHURN, "lockBehavior: sequential", "lockBehavior: none", PROD),
]  # fmt: skip


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], World]:
    return cache(lambda model: world_of(model, tmp_path_factory.mktemp(model)))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[each.title for each in MUTATIONS])
def test_a_changed_file_is_found_out(mutation: Mutation, worlds: Callable[[str], World]) -> None:
    case, world = mutation.case, worlds(mutation.model)
    teams = teams_of(DELIVERIES[mutation.model])
    try:
        found = differences(case.expected, observed(case, world, teams, mutation.files))
    except UnknownConstruct as unknown:
        found = [str(unknown)]
    assert found


ANSWERED = [each for each in MUTATIONS if each.answers]


@pytest.mark.parametrize("mutation", ANSWERED, ids=[each.title for each in ANSWERED])
def test_without_the_change_there_is_no_difference(mutation: Mutation, worlds: Callable[[str], World]) -> None:
    """Those cases that the table does not have."""
    case = mutation.case
    assert differences(case.expected, observed(case, worlds(mutation.model), teams_of(case.delivery))) == []
