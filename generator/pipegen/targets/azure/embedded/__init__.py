"""Scripts that generated pipelines carry: real modules here, text there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_LINTER_REMARK = re.compile(r"  # noqa:.*")


@cache
def script_text(name: str) -> str:
    """The text of a module of this package."""
    return _LINTER_REMARK.sub("", (_FOLDER / f"{name}.py").read_text(encoding="utf-8"))
