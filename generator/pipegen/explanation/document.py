"""The explanation as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from pipegen.explanation.values import Explanation

FORMAT = 1
"""Grows when a key changes its meaning or goes away; new keys may come at any time."""


def as_json(explanation: Explanation) -> str:
    """One object, indented, ending with a newline; docs/explain.md names its keys."""
    return json.dumps({"explanation": FORMAT, **asdict(explanation)}, indent=2, ensure_ascii=False) + "\n"
