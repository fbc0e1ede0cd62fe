"""What is tried: a model, what happens in the world, and how jobs and approvals end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from deliveries import SPECS, source_of, whole_text
from local_models import BEHAVIOUR, DELIVERIES
from local_world import World, new_world
from pipegen.delivery import Delivery, Pipeline, Run
from pipegen.simulation import Occurrence, Outcomes, Start, Trace, simulate, started

BRANCHES = ("feat/a", "feat/a/b", "hotfix/1", "dev", "prod", "main", "docs", "Prod")
TAGS = ("elasticity-v1", "v1")
LEDGER, CHAMPION = "ledger", "champion"
"""The ids of the steps that enter what was done into the ledger, and move the alias in the registry after it."""


@dataclass(frozen=True)
class Case:
    """One run that is tried on every CI system; `files` are what all pipelines of the model became there."""

    model: str
    occurrence: Occurrence
    outcomes: Outcomes = field(default_factory=Outcomes)

    @property
    def delivery(self) -> Delivery:
        return DELIVERIES[self.model]

    @cached_property
    def starts(self) -> tuple[Start, ...]:
        """The runs that there must be."""
        return started(self.delivery, self.occurrence)

    @cached_property
    def expected(self) -> tuple[Trace, ...]:
        """What each of these runs must do."""
        return tuple(simulate(start, self.outcomes) for start in self.starts)

    def __str__(self) -> str:
        faults = [f"{job} {fault.ending}" for job, fault in self.outcomes.faults.items()]
        answers = [f"{name} {' '.join(each.approved_by) or '-'}" for name, each in self.outcomes.answers.items()]
        return "; ".join((f"{self.model}: {self.occurrence.label}", *faults, *answers))


def world_for(model: str, folder: Path) -> World:
    """A repository with all branches and tags of the cases, and programs that do what the model's would."""
    delivery = DELIVERIES[model]
    (spec,) = (path for path in SPECS if path.stem == model)
    world = new_world(folder, delivery.spec, whole_text(source_of(spec)), delivery.path, BRANCHES)
    for tag in TAGS:
        world.tag(tag, "main")
    world.behave(BEHAVIOUR[model])
    return world


def scripts_by_title(pipeline: Pipeline) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """(id of the job, title of the script) -> the ids of the scripts of that title, in order."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for job in pipeline.jobs:
        for step in job.steps:
            if isinstance(step, Run):
                key = (job.id, step.title)
                found[key] = (*found.get(key, ()), step.id)
    return found
