"""Gates: pipegen in an environment of its own judges a metrics file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipegen.config import Pin
from pipegen.delivery import HOME, PublishTests, Run, Step
from pipegen.diagnostics import KeyPath
from pipegen.plan.artifacts import metrics_artifact
from pipegen.plan.commands import in_model
from pipegen.plan.flow import Occasion
from pipegen.plan.selection import ORDINARY, job_key
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Gate, Stage


def applying(stage: Stage, occasion: Occasion) -> tuple[Gate, ...]:
    """The gates of a stage at an occasion; those against a champion are not among them (an error of their own)."""
    gates = (gate for gate in stage.gates if gate.at is None or occasion.among(gate.at, default=ORDINARY))
    return tuple(gate for gate in gates if gate.min is not None or gate.max is not None)


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


def judged_elsewhere(spec: ModelSpec, maker: Stage, occasion: Occasion | None) -> bool:
    """Whether a gate of another job judges the stage's metrics.

    `occasion` None: at any moment, and on another branch to which the metrics are carried but not their stage.
    """
    return maker.metrics is not None and any(
        source_of(spec, stage, gate) is maker
        for stage in spec.stages
        if stage.deploys or (stage.id != maker.id if occasion is None else job_key(stage) != job_key(maker))
        for gate in (stage.gates if occasion is None else applying(stage, occasion))
    )


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


def requirement(pin: Pin) -> str:
    """Pipegen's line of a requirements file; a wheel in the repository is found from its root."""
    source = f"mlops-pipegen=={pin.version}" if pin.wheel is None else _wheel(pin.wheel)
    return f"{source} --hash=sha256:{pin.sha256}"


def _wheel(location: str) -> str:
    return f"mlops-pipegen @ {location}" if location.startswith("https://") else f"./{location}"


def steps(
    spec: ModelSpec, stage: Stage, gates: Sequence[Gate], members: Iterable[Stage], origin: KeyPath
) -> Iterator[Step]:
    """One judgement for each metrics file, and its results for people. `members` are the stages of the same job."""
    here = {each.id for each in members}
    makers = dict.fromkeys(maker.id for gate in gates if (maker := source_of(spec, stage, gate)))
    for number, maker_id in enumerate(makers, start=1):
        maker = next(each for each in spec.stages if each.id == maker_id)
        bounds = [gate for gate in gates if source_of(spec, stage, gate) is maker]
        name = f"gate-{stage.id}" if len(makers) == 1 else f"gate-{stage.id}-{number}"
        junit = f"{HOME}/{name}.xml"
        yield Run(
            name,
            f"Gate: {_wording(bounds)}",
            _command(spec, maker, bounds, name, here),
            timeout_minutes=10,
            origin=(*origin, "gates"),
        )
        yield PublishTests(f"{name}-results", f"Gate {stage.id}", junit)


def _wording(gates: Sequence[Gate]) -> str:
    words = []
    for gate in gates:
        words += [f"{gate.metric} at least {gate.min}"] if gate.min is not None else []
        words += [f"{gate.metric} at most {gate.max}"] if gate.max is not None else []
    return ", ".join(words)


def _command(spec: ModelSpec, maker: Stage, gates: Sequence[Gate], name: str, here: set[str]) -> str:
    own = maker.id in here and maker.metrics is not None
    file = (
        sh_quote(in_model(spec, maker.metrics.file))
        if own and maker.metrics
        else f'"$PIPEGEN_ARTIFACTS/{metrics_artifact(maker.id)}/metrics.json"'
    )
    bounds = []
    for gate in gates:
        bounds += [f"--min {sh_quote(f'{gate.metric}={gate.min}')}"] if gate.min is not None else []
        bounds += [f"--max {sh_quote(f'{gate.metric}={gate.max}')}"] if gate.max is not None else []
    return (
        f'{STRICT}\n"$PIPEGEN_HOME/pipegen/bin/python" -I -m pipegen.gates metrics --name {name} \\\n'
        f"  --file {file} \\\n  "
        + " \\\n  ".join(bounds)
        + f' \\\n  --junit "$PIPEGEN_HOME/{name}.xml" --json "$PIPEGEN_HOME/{name}.json"\n'
    )
