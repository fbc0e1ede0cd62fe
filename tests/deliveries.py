"""Deliveries of the shipped specs, for tests of what comes after the plan."""

from __future__ import annotations

from pathlib import Path

import yaml

from pipegen.config import Config, Pin
from pipegen.delivery import Delivery
from pipegen.plan import plan
from pipegen.spec.model import ModelSpec
from pipegen.stage_kinds import StageKind, expand

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "model-specs").glob("*.yaml"))
CONFIG = Config(pin=Pin("0.1.0", "0" * 64, "https://nexus.example.com/repository/pypi/simple"))


def delivery_of(path: Path, config: Config = CONFIG) -> Delivery:
    """The delivery of one of the shipped specs."""
    kinds = {
        kind.kind: kind
        for file in sorted((ROOT / "templates" / "stages").glob("*.yaml"))
        for kind in [StageKind.model_validate(yaml.safe_load(file.read_text("utf-8")))]
    }
    spec, findings = expand(ModelSpec.model_validate(yaml.safe_load(path.read_text("utf-8"))), kinds)
    if findings:
        raise AssertionError(findings)
    return plan(spec, config, f"model-specs/{path.name}")
