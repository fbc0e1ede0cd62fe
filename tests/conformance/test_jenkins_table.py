"""Jenkins does what the reference says: every model, at every occurrence, with everything that may go wrong.

All that is selected is carried out at once, so that a part of the table costs a part of its time.
"""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from conformance.cases import Case
from conformance.cells import NOTHING, cell_of
from conformance.equivalence import Shows, undeclared
from conformance.jenkins_cases import expected_of, is_no_choice, is_not_offered, starter_is_unknown
from conformance.jenkins_executor import Carried, execute
from conformance.ledger_values import misled
from conformance.observing import differences
from conformance.table import cases, numbered, wrong
from deliveries import CONFIG
from local_models import DELIVERIES
from pipegen.simulation import JobResult, LockTrace, Trace
from pipegen.targets import jenkins

_ALL = [case for model in DELIVERIES for case in cases(model)]
CASES = dict(zip(numbered(_ALL), _ALL, strict=True))
PLAIN = [name for name, case in CASES.items() if cell_of(case).fault in {"", NOTHING}]


@pytest.fixture(scope="module")
def carried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Carried]:
    """Workers of one session share what the first of them carries out, which keeps all cores busy by itself."""
    selected = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    names = [name for name in CASES if name in selected]
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
    astray = {number for number, name in enumerate(names) if name in PLAIN}
    return dict(zip(names, execute([CASES[name] for name in names], folder, astray), strict=True))


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize("name", CASES, ids=list(CASES))
def test_it_means_the_same_on_jenkins(name: str, carried: Mapping[str, Carried], shows: Shows) -> None:
    expected = expected_of(CASES[name])
    starter = "" if starter_is_unknown(CASES[name]) else None
    assert wrong(expected, carried[name].runs) == []
    assert misled(CASES[name], carried[name].runs, names=True, starter=starter) == []
    shows("jenkins", CASES[name], expected.declared)


@pytest.mark.parametrize("model", DELIVERIES)
def test_jenkins_says_where_it_differs(model: str) -> None:
    differing = [expected_of(case).declared for case in CASES.values() if case.model == model]
    assert undeclared(differing, jenkins.capabilities(DELIVERIES[model], CONFIG)) == []


@pytest.mark.parametrize("name", PLAIN, ids=PLAIN)
def test_the_file_itself_keeps_a_job_that_discovers_too_much_from_doing_anything(
    name: str, carried: Mapping[str, Carried]
) -> None:
    """But an action from elsewhere: there the guard refuses it, as the reference says."""
    case = CASES[name]
    expected = case.expected if is_not_offered(case) and not is_no_choice(case) else ()
    assert differences(expected, carried[name].strays) == []


@pytest.mark.parametrize("name", CASES, ids=list(CASES))
def test_a_deployment_is_under_its_lock_until_it_is_complete_or_undone(
    name: str, carried: Mapping[str, Carried]
) -> None:
    expected = expected_of(CASES[name])
    traces = () if expected.differs else expected.traces
    assert list(carried[name].locks) == [lock for trace in traces for lock in _locked(trace, CASES[name])]


def _locked(trace: Trace, case: Case) -> Iterator[tuple[str, tuple[str, ...]]]:
    (pipeline,) = (start.pipeline for start in case.starts if start.pipeline.id == trace.pipeline)
    taken = [each.name for each in trace.entries if isinstance(each, LockTrace)]
    ran = [each.id for each in trace.jobs if each.result is not JobResult.SKIPPED]
    for unit in (phase.deployment for phase in pipeline.phases):
        if unit is not None and unit.lock.name in taken:
            own = [*(each.job.id for each in unit.jobs), *([unit.closing.id] if unit.closing else [])]
            yield unit.lock.name, tuple(each for each in own if each in ran)
