"""The steps of gates: one command of pipegen for what is judged together, and its results for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from pipegen.delivery import HOME, PublishTests, Run, Step, StepVariable
from pipegen.diagnostics import KeyPath
from pipegen.plan.artifacts import evidence_artifact
from pipegen.plan.commands import in_model, script
from pipegen.plan.flow import Occasion
from pipegen.plan.gates import PYTHON, applying, groups, source_of
from pipegen.plan.variables import stage_variables
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.gates import ArtifactGate, ConfigGate, DependenciesGate, Gate, LatencyGate, ReproducibleGate
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

_MINUTES = 10
Options = Iterator[str]


def steps(
    spec: ModelSpec,
    stage: Stage,
    occasion: Occasion,
    members: Iterable[Stage],
    environment: str | None,
    origin: KeyPath,
) -> Iterator[Step]:
    """What is judged right after a stage. `members` are the stages of the same job."""
    here = {each.id for each in members}
    for name, judged in groups(spec, stage, applying(stage, occasion)):
        (first, *_) = judged
        if first.metric is not None:
            run = _metrics(spec, stage, judged, name, here, environment)
        else:
            run = _of_model(spec, stage, first, name, stage_variables(spec, stage, occasion, environment))
        yield from with_results(run, f"Gate {stage.id}", origin)


def with_results(run: Run, title: str, origin: KeyPath) -> Iterator[Step]:
    yield Run(run.id, run.title, run.script, run.variables, run.timeout_minutes, origin=(*origin, "gates"))
    yield PublishTests(f"{run.id}-results", title, f"{HOME}/{run.id}.xml")


def command(gate: str, name: str, options: Iterable[str]) -> str:
    """The lines that run a gate, with its reports where people and later steps find them."""
    reports = f'--junit "$PIPEGEN_HOME/{name}.xml" --json "$PIPEGEN_HOME/{name}.json"'
    return " \\\n  ".join([f"{PYTHON} pipegen.gates {gate} --name {name}", *options, reports]) + "\n"


def metrics_file(spec: ModelSpec, maker: Stage, here: Iterable[str], environment: str | None) -> str:
    """Where a job finds the metrics of a stage: as the stage wrote them, or handed on; quoted for bash."""
    if maker.metrics and maker.id in here:
        return sh_quote(in_model(spec, maker.metrics.file))
    return f'"$PIPEGEN_ARTIFACTS/{evidence_artifact(maker, environment)}/metrics.json"'


# ---------------------------------------------------------------- bounds


def _metrics(
    spec: ModelSpec, stage: Stage, judged: Sequence[Gate], name: str, here: set[str], environment: str | None
) -> Run:
    maker = source_of(spec, stage, judged[0])
    if maker is None:
        raise ValueError(f"nothing measures {judged[0].metric}")
    options = [f"--file {metrics_file(spec, maker, here, environment)}"]
    for gate in judged:
        options += [f"--min {sh_quote(f'{gate.metric}={gate.min}')}"] if gate.min is not None else []
        options += [f"--max {sh_quote(f'{gate.metric}={gate.max}')}"] if gate.max is not None else []
    text = f"{STRICT}\n{command('metrics', name, options)}"
    return Run(name, f"Gate: {_bounds(judged)}", text, timeout_minutes=_MINUTES)


def _bounds(judged: Sequence[Gate]) -> str:
    words = []
    for gate in judged:
        words += [f"{gate.metric} at least {gate.min}"] if gate.min is not None else []
        words += [f"{gate.metric} at most {gate.max}"] if gate.max is not None else []
    return ", ".join(words)


# ---------------------------------------------------------------- what needs the model itself


def _of_model(spec: ModelSpec, stage: Stage, gate: Gate, name: str, variables: tuple[StepVariable, ...]) -> Run:
    """A judgement in the model's folder and Python; only what is run there sees the stage's variables and secrets."""
    (kind,) = gate.kinds
    seen: tuple[StepVariable, ...] = ()
    minutes = _MINUTES
    match getattr(gate, kind):
        case DependenciesGate() as asked:
            words, options = f"packages are as {asked.lock} says", _dependencies(asked)
        case ArtifactGate() as asked:
            words, options = f"{asked.artifact} is as {asked.sums} says", _artifact(stage, asked)
        case ReproducibleGate() as asked:
            words, options = "the training gives the same model twice", _reproducible(asked)
            seen, minutes = variables, 2 * asked.timeout + 5
        case LatencyGate() as asked:
            words = ", ".join(f"{each} at most {limit}" for each, limit in asked.max.named())
            options = _latency(asked)
            seen, minutes = variables, asked.timeout
        case ConfigGate() as asked:
            words, options = f"configuration of {', '.join(asked.files)} is whole", _config(asked)
        case _:
            raise ValueError(f"{kind} is judged elsewhere")
    text = script(spec, command(kind, name, options), activated=stage.install)
    return Run(name, f"Gate: {words}", text, seen, minutes)


def _dependencies(asked: DependenciesGate) -> Options:
    yield f"--lock {sh_quote(asked.lock)}"
    yield from (f"--declared {sh_quote(file)}" for file in asked.declared)
    if asked.installed:
        yield '--python "$(command -v python)"'
    yield from (f"--allow {sh_quote(each)}" for each in asked.allow)


def _artifact(stage: Stage, asked: ArtifactGate) -> Options:
    made = next((each for each in stage.produces if each.name == asked.artifact), None)
    folder = sh_quote(made.path) if made and made.path else f'"$PIPEGEN_ARTIFACTS/{asked.artifact}"'
    yield f"--folder {folder}"
    yield f"--sums {folder}/{sh_quote(asked.sums)}"
    yield from (f"--except {sh_quote(each)}" for each in asked.except_)


def _reproducible(asked: ReproducibleGate) -> Options:
    yield f"--run {sh_quote(asked.run)}"
    if asked.metrics:
        yield f"--metrics {sh_quote(asked.metrics)}"
    yield from _named("--tolerance", asked.tolerance.items())
    yield from _named("--relative", asked.relative.items())
    yield f"--timeout {asked.timeout * 60}"


def _latency(asked: LatencyGate) -> Options:
    yield f"--serve {sh_quote(asked.serve)}"
    yield f"--requests {sh_quote(asked.requests)}"
    yield f"--ready {sh_quote(asked.ready)}"
    yield f"--repeat {asked.repeat}"
    yield from _named("--max", asked.max.named())


def _config(asked: ConfigGate) -> Options:
    yield from (f"--environment {sh_quote(f'{name}={file}')}" for name, file in asked.files.items())
    yield from (f"--scan {sh_quote(each)}" for each in asked.scan)
    yield from (f"--may-differ {sh_quote(each)}" for each in asked.may_differ)
    yield from (f"--no-secret {sh_quote(each)}" for each in asked.no_secret)


def _named(option: str, values: Iterable[tuple[str, Decimal]]) -> Options:
    yield from (f"{option} {sh_quote(f'{name}={value}')}" for name, value in values)
