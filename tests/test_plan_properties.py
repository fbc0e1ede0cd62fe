"""Every valid spec is planned, and what must hold for a delivery holds for all of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings

from claims import CLAIMS
from deliveries import CONFIG
from pipegen.delivery import Delivery, Prepare, Run
from pipegen.diagnostics import Severity
from pipegen.plan import plan
from pipegen.source import Source
from pipegen.validation import validate
from spec_stages import Data
from specs import spec_from, stage_kinds, valid_specs

PATH = "model-specs/churn-prediction.yaml"
SHORT = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SHORT
@given(data=valid_specs())
def test_a_made_up_spec_is_one_that_pipegen_accepts(data: Data) -> None:
    source = Source.parse(PATH, json.dumps(data).encode())
    found = validate(source, CONFIG, stage_kinds()).diagnostics
    assert [f"{each.code} {each.message}" for each in found if each.severity is Severity.ERROR] == []


def planned(data: Data) -> Delivery:
    return plan(spec_from(data), CONFIG, PATH)


@SHORT
@given(data=valid_specs())
def test_every_claim_holds_for_every_valid_spec(data: Data) -> None:
    spec, delivery = spec_from(data), planned(data)
    assert [f"{claim.__name__}: {text}" for claim in CLAIMS for text in claim(spec, delivery)] == []


@SHORT
@given(data=valid_specs())
def test_the_same_spec_is_always_planned_alike(data: Data) -> None:
    assert planned(data) == planned(data)


@settings(SHORT, max_examples=25)
@given(data=valid_specs())
def test_every_script_is_bash(data: Data) -> None:
    with TemporaryDirectory() as folder:
        for number, script in enumerate(sorted(set(_scripts(planned(data))))):
            (Path(folder) / str(number)).write_text(script, "utf-8")
        check = 'for file in *; do bash -n "$file" || cat "$file"; done'
        done = subprocess.run(["bash", "-c", check], cwd=folder, check=False, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""


def _scripts(delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        for job in pipeline.jobs:
            yield from (step.script for step in job.steps if isinstance(step, Run | Prepare))


def test_a_chain_of_very_many_stages_is_planned() -> None:
    stages = [
        {"id": f"stage-{number}", "run": "true", "at": ["merged"] if number % 2 else None} for number in range(1500)
    ]
    present = [{key: value for key, value in stage.items() if value} for stage in stages]
    data = {"pipegen": 1, "model": {"name": "long", "owner": "team"}, "stages": present}
    jobs = {each.id: len(list(each.jobs)) for each in planned(data).pipelines}
    assert jobs["change"] == 750
    assert jobs["deliver-dev"] == 1500
