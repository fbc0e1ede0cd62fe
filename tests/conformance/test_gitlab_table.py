"""GitLab does what the reference says: every model, at every occurrence, with everything that may go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from conformance.cases import Case
from conformance.equivalence import Shows
from conformance.gitlab_cases import TOLD, Row, declared, deployments, differing, expires, is_declared, rows, wrong
from conformance.gitlab_executor import Executor, executor_of
from conformance.observing import differences
from local_models import DELIVERIES
from pipegen.delivery import Delivery, Job, ParameterValue, PublishedValue, Run, SecretValue, StepValue, Text
from pipegen.scripts import STRICT
from pipegen.simulation import Answer, JobResult, LockTrace, Pushed, Start

ROWS = {name: tried for model in DELIVERIES for name, tried in rows(model).items()}
MISHAPS = {name: tried for name, tried in ROWS.items() if not name.endswith(": all agree")}
EXPIRED = {name: [row for row in tried if expires(row.case)] for name, tried in MISHAPS.items()}
GROUP = "pipegen-"

ExecutorOf = Callable[[str], Executor]


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> ExecutorOf:
    """One project for each model, as its jobs are remembered."""
    made: dict[str, Executor] = {}

    def of(model: str) -> Executor:
        if model not in made:
            made[model] = executor_of(DELIVERIES[model], tmp_path_factory.mktemp(model))
        return made[model]

    return of


def model_of(name: str) -> str:
    return name.partition(":")[0]


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize("name", ROWS)
def test_it_means_the_same_on_gitlab(name: str, executor: ExecutorOf, shows: Shows) -> None:
    assert wrong(ROWS[name], executor(model_of(name))) == {}
    for row in ROWS[name]:
        shows("gitlab", row.case, next(differing(row.case), None))


@pytest.mark.parametrize("name", [name for name, tried in EXPIRED.items() if tried])
def test_a_yes_that_comes_too_late_is_as_good_as_none(name: str, executor: ExecutorOf) -> None:
    """Those who let the time go by agree afterwards, and somebody starts the job."""
    for row in EXPIRED[name]:
        assert differences(row.case.expected, executor(model_of(name)).observe(row.case, late=True)) == []


@pytest.mark.parametrize("name", ROWS)
def test_each_difference_is_declared_in_the_report_of_capabilities(name: str, executor: ExecutorOf) -> None:
    for difference in {each for row in ROWS[name] for each in differing(row.case)}:
        assert is_declared(executor(model_of(name)), difference), difference


@pytest.mark.parametrize("name", [name for name, tried in EXPIRED.items() if tried])
def test_where_nobody_can_be_asked_everybody_is_taken_to_have_refused(name: str, executor: ExecutorOf) -> None:
    """A plan without protected environments asks nobody, and lets whoever may run jobs start all of them."""
    whole = replace(executor(model_of(name)), features="cross_project_pipelines")
    agreed = ROWS[f"{model_of(name)}: all agree"][0].case.outcomes
    case = replace(EXPIRED[name][0].case, outcomes=agreed)
    first = case.expected[0].approvals[0].id
    refused = replace(agreed, answers={**agreed.answers, first: Answer(rejected_by="ann")})
    assert differences(replace(case, outcomes=refused).expected, whole.observe(case)) == [
        f"approval {first} is granted and not rejected"
    ]


# ---------------------------------------------------------------- locks


@pytest.mark.parametrize("name", MISHAPS)
def test_a_deployment_is_in_its_resource_group_until_it_is_complete_or_undone(name: str, executor: ExecutorOf) -> None:
    whole = executor(model_of(name))
    for row in MISHAPS[name]:
        if not list(declared(row.case)):
            whole.observe(row.case)
            assert whole.groups == {GROUP + lock: jobs for lock, jobs in _locked(row.case)}


def _locked(case: Case) -> Iterator[tuple[str, tuple[str, ...]]]:
    for trace, start in zip(case.expected, case.starts, strict=True):
        taken = {each.name for each in trace.entries if isinstance(each, LockTrace)}
        ran = {each.id for each in trace.jobs if each.result is not JobResult.SKIPPED}
        for unit in deployments(start.pipeline):
            own = [*(each.job.id for each in unit.jobs), *([unit.closing.id] if unit.closing else [])]
            if unit.lock.name in taken:
                yield unit.lock.name, tuple(each for each in own if each in ran)


@pytest.mark.parametrize("model", DELIVERIES)
def test_resource_groups_wait_as_the_spec_says(model: str, executor: ExecutorOf) -> None:
    modes = {"all": "oldest_first", "newest": "newest_first"}
    locks = [unit.lock for pipeline in DELIVERIES[model].pipelines for unit in deployments(pipeline)]
    assert executor(model).settings.modes == {GROUP + each.name: modes[each.waiting] for each in locks}


# ---------------------------------------------------------------- what scripts find


@pytest.mark.parametrize("name", MISHAPS)
def test_scripts_find_the_values_of_the_neutral_form(name: str, executor: ExecutorOf) -> None:
    case = replace(MISHAPS[name][0].case, outcomes=ROWS[f"{model_of(name)}: all agree"][0].case.outcomes)
    (observed,) = executor(model_of(name)).observe(case)
    (start,) = case.starts
    found = {(job.id, script.id): script.variables for job in observed.jobs for script in job.scripts}
    assert found
    for job in start.pipeline.jobs:
        for step in (step for step in job.steps if isinstance(step, Run) and (job.id, step.id) in found):
            expected = dict(_values(job, step, start, executor(model_of(name))))
            assert {each: found[job.id, step.id].get(each) for each in expected} == expected, (job.id, step.id)


def _values(job: Job, step: Run, start: Start, whole: Executor) -> Iterator[tuple[str, str]]:
    """Secrets in files and signed tokens come into being with the job."""
    yield from start.pipeline.variables
    given: list[tuple[str, StepValue]] = [(each.name, each.value) for each in job.variables]
    for variable, value in (*given, *((each.name, each.value) for each in step.variables)):
        match value:
            case Text(text):
                yield variable, text
            case ParameterValue(name):
                yield variable, start.parameters[name]
            case SecretValue(name=name, type="string", environment=environment):
                yield variable, f"secret {environment}/{name} as {name}" if environment else f"secret {name} as {name}"
            case PublishedValue(producer, name):
                yield variable, whole.published(producer, name)
            case _:
                pass


# ---------------------------------------------------------------- people who are told


def _telling(delivery: Delivery) -> Delivery:
    """The delivery with a job in each pipeline that tells people of a failure."""
    job = Job("notify", "Tell people", (Run("tell", "Tell people", f"{STRICT}\ntrue\n"),))
    return replace(delivery, pipelines=tuple(replace(each, failed=job) for each in delivery.pipelines))


TELLING = _telling(DELIVERIES["fraud-detection"])


@dataclass(frozen=True)
class TellingCase(Case):
    """A case of a model whose people are told of failures."""

    @property
    def delivery(self) -> Delivery:
        return TELLING


def test_people_are_told_of_failures_and_of_rejections(tmp_path_factory: pytest.TempPathFactory) -> None:
    whole = executor_of(TELLING, tmp_path_factory.mktemp("telling"))
    tried = [
        Row(TellingCase(row.case.model, row.case.occurrence, row.case.outcomes))
        for row in ROWS[f"{TELLING.model}: push to prod"]
    ]
    rejected = [row for row in tried if row.what.endswith(" rejected")]
    assert wrong([row for row in tried if row not in rejected], whole) == {}
    assert {any(trace.told for trace in row.case.expected) for row in tried} == {True, False}
    for row in rejected:
        words = sorted(differences(row.case.expected, whole.observe(row.case)))
        assert words == ["notify runs", "people are told of a failure"]
    assert is_declared(whole, TOLD)
    assert Pushed("prod") == tried[0].case.occurrence
