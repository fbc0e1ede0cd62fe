"""Jenkins does what the reference says: every model, at every occurrence, with everything that may go wrong.

All that is selected is carried out at once, so that a part of the table costs a part of its time.
"""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.cases import Case
from conformance.jenkins_cases import Row, happenings, mishaps
from conformance.jenkins_executor import Carried, execute
from conformance.jenkins_settings import settings_of
from conformance.observing import differences
from deliveries import CONFIG
from local_models import DELIVERIES
from pipegen.delivery import Action, Delivery, Merged, Tagged
from pipegen.simulation import ActionStarted, JobResult, LockTrace, Trace
from pipegen.targets import jenkins

HAPPENINGS = [row for model in DELIVERIES for row in happenings(model)]
MISHAPS = [row for model in DELIVERIES for row in mishaps(model)]
ROWS = {f"{number} {row}": row for number, row in enumerate((*HAPPENINGS, *MISHAPS))}
_HAPPENED = list(ROWS)[: len(HAPPENINGS)]


@pytest.fixture(scope="module")
def carried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Carried]:
    """Workers of one session share what the first of them carries out, which keeps all cores busy by itself."""
    selected = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    names = [name for name in ROWS if name in selected]
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with (shared / "jenkins.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = shared / "jenkins.carried"
        if not kept.exists():
            kept.write_bytes(pickle.dumps(_carried(names, tmp_path_factory.mktemp("jenkins"))))
        found: Mapping[str, Carried] = pickle.loads(kept.read_bytes())  # noqa: S301  (this session wrote it)
        return found


def _carried(names: Sequence[str], folder: Path) -> dict[str, Carried]:
    astray = {number for number, name in enumerate(names) if name in _HAPPENED}
    return dict(zip(names, execute([ROWS[name].case for name in names], folder, astray), strict=True))


# ---------------------------------------------------------------- where Jenkins differs, and says so


def report(delivery: Delivery, subject: str) -> str:
    return " ".join(each.detail for each in jenkins.capabilities(delivery, CONFIG) if each.subject == subject)


def starter_is_unknown(row: Row) -> bool:
    """Nobody is known to have pushed, so that the yes of whoever did counts: `initiator of approval`."""
    (start,) = row.case.starts if row.case.outcomes.starter else (None,)
    return start is not None and isinstance(start.pipeline.event, Merged | Tagged)


def is_not_offered(row: Row) -> bool:
    """No job has the branch that the action is not for: `event action-...`. The reference has the guard refuse it."""
    asked = row.case.occurrence
    if not isinstance(asked, ActionStarted):
        return False
    (job,) = (
        each for each in settings_of(row.case.delivery).jobs if each.name == f"{row.case.model}-action-{asked.name}"
    )
    return not (job.has_branch(asked.branch) or job.has_tag(asked.branch))


def is_no_choice(row: Row) -> bool:
    """The form takes none but its choices. The reference has the guard refuse it."""
    if not isinstance(row.case.occurrence, ActionStarted):
        return False
    (start,) = row.case.starts
    event = start.pipeline.event
    asked = event.parameters if isinstance(event, Action) else ()
    return any(each.choices and start.parameters[each.name] not in each.choices for each in asked)


def wanted(row: Row) -> tuple[Trace, ...]:
    """What Jenkins must do: the reference, but for what it declares."""
    if is_not_offered(row) or is_no_choice(row):
        return ()
    if starter_is_unknown(row):
        return replace(row.case, outcomes=replace(row.case.outcomes, starter="")).expected
    return row.case.expected


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize("name", ROWS, ids=list(ROWS))
def test_it_means_the_same_on_jenkins(name: str, carried: Mapping[str, Carried]) -> None:
    assert differences(wanted(ROWS[name]), carried[name].runs) == []


@pytest.mark.parametrize("name", _HAPPENED, ids=_HAPPENED)
def test_the_file_itself_keeps_a_job_that_discovers_too_much_from_doing_anything(
    name: str, carried: Mapping[str, Carried]
) -> None:
    """But an action from elsewhere: there the guard refuses it, as the reference says."""
    case: Case = ROWS[name].case
    expected = case.expected if is_not_offered(ROWS[name]) and not is_no_choice(ROWS[name]) else ()
    assert differences(expected, carried[name].strays) == []


@pytest.mark.parametrize("name", ROWS, ids=list(ROWS))
def test_a_deployment_is_under_its_lock_until_it_is_complete_or_undone(
    name: str, carried: Mapping[str, Carried]
) -> None:
    expected = [lock for trace in wanted(ROWS[name]) for lock in _locked(trace, ROWS[name].case)]
    assert list(carried[name].locks) == expected


def _locked(trace: Trace, case: Case) -> Iterator[tuple[str, tuple[str, ...]]]:
    (pipeline,) = (start.pipeline for start in case.starts if start.pipeline.id == trace.pipeline)
    taken = [each.name for each in trace.entries if isinstance(each, LockTrace)]
    ran = [each.id for each in trace.jobs if each.result is not JobResult.SKIPPED]
    for unit in (phase.deployment for phase in pipeline.phases):
        if unit is not None and unit.lock.name in taken:
            own = [*(each.job.id for each in unit.jobs), *([unit.closing.id] if unit.closing else [])]
            yield unit.lock.name, tuple(each for each in own if each in ran)


def test_jenkins_differs_where_it_says_so_and_nowhere_else() -> None:
    for row in ROWS.values():
        if starter_is_unknown(row):
            (pipeline,) = (start.pipeline.id for start in row.case.starts)
            assert f"may approve in {pipeline}" in report(
                row.case.delivery, f"initiator of approval {row.what.split()[0]}"
            )
        if is_not_offered(row) or is_no_choice(row):
            assert all(start.refusal for start in row.case.starts)
        if is_not_offered(row):
            (start,) = row.case.starts
            assert "and nothing else" in report(row.case.delivery, f"event {start.pipeline.id}")
    for differs in (starter_is_unknown, is_not_offered, is_no_choice):
        assert any(map(differs, ROWS.values()))
