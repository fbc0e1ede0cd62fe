"""The CI systems that pipegen writes for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from pipegen.config import Config, Host
from pipegen.delivery import Capability, Delivery, Verdict
from pipegen.target_names import BUILT_IN, plugged_in, refusal

if TYPE_CHECKING:
    from pipegen.config.platforms import TargetSettings

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

    @property
    def PATTERNS(self) -> tuple[str, ...]:  # noqa: N802  (a module constant)
        """Its files in the language of .gitattributes."""

    @property
    def SIGNS(self) -> tuple[str, ...]:  # noqa: N802  (a module constant)
        """Paths by which one tells that a repository uses it."""

    @property
    def HOSTS(self) -> tuple[Host, ...]:  # noqa: N802  (a module constant)
        """The hosts that bring it along; none for one that is tied to no host."""

    @property
    def EXAMPLE(self) -> str:  # noqa: N802  (a module constant)
        """Lines of a pipegen.toml that show its table."""

    @property
    def MOST_MODELS(self) -> int | None:  # noqa: N802  (a module constant)
        """Of how many models it reads the files unless an administrator allows more; None: of all."""

    def settings(self) -> type[TargetSettings]:
        """The shape of its table in pipegen.toml; it is imported only for who has the file."""

    def render(self, delivery: Delivery, config: Config) -> Files: ...

    def root(self, config: Config, verdict: Verdict | None) -> Files:
        """The files of the repository as a whole, which depend on pipegen.toml alone."""

    def capabilities(self, delivery: Delivery, config: Config) -> Iterator[Capability]: ...


TARGETS: dict[str, Target] = {name: cast("Target", import_module(f"{__name__}.{name}")) for name in BUILT_IN}
"""Those that are built in; tests show that each is a `Target`."""


def targets_of(config: Config) -> dict[str, Target]:
    """Those that are built in and those that the repository names: whose files may be found in it."""
    return TARGETS | {name: target_of(name) for name in config.targets}


def most_models(names: Iterable[str]) -> dict[str, int]:
    """The title of each of these targets that reads the files of so many models only, with the number."""
    found = {target_of(name).TITLE: target_of(name).MOST_MODELS for name in names}
    return {title: most for title, most in found.items() if most is not None}


def target_of(name: str) -> Target:
    """The target of a name, also of another package. Raises LookupError where there is none."""
    if name in TARGETS:
        return TARGETS[name]
    entry = plugged_in(name)
    if entry is None:
        raise LookupError(refusal(name))
    return cast("Target", entry.load())
