"""What the tables of pipegen.toml have in common that each concern one CI system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pipegen.config import Names
from pipegen.diagnostics import Finding
from pipegen.spec.scalars import Shape


class TargetSettings(Shape):
    """The table of one CI system; its own class says which keys it has.

    `SAID` is what people read of the table, `EXAMPLES` are tables.
    """

    SAID: ClassVar[str]
    EXAMPLES: ClassVar[Sequence[Mapping[str, object]]]

    def names(self) -> Names:
        """What the CI system calls runners and teams."""
        return Names()

    def own(self) -> object:
        """What the target alone understands; it finds that again in `Config.own` under its name. None for nothing."""
        return None

    def findings(self) -> Iterator[Finding]:
        """What the table may not mean; paths begin below the table."""
        yield from ()
