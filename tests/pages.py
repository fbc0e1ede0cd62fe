"""The pages of the documentation, and the fenced blocks in them."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACKAGE = ROOT / "generator" / "pipegen"
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/adding-a-target.md",
    "docs/mission.md",
    "docs/gates.md",
    "docs/ledger.md",
    "docs/lineage.md",
    "docs/findings.md",
    "docs/configuration.md",
    "docs/adopting-github.md",
    "docs/sharing.md",
    "docs/adopting-azure.md",
    "docs/adopting-jenkins.md",
    "docs/onboarding.md",
    "docs/editors.md",
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page; `line` is that of its fence."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


@cache
def blocks(page: str) -> tuple[Block, ...]:
    text = text_of(page)
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return tuple(Block(page, text.count("\n", 0, each.start()) + 1, each[1], each[2]) for each in found)


def all_blocks(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def lay_out(folder: Path, *specs: str) -> None:
    """A repository with the named specs, or all that are shipped, for the commands that pages show."""
    shutil.copytree(ROOT / "model-specs", folder / "model-specs")
    shutil.copy(ROOT / "pipegen.toml", folder)
    for path in (folder / "model-specs").iterdir():
        if specs and path.is_file() and path.stem not in specs:
            path.unlink()
