"""A picture of a delivery as a value: what stands in it and in which order, before anybody draws it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a node is; each kind has a look of its own."""

    WORK = "work"
    CHANGE = "change"
    """A step that changes an environment, or checks what it changed."""
    GATE = "gate"
    APPROVAL = "approval"
    RECORD = "record"
    BACK = "back"
    """What undoes a deployment that began and did not complete."""
    ALWAYS = "always"
    """What runs however a deployment ends."""
    BRANCH = "branch"
    MERGE = "merge"
    START = "start"
    """A clock or a person that starts a run."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box with words; `titles` stand out, `lines` follow, each on a line of its own."""

    kind: Kind
    titles: tuple[str, ...]
    lines: tuple[str, ...] = ()


Chain = tuple[Node, ...]
"""Nodes one after the other."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A deployment: `chain[begins:ends]` is what `back` undoes; `always` runs after all of it, `back` included."""

    chain: Chain
    begins: int
    ends: int
    back: Node | None
    always: Node | None


@dataclass(frozen=True, slots=True)
class Frame:
    """A phase: after `before` come the waves in order, whose chains run side by side, then the deployment.

    `environment` is "" for none, `condition` for always; `remarks` say what it waits for. Without a title it is a
    single node that says all of it.
    """

    title: str
    environment: str
    condition: str
    remarks: tuple[str, ...]
    before: Node | None
    waves: tuple[tuple[Chain, ...], ...]
    unit: Unit | None

    @property
    def nodes(self) -> Iterator[Node]:
        if self.before is not None:
            yield self.before
        for wave in self.waves:
            for chain in wave:
                yield from chain
        if self.unit is not None:
            yield from self.unit.chain
            yield from (each for each in (self.unit.back, self.unit.always) if each is not None)


Track = tuple[Frame, ...]
"""Frames of which each waits for the one before."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What one event starts. `names` are the branches that the lane stands for, as a pull request names them.

    `merge` is the pull request that leads here, `sources` the branches it may come from (or that a tag stands on).
    Of several tracks a run takes one.
    """

    start: Node
    names: tuple[str, ...]
    merge: Node | None
    sources: tuple[str, ...]
    tracks: tuple[Track, ...]

    @property
    def frames(self) -> Iterator[Frame]:
        for track in self.tracks:
            yield from track

    @property
    def nodes(self) -> Iterator[Node]:
        yield self.start
        if self.merge is not None:
            yield self.merge
        for frame in self.frames:
            yield from frame.nodes


@dataclass(frozen=True, slots=True)
class Picture:
    """`promotion` are the lanes of the branch flow, in its order; `besides` those of clocks and people."""

    title: str
    subtitle: str
    promotion: tuple[Lane, ...]
    besides: tuple[Lane, ...]

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return (*self.promotion, *self.besides)
