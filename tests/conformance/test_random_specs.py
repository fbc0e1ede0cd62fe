"""Any valid spec does on every CI system what the reference says, and every validator accepts what it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings

from conformance.ledger_values import misled
from conformance.observing import differences
from conformance.random_runs import EXECUTORS, expected_on
from conformance.random_specs import Drawn, drawn_specs, errors
from deliveries import CONFIG
from pipegen.targets import TARGETS
from test_golden_validators import AZURE, GITHUB, GITLAB, JENKINS, Check
from test_properties import OF_THE_AUTHOR, written
from validators.explained import unexplained

VALIDATORS: Mapping[str, Sequence[Check]] = {"azure": AZURE, "github": GITHUB, "gitlab": GITLAB, "jenkins": JENKINS}
Wrong = Mapping[str, object]
"""What is wrong, by where; empty where nothing is."""

QUICK, *MORE = EVERY = [(4, 4), (1, 9), (2, 9), (3, 9)]
"""Seeds, with how many specs each: those of one seed resemble each other."""
BATCHES = [
    pytest.param(QUICK, id="few"),
    *(pytest.param(each, marks=pytest.mark.slow, id=f"more {each[0]}") for each in MORE),
]
NAMING = {"github", "jenkins"}
"""The CI systems that tell scripts who approved."""
MOST_JOBS, FEW_JOBS = 25, 12
"""In what is tried with one spec: each of them takes a tenth of a second and more."""
_WITHOUT_END = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


@cache
def drawn(batch: tuple[int, int]) -> tuple[Drawn, ...]:
    """The same specs in every run, for programs that cost a process each time."""
    number, count = batch
    found: list[Drawn] = []

    @seed(number)
    @settings(_WITHOUT_END, max_examples=count, phases=[Phase.generate])
    @given(drawn_specs())
    def collect(each: Drawn) -> None:
        found.append(each)

    collect()
    return tuple(found)


def check(wrong: Callable[[Sequence[Drawn], Path], Wrong], batch: tuple[int, int]) -> None:
    """All at once; if anything is wrong, again one by one, down to the smallest spec with which it is."""
    with TemporaryDirectory() as folder:
        found = wrong(drawn(batch), Path(folder))
    if found:
        number, count = batch

        @seed(number)
        @settings(_WITHOUT_END, max_examples=count, phases=[Phase.generate, Phase.shrink])
        @given(drawn_specs())
        def holds(each: Drawn) -> None:
            note(each.text)
            with TemporaryDirectory() as folder:
                assert wrong([each], Path(folder)) == {}

        holds()
    assert found == {}


# ---------------------------------------------------------------- what holds


def test_a_drawn_spec_has_no_error() -> None:
    specs = [each for batch in EVERY for each in drawn(batch)]
    assert {each.text: found for each in specs if (found := errors(each.data))} == {}


def test_drawn_specs_are_of_all_kinds() -> None:
    """One to six entries of a flow, one to forty stages, up to three approvals, several schedules, rollouts."""
    specs = [each.data for batch in EVERY for each in drawn(batch)]
    stages = [len(each["stages"]) for each in specs]
    assert min(stages) <= 2
    assert max(stages) >= 20
    assert {len(each["flow"]) for each in specs} >= {1, 2, 3, 4}
    assert {len(each.get("schedules", ())) for each in specs} >= {0, 2}
    assert any("rollout" in stage for each in specs for stage in each["stages"])
    counts = {
        environment.get("approvals", {}).get("count", 0)
        for each in specs
        for environment in each["environments"].values()
    }
    assert counts == {0, 1, 2, 3}


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("target", EXECUTORS)
def test_any_valid_spec_does_what_the_reference_says(target: str, batch: tuple[int, int]) -> None:
    def differing(specs: Sequence[Drawn], folder: Path) -> Wrong:
        tried = [
            (each, each.cases(FEW_JOBS if batch == QUICK else MOST_JOBS)) for each in specs if target in each.targets
        ]
        runs = EXECUTORS[target](tried, folder)
        return {
            f"{number}: {case}": words
            for number, ((_, cases), of_cases) in enumerate(zip(tried, runs, strict=True))
            for case, observed in zip(cases, of_cases, strict=True)
            if (
                words := differences(expected_on(target, case), observed)
                + misled(case, observed, names=target in NAMING)
            )
        }

    check(differing, batch)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("target", VALIDATORS)
def test_every_validator_accepts_what_any_valid_spec_becomes(target: str, batch: tuple[int, int]) -> None:
    def refused(specs: Sequence[Drawn], folder: Path) -> Wrong:
        files = [
            written(folder / str(number) / path, text)
            for number, each in enumerate(specs)
            if target in each.targets
            for path, text in TARGETS[target].render(each.delivery, CONFIG).items()
        ]
        found = [report for tool in VALIDATORS[target] for report in unexplained(tool(files))] if files else []
        return {str(each): each.message for each in found if (each.tool, each.rule) not in OF_THE_AUTHOR}

    check(refused, batch)
