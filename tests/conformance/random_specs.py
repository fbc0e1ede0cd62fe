"""Drawn specs that really run: their scripts make what the spec says, and nothing in them needs another program."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from conformance.cases import Case
from deliveries import CONFIG
from local_run import LocalRun
from local_trace import Started
from local_world import World, new_world
from pipegen.delivery import (
    Action,
    Capability,
    Change,
    Delivery,
    Fidelity,
    Job,
    Merged,
    Pipeline,
    Review,
    Scheduled,
    Tagged,
)
from pipegen.diagnostics import Severity
from pipegen.plan import plan
from pipegen.simulation import (
    ActionStarted,
    Answer,
    Ending,
    Fault,
    JobResult,
    Occurrence,
    Outcomes,
    PullRequestOpened,
    Pushed,
    TagPushed,
    TimerFired,
    simulate,
)
from pipegen.source import Source
from pipegen.targets import TARGETS
from pipegen.validation import capability_diagnostics, validate
from pipegen.yaml_text import emit
from spec_stages import Data
from specs import spec_from, stage_kinds, valid_specs

NAME = "drawn"
PATH = f"model-specs/{NAME}.yaml"
TAG = "v1"
_VALUES = {"reason": "abc", "months": "6", "share": "0.25", "strict": "false", "size": "small", "version": "7"}


# ---------------------------------------------------------------- specs


@st.composite
def runnable_specs(draw: st.DrawFn) -> Data:
    """A valid spec whose stages make what they say, with up to three schedules."""
    spec = draw(valid_specs())
    spec["model"] = {key: spec["model"][key] for key in ("owner", "path")} | {"name": NAME}
    spec["stages"] = [_making(stage) for stage in spec["stages"]]
    if "store" in spec:
        spec["store"] = {way: f"./scripts/store.sh {way} {_STORED[way]}" for way in ("put", "get")}
    if "monitor" in spec.get("schedules", {}):
        further = {name: cron for name, cron in _FURTHER.items() if draw(st.booleans())}
        spec["schedules"] |= {name: spec["schedules"]["monitor"] | {"cron": cron} for name, cron in further.items()}
    for place, name, secret in _secrets(spec):
        if "credential" in secret:
            # One for two secrets would hide which of them a job holds.
            secret["credential"] = f"{place}.{name.lower()}"
    return _admitted(_untitled(_unheard(spec)))


def _secrets(spec: Data) -> Iterator[tuple[str, str, Data]]:
    for place, environment in spec["environments"].items():
        yield from ((place, name, secret) for name, secret in environment.get("secrets", {}).items())


def _unheard(value: Any) -> Any:  # noqa: ANN401
    """Without a line by which a script would end its own step, which Azure lets it do."""
    match value:
        case dict():
            return {key: _unheard(each) for key, each in value.items()}
        case list():
            return [_unheard(each) for each in value]
        case str():
            return value.replace("##vso[task.complete]", "##[section]")
        case _:
            return value


_FURTHER = {"nightly": "30 2 * * *", "weekly": "0 3 * * 1"}
_STORED = {
    "put": '"$PIPEGEN_ARTIFACT_KEY" "$PIPEGEN_ARTIFACT_FILE" "$PIPEGEN_ARTIFACT_DIGEST"',
    "get": '"$PIPEGEN_ARTIFACT_KEY" "$PIPEGEN_ARTIFACT_FILE" "$PIPEGEN_ARTIFACT_DIGEST_FILE"',
}


def _making(stage: Data) -> Data:
    """The stage with a last step that makes its artifact, its numbers and its values."""
    if "produces" not in stage:
        return stage
    place = f'"$PIPEGEN_ARTIFACTS/{stage["produces"]}"'
    lines = [f"mkdir -p {place}", f"echo weights > {place}/weights", f"echo '{{\"auc\": 0.7}}' > {stage['metrics']}"]
    lines += [f'echo \'{{"format": "pipegen-lineage/1"}}\' > {stage["lineage"]}'] if "lineage" in stage else []
    lines += [f'echo {name}=7 >> "$PIPEGEN_OUTPUTS"' for name in stage["publishes"]]
    return {**stage, "steps_after": [*stage.get("steps_after", ()), {"title": "Make", "run": "\n".join(lines)}]}


def _untitled(spec: Data) -> Data:
    """Titles that tell scripts apart, as executors know them by these."""
    for stage in (*spec["stages"], *spec["environments"].values(), *spec.get("actions", {}).values()):
        stage.pop("title", None)
        for key in ("steps", "steps_before", "steps_after"):
            for number, step in enumerate(stage.get(key, ()), start=1):
                step["title"] = f"{key.capitalize().replace('_', ' ')} {number}"
    return spec


def _admitted(spec: Data) -> Data:
    """The spec for those CI systems that can hold it, with leave for what is weaker there."""
    delivery = planned(spec)
    told = {name: list(target.capabilities(delivery, CONFIG)) for name, target in TARGETS.items()}
    holding = [name for name, told_there in told.items() if all(map(_is_held, told_there))]
    weaker = dict.fromkeys((name, each.subject) for name in holding for each in told[name] if each.weakens)
    leave = [{"target": name, "control": control, "reason": "It was drawn."} for name, control in weaker]
    return (
        spec | ({"targets": holding} if len(holding) < len(told) else {}) | ({"allow_weaker": leave} if leave else {})
    )


def _is_held(capability: Capability) -> bool:
    return capability.fidelity is not Fidelity.UNSUPPORTED


def planned(data: Data) -> Delivery:
    return plan(spec_from(data), CONFIG, PATH)


def errors(data: Data) -> list[str]:
    """What `pipegen validate` has against a spec."""
    source = Source.parse(PATH, emit(data).encode())
    validated = validate(source, CONFIG, stage_kinds())
    found = [*validated.diagnostics]
    if validated.delivery is not None:
        for name in data.get("targets", TARGETS):
            found += capability_diagnostics(validated.delivery, name, TARGETS[name], CONFIG, source)
    return [f"{each.code} {each.message}" for each in found if each.severity is Severity.ERROR]


# ---------------------------------------------------------------- what is tried


@dataclass(frozen=True)
class DrawnCase(Case):
    """A case of a drawn spec."""

    planned: Delivery | None = None

    @property
    def delivery(self) -> Delivery:
        assert self.planned is not None
        return self.planned


@dataclass(frozen=True)
class Drawn:
    """A spec, and a number by which it is chosen what is tried with it."""

    data: Data
    pick: int = 0

    @cached_property
    def text(self) -> str:
        return emit(self.data)

    @cached_property
    def delivery(self) -> Delivery:
        return planned(self.data)

    @property
    def targets(self) -> Collection[str]:
        found: Collection[str] = self.data.get("targets", TARGETS)
        return found

    def cases(self, most: int) -> list[DrawnCase]:
        """One with a fault, and others in which all goes well, as long as they have at most so many jobs."""
        every = [self._case(each) for each in occurrences(self.delivery)]
        first = self.pick % len(every)
        found = list(self._faulty(every))
        jobs = sum(map(_size, found))
        for each in every[first:] + every[:first]:
            jobs += _size(each)
            if jobs <= most:
                found.append(each)
        return found

    def _case(self, occurrence: Occurrence) -> DrawnCase:
        return DrawnCase(NAME, occurrence, Outcomes(answers=self.answers), planned=self.delivery)

    @cached_property
    def answers(self) -> Mapping[str, Answer]:
        """Everybody who is asked says yes."""
        every = [approval for each in self.delivery.environments for approval in each.approvals]
        return {each.id: Answer(tuple(map(person, each.approvers[: each.count]))) for each in every}

    def _faulty(self, cases: list[DrawnCase]) -> Iterator[DrawnCase]:
        """One job of the run that does most ends otherwise."""
        most = max(cases, key=_size)
        (start,) = most.starts
        trace = simulate(start, most.outcomes)
        ran = [each.id for each in trace.jobs if each.result is not JobResult.SKIPPED and each.steps]
        jobs = [each for each in start.pipeline.jobs if each.id in ran and not _closes(each)]
        job, ending = jobs[self.pick % len(jobs)], list(Ending)[self.pick // 7 % 3]
        outcomes = Outcomes({job.id: Fault(ending)}, self.answers)
        yield DrawnCase(NAME, most.occurrence, outcomes, planned=self.delivery)


def _size(case: Case) -> int:
    return sum(1 for start in case.starts for _ in start.pipeline.jobs)


def _closes(job: Job) -> bool:
    """Whether it runs after a cancellation, which some systems do not see to the end."""
    return job.id.endswith("-closing")


def person(approver: str) -> str:
    return approver[1:] if approver.startswith("@") else f"lead-of-{approver}"


def teams(delivery: Delivery) -> Mapping[str, frozenset[str]]:
    """One person in each team."""
    every = [approver for each in delivery.environments for one in each.approvals for approver in one.approvers]
    return {each: frozenset({person(each)}) for each in every}


def drawn_specs() -> st.SearchStrategy[Drawn]:
    return st.builds(Drawn, runnable_specs(), st.integers(0, 1000))


# ---------------------------------------------------------------- what happens


def occurrences(delivery: Delivery) -> Iterator[Occurrence]:
    """What starts each pipeline; a pull request into each branch."""
    for pipeline in delivery.pipelines:
        match pipeline.event:
            case Change(branches):
                yield from (Pushed(named(each)) for each in branches)
            case Review(targets):
                yield from (PullRequestOpened(named(each.sources[0]), each.branch) for each in targets)
            case Merged(branch):
                yield Pushed(branch)
            case Tagged():
                yield TagPushed(TAG)
            case Scheduled(name):
                yield TimerFired(name)
            case Action() as action:
                yield _asked_for(action)


def _asked_for(action: Action) -> ActionStarted:
    environment, branches = (action.places or (("", action.branches),))[-1]
    known: dict[str, Any] = {**_VALUES, "environment": environment}
    place = TAG if branches[0].startswith("v") else named(branches[0])
    return ActionStarted(
        action.name, place, {each.name: known.get(each.name, each.default) for each in action.parameters}
    )


def named(pattern: str) -> str:
    """A branch of that pattern."""
    return pattern.replace("*", "a")


def branches(delivery: Delivery) -> tuple[str, ...]:
    """All that the occurrences speak of."""
    found: dict[str, None] = {}
    for each in occurrences(delivery):
        match each:
            case Pushed(branch) | ActionStarted(branch=branch):
                found[branch] = None
            case PullRequestOpened(source, target):
                found |= {source: None, target: None}
            case _:
                pass
    found |= {each.event.branch: None for each in delivery.pipelines if isinstance(each.event, Scheduled)}
    return tuple(each for each in found if each != TAG)


# ---------------------------------------------------------------- the world


def world_for(drawn: Drawn, folder: Path) -> World:
    """A repository with the branches of the spec and the programs that it calls; what it delivers is delivered."""
    delivery = drawn.delivery
    world = new_world(folder, delivery.spec, f"{drawn.text}\n./train.sh", delivery.path, ())
    tool = world.repository / delivery.path / "tool"
    tool.write_text("#!/usr/bin/env bash\n", "utf-8")
    tool.chmod(0o755)
    world.commit("main", {})
    for branch in branches(delivery):
        if branch != "main":
            world.commit(branch, {}, start="main")
    world.tag(TAG, "main")
    if "store" in drawn.data:
        _deliver(world, delivery)
    return world


def _deliver(world: World, delivery: Delivery) -> None:
    for pipeline in delivery.pipelines:
        if isinstance(pipeline.event, Merged | Tagged):
            place = pipeline.event.branch if isinstance(pipeline.event, Merged) else TAG
            trace = LocalRun(pipeline, world, Started(place, run_id=pipeline.id)).run()
            assert "failed" not in trace.jobs.values(), _failure(pipeline, trace.ran)


def _failure(pipeline: Pipeline, ran: Any) -> str:  # noqa: ANN401
    return "\n".join(f"{pipeline.id}: {each.job}/{each.step}: {each.output}" for each in ran if each.code)
