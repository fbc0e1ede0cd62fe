"""What a spec may not mean, as small generators that know key paths and not lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipegen.config import Config
from pipegen.delivery import Delivery
from pipegen.diagnostics import Finding
from pipegen.spec.model import ModelSpec

Rule = Callable[[ModelSpec, Config], Iterator[Finding]]
PlannedRule = Callable[[ModelSpec, Delivery, Config], Iterator[Finding]]

STRUCTURE: tuple[Rule, ...] = ()
"""Rules whose errors leave nothing that could be planned."""

MEANING: tuple[Rule, ...] = ()
"""Rules about what the spec says by itself."""

PLANNED: tuple[PlannedRule, ...] = ()
"""Rules about what the plan makes of the spec."""
