"""What an environment runs is a fold over its entries: deployments and rollbacks set it, ways back undo it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipegen.ledger.entries import Entry
from pipegen.ledger.state import UnknownStateError, deployed, recorded, running, state_of

Step = tuple[str, str, str]
"""What happened, to which version, in which run: D(eployment), B(ack to), R(estored), F(ailed to restore)."""

KINDS = {"D": "deployment", "B": "rollback", "R": "restore", "F": "restore"}


def entries(steps: Sequence[Step], environment: str = "prod") -> tuple[Entry, ...]:
    return tuple(_entry(number, *step, environment) for number, step in enumerate(steps, 1))


def _entry(number: int, what: str, version: str, run_id: str, environment: str) -> Entry:
    said: dict[str, object] = {"environment": environment}
    said |= {"undone": version, "restored": what == "R"} if what in "RF" else {"version": version}
    said |= {"run_id": run_id} if run_id else {}
    return Entry(number, KINDS[what], "churn", "2026-01-01T00:00:00Z", str(number), "", said)


RUNNING: dict[str, tuple[list[Step], int | None]] = {
    "nothing": ([], None),
    "a first deployment": ([("D", "1", "a")], 1),
    "the newest deployment": ([("D", "1", "a"), ("D", "2", "b")], 2),
    "a rollback": ([("D", "1", "a"), ("D", "2", "b"), ("B", "1", "c")], 3),
    "nothing after the first was undone": ([("D", "1", "a"), ("R", "1", "a")], None),
    "what was before the one undone": ([("D", "1", "a"), ("D", "2", "b"), ("R", "2", "b")], 1),
    "what was before a rollback that was undone": (
        [("D", "1", "a"), ("D", "2", "b"), ("B", "1", "c"), ("R", "1", "c")],
        2,
    ),
    "the same, if what was undone was never recorded": ([("D", "1", "a"), ("R", "2", "b")], 1),
    "the same version, if its second deployment was never recorded": ([("D", "1", "a"), ("R", "1", "b")], 1),
    "the first of the same version, if its second was undone": ([("D", "1", "a"), ("D", "1", "b"), ("R", "1", "b")], 1),
    "what was before, though the way back had failed once": (
        [("D", "1", "a"), ("D", "2", "b"), ("F", "2", "b"), ("R", "2", "b")],
        1,
    ),
    "what was deployed after a way back failed": ([("D", "1", "a"), ("F", "1", "a"), ("D", "2", "b")], 3),
    "what was before, where nobody says the run": ([("D", "1", ""), ("D", "2", ""), ("R", "2", "")], 1),
    "two undone one after the other": (
        [("D", "1", "a"), ("D", "2", "b"), ("R", "2", "b"), ("D", "3", "c"), ("R", "3", "c")],
        1,
    ),
}


@pytest.mark.parametrize("name", RUNNING)
def test_an_environment_runs(name: str) -> None:
    steps, number = RUNNING[name]
    entry = running(entries(steps), "prod")
    assert (entry.number if entry else None) == number


UNKNOWN: dict[str, list[Step]] = {
    "the way back failed": [("D", "1", "a"), ("D", "2", "b"), ("F", "2", "b")],
    "the way back from what was never recorded failed": [("D", "1", "a"), ("F", "2", "b")],
    "the way back led to where nobody knew": [("D", "1", "a"), ("F", "1", "a"), ("D", "2", "b"), ("R", "2", "b")],
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_nobody_knows_what_runs_after(name: str) -> None:
    with pytest.raises(UnknownStateError, match=r"what prod runs is not known: .* see to it, then deploy or roll back"):
        running(entries(UNKNOWN[name]), "prod")


def test_environments_do_not_concern_each_other() -> None:
    both = (*entries([("D", "1", "a")], "dev"), *entries([("D", "2", "b"), ("F", "2", "b")], "prod"))
    entry = running(both, "dev")
    assert entry is not None
    assert entry.version == "1"
    assert running(both, "staging") is None


RECORDED: dict[str, tuple[list[Step], int | None]] = {
    "never deployed": ([("D", "2", "a")], None),
    "deployed": ([("D", "1", "a"), ("D", "2", "b")], 1),
    "deployed twice": ([("D", "1", "a"), ("D", "1", "b")], 2),
    "undone in its own run": ([("D", "1", "a"), ("R", "1", "a")], None),
    "undone, and the way back failed": ([("D", "1", "a"), ("F", "1", "a")], None),
    "deployed again after it was undone": ([("D", "1", "a"), ("R", "1", "a"), ("D", "1", "a")], 3),
    "deployed before it was undone in another run": ([("D", "1", "a"), ("D", "1", "b"), ("R", "1", "b")], 1),
    "rolled back to, then that undone": ([("D", "1", "a"), ("D", "2", "b"), ("B", "1", "c"), ("R", "1", "c")], 1),
    "only ever rolled back to": ([("B", "1", "c")], None),
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_version_that_one_may_roll_back_to_is_recorded(name: str) -> None:
    steps, number = RECORDED[name]
    entry = recorded(entries(steps), "prod", "1")
    assert (entry.number if entry else None) == number
    assert recorded(entries(steps), "dev", "1") is None


def test_the_newest_deployment_of_a_version_tells_of_it_wherever_it_was() -> None:
    told = (*entries([("D", "1", "a")], "prod"), *entries([("D", "2", "b"), ("B", "1", "c")], "dev"))
    entry = deployed(told, "1")
    assert entry is told[0]
    assert deployed(told, "3") is None


@given(st.lists(st.tuples(st.sampled_from("DBRF"), st.sampled_from("123"), st.sampled_from("ab")), max_size=12))
def test_an_undone_deployment_leaves_the_state_as_it_was(steps: list[Step]) -> None:
    before = state_of(entries(steps), "prod")
    after = state_of(entries([*steps, ("D", "9", "z"), ("R", "9", "z")]), "prod")
    assert (after.entry, after.failed) == (before.entry, before.failed)
