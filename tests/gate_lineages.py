"""Lineages that differ in one thing or another, as the tests of versions need them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from gate_ledgers import write

LINEAGE: dict[str, object] = {
    "format": "pipegen-lineage/1",
    "version": "1.4.2",
    "algorithm": "xgboost.XGBClassifier",
    "signature": {
        "inputs": [{"name": "age", "type": "double"}, {"name": "plan", "type": "string"}],
        "outputs": [{"name": "score", "type": "double"}],
    },
    "feature_code": "sha256:1111",
    "data": {"version": "dvc:4f1c", "from": "2025-01-01", "to": "2025-12-31", "rows": 120000},
    "parameters": {"max_depth": 6, "eta": 0.1},
    "training_seconds": 812.5,
    "feature_changes": "none",
}
MISSING = object()
AGE, PLAN, SCORE = (
    {"name": "age", "type": "double"},
    {"name": "plan", "type": "string"},
    {"name": "score", "type": "double"},
)
CHANGES: list[tuple[dict[str, object], dict[str, str], str]] = [
    ({}, {}, "1.4.2"),
    (
        {"training_seconds": 9, "feature_changes": "other", "release_notes": "new", "experiments": ["EXP-1"]},
        {},
        "1.4.2",
    ),
    ({"parameters": {"eta": 1e-1, "max_depth": 6.0}}, {}, "1.4.2"),
    ({"signature.inputs": [PLAN, AGE]}, {}, "1.4.2"),
    ({"signature.inputs": [AGE, PLAN, {"name": "tenure", "type": "long"}]}, {"input tenure": "MAJOR"}, "2.0.0"),
    ({"signature.inputs": [AGE]}, {"input plan": "MAJOR"}, "2.0.0"),
    (
        {"signature.inputs": [{"name": "years", "type": "double"}, PLAN]},
        {"input age": "MAJOR", "input years": "MAJOR"},
        "2.0.0",
    ),
    ({"signature.inputs": [{"name": "age", "type": "long"}, PLAN]}, {"input age": "MAJOR"}, "2.0.0"),
    ({"signature.inputs": [AGE | {"required": False}, PLAN]}, {"input age": "MAJOR"}, "2.0.0"),
    ({"signature.outputs": [SCORE | {"type": "float"}]}, {"output score": "MAJOR"}, "2.0.0"),
    ({"signature.outputs": [SCORE, {"name": "reason", "type": "string"}]}, {"output reason": "MAJOR"}, "2.0.0"),
    ({"signature.positional": True}, {"columns are taken": "MAJOR"}, "2.0.0"),
    (
        {"signature.positional": True, "signature.inputs": [PLAN, AGE]},
        {"columns are taken": "MAJOR", "order of inputs": "MAJOR"},
        "2.0.0",
    ),
    ({"algorithm": "lightgbm.LGBMClassifier"}, {"algorithm": "MAJOR"}, "2.0.0"),
    ({"feature_code": "sha256:2222"}, {"feature_code": "MAJOR"}, "2.0.0"),
    ({"data.version": "dvc:5a5a"}, {"data.version": "MINOR"}, "1.5.0"),
    ({"data.from": "2025-02-01", "data.to": "2026-01-31"}, {"data.from": "MINOR", "data.to": "MINOR"}, "1.5.0"),
    ({"data.rows": 120001}, {"data.rows": "PATCH"}, "1.4.3"),
    ({"parameters.max_depth": 7}, {"parameter max_depth": "MINOR"}, "1.5.0"),
    ({"parameters.max_depth": "6"}, {"parameter max_depth": "MINOR"}, "1.5.0"),
    ({"parameters.max_depth": True}, {"parameter max_depth": "MINOR"}, "1.5.0"),
    ({"parameters.seed": 1}, {"parameter seed": "MINOR"}, "1.5.0"),
    ({"parameters": {}}, {"parameter max_depth": "MINOR", "parameter eta": "MINOR"}, "1.5.0"),
    ({"parameters.eta": 0.2, "algorithm": "svm"}, {"algorithm": "MAJOR", "parameter eta": "MINOR"}, "2.0.0"),
]
"""What is edited, what the changes ask for by subject, and the smallest version that is enough after 1.4.2."""


def edited(edits: Mapping[str, object]) -> dict[str, object]:
    """The lineage with some values of its own, each under a path of keys joined by dots; MISSING takes a key out."""
    document = deepcopy(LINEAGE)
    del document["version"]
    for path, value in edits.items():
        node, (*ahead, last) = document, path.split(".")
        for key in ahead:
            node = node[key]  # type: ignore[assignment]
        if value is MISSING:
            del node[last]
        else:
            node[last] = value
    return document


def against_file(edits: Mapping[str, object], *arguments: str, before: Mapping[str, object] = LINEAGE) -> list[str]:
    write("before.json", before)
    write("lineage.json", edited(edits))
    return ["version", "--lineage", "lineage.json", "--before", "before.json", *arguments]
