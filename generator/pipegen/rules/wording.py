"""Words that findings share."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MOST = 12


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """A hint that lists what is known under the heading `what`, beginning with the nearest name where there is one."""
    names = list(dict.fromkeys(known))
    near = get_close_matches(name, names, 1)
    listed = f"{what}: {listing(names)}" if names else f"there are no {what}"
    return f"did you mean {near[0]!r}? {listed}" if near else listed


def listing(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
    return ", ".join(listed[:_MOST]) + more
