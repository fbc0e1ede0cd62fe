"""Rules about gates: each has a bound and a number to judge."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath
from pipegen.plan.gates import source_of
from pipegen.plan.variables import VERSION
from pipegen.rules.wording import nearest
from pipegen.spec.gates import KINDS, Gate
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

CODES = {
    "PG249": "a gate judges none or several things",
    "PG250": "a gate has no bound",
    "PG251": "a gate can never pass",
    "PG252": "a gate judges a metric that nothing measures",
    "PG253": "a gate tolerates something, but compares with nothing",
    "PG297": "a gate against a champion does not say what is better",
    "PG298": "a gate judges something that its stage does not have",
    "PG304": "a gate needs the ledger",
    "PG305": "gates need a pinned pipegen",
}

_OF_METRICS = ("min", "max", "against", "better", "tolerance", "relative")


def one_thing_to_judge(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG249: a gate judges a metric, or one other thing, and has no key of another kind."""
    for path, gate in _gates(spec):
        if len(gate.kinds) != 1:
            said = " and ".join(gate.kinds) or "nothing"
            message = f"the gate judges {said}"
            yield Finding(path, "PG249", message, f"give it exactly one of: {', '.join(KINDS)}")
        elif gate.metric is None:
            for key in (each for each in _OF_METRICS if getattr(gate, each) is not None):
                message = f"`{key}` is about a metric, and this gate judges {gate.kinds[0]}"
                yield Finding((*path, key), "PG249", message, "remove it")


def bounds(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG250 and PG251: a gate on a metric has bounds that some number can keep."""
    for path, gate in _gates(spec):
        if gate.metric is None:
            continue
        if gate.min is None and gate.max is None and gate.against is None:
            hint = "give it `min`, `max` or `against`"
            yield Finding(path, "PG250", f"the gate on {gate.metric!r} has no bound", hint)
        if gate.min is not None and gate.max is not None and gate.min > gate.max:
            message = f"no value of {gate.metric!r} is at least {gate.min} and at most {gate.max}"
            yield Finding((*path, "min"), "PG251", message, "swap or change the bounds")


def champions(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG253 and PG297: a comparison has a direction, and what is tolerated is tolerated in it."""
    for path, gate in _gates(spec):
        if gate.metric is None:
            continue
        if gate.against is not None and gate.better is None:
            message = f"nothing says whether a higher or a lower {gate.metric!r} is better"
            yield Finding(path, "PG297", message, "say `better: higher` or `better: lower`")
        for key in ("better", "tolerance", "relative") if gate.against is None else ():
            if getattr(gate, key) is not None:
                message = f"`{key}` is about a comparison, but this gate compares with nothing"
                yield Finding((*path, key), "PG253", message, "remove it, or compare with `against: champion`")
        for key in ("tolerance", "relative"):
            if (leave := getattr(gate, key)) is not None and leave < 0:
                message = f"`{key}` is below zero, so no model as good as the champion would pass"
                yield Finding((*path, key), "PG251", message, "say how much worse still passes, as a positive number")


def compared_once(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG283: at one moment a metric is compared with the champion by one gate."""
    compared: list[tuple[str, Stage | None, Gate]] = []
    for index, stage in enumerate(spec.stages):
        for position, gate in enumerate(stage.gates):
            if gate.metric is None or gate.against is None:
                continue
            maker = source_of(spec, stage, gate)
            if any(each[:2] == (gate.metric, maker) and _meet(each[2], gate) for each in compared):
                message = f"{gate.metric!r} is compared with the champion by another gate"
                path = ("stages", index, "gates", position, "against")
                yield Finding(path, "PG283", message, "make one gate of them; two tolerances may be in it")
            compared.append((gate.metric, maker, gate))


def _meet(one: Gate, other: Gate) -> bool:
    """Whether both may apply at one moment; a kind of moments holds those with a name."""
    if one.at is None or other.at is None:
        return True
    return any(a == b or a.partition(":")[0] == b or a == b.partition(":")[0] for a in one.at for b in other.at)


def what_is_there(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG298: an artifact is one of the stage's own or from before; a version has a lineage that it is judged by."""
    made: list[str] = []
    for index, stage in enumerate(spec.stages):
        made += [each.name for each in stage.produces]
        for position, gate in enumerate(stage.gates):
            path: KeyPath = ("stages", index, "gates", position)
            if gate.artifact and gate.artifact.artifact not in made:
                message = f"no stage up to {stage.id!r} makes the artifact {gate.artifact.artifact!r}"
                hint = nearest(gate.artifact.artifact, made, "artifacts made so far")
                yield Finding((*path, "artifact", "artifact"), "PG298", message, hint)
            if gate.version:
                yield from _version_is_known(spec, path)
            if gate.reproducible and gate.reproducible.metrics is None:
                for key in (each for each in ("tolerance", "relative") if getattr(gate.reproducible, each)):
                    message = f"`{key}` is about metrics, and nothing says which file they are in"
                    yield Finding((*path, "reproducible", key), "PG298", message, "say it with `metrics`")


def _version_is_known(spec: ModelSpec, path: KeyPath) -> Iterator[Finding]:
    if not any(stage.lineage for stage in spec.stages):
        message = "no stage says with `lineage` what the model is made from, so no version can be judged"
        yield Finding((*path, "version"), "PG298", message, "let the training write it; docs/lineage.md has its form")
    if not any(VERSION in stage.publishes for stage in spec.stages):
        message = f"no stage publishes {VERSION}, so there is no version to judge"
        yield Finding((*path, "version"), "PG298", message, f"say `publishes: {VERSION}` where the version is made")


def needs_the_ledger(spec: ModelSpec, config: Config) -> Iterator[Finding]:
    """PG304: what serves an environment is known from the ledger."""
    for path, gate in _gates(spec):
        if config.ledger is None and (gate.against or gate.version):
            message = "what serves an environment is read from the ledger, and there is none"
            key = "against" if gate.against else "version"
            yield Finding((*path, key), "PG304", message, "add a table [ledger] to pipegen.toml")


def measured(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG252: a stage up to the gate has a metrics file that may hold the metric."""
    for index, stage in enumerate(spec.stages):
        upto = [each for each in spec.stages[: index + 1] if each.metrics]
        known = [name for each in upto if each.metrics for name in each.metrics.names]
        for position, gate in enumerate(stage.gates):
            if gate.metric is not None and source_of(spec, stage, gate) is None:
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
