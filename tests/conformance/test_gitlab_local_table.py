"""What carries out GitLab's files here does what gitlab-ci-local does, wherever that can.

gitlab-ci-local does not know who approved, cancellations, files of a pipeline above, or that inputs are checked.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.cases import Case
from conformance.gitlab_cases import Row, is_refused, rows
from conformance.gitlab_executor import Executor, executor_of
from conformance.gitlab_small import as_told_locally
from conformance.gitlab_vendor import GitLabCiLocal, Request
from local_models import DELIVERIES
from pipegen.delivery import Begin, Job, Merged
from pipegen.simulation import Ending, Pushed

_IMAGE = re.compile(r"  image:\n    name: .*\n    entrypoint:\n      - \"\"\n")
"""There are no containers here, and gitlab-ci-local would name the folder as it is called in one."""
ExecutorOf = Callable[[str], Executor]


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> ExecutorOf:
    made: dict[str, Executor] = {}

    def of(model: str) -> Executor:
        if model not in made:
            made[model] = executor_of(DELIVERIES[model], tmp_path_factory.mktemp(model))
        return made[model]

    return of


@pytest.fixture(scope="module")
def local() -> Iterator[GitLabCiLocal]:
    with GitLabCiLocal() as running:
        yield running


# ---------------------------------------------------------------- which jobs there are


@pytest.mark.parametrize("model", DELIVERIES)
def test_every_occurrence_selects_the_jobs_that_gitlab_ci_local_selects(
    model: str, executor: ExecutorOf, local: GitLabCiLocal, tmp_path: Path
) -> None:
    whole, (tried, *_) = executor(model), rows(model).values()
    for path, text in whole.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", "--all")
    _git(tmp_path, "commit", "--quiet", "-m", "begin")
    for case in (row.case for row in tried if not is_refused(row.case)):
        assert local.selected(_request(whole, case, tmp_path)) == whole.begun(case), str(case)


def _request(whole: Executor, case: Case, folder: Path) -> Request:
    wanted = whole.wanted(case)
    unset = [] if "CI_COMMIT_BRANCH" in wanted.variables else ["CI_COMMIT_BRANCH"]
    manual = [name for name, when in whole.begun(case).items() if when == "manual"]
    secrets = {each.name: each.value for each in whole.settings.variables}
    secrets["GITLAB_FEATURES"] = f",{whole.features},"
    return Request(folder, whole.machine.world.path, {**secrets, **wanted.variables}, wanted.inputs, unset, manual)


def _git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


# ---------------------------------------------------------------- what becomes of them


def kinds(model: str) -> dict[str, Row]:
    """One row of each kind of fault that gitlab-ci-local can meet, in the first pipeline that delivers."""
    jobs, branch = _first_delivery(model)
    found: dict[str, Row] = {}
    for row in rows(model)[f"{model}: {Pushed(branch).label}"]:
        for name, fault in row.case.outcomes.faults.items():
            if fault.ending is not Ending.CANCELLED and name in jobs:
                part = "a deployment" if Begin() in jobs[name].steps else "a job"
                what = (fault.step or "main").partition("-")[0]
                found.setdefault(f"{model}: {what} of {part} {fault.ending}", row)
    return found


def _first_delivery(model: str) -> tuple[dict[str, Job], str]:
    for each in DELIVERIES[model].pipelines:
        if isinstance(each.event, Merged):
            return {job.id: job for job in each.jobs}, each.event.branch
    raise AssertionError(f"{model} delivers no branch")


KINDS = {name: row for model in DELIVERIES for name, row in kinds(model).items()}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_fault_has_the_consequences_that_it_has_in_gitlab_ci_local(
    name: str, executor: ExecutorOf, local: GitLabCiLocal, tmp_path: Path
) -> None:
    model = name.partition(":")[0]
    whole, case = executor(model), KINDS[name].case
    whole.observe(case)
    assert whole.last is not None
    here = as_told_locally(whole.last.jobs)
    scripts = [
        (job.name.split(":")[2], each.id, each.result)
        for job in whole.last.jobs.values()
        if job.ended
        for each in job.ended.scripts
    ]
    whole.refill(case)
    _git(tmp_path, "clone", "--quiet", "--branch", whole.wanted(case).ref, str(whole.machine.world.repository), "work")
    for path, text in whole.files.items():
        (tmp_path / "work" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / path).write_text(_IMAGE.sub("", text), "utf-8")
    _git(tmp_path / "work", "add", "--all")
    assert local.ran(_request(whole, case, tmp_path / "work")) == here
    assert sorted((job, step, result) for job, step, result, _ in whole.machine.notes) == sorted(scripts)
