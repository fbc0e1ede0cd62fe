"""Where GitHub's limits stand in the way of a delivery."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import Action, Approval, Capability, Delivery, Fidelity, Phase, Pipeline, Review, Run, Scheduled
from pipegen.targets.github.approvals import duration
from pipegen.targets.github.events import relays
from pipegen.targets.github.machines import HOSTED_MINUTES, is_hosted
from pipegen.targets.github.workflows import pipeline_files

_MOST_INPUTS = 25
_MOST_JOBS = 256
_LARGEST_FILE = 512 * 1024
_LONGEST_EXPRESSION = 21_000
_ROOM_OF_A_STEP = 700


def limit_capabilities(delivery: Delivery, pipeline: Pipeline, config: Config) -> Iterator[Capability]:
    if isinstance(pipeline.event, Action) and len(pipeline.event.parameters) > _MOST_INPUTS:
        yield _unsupported(f"parameters of {pipeline.id}", f"an action has at most {_MOST_INPUTS}", pipeline)
    yield from _defaults(pipeline)
    if _jobs(pipeline, config) > _MOST_JOBS:
        yield _unsupported(f"jobs of {pipeline.id}", f"a run has at most {_MOST_JOBS}", pipeline)
    if 2 * _rough_size(pipeline) > _LARGEST_FILE:
        yield from _sizes(delivery, pipeline, config)
    yield from _long_jobs(pipeline, config)
    yield from _long_texts(pipeline)


def _defaults(pipeline: Pipeline) -> Iterator[Capability]:
    reason = "GitHub reads `${{` in the default of a form as an expression, and knows no way to write it as text"
    for each in pipeline.event.parameters if isinstance(pipeline.event, Action) else ():
        if "${{" in each.default:
            yield Capability(f"default of {each.name} in {pipeline.id}", Fidelity.UNSUPPORTED, reason, each.origin)


def _unsupported(subject: str, reason: str, pipeline: Pipeline) -> Capability:
    return Capability(subject, Fidelity.UNSUPPORTED, reason, pipeline.origin)


def _jobs(pipeline: Pipeline, config: Config) -> int:
    """The jobs of a run, those of called workflows and of pipegen itself included."""
    event = pipeline.event
    before = 1 + relays(event, config) if isinstance(event, Scheduled) else 0
    callers = sum(_has_caller(phase) for phase in pipeline.phases)
    asking = sum(approval.count + 2 for phase in pipeline.phases for approval in _approvals(phase))
    return before + callers + asking + sum(1 for _ in pipeline.jobs) + isinstance(pipeline.event, Review)


def _has_caller(phase: Phase) -> bool:
    return phase.deployment is not None and len(phase.deployment.jobs) > 1


def _approvals(phase: Phase) -> Iterator[Approval]:
    inside = (each.approval for each in phase.deployment.jobs) if phase.deployment else ()
    yield from (approval for approval in (phase.approval, *inside) if approval)


def _rough_size(pipeline: Pipeline) -> int:
    """Within a factor of two of what its files hold; writing them to measure them takes longer than all the rest."""
    steps = [step for job in pipeline.jobs for step in job.steps]
    return _ROOM_OF_A_STEP * len(steps) + sum(len(step.script) for step in steps if isinstance(step, Run))


def _sizes(delivery: Delivery, pipeline: Pipeline, config: Config) -> Iterator[Capability]:
    for path, text in pipeline_files(delivery, pipeline, config):
        if len(text.encode()) > _LARGEST_FILE:
            yield _unsupported(f"size of {path}", f"a workflow file has at most {_LARGEST_FILE // 1024} KiB", pipeline)


def _long_jobs(pipeline: Pipeline, config: Config) -> Iterator[Capability]:
    for job in pipeline.jobs:
        if is_hosted(job.runner, config) and job.timeout_minutes > HOSTED_MINUTES:
            how = (
                f"its steps may take {duration(job.timeout_minutes)}, but GitHub ends a job on its own machines after "
                f"{duration(HOSTED_MINUTES)}; one with a runner of its own may take longer"
            )
            yield Capability(f"timeout {pipeline.id}/{job.id}", Fidelity.APPROXIMATED, how, job.origin)


def _long_texts(pipeline: Pipeline) -> Iterator[Capability]:
    """A text with `${{` in it counts as one expression as a whole, however it is written."""
    for job in pipeline.jobs:
        for step in job.steps:
            if isinstance(step, Run) and "${{" in step.script and len(step.script) > _LONGEST_EXPRESSION:
                reason = f"a script that holds the characters ${{{{ has at most {_LONGEST_EXPRESSION} characters"
                yield Capability(f"script {pipeline.id}/{job.id}/{step.id}", Fidelity.UNSUPPORTED, reason, step.origin)
