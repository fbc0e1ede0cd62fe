"""Rules about gates: each has a bound and a number to judge."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath
from pipegen.plan.gates import source_of
from pipegen.rules.wording import nearest
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Gate

CODES = {
    "PG250": "a gate has no bound",
    "PG251": "a gate can never pass",
    "PG252": "a gate judges a metric that nothing measures",
    "PG253": "a gate tolerates something, but compares with nothing",
    "PG304": "gates against a champion need the registry",
    "PG305": "gates need a pinned pipegen",
}


def bounds(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG250, PG251, PG253 and PG304: a gate has bounds that some number can keep."""
    for path, gate in _gates(spec):
        if gate.against is not None:
            message = "comparing with a champion needs the model registry, which does not exist yet"
            yield Finding((*path, "against"), "PG304", message, "bound the metric with `min` or `max`")
        elif gate.tolerance is not None:
            message = "`tolerance` says how much worse than something the metric may be, but not than what"
            yield Finding((*path, "tolerance"), "PG253", message, "remove it, or compare with `against`")
        if gate.min is None and gate.max is None and gate.against is None:
            yield Finding(path, "PG250", f"the gate on {gate.metric!r} has no bound", "give it `min` or `max`")
        if gate.min is not None and gate.max is not None and gate.min > gate.max:
            message = f"no value of {gate.metric!r} is at least {gate.min} and at most {gate.max}"
            yield Finding((*path, "min"), "PG251", message, "swap or change the bounds")


def measured(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG252: a stage up to the gate has a metrics file that may hold the metric."""
    for index, stage in enumerate(spec.stages):
        upto = [each for each in spec.stages[: index + 1] if each.metrics]
        known = [name for each in upto if each.metrics for name in each.metrics.names]
        for position, gate in enumerate(stage.gates):
            if source_of(spec, stage, gate) is None:
                message = f"no stage up to {stage.id!r} measures {gate.metric!r}"
                hint = (
                    nearest(gate.metric, known, "metrics measured")
                    if upto
                    else "say with `metrics` which file it is in"
                )
                yield Finding(("stages", index, "gates", position, "metric"), "PG252", message, hint)


def judges_are_pinned(spec: ModelSpec, config: Config) -> Iterator[Finding]:
    """PG305: pipelines install exactly one pipegen to judge."""
    path = next((path for path, _ in _gates(spec)), None)
    if path is not None and config.pin is None:
        message = "pipelines install pipegen to judge gates, but nothing says which one"
        yield Finding(path, "PG305", message, "pin it with `version` and `sha256` under [pipegen] in pipegen.toml")


def _gates(spec: ModelSpec) -> Iterator[tuple[KeyPath, Gate]]:
    for index, stage in enumerate(spec.stages):
        yield from ((("stages", index, "gates", position), gate) for position, gate in enumerate(stage.gates))
