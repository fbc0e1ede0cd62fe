"""What holds for any valid spec, on every target."""

from __future__ import annotations

from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from ruamel.yaml import YAML

from deliveries import CONFIG
from pipegen.delivery import Delivery, Fidelity
from pipegen.plan import plan
from pipegen.targets import TARGETS, Files
from specs import spec_from, valid_specs
from test_golden_validators import AZURE, GITHUB, JENKINS, Check
from validators.explained import unexplained

Data = dict[str, Any]
BATCH = 12
OF_THE_AUTHOR = {
    ("hardening", "foreign-word"),  # drawn texts hold words of every CI system on purpose
    ("hardening", "review-secret"),  # a secret of the whole repository is one that its author shares with reviews
    ("actionlint", "shellcheck"),  # drawn scripts are not good style
}


def delivery(spec: Data, name: str) -> Delivery:
    named = spec | {"model": spec["model"] | {"name": name}}
    return plan(spec_from(named), CONFIG, f"model-specs/{name}.yaml")


def can_hold(target: str, planned: Delivery) -> bool:
    return all(each.fidelity is not Fidelity.UNSUPPORTED for each in TARGETS[target].capabilities(planned, CONFIG))


def rendered(target: str, spec: Data, name: str) -> Files:
    planned = delivery(spec, name)
    return TARGETS[target].render(planned, CONFIG) if can_hold(target, planned) else {}


@pytest.mark.parametrize("target", sorted(TARGETS))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(spec=valid_specs())
def test_rendering_is_deterministic(target: str, spec: Data) -> None:
    assert rendered(target, spec, "drawn") == rendered(target, spec, "drawn")


@pytest.mark.parametrize("target", ["azure", "github"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(spec=valid_specs())
def test_every_reader_of_yaml_reads_the_same(target: str, spec: Data) -> None:
    for text in rendered(target, spec, "drawn").values():
        assert yaml.safe_load(text) == YAML(typ="safe", pure=True).load(StringIO(text))


@cache
def drawn() -> tuple[Data, ...]:
    """A batch of specs that is the same in every run, for validators that cost a process each time."""
    specs: list[Data] = []

    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(valid_specs())
    def collect(spec: Data) -> None:
        specs.append(spec)

    collect()
    return tuple(specs)


@pytest.mark.parametrize(("target", "checks"), [("azure", AZURE), ("github", GITHUB), ("jenkins", JENKINS)])
def test_every_validator_accepts_what_any_valid_spec_becomes(
    target: str, checks: tuple[Check, ...], tmp_path: Path
) -> None:
    files = [
        written(tmp_path / path, text)
        for number, spec in enumerate(drawn())
        for path, text in rendered(target, spec, f"drawn-{number}").items()
    ]
    found = [report for check in checks for report in unexplained(check(files))]
    assert [report for report in found if (report.tool, report.rule) not in OF_THE_AUTHOR] == []


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
