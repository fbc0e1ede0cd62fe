"""The names of the CI systems that pipegen writes for; which code each has is known where it is used.

Another package adds one by the entry point `pipegen.targets`: its name, and an object that is a `Target`. It is asked
for only when a name is not built in.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

BUILT_IN = ("azure", "github", "gitlab", "jenkins")
"""In alphabetical order; each is the package `pipegen.targets.<name>`."""
GROUP = "pipegen.targets"


def is_known(name: str) -> bool:
    return name in BUILT_IN or plugged_in(name) is not None


@lru_cache
def plugged_in(name: str) -> EntryPoint | None:
    """Where another package that is installed keeps the target of this name."""
    from importlib.metadata import entry_points  # noqa: PLC0415  (only a name that is not built in pays for it)

    return next(iter(entry_points(group=GROUP, name=name)), None)


def refusal(name: str) -> str:
    """Why a name is none, in people's words."""
    from difflib import get_close_matches  # noqa: PLC0415  (only a wrong name pays for it)

    near = get_close_matches(name, BUILT_IN, 1)
    listed = f"{name!r} is no target; there are: {', '.join(BUILT_IN)}"
    return listed + (f". Did you mean {near[0]!r}?" if near else "")
