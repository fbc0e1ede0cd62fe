"""Gates: which apply when, what they judge by, and the pipegen that judges, in an environment of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipegen.config import Config, Pin
from pipegen.delivery import HOME, Run
from pipegen.plan.artifacts import Made, evidence_artifact
from pipegen.plan.commands import in_model
from pipegen.plan.flow import Occasion
from pipegen.plan.selection import ORDINARY, job_key
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.gates import Gate
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

PYTHON = '"$PIPEGEN_HOME/pipegen/bin/python" -I -m'
"""Runs a module of the pipegen that `install` installed, apart from the files around it."""


# ---------------------------------------------------------------- which apply


def applying(stage: Stage, occasion: Occasion) -> tuple[Gate, ...]:
    """The gates of a stage at an occasion that are judged right after it."""
    return tuple(gate for gate in _due(stage, occasion) if not gate.version and (gate.metric is None or bounded(gate)))


def admitting(stages: Iterable[Stage], occasion: Occasion) -> tuple[tuple[Stage, Gate], ...]:
    """The gates of stages that compare with what an environment runs: judged right before a deployment begins."""
    return tuple((stage, gate) for stage in stages for gate in _due(stage, occasion) if gate.against or gate.version)


def _due(stage: Stage, occasion: Occasion) -> Iterator[Gate]:
    yield from (gate for gate in stage.gates if gate.at is None or occasion.among(gate.at, default=ORDINARY))


def bounded(gate: Gate) -> bool:
    return gate.min is not None or gate.max is not None


def source_of(spec: ModelSpec, stage: Stage, gate: Gate) -> Stage | None:
    """The stage whose metrics a gate judges.

    It is the nearest one up to here that names the metric, else the nearest that names none.
    """
    upto = spec.stages[: [each.id for each in spec.stages].index(stage.id) + 1]
    makers = [each for each in reversed(upto) if each.metrics is not None]
    for maker in makers:
        if maker.metrics and gate.metric in maker.metrics.names:
            return maker
    return next((maker for maker in makers if maker.metrics and not maker.metrics.names), None)


def lineage_of(stages: Iterable[Stage]) -> Stage | None:
    """The last stage that says what the model was made from."""
    return next((stage for stage in reversed(tuple(stages)) if stage.lineage), None)


# ---------------------------------------------------------------- reports, and what else is known of a model


def groups(spec: ModelSpec, stage: Stage, judged: Iterable[Gate]) -> tuple[tuple[str, tuple[Gate, ...]], ...]:
    """Gates that are judged together, by the id of their step: bounds of one metrics file, or one of another kind."""
    together: dict[str, tuple[Gate, ...]] = {}
    for position, gate in enumerate(judged):
        maker = source_of(spec, stage, gate) if gate.metric is not None else None
        key = f"metrics of {maker.id}" if maker else str(position)
        together[key] = (*together.get(key, ()), gate)
    names = (
        f"gate-{stage.id}" if len(together) == 1 else f"gate-{stage.id}-{each + 1}" for each in range(len(together))
    )
    return tuple(zip(names, together.values(), strict=True))


def report(name: str) -> str:
    """The file that a gate's step writes for programs, relative to the checkout."""
    return f"{HOME}/{name}.json"


def judged_elsewhere(spec: ModelSpec, maker: Stage, occasion: Occasion | None) -> bool:
    """Whether a gate of another job judges the stage's metrics.

    `occasion` None: at any moment, and on another branch to which the metrics are carried but not their stage.
    """
    return maker.metrics is not None and any(
        gate.metric is not None and source_of(spec, stage, gate) is maker
        for stage in spec.stages
        if stage.deploys or (stage.id != maker.id if occasion is None else job_key(stage) != job_key(maker))
        for gate in (stage.gates if occasion is None else applying(stage, occasion))
    )


def evidence(
    spec: ModelSpec, stage: Stage, occasion: Occasion, environment: str | None, *, judged: bool, recorded: bool
) -> Iterator[Made]:
    """What a stage leaves for gates of other jobs (`judged`) and for the record: one artifact, if there is anything."""
    files: list[tuple[str, str]] = []
    if stage.metrics and (judged or recorded):
        files.append((in_model(spec, stage.metrics.file), "metrics.json"))
    if stage.lineage and recorded:
        files.append((in_model(spec, stage.lineage), "lineage.json"))
    if recorded:
        names = (name for name, _ in groups(spec, stage, applying(stage, occasion)))
        files += [(report(name), f"{name}.json") for name in names]
    if files:
        yield Made(evidence_artifact(stage, environment), None, tuple(files))


# ---------------------------------------------------------------- installation


def install(pin: Pin) -> Run:
    """Pipegen alone in an environment of its own, exactly the wheel whose hash is pinned."""
    text = (
        f"{STRICT}\n"
        'python3 -I -m venv "$PIPEGEN_HOME/pipegen"\n'
        f"printf '%s\\n' {sh_quote(requirement(pin))} > \"$PIPEGEN_HOME/pipegen.txt\"\n"
        '"$PIPEGEN_HOME/pipegen/bin/python" -I -m pip install --quiet --disable-pip-version-check \\\n'
        f"  --no-deps --only-binary :all: --require-hashes --index-url {sh_quote(pin.index)} \\\n"
        '  -r "$PIPEGEN_HOME/pipegen.txt"\n'
    )
    return Run("install-pipegen", "Install pipegen", text, timeout_minutes=15)


def install_with_registry(config: Config) -> Iterator[Run]:
    """Pipegen and all that reaching the registry needs, each package with its hash; nothing without a pin."""
    if config.pin is None or config.registry is None:
        return
    text = (
        f"{STRICT}\n"
        'python3 -I -m venv "$PIPEGEN_HOME/pipegen"\n'
        '"$PIPEGEN_HOME/pipegen/bin/python" -I -m pip install --quiet --disable-pip-version-check \\\n'
        f"  --only-binary :all: --require-hashes --index-url {sh_quote(config.pin.index)} \\\n"
        f"  -r {sh_quote(config.registry.requirements)}\n"
    )
    yield Run("install-registry", "Install pipegen and what the registry needs", text, timeout_minutes=20)


def requirement(pin: Pin) -> str:
    """Pipegen's line of a requirements file; a wheel in the repository is found from its root."""
    source = f"mlops-pipegen=={pin.version}" if pin.wheel is None else _wheel(pin.wheel)
    return f"{source} --hash=sha256:{pin.sha256}"


def _wheel(location: str) -> str:
    return f"mlops-pipegen @ {location}" if location.startswith("https://") else f"./{location}"
