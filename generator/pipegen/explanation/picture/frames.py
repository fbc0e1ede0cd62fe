"""From the phases of a pipeline to frames of nodes, without what serves the machinery alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeGuard

from pipegen.delivery import Approval, Begin, Complete, Deployment, Job, Phase, PublishSummary, Run, Step, Upload, When
from pipegen.explanation import words
from pipegen.explanation.phases import bounds, is_gate
from pipegen.explanation.picture.values import Chain, Frame, Kind, Node, Track, Unit

_ENDINGS = {When.UNDO: "if it fails or is stopped, without asking", When.ALWAYS: "however it ended"}


def tracks(phases: Sequence[Phase], titles: Mapping[str, str]) -> tuple[Track, ...]:
    """One track, or one for each value of the parameter that chooses; `titles` are those of environments."""
    chosen: dict[tuple[str, str] | None, list[Frame]] = {}
    for phase in phases:
        frame = _shortest(_frame(phase, titles))
        if any(frame.nodes):
            chosen.setdefault(phase.only, []).append(frame)
    return tuple(tuple(frames) for frames in chosen.values())


def _frame(phase: Phase, titles: Mapping[str, str]) -> Frame:
    waves = (tuple(_chain(job) for job in wave if not _is_guard(job)) for wave in phase.waves)
    return Frame(
        title=phase.title,
        environment=_environment(phase, titles),
        condition=f"only if {phase.only[0]} is {phase.only[1]}" if phase.only else "",
        remarks=tuple(_remarks(phase)),
        before=approval(phase.approval) if phase.approval else None,
        waves=tuple(wave for wave in waves if wave),
        unit=_unit(phase.deployment) if phase.deployment else None,
    )


def _shortest(frame: Frame) -> Frame:
    """Without a frame around a single node of the same name."""
    nodes = [node for wave in frame.waves for chain in wave for node in chain]
    if frame.unit or len(nodes) != 1 or nodes[0].titles != (frame.title,):
        return frame
    return bare(frame, nodes[0].kind, nodes[0].lines)


def bare(frame: Frame, kind: Kind, lines: Sequence[str]) -> Frame:
    """A single node in place of the frame."""
    place = (f"environment {frame.environment}",) if frame.environment else ()
    node = Node(kind, (frame.title,), (*place, *frame.remarks, *lines))
    return Frame("", "", frame.condition, (), frame.before, (((node,),),), None)


def _is_guard(job: Job) -> bool:
    """Whether it asks only if this run is allowed. A stage may have the same id, but its job tells what it did."""
    return job.id == "guard" and PublishSummary() not in job.steps


def _environment(phase: Phase, titles: Mapping[str, str]) -> str:
    """With its title where it has one, and not at all where the title of the phase says it."""
    name = phase.environment or ""
    title = titles.get(name, name)
    if title != name:
        return f"{title} ({name})"
    return "" if phase.title.endswith(f" {name}") else name


def _remarks(phase: Phase) -> Iterator[str]:
    if phase.deployment:
        lock = phase.deployment.lock
        if lock.waiting == "newest":
            yield words.WAITING[lock.waiting]
        if lock.name != phase.environment:
            yield "does not wait for a deployment under way"


def approval(asked: Approval) -> Node:
    """People who are asked, as a node of its own."""
    people = f"{asked.count} of {', '.join(asked.approvers)}"
    return Node(Kind.APPROVAL, ("Approval",), (people, f"within {words.long_duration(asked.expires_minutes)}"))


# ---------------------------------------------------------------- jobs


def _chain(job: Job) -> Chain:
    runs = [step for step in job.steps if _is_of_a_stage(step)]
    if not runs:
        return (_bare(job),)
    nodes: list[Node] = []
    for judged, group in groupby(runs, key=is_gate):
        members = tuple(group)
        nodes += (_gate(run) for run in members) if judged else (_work(Kind.WORK, members),)
    first, *others = nodes
    return (replace(first, lines=(*first.lines, *_place(job))), *others)


def _is_of_a_stage(step: Step) -> TypeGuard[Run]:
    return isinstance(step, Run) and step.origin[:1] == ("stages",)


def _bare(job: Job) -> Node:
    """A job that is not about stages: it fetches, keeps or records."""
    records = any(isinstance(step, Upload) and step.name == "record" for step in job.steps)
    return Node(Kind.RECORD if records else Kind.WORK, (job.title,), tuple(_place(job)))


def _place(job: Job) -> Iterator[str]:
    if job.runner:
        yield f"on {job.runner}"


def _work(kind: Kind, runs: Sequence[Run]) -> Node:
    advisory = [run.title for run in runs if run.advisory]
    whose = f" of {' or '.join(advisory)}" if len(runs) > 1 else ""
    lines = (f"a failure{whose} stops nothing",) if advisory else ()
    return Node(kind, tuple(run.title for run in runs), lines)


def _gate(run: Run) -> Node:
    return Node(Kind.GATE, ("Gate",), tuple(bounds(run).split(", ")))


# ---------------------------------------------------------------- deployments


def _unit(unit: Deployment) -> Unit:
    chain: list[Node] = []
    begins, ends = None, 0
    for each in _course(unit):
        match each:
            case Begin():
                begins = len(chain)
            case Complete():
                ends = len(chain)
            case Approval():
                chain.append(approval(each))
            case Run() if _joins(chain, each, begins):
                chain[-1] = replace(chain[-1], lines=(*chain[-1].lines, *_gate(each).lines))
            case Run():
                chain.append(_step(each, Kind.WORK if begins is None else Kind.CHANGE))
    return Unit(tuple(chain), begins or 0, ends, _closing(unit, When.UNDO), _closing(unit, When.ALWAYS))


def _joins(chain: Sequence[Node], run: Run, begins: int | None) -> bool:
    """Whether it is one more gate before the beginning: they are asked one after the other, and any of them refuses."""
    return begins is None and is_gate(run) and bool(chain) and chain[-1].kind is Kind.GATE


def _course(unit: Deployment) -> Iterator[Approval | Begin | Complete | Run]:
    """What a deployment that goes well consists of, in order."""
    for part in unit.jobs:
        if part.approval:
            yield part.approval
        for step in part.job.steps:
            if isinstance(step, Begin | Complete) or (_is_of_a_stage(step) and step.when is When.SUCCESS):
                yield step


def _step(run: Run, kind: Kind) -> Node:
    return _gate(run) if is_gate(run) else _work(kind, (run,))


def _closing(unit: Deployment, when: When) -> Node | None:
    """What undoes (`UNDO`) or ends (`ALWAYS`) a deployment."""
    jobs = [part.job for part in unit.jobs] + ([unit.closing] if unit.closing else [])
    runs = tuple(step for job in jobs for step in job.steps if _is_of_a_stage(step) and step.when is when)
    if not runs:
        return None
    work = _work(Kind.BACK if when is When.UNDO else Kind.ALWAYS, runs)
    return replace(work, lines=(*work.lines, _ENDINGS[when]))
