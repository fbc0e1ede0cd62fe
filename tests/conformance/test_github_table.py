"""What GitHub makes of every shipped model is what the reference says, at everything that may happen and go wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conformance.cases import Case
from conformance.equivalence import Shows, undeclared
from conformance.github_cases import Row, approval_rows, customs_of, expected_of, path_rows
from conformance.github_executor import AS_SET_UP, Executor, executor_of
from conformance.github_files import Job as WorkflowJob
from conformance.github_job import Ended, Stage
from conformance.github_memory import Memory
from conformance.github_people import api_of_runs
from conformance.ledger_values import misled
from conformance.observing import differences
from conformance.table import all_agree, answered_cases, cases, faulty_cases, plain_cases, usual_cases, wrong
from deliveries import CONFIG
from github_api import RUN_ID
from local_models import DELIVERIES
from pipegen.delivery import (
    Delivery,
    Download,
    Job,
    Lock,
    ParameterValue,
    Pipeline,
    PublishedValue,
    Review,
    Run,
    SecretValue,
    StepValue,
    Text,
)
from pipegen.scripts import STRICT
from pipegen.simulation import ActionStarted, Ending, Fault, Outcomes, PullRequestOpened, Pushed, Start
from pipegen.targets import github

ExecutorOf = Callable[[Delivery], Executor]


@pytest.fixture(scope="session")
def executor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecutorOf]:
    """One repository for each delivery, for all tests."""
    made: dict[int, Executor] = {}
    with api_of_runs() as api:

        def of(delivery: Delivery) -> Executor:
            if id(delivery) not in made:
                made[id(delivery)] = executor_of(delivery, tmp_path_factory.mktemp(delivery.model), api)
            return made[id(delivery)]

        yield of


def base(model: str) -> Case:
    """The model with everything approved; what happens is for each row to say."""
    return Case(model, Pushed(""), all_agree(DELIVERIES[model]))


def first_checks(start: Start) -> dict[str, str]:
    """The job -> the script that looks at the bytes of what it fetched first."""
    found: dict[str, str] = {}
    for job in start.pipeline.jobs:
        runs = [step.id for step in job.steps if isinstance(step, Run) and step.id.startswith("check-")]
        if runs and any(isinstance(step, Download) for step in job.steps):
            found[job.id] = runs[0]
    return found


STARTS = [(model, case) for model in DELIVERIES for case in usual_cases(model)]
CHECKED = [(model, case) for model, case in STARTS if first_checks(case.starts[0])]
ASKED = [(model, case) for model, case in STARTS if any(trace.approvals for trace in case.expected)]


def named(value: object) -> str | None:
    if not isinstance(value, Case):
        return None
    parameters = value.occurrence.parameters if isinstance(value.occurrence, ActionStarted) else {}
    return f"{value.occurrence.label} {parameters.get('environment', '')}".rstrip()


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize("model", DELIVERIES)
def test_what_happens_starts_what_the_reference_starts(model: str, executor: ExecutorOf, shows: Shows) -> None:
    assert wrongs(plain_cases(model), executor(DELIVERIES[model]), shows) == {}


@pytest.mark.parametrize(("model", "case"), STARTS, ids=named)
def test_what_goes_wrong_in_a_job_has_the_consequences_of_the_reference(
    model: str, case: Case, executor: ExecutorOf, shows: Shows
) -> None:
    assert wrongs(faulty_cases(case), executor(DELIVERIES[model]), shows) == {}


@pytest.mark.parametrize(("model", "case"), ASKED, ids=named)
def test_people_who_say_something_else_than_yes_have_the_consequences_of_the_reference(
    model: str, case: Case, executor: ExecutorOf, shows: Shows
) -> None:
    assert wrongs(answered_cases(case), executor(DELIVERIES[model]), shows) == {}


def wrongs(found: Iterable[Case], executor: Executor, shows: Shows) -> dict[str, list[str]]:
    """What GitHub does otherwise than it must; there must be cases."""
    told: dict[str, list[str]] = {}
    for case in found:
        expected = expected_of(case)
        observed = executor.observe(case, customs_of(case))
        words = wrong(expected, observed) + misled(case, observed, names=True)
        # Cases that differ in the script alone have one title.
        told.setdefault(str(case), []).extend(words)
        if not words:
            shows("github", case, expected.declared)
    assert told
    return {title: words for title, words in told.items() if words}


@pytest.mark.parametrize("model", DELIVERIES)
def test_github_says_where_it_differs(model: str) -> None:
    rows = [row for case in usual_cases(model) for row in approval_rows(case, case.starts[0].pipeline)]
    differing = [*(expected_of(case).declared for case in cases(model)), *(row.declared for row in rows)]
    assert undeclared(differing, github.capabilities(DELIVERIES[model], CONFIG)) == []


# ---------------------------------------------------------------- what only GitHub has


def wrong_rows(rows: Iterable[Row], executor: Executor) -> dict[str, list[str]]:
    """What GitHub does otherwise than the rows say; there must be rows."""
    found = {str(row): differences(row.expected, executor.observe(row.case, row.customs, row.changed)) for row in rows}
    assert found
    return {title: words for title, words in found.items() if words}


@pytest.mark.parametrize("model", DELIVERIES)
def test_a_push_starts_what_concerns_it(model: str, executor: ExecutorOf) -> None:
    rows = list(path_rows(base(model)))
    assert {len(row.expected) for row in rows} == {0, 1}
    assert wrong_rows(rows, executor(DELIVERIES[model])) == {}


@pytest.mark.parametrize(("model", "case"), ASKED, ids=named)
def test_people_and_settings_that_only_github_has_change_nothing(model: str, case: Case, executor: ExecutorOf) -> None:
    assert wrong_rows(approval_rows(case, case.starts[0].pipeline), executor(DELIVERIES[model])) == {}


@pytest.mark.parametrize("model", DELIVERIES)
def test_a_review_that_the_verdict_starts_is_the_review_of_the_pull_request(model: str, executor: ExecutorOf) -> None:
    delivery, world = DELIVERIES[model], executor(DELIVERIES[model]).world
    (event,) = (each.event for each in delivery.pipelines if isinstance(each.event, Review))
    file = f".github/workflows/{model}.review.yml"
    for target in event.targets:
        patterns = [each for each in target.sources if "*" in each]
        for source in (*(each.replace("*", f"to-{target.branch}") for each in patterns), f"other/to-{target.branch}"):
            world.commit(source, {f"{delivery.path}/README.md": f"{source}\n"}, start=target.branch)
            asked = {"pull_request": "12", "into": target.branch}
            observed = executor(delivery).dispatched(file, f"refs/heads/{source}", asked, Outcomes(), AS_SET_UP)
            expected = Case(model, PullRequestOpened(source, target.branch)).expected
            assert differences(expected, list(observed)) == []


# ---------------------------------------------------------------- what scripts find


@pytest.mark.parametrize(("model", "case"), STARTS, ids=named)
def test_scripts_find_the_values_of_the_neutral_form(model: str, case: Case, executor: ExecutorOf) -> None:
    (observed,) = executor(DELIVERIES[model]).observe(case)
    (start,) = case.starts
    found = {(job.id, script.id): script.variables for job in observed.jobs for script in job.scripts}
    assert found
    for job in start.pipeline.jobs:
        for step in (step for step in job.steps if isinstance(step, Run) and (job.id, step.id) in found):
            wanted = dict(values_of(job, step, start, executor(DELIVERIES[model])))
            assert {name: found[job.id, step.id].get(name) for name in wanted} == wanted, (job.id, step.id)


def values_of(job: Job, step: Run, start: Start, executor: Executor) -> Iterator[tuple[str, str]]:
    """The values that are known before a run; secrets in files and signed tokens come into being in the script."""
    own = {each.name for each in step.variables}
    yield from ((name, text) for name, text in start.pipeline.variables)
    given: list[tuple[str, StepValue]] = [(each.name, each.value) for each in job.variables if each.name not in own]
    for variable, value in (*given, *((each.name, each.value) for each in step.variables)):
        match value:
            case Text(text):
                yield variable, text
            case ParameterValue(name):
                yield variable, start.parameters[name]
            case SecretValue(type="string"):
                yield variable, executor.world.secret(value)
            case PublishedValue(producer, name):
                yield variable, published(executor, producer, name)
            case _:
                pass


def published(executor: Executor, producer: str, name: str) -> str:
    """What a job of the latest run handed on under a name."""
    (run,) = executor.runs[-1:]
    (ended,) = (each.ended for each in run.jobs if each.id == producer and each.ended)
    return ended.outputs[name]


# ---------------------------------------------------------------- locks


def test_deployments_of_an_environment_hold_one_group_and_wait_as_the_spec_says(executor: ExecutorOf) -> None:
    groups: dict[tuple[str, str], set[str]] = {}
    for model, case in STARTS:
        executor(DELIVERIES[model]).observe(case)
        pipeline = case.starts[0].pipeline
        own = {job.id for job in pipeline.jobs}
        held = {job.id: job.locks for job in executor(DELIVERIES[model]).runs[-1].jobs if job.took_place}
        held = {name: locks for name, locks in held.items() if name in own}
        for lock, jobs in locks_of(pipeline):
            for name in jobs & held.keys():
                locks = held.pop(name)
                assert len(locks) == 2, name
                _, found = locks
                assert (found.cancels, found.keeps_all) == (False, lock.waiting == "all")
                groups.setdefault((model, lock.name), set()).add(found.group)
        assert {len(locks) for locks in held.values()} <= {1}
    assert {len(each) for each in groups.values()} == {1}
    names = {(name, *each) for (_, name), each in groups.items()}
    assert len({group for _, group in names}) == len(names)


def locks_of(pipeline: Pipeline) -> Iterator[tuple[Lock, set[str]]]:
    for phase in pipeline.phases:
        if unit := phase.deployment:
            closing = {unit.closing.id} if unit.closing else set()
            yield unit.lock, {each.job.id for each in unit.jobs} | closing


def test_a_newer_check_of_a_branch_ends_the_older_and_no_other_run_ends_another(executor: ExecutorOf) -> None:
    for model, case in STARTS:
        executor(DELIVERIES[model]).observe(case)
        run = executor(DELIVERIES[model]).runs[-1]
        (whole,) = {job.locks[0] for job in run.jobs if job.locks}
        over = {"change": run.event.ref, "review": f".{getattr(run.event.pull_request, 'number', '')}"}
        part = over.get(case.starts[0].pipeline.id)
        assert (whole.cancels, whole.group.endswith(part or RUN_ID)) == (part is not None, True)


# ---------------------------------------------------------------- bytes


class Tampering(Memory):
    """What every job hands on has other bytes once it is over."""

    def carry_out(self, job: WorkflowJob, stage: Stage) -> Ended:
        ended = super().carry_out(job, stage)
        for name, folder in stage.artifacts.new.items():
            other = stage.machine.home / "tampered" / name
            shutil.copytree(folder, other)
            for file in (each for each in other.rglob("*") if each.is_file()):
                file.write_bytes(file.read_bytes() + b"other")
            stage.artifacts.new[name] = other
        return ended


@pytest.mark.parametrize(("model", "case"), CHECKED, ids=named)
def test_no_job_takes_other_bytes_than_those_that_were_handed_on(
    model: str, case: Case, executor: ExecutorOf, tmp_path: Path
) -> None:
    whole = executor(DELIVERIES[model])
    whole.fill_store()
    (observed,) = replace(whole, memory=Tampering(tmp_path, stores=dict(whole.memory.stores))).observe(case)
    whole.memory.now = ""
    checks = {job: step for job, step in first_checks(case.starts[0]).items() if job in observed.by_id}
    assert checks
    faults = {job: Fault(Ending.FAILED, step) for job, step in checks.items()}
    expected = replace(case, outcomes=replace(case.outcomes, faults=faults)).expected
    assert differences(expected, [observed]) == []


# ---------------------------------------------------------------- people who are told


def telling(delivery: Delivery) -> Delivery:
    """The delivery with a job in each pipeline that tells people of a failure."""
    job = Job("notify", "Tell people", (Run("tell", "Tell people", f"{STRICT}\ntrue\n"),))
    return replace(delivery, pipelines=tuple(replace(each, failed=job) for each in delivery.pipelines))


TELLING = telling(DELIVERIES["fraud-detection"])


@dataclass(frozen=True)
class TellingCase(Case):
    """A case of a model whose people are told of failures."""

    @property
    def delivery(self) -> Delivery:
        return TELLING


def test_people_are_told_of_failures_alone(executor: ExecutorOf) -> None:
    case = TellingCase("fraud-detection", Pushed("prod"), base("fraud-detection").outcomes)
    found = [case, *faulty_cases(case)]
    assert {any(trace.told for trace in expected_of(each).traces) for each in found} == {True, False}
    for each in found:
        assert wrong(expected_of(each), executor(TELLING).observe(each)) == []
