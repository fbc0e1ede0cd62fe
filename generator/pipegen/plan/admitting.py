"""What the record says against a deployment, asked right before it begins: refusing it then needs no way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipegen.delivery import Run, Step
from pipegen.plan import selection
from pipegen.plan.artifacts import Available, evidence_artifact, is_evidence
from pipegen.plan.flow import Arrival, Occasion, arrivals
from pipegen.plan.gates import admitting, lineage_of, source_of
from pipegen.plan.jobs import Setting, origin_of
from pipegen.plan.judging import command, metrics_file, with_results
from pipegen.plan.recording import MINUTES, artifact_option, digest_variables, ledger_variables, source_line
from pipegen.plan.variables import VERSION
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.gates import Gate
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage


def environment_before(spec: ModelSpec, stage: Stage, environment: str) -> str | None:
    """Where a model must have been deployed before: the environment before in the flow, if all came through it.

    A branch that others than the one before may be merged into (hotfixes) asks for nothing.
    """
    merged: dict[str, str] = {}
    tagged: dict[str, str] = {}
    for arrival in arrivals(spec):
        before = merged.get(arrival.sources[0]) if len(arrival.sources) == 1 else None
        if arrival.tags:
            before = tagged.get(arrival.trunk, merged.get(arrival.trunk))
        for name in _deployed_at(stage, arrival):
            if name == environment:
                return before
            before = name
        if before is not None:
            (tagged if arrival.tags else merged)[arrival.trunk] = before
    return None


def _deployed_at(stage: Stage, arrival: Arrival) -> tuple[str, ...]:
    occasion = Occasion("tagged", arrival.tags) if arrival.tags else Occasion("merged", arrival.trunk)
    due = occasion.among(stage.at, default=selection.ORDINARY)
    return tuple(name for name in arrival.environments if due and selection.in_environment(stage, name))


def admission(
    setting: Setting, stage: Stage, environment: str, ran: Sequence[Stage], available: Available, *, by_version: bool
) -> Iterator[Step]:
    """What the record says against this deployment, and how the model compares with the one that serves."""
    if setting.ledger is None:
        return
    spec, origin = setting.spec, origin_of(setting.spec, stage)
    variables = (*ledger_variables(setting, environment), *digest_variables(available))
    before = environment_before(spec, stage, environment)
    options = [f"--environment {environment}", *([f"--after {before}"] if before else []), *_what(available)]
    options += ["--deploy-recorded"] if by_version else []
    name = f"gate-{stage.id}-order"
    text = f"{STRICT}\n{source_line(spec)}{command('order', name, options)}"
    after = f" after {before}" if before else ""
    yield from with_results(
        Run(name, f"Gate: may be deployed to {environment}{after}", text, variables, MINUTES), "Gate order", origin
    )
    versions = () if by_version else _high_enough(setting, stage, environment, ran, available)
    for run in (*_compared(setting, stage, environment, ran, by_version=by_version), *versions):
        yield from with_results(run, f"Gate {run.id.removeprefix(f'gate-{stage.id}-')}", origin)


def rollback_admission(setting: Setting, stage: Stage, environment: str) -> Iterator[Step]:
    if setting.ledger is None:
        return
    name = f"gate-{stage.id}-order"
    options = [f"--environment {environment}", *_what(None), "--rollback"]
    text = f"{STRICT}\n{source_line(setting.spec)}{command('order', name, options)}"
    title = f"Gate: the version is recorded for {environment}"
    run = Run(name, title, text, ledger_variables(setting, environment), MINUTES)
    yield from with_results(run, "Gate order", origin_of(setting.spec, stage))


def _what(available: Available | None) -> list[str]:
    """What is deployed, as far as it is known; the version has a variable of its own."""
    artifacts = (each for each in available.artifacts if not is_evidence(each)) if available else ()
    return ['--commit "$PIPEGEN_COMMIT"', '--source "$source"', *map(artifact_option, artifacts)]


def _compared(
    setting: Setting, stage: Stage, environment: str, ran: Sequence[Stage], *, by_version: bool
) -> Iterator[Run]:
    spec = setting.spec
    champions = [(each, gate) for each, gate in admitting(ran, setting.occasion) if gate.against]
    makers = {maker.id: maker for each, gate in champions if (maker := source_of(spec, each, gate))}
    variables = ledger_variables(setting, environment)
    for number, maker in enumerate(makers.values(), start=1):
        judged = [gate for each, gate in champions if source_of(spec, each, gate) is maker]
        name = f"gate-{stage.id}-champion" + (f"-{number}" if len(makers) > 1 else "")
        candidate = f'--recorded "${VERSION}"' if by_version else f"--file {metrics_file(spec, maker, (), environment)}"
        text = f"{STRICT}\n{command('champion', name, [candidate, f'--environment {environment}', *_compare(judged)])}"
        words = ", ".join(f"{gate.metric}{_leave(gate)}" for gate in judged)
        yield Run(name, f"Gate: as good as what {environment} runs: {words}", text, variables, MINUTES)


def _high_enough(
    setting: Setting, stage: Stage, environment: str, ran: Sequence[Stage], available: Available
) -> Iterator[Run]:
    asked = [gate.version for _, gate in admitting(ran, setting.occasion) if gate.version]
    if not asked:
        return
    lineage = lineage_of(ran)
    measured = next((each for each in reversed(ran) if each.metrics), None)
    options = (
        [f'--lineage "$PIPEGEN_ARTIFACTS/{evidence_artifact(lineage, environment)}/lineage.json"'] if lineage else []
    )
    options += [f"--metrics {metrics_file(setting.spec, measured, (), environment)}"] if measured else []
    options += [f"--environment {environment}", f'--claimed "${VERSION}"', *_what(available)]
    options += [f"--gain {sh_quote(f'{name}={value}')}" for each in asked for name, value in each.gain.items()]
    options += [f"--without {sh_quote(key)}" for each in asked for key in each.without]
    name = f"gate-{stage.id}-version"
    text = f"{STRICT}\n{source_line(setting.spec)}{command('version', name, options)}"
    title = f"Gate: the version is high enough for {environment}"
    yield Run(name, title, text, (*ledger_variables(setting, environment), *digest_variables(available)), MINUTES)


def _compare(judged: Sequence[Gate]) -> Iterator[str]:
    for gate in judged:
        yield f"--{gate.better} {sh_quote(str(gate.metric))}"
        if gate.tolerance is not None:
            yield f"--tolerance {sh_quote(f'{gate.metric}={gate.tolerance}')}"
        if gate.relative is not None:
            yield f"--relative {sh_quote(f'{gate.metric}={gate.relative}')}"


def _leave(gate: Gate) -> str:
    given = [f"by {gate.tolerance}"] if gate.tolerance is not None else []
    given += [f"by {gate.relative} of its value"] if gate.relative is not None else []
    return f" (may be worse {' or '.join(given)})" if given else ""
