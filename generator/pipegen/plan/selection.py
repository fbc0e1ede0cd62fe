"""Which stages run at an occasion, and in which order."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from pipegen.plan.flow import CHECKS, Occasion
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

ORDINARY = ("change", "review", "merged", "tagged")


def per_environment(stage: Stage) -> bool:
    """Whether it runs in each environment of its own, before the deployment into it."""
    return not stage.deploys and stage.after is None and (stage.per == "environment" or stage.environments is not None)


def in_environment(stage: Stage, environment: str | None) -> bool:
    return stage.environments is None or environment in stage.environments


def builds(stage: Stage) -> bool:
    """Whether it comes before any deployment, once a run."""
    return not stage.deploys and stage.after is None and not per_environment(stage)


def makes(stage: Stage) -> bool:
    """Whether later stages use what it makes, so that it does not run where that is carried from another branch."""
    return bool(stage.produces or stage.publishes or stage.metrics)


def chosen(spec: ModelSpec, occasion: Occasion, named: Sequence[str] | None = None) -> tuple[Stage, ...]:
    """The stages of an occasion in the order of the spec.

    `named`, of a schedule or an action, decides alone where it is given.
    """
    if named is not None:
        return tuple(stage for stage in spec.stages if stage.id in named)
    return tuple(stage for stage in spec.stages if occasion.among(stage.at, default=ORDINARY))


def checked(spec: ModelSpec, occasion: Occasion) -> tuple[Stage, ...]:
    """The stages of a change or a review: all before a deployment, those of an environment once, in `checks`."""
    stages = chosen(spec, occasion)
    return tuple(
        stage for stage in stages if builds(stage) or (per_environment(stage) and in_environment(stage, CHECKS))
    )


def needs(spec: ModelSpec, selected: Iterable[Stage]) -> dict[str, tuple[str, ...]]:
    """For each selected stage the selected ones right before it; what is left out is bridged.

    A stage without `needs` comes after the one above it in the spec.
    """
    declared = {
        stage.id: stage.needs
        if stage.needs is not None
        else tuple(each.id for each in spec.stages[max(0, index - 1) : index])
        for index, stage in enumerate(spec.stages)
    }
    wanted = {stage.id for stage in selected}
    return {stage_id: tuple(sorted(_bridged(stage_id, declared, wanted))) for stage_id in wanted}


def _bridged(stage_id: str, declared: Mapping[str, tuple[str, ...]], wanted: Container[str]) -> set[str]:
    found, seen, waiting = set[str](), set[str](), list(declared[stage_id])
    while waiting:
        before = waiting.pop()
        if before in wanted:
            found.add(before)
        elif before not in seen:
            seen.add(before)
            waiting += declared.get(before, ())
    return found


def job_key(stage: Stage) -> str:
    return stage.job or stage.id


def waves(spec: ModelSpec, selected: Sequence[Stage]) -> tuple[tuple[tuple[Stage, ...], ...], ...]:
    """The stages grouped into jobs and the jobs into waves.

    A job stands one wave after the last of those that it needs.
    """
    groups: dict[str, list[Stage]] = {}
    for stage in selected:
        groups.setdefault(job_key(stage), []).append(stage)
    owner = {stage.id: key for key, members in groups.items() for stage in members}
    before = {key: set[str]() for key in groups}
    for stage_id, needed in needs(spec, selected).items():
        before[owner[stage_id]] |= {owner[each] for each in needed} - {owner[stage_id]}
    return tuple(tuple(tuple(groups[key]) for key in wave) for wave in _levels(before))


def _levels(before: Mapping[str, set[str]]) -> Iterator[tuple[str, ...]]:
    waiting, done = dict(before), set[str]()
    while waiting:
        ready = tuple(key for key, needed in waiting.items() if needed <= done)
        # A cycle is an error of its own (PG204); here it only must not go on for ever.
        ready = ready or tuple(waiting)
        yield ready
        done.update(ready)
        waiting = {key: needed for key, needed in waiting.items() if key not in done}
