"""Deliveries of the shipped specs, for tests of what comes after the plan."""

from __future__ import annotations

from pathlib import Path

import yaml

from pipegen.config import Config, Ledger, Pin, Registry
from pipegen.delivery import Delivery
from pipegen.layers import Layered, layered
from pipegen.layers.bases import base_of
from pipegen.plan import plan
from pipegen.source import Source
from pipegen.spec.model import ModelSpec
from pipegen.stage_kinds import StageKind, expand

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "model-specs").glob("*.yaml"))
CONFIG = Config(
    pin=Pin("0.1.0", "0" * 64, "https://nexus.example.com/repository/pypi/simple"),
    ledger=Ledger(),
    registry=Registry("mlflow"),
)


def source_of(path: Path) -> Source | Layered:
    """One of the shipped specs, with the base that it extends if there is one."""
    spec = Source.read(path, f"model-specs/{path.name}")
    return layered(spec, base_of(spec, ROOT, {}), None)


def whole_text(source: Source | Layered) -> str:
    """All that people wrote to make the spec."""
    return "\n".join((source.text, *(source.inputs.values() if isinstance(source, Layered) else ())))


def delivery_of(path: Path, config: Config = CONFIG) -> Delivery:
    """The delivery of one of the shipped specs."""
    kinds = {
        kind.kind: kind
        for file in sorted((ROOT / "templates" / "stages").glob("*.yaml"))
        for kind in [StageKind.model_validate(yaml.safe_load(file.read_text("utf-8")))]
    }
    source = source_of(path)
    spec, findings = expand(ModelSpec.model_validate(source.data), kinds)
    if findings:
        raise AssertionError(findings)
    return plan(spec, config, source.name, tuple(source.inputs) if isinstance(source, Layered) else ())
