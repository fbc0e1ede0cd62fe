"""A second run overtakes the first: every CI system serves them as the reference says, or as it declares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.overtaking import COMINGS, DIFFERENT, QUEUES, reference, report
from deliveries import CONFIG
from local_models import DELIVERIES
from pipegen.delivery import Deployment, Lock, Merged, Pipeline, Scheduled
from pipegen.targets import TARGETS


def units() -> Iterator[tuple[str, Pipeline, Lock]]:
    """Each environment that a merge or a timer deploys to; an action does one thing at a time for people."""
    for model, delivery in DELIVERIES.items():
        for pipeline in delivery.pipelines:
            if isinstance(pipeline.event, Merged | Scheduled):
                yield from ((model, pipeline, unit.lock) for unit in _deployments(pipeline))


def _deployments(pipeline: Pipeline) -> Iterator[Deployment]:
    yield from (phase.deployment for phase in pipeline.phases if phase.deployment)


UNITS = list(units())


@pytest.mark.parametrize("target", sorted(TARGETS))
@pytest.mark.parametrize(
    ("model", "pipeline", "lock"), UNITS, ids=[f"{model} {each.id} {lock.name}" for model, each, lock in UNITS]
)
def test_a_second_run_that_overtakes_the_first_is_served_as_the_reference_says(
    target: str, model: str, pipeline: Pipeline, lock: Lock
) -> None:
    delivery = DELIVERIES[model]
    queue = QUEUES[target](pipeline, lock, TARGETS[target].render(delivery, CONFIG))
    for runs in COMINGS:
        expected, words = DIFFERENT.get((target, lock.waiting, runs), (reference(lock.waiting, runs), ""))
        assert queue(runs) == expected, runs
        assert words in report(target, delivery, lock)


def test_both_ways_to_wait_are_tried() -> None:
    assert {lock.waiting for _, _, lock in UNITS} == {"all", "newest"}
    for (_, waiting, runs), (served, _) in DIFFERENT.items():
        lock = next(lock for _, _, lock in UNITS if lock.waiting == waiting)
        assert served != reference(lock.waiting, runs)
