"""The smallest target: a list of what a pipeline does, as docs/adding-a-target.md shows it."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config, Host
from pipegen.config.platforms import TargetSettings
from pipegen.delivery import Capability, Delivery, Fidelity, Phase, Pipeline, Run, Verdict

TITLE = "Listing"
FOLDERS = ("listing",)
COMMENT = "#"
PATTERNS = ("/listing/*.txt",)
SIGNS = ("listing",)
HOSTS: tuple[Host, ...] = ()
MOST_MODELS = None
EXAMPLE = "[listing]\n"


class Listing(TargetSettings):
    """A list has neither runners nor teams."""

    SAID = "Nothing."
    EXAMPLES = ({},)


def settings() -> type[TargetSettings]:
    return Listing


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    """A file for each pipeline; `config` holds nothing that a list needs."""
    del config
    return {f"listing/{delivery.model}.{each.id}.txt": "\n".join(_lines(each)) + "\n" for each in delivery.pipelines}


def _lines(pipeline: Pipeline) -> Iterator[str]:
    yield f"at {pipeline.event.label}"
    for phase in pipeline.phases:
        yield f"  phase {phase.id} after {', '.join(phase.needs) or 'nothing'}"
        yield from _jobs(phase)


def _jobs(phase: Phase) -> Iterator[str]:
    for number, wave in enumerate(phase.waves, start=1):
        yield f"    wave {number}: {', '.join(job.id for job in wave)}"
    if phase.deployment:
        for job in (each.job for each in phase.deployment.jobs):
            yield f"    {job.id}: {', '.join(step.title for step in job.steps if isinstance(step, Run))}"


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """A list keeps the order of things, and asks nobody."""
    del config
    for environment in delivery.environments:
        for approval in environment.approvals:
            reason = "a list asks nobody"
            yield Capability(f"approval {approval.id}", Fidelity.UNSUPPORTED, reason, approval.origin, weakens=True)


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """A list has nothing for all models together."""
    del config, verdict
    return {}
