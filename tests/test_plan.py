"""The shipped specs' deliveries: an outline to read, and claims that hold for each of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from claims import CLAIMS, Claim
from deliveries import SPECS, delivery_of, source_of
from outline import outline
from pipegen.delivery import Delivery, Prepare, Run
from pipegen.spec.model import ModelSpec
from runners import require
from specs import spec_from

DELIVERIES = {path.stem: delivery_of(path) for path in SPECS}


def spec_of(path: Path) -> ModelSpec:
    return spec_from(dict(source_of(path).data))


EXPLAINED = {
    "SC1091": "the file that activates an environment is made by the job itself",
    "SC2016": "a command that a gate runs is handed over as text, and expands where it is run",
    "SC2043": "a list of required programs may hold one",
    "SC2153": "PIPEGEN_ARTIFACT and PIPEGEN_ARTIFACTS are both meant",
}
"""What shellcheck may say about a generated script, and why that is right."""


@pytest.mark.parametrize("model", DELIVERIES)
def test_the_outline_of_a_delivery_is_what_was_reviewed(model: str, snapshot: SnapshotAssertion) -> None:
    assert outline(DELIVERIES[model]) == snapshot


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("path", SPECS, ids=lambda each: each.stem)
def test_a_claim_holds_for_a_shipped_spec(path: Path, claim: Claim) -> None:
    assert list(claim(spec_of(path), DELIVERIES[path.stem])) == []


@pytest.mark.parametrize("path", SPECS, ids=lambda each: each.stem)
def test_the_same_spec_gives_the_same_delivery(path: Path) -> None:
    assert delivery_of(path) == DELIVERIES[path.stem]


def test_shellcheck_has_nothing_to_say_that_is_not_explained(tmp_path: Path) -> None:
    scripts = {script for delivery in DELIVERIES.values() for script in _scripts(delivery)}
    for number, script in enumerate(sorted(scripts)):
        (tmp_path / f"{number:03}.sh").write_text(script, "utf-8")
    command = [require("shellcheck"), "--norc", "--shell=bash", "--format=json", *map(str, tmp_path.glob("*.sh"))]
    found = json.loads(subprocess.run(command, check=False, capture_output=True, text=True).stdout)
    assert [_shown(each) for each in found if f"SC{each['code']}" not in EXPLAINED] == []
    assert {f"SC{each['code']}" for each in found} == set(EXPLAINED)


def _shown(finding: dict[str, object]) -> str:
    line = Path(str(finding["file"])).read_text("utf-8").splitlines()[int(str(finding["line"])) - 1]
    return f"SC{finding['code']}: {finding['message']}: {line}"


def _scripts(delivery: Delivery) -> Iterator[str]:
    for pipeline in delivery.pipelines:
        for job in pipeline.jobs:
            yield from (step.script for step in job.steps if isinstance(step, Run | Prepare))
