"""Cases carried out on Jenkins, many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.cases import Case
from conformance.jenkins_engine import Build, Ended, carry_out
from conformance.jenkins_observed import observed
from conformance.jenkins_starts import Started, builds
from conformance.jenkins_world import REVIEW_FILE, Installation, installed
from conformance.observing import Observed
from conformance.table import PEOPLE
from pipegen.delivery import Merged, Pipeline, Review, Tagged
from pipegen.simulation import Answer, Outcomes, Pushed, TagPushed

_TOGETHER = 60
"""Cases of one model that share a world."""


@dataclass(frozen=True)
class Carried:
    """What became of a case: its runs, and those of jobs that discover more than they should."""

    runs: tuple[Observed, ...]
    strays: tuple[Observed, ...]
    locks: tuple[tuple[str, tuple[str, ...]], ...]
    """Each resource that was locked, in order, with the jobs that began under it."""


@dataclass(frozen=True)
class _Asked:
    """A build that a case brings about."""

    case: int
    started: Started
    place: Installation

    @property
    def build(self) -> Build:
        return self.started.build

    @property
    def pipeline(self) -> Pipeline:
        return self.place.pipeline_of(self.started.job.path)


def execute(cases: Sequence[Case], folder: Path, astray: Collection[int] = ()) -> list[Carried]:
    """What Jenkins does in each case; in those of these numbers all jobs also discover what they should not."""
    return execute_in(_places(cases, folder), cases, astray)


def execute_in(places: Sequence[Installation], cases: Sequence[Case], astray: Collection[int] = ()) -> list[Carried]:
    """The same where each case has its place already."""
    asked = [
        _Asked(number, started, place)
        for number, (case, place) in enumerate(zip(cases, places, strict=True))
        for started in builds(case, place, strays=number in astray)
    ]
    different = {id(place): place for place in places}.values()
    past = [_past(place) for place in different]
    groups = [[*before, *_now(place, asked)] for before, place in zip(past, different, strict=True)]
    ended = _by_folder(groups)
    for build in (each for group in past for each in group):
        if ended[build.folder].result != "SUCCESS":
            raise AssertionError(f"the past of {build.file} went wrong: {ended[build.folder]}")
    found: list[tuple[list[Observed], list[Observed]]] = [([], []) for _ in cases]
    locks: list[list[tuple[str, tuple[str, ...]]]] = [[] for _ in cases]
    for each in asked:
        if run := _observed(each, ended[each.build.folder]):
            found[each.case][each.started.stray].append(run)
        if not each.started.stray:
            locks[each.case] += _locks(ended[each.build.folder])
    return [Carried(tuple(runs), tuple(strays), tuple(held)) for (runs, strays), held in zip(found, locks, strict=True)]


def _places(cases: Sequence[Case], folder: Path) -> list[Installation]:
    """One for each case. What shares a world takes place in turn, so that the cases of a model have several."""
    made: dict[tuple[str, int], Installation] = {}
    counts: Counter[str] = Counter()
    found = []
    for case in cases:
        key = (case.model, counts[case.model] // _TOGETHER)
        counts[case.model] += 1
        if key not in made:
            made[key] = installed(case.model, folder / f"{key[0]}-{key[1]}")
        found.append(made[key])
    return found


def _locks(ended: Ended) -> Iterator[tuple[str, tuple[str, ...]]]:
    """No file takes a lock while it holds one."""
    held, jobs = "", list[str]()
    for each in ended.told:
        match each["step"]:
            case "lock":
                held, jobs = each["resource"], []
            case "sh" if held and each["job"]:
                jobs.append(each["job"])
            case "unlock":
                yield held, tuple(dict.fromkeys(jobs))
                held = ""
    if held:
        yield held, tuple(dict.fromkeys(jobs))


def _now(place: Installation, asked: Sequence[_Asked]) -> list[Build]:
    """The builds of a model; each finds in the store what the past left there."""
    found = [each.build for each in asked if each.place is place]
    store = {"place": str(place.world.store), "kept": f"{place.world.store}.kept"}
    return [replace(each, fresh=store) for each in found] if place.keeps else found


def _by_folder(groups: Sequence[Sequence[Build]]) -> dict[Path, Ended]:
    every = zip(groups, carry_out(groups), strict=True)
    return {build.folder: end for group, ends in every for build, end in zip(group, ends, strict=True)}


def _observed(asked: _Asked, ended: Ended) -> Observed | None:
    file = asked.build.file
    if isinstance(asked.pipeline.event, Review):
        file = asked.place.files[REVIEW_FILE.format(model=asked.place.model)]
    return observed(ended, asked.build, asked.pipeline, asked.place.settings, file.read_text("utf-8"))


def _past(place: Installation) -> list[Build]:
    """All that was delivered before, in the order of the flow: what is taken from the store must be there."""
    found: list[Build] = []
    yes = Outcomes(
        answers={approval.id: Answer(PEOPLE) for each in place.delivery.environments for approval in each.approvals}
    )
    for pipeline in place.delivery.pipelines:
        match pipeline.event:
            case Merged(branch):
                occurrence: Pushed | TagPushed = Pushed(branch)
            case Tagged(pattern):
                occurrence = TagPushed(pattern.replace("*", "1"))
            case _:
                continue
        case = Case(place.model, occurrence, yes)
        found += [each.build for each in builds(case, place) if place.pipeline_of(each.job.path) is pipeline]
    return found if place.keeps else []
