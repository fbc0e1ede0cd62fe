"""A push on Jenkins does something only if it touches what the model is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from conformance.cases import Case
from conformance.jenkins_executor import execute_in
from conformance.jenkins_world import Installation, installed
from conformance.observing import differences
from pipegen.simulation import Outcomes, Pushed, simulate, started

MODEL = "minimal"
CASES = [
    (branch, file)
    for branch in ("feat/a", "dev")
    for file in ("models/minimal/deep/x.py", "models/minimal-other/x.py", "deep/models/minimal/x.py")
]


@dataclass(frozen=True)
class _Since(Installation):
    """A Jenkins whose last run that succeeded was of this commit."""

    since: str = ""

    @property
    def first_commit(self) -> str:
        return self.since


def _installed(folder: Path, branch: str, file: str) -> _Since:
    """The branch has one commit more than the last run of it saw, which touches the file."""
    whole = installed(MODEL, folder)
    since = whole.world.commit_of(branch)
    whole.world.commit(branch, {file: "new\n"})
    return _Since(MODEL, whole.world, whole.files, since)


def test_a_push_does_something_where_it_touches_what_the_model_is_made_of(tmp_path: Path) -> None:
    places = [_installed(tmp_path / str(number), *each) for number, each in enumerate(CASES)]
    cases = [Case(MODEL, Pushed(branch)) for branch, _ in CASES]
    starts = [started(case.delivery, case.occurrence, (file,)) for case, (_, file) in zip(cases, CASES, strict=True)]
    assert {len(each) for each in starts} == {0, 1}
    for case, start, carried in zip(CASES, starts, execute_in(places, cases), strict=True):
        assert differences([simulate(each, Outcomes()) for each in start], carried.runs) == [], case
