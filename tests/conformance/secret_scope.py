"""The claim about secrets that holds on every CI system: what an environment owns stands behind its approval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipegen.targets import Files


class UnknownConstruct(AssertionError):  # noqa: N818  (as the executors call it)
    """A file says something that the analysis does not know, and so it claims nothing of that file."""


@dataclass(frozen=True)
class Guarded:
    """An environment that people are asked about, and what it owns under names that do not begin with its own."""

    environment: str
    further: tuple[str, ...] = ()

    @property
    def gates(self) -> frozenset[str]:
        """Approvals that stand before it: of deployments, and of rollbacks."""
        return frozenset({self.environment, f"{self.environment}-rollback"})

    def owns(self, name: str) -> bool:
        """Whether a variable group, a secure file, a service connection or a credential of that name is its own."""
        return name.startswith((f"{self.environment}-", f"pipegen-{self.environment}-")) or name in {
            f"pipegen-{self.environment}",
            *self.further,
        }


@dataclass(frozen=True)
class Holder:
    """A job that can read what the environment owns, or act as it.

    `behind` are the approvals without which the job does not begin on any way through the file; `on_reviews` tells
    whether a pull request is enough to start it.
    """

    file: str
    job: str
    behind: frozenset[str]
    on_reviews: bool


Analysis = Callable[[Files, Guarded], Iterable[Holder]]


def leaks(holders: Iterable[Holder], guarded: Guarded) -> Iterator[str]:
    """Where the claim does not hold."""
    for each in holders:
        if each.on_reviews:
            yield f"{each.file}: {each.job} holds {guarded.environment} on reviews"
        if not each.behind & guarded.gates:
            yield f"{each.file}: {each.job} holds {guarded.environment} before anybody approved"


GUARDED: Mapping[str, Guarded] = {
    "churn-prediction": Guarded("prod"),
    "company": Guarded("prod"),
    "demand-forecast": Guarded("bundle-prod", further=("databricks-prod-deployer",)),
    "fraud-detection": Guarded("serving-prod"),
    "lead-scoring": Guarded("rest-prod"),
    "price-elasticity": Guarded("pricing-prod"),
}
"""The last environment of each model; that of `minimal` asks nobody and owns nothing."""

HELD_IN: Mapping[str, frozenset[str]] = {
    "churn-prediction": frozenset({"deliver-prod", "action-deploy", "action-rollback"}),
    "company": frozenset({"deliver-main", "action-deploy", "action-refresh", "action-rollback"}),
    "demand-forecast": frozenset({"deliver-main", "action-rollback"}),
    "fraud-detection": frozenset(
        {"deliver-prod", "action-deploy", "action-retrain-now", "action-rollback", "schedule-retrain"}
    ),
    "lead-scoring": frozenset({"deliver-prod", "action-rollback"}),
    "price-elasticity": frozenset({"deliver-tag-elasticity-v", "action-rollback"}),
}
"""The pipelines whose jobs need what that environment owns."""
