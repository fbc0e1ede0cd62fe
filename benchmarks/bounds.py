"""What pipegen promises about its speed, held against what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.measuring import Cost

NOTHING = "python -c pass"
CHECK = "pipegen render --check"
"""With a cache that knows every spec, as it is for who has rendered; the bounds are about it."""
ONE_CHANGED = "render, one spec changed"
NO_CACHE = "render --check, no cache"
"""What CI runs."""
VALIDATE = "pipegen validate"
SIMULATE = "pipegen simulate"
"""Of one spec of all."""
JENKINS_JOBS = "jenkins-jobs test"
GCIP = "gcip"
CHECK_JSONSCHEMA = "check-jsonschema"

ONE, MANY = 1, 1000

Table = Mapping[int, Mapping[str, Cost]]
"""Number of specs -> command -> what it took."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A promise: `measured` is at most `most`, and by a stretch at most `stretch`."""

    claim: str
    measured: float
    most: float
    stretch: float | None = None

    @property
    def verdict(self) -> str:
        if self.measured > self.most:
            return "not met"
        return "met, and the stretch" if self.stretch is not None and self.measured <= self.stretch else "met"


def bounds(table: Table) -> Iterator[Bound]:
    """The promises that the measured numbers of specs can judge."""
    one, many = table.get(ONE, {}), table.get(MANY, {})
    if one:
        ratio = one[CHECK].wall / one[NOTHING].wall
        yield Bound(f"{CHECK}, 1 spec, 3 targets: wall / {NOTHING}", ratio, 20, 12)
        yield Bound(f"{SIMULATE}: wall / {NOTHING}", one[SIMULATE].wall / one[NOTHING].wall, 22)
    if many:
        a_spec = many[CHECK].cpu / MANY * 1000
        yield Bound(f"{CHECK}, {MANY} specs, 3 targets: ms of CPU a spec", a_spec, 2, 1)
        for peer in [name for name in (JENKINS_JOBS, GCIP) if name in many]:
            ratio = many[CHECK].wall / many[peer].wall
            yield Bound(f"{CHECK}, {MANY} specs, 3 targets: wall / {peer}, 1 target", ratio, 1)
    if one and many:
        growth = many[CHECK].memory / one[CHECK].memory
        yield Bound(f"{CHECK}: peak memory at {MANY} specs / at {ONE}", growth, 2)
