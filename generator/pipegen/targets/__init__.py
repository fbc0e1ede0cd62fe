"""The CI systems that pipegen writes for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pipegen.config import Config
from pipegen.delivery import Capability, Delivery, Verdict
from pipegen.targets import azure, github, jenkins

Files = dict[str, str]
"""Path from the repository's root, with forward slashes -> text without a header."""


class Target(Protocol):
    """A CI system: pure functions from the neutral form to files and to what it can keep of it."""

    @property
    def TITLE(self) -> str:  # noqa: N802  (a module constant)
        """Its name for people."""

    @property
    def FOLDERS(self) -> tuple[str, ...]:  # noqa: N802  (a module constant)
        """The folders that its files are in."""

    @property
    def COMMENT(self) -> str:  # noqa: N802  (a module constant)
        """How a line comment begins in its files."""

    def render(self, delivery: Delivery, config: Config) -> Files: ...

    def root(self, config: Config, verdict: Verdict | None) -> Files:
        """The files of the repository as a whole, which depend on pipegen.toml alone."""

    def capabilities(self, delivery: Delivery, config: Config) -> Iterator[Capability]: ...


TARGETS: dict[str, Target] = {
    "azure": azure,
    "github": github,
    "jenkins": jenkins,
}
