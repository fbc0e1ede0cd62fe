"""The shipped models as they would behave in a run: what their programs make, and how each pipeline is started."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import assert_never

from deliveries import SPECS, delivery_of, source_of, whole_text
from local_run import LocalRun
from local_trace import Started, Trace
from local_world import World, new_world
from pipegen.delivery import Action, Change, Delivery, Merged, Pipeline, Review, Scheduled, Tagged

MODEL = 'mkdir -p "$PIPEGEN_ARTIFACTS/model"; echo "weights $PIPEGEN_COMMIT" > "$PIPEGEN_ARTIFACTS/model/weights"\n'


def metrics(file: str = "metrics.json", **values: float) -> str:
    numbers = ", ".join(f'"{name}": {value}' for name, value in values.items())
    return f"echo '{{{numbers}}}' > {file}\n"


def publish(**values: str) -> str:
    return "".join(f"echo '{name}={value}' >> \"$PIPEGEN_OUTPUTS\"\n" for name, value in values.items())


CHURN_METRICS = metrics(auc=0.85, psi_max=0.1, score_mean_shift=0.01)
CHURN_VALUES = publish(PIPEGEN_VERSION="7.0.0", PREV_MONTH_PREDS="db.prev", CURR_MONTH_PREDS="db.curr")
FRAUD_METRICS = metrics(auc=0.95, recall_at_1pct=0.7)


def lineage(version: str, **said: object) -> str:
    """What a training says that a model was made from."""
    columns = {"inputs": [{"name": "age", "type": "double"}], "outputs": [{"name": "score", "type": "double"}]}
    whole = {
        "format": "pipegen-lineage/1",
        "version": version,
        "algorithm": "boosted trees",
        "signature": columns,
        "feature_code": f"sha256:{'a' * 64}",
        "data": {"version": "dvc:1", "from": "2026-01-01", "to": "2026-06-30"},
        "parameters": {"max_depth": 6},
        "training_seconds": 12.5,
    }
    return f"cat > lineage.json <<'END'\n{json.dumps(whole | said)}\nEND\n"


BEHAVIOUR: Mapping[str, Mapping[str, str]] = {
    "churn-prediction": {
        "train": MODEL + CHURN_METRICS + CHURN_VALUES + lineage("7.0.0"),
        "drift": metrics("drift.json", psi_highest_feature=0.1),
    },
    "demand-forecast": {"backtest": metrics(wape=0.1, bias=0.01, runtime_minutes=12)},
    "fraud-detection": {
        "train": MODEL + FRAUD_METRICS + publish(PIPEGEN_VERSION="3.1.0") + lineage("3.1.0"),
        "drift": metrics("drift.json", psi_highest_feature=0.1, label_drift=0.05),
    },
    "lead-scoring": {"train": MODEL + metrics(auc=0.8, calibration_error=0.02) + publish(PIPEGEN_VERSION="12")},
    "minimal": {"train": MODEL + metrics(auc=0.9)},
    "price-elasticity": {
        "train": "mkdir -p model; echo weights > model/weights\n"
        + metrics(mape=0.1, coverage=0.95)
        + publish(PIPEGEN_VERSION="2024.1")
    },
}

DELIVERIES: Mapping[str, Delivery] = {path.stem: delivery_of(path) for path in SPECS}
PIPELINES = [(model, each.id) for model, delivery in DELIVERIES.items() for each in delivery.pipelines]


def pipeline(model: str, pipeline_id: str) -> Pipeline:
    (found,) = (each for each in DELIVERIES[model].pipelines if each.id == pipeline_id)
    return found


def world_of(model: str, folder: Path) -> World:
    """A world in which everything about the model goes well."""
    delivery = DELIVERIES[model]
    (spec,) = (path for path in SPECS if path.stem == model)
    branches = ("feat/new-features", "dev", "prod", "main")
    world = new_world(folder / "world", delivery.spec, whole_text(source_of(spec)), delivery.path, branches)
    world.behave(BEHAVIOUR[model])
    return world


def ordinary_start(started: Pipeline) -> Started:
    """How the pipeline is usually started."""
    match started.event:
        case Change():
            return Started("feat/new-features")
        case Review(targets):
            source = targets[0].sources[0].replace("*", "new-features")
            return Started(source, targets[0].branch)
        case Merged(branch) | Scheduled(branch=branch):
            return Started(branch)
        case Tagged(pattern):
            return Started(pattern.replace("*", "1"))
        case Action(_, parameters, branches):
            given = {"version": "1.2", "reason": "the market moved"}
            return Started(
                branches[0], parameters={each.name: given.get(each.name, each.default) for each in parameters}
            )
        case _:
            assert_never(started.event)


def run(
    world: World,
    model: str,
    pipeline_id: str,
    started: Started | None = None,
    before_job: Callable[[str], None] = lambda _: None,
) -> Trace:
    planned = pipeline(model, pipeline_id)
    if isinstance(planned.event, Tagged) and not world.has_tag("elasticity-v1"):
        world.tag("elasticity-v1", "main")
    return LocalRun(planned, world, started or ordinary_start(planned), before_job).run()


def told(trace: Trace, world: World) -> str:
    """A run in words: people asked, phases, jobs with their scripts, calls of programs."""
    jobs = [f"  {job}: {result} {' '.join(trace.names(job=job))}".rstrip() for job, result in trace.jobs.items()]
    calls = [f"  {line.replace(chr(9), '  ')}" for line in world.calls if not is_installing(line)]
    phases = [f"  {phase}: {result}" for phase, result in trace.phases.items()]
    text = "\n".join([f"asked: {' '.join(trace.asked)}", "phases:", *phases, "jobs:", *jobs, "calls:", *calls])
    text = text.replace(str(world.folder), "<world>")
    return re.sub(r"\b[0-9a-f]{40}([0-9a-f]{24})?\b", "<digest>", text)


def is_installing(line: str) -> bool:
    return line.split("\t", maxsplit=1)[0].endswith(("/install", "/install-pipegen", "/install-registry"))
