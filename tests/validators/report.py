"""What a validator has to say about a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Report:
    """One finding. `line` counts from 1 and is 0 where the tool names none; `rule` is the tool's own name for it."""

    file: Path
    line: int
    tool: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.tool} {self.rule}]"
