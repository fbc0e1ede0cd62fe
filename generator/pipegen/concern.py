"""Which models a change concerns, by the same paths that start their pipelines."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache

from pipegen.delivery import Delivery, Pipeline, Review

_PIECES = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}


def review_of(delivery: Delivery) -> Pipeline | None:
    """The pipeline that judges a pull request; None if none does."""
    return next((each for each in delivery.pipelines if isinstance(each.event, Review)), None)


def concerns(pipeline: Pipeline, changed: Iterable[str], own_files: Callable[[], Collection[str]]) -> bool:
    """Whether one of the changed paths matches the pipeline's, or is one of its own files, which are asked for last."""
    paths = tuple(changed)
    if not pipeline.paths or any(_pattern(glob).fullmatch(path) for glob in pipeline.paths for path in paths):
        return True
    return not set(paths).isdisjoint(own_files())


@lru_cache(maxsize=4096)
def _pattern(glob: str) -> re.Pattern[str]:
    """`*` stands for any characters but slashes, `**` for any at all, `**/` also for nothing."""
    pieces = re.split(r"(\*\*/|\*\*|\*)", glob)
    return re.compile("".join(_PIECES.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)
