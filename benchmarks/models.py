"""Models as real teams have them: any number, all distinct, the same ones at every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SUBJECTS = ("churn", "demand", "fraud", "pricing", "returns", "credit", "routing", "uplift", "staffing", "energy")
_OWNERS = ("retention-analytics", "supply-planning", "risk-models", "revenue-science")
_SCHEDULED = 3


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a team: `lowest_auc` is what its gate asks for; `scheduled`: its drift is watched every month."""

    name: str
    subject: str
    owner: str
    lowest_auc: float
    scheduled: bool

    @property
    def folder(self) -> str:
        return f"models/{self.name}"

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")


def models(count: int) -> Iterator[Model]:
    """So many models, each of another name."""
    for number in range(count):
        subject = _SUBJECTS[number % len(_SUBJECTS)]
        yield Model(
            name=f"{subject}-{number:04}",
            subject=subject,
            owner=_OWNERS[number // len(_SUBJECTS) % len(_OWNERS)],
            lowest_auc=round(0.70 + number % 23 / 100, 2),
            scheduled=number % _SCHEDULED == 0,
        )
