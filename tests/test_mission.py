"""docs/mission.md points at lines that exist, for every row of the mission."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pages import ROOT, text_of

PAGE = "docs/mission.md"
ROWS = {
    *(f"1.{number}" for number in range(1, 14)),
    *(f"2.{number}" for number in range(1, 4)),
    *(f"3.{number}" for number in range(1, 10)),
    *(f"4.{number}" for number in range(1, 6)),
    *(f"5.{number}" for number in range(1, 6)),
}
TARGETS = {"1": "churn-prediction/azure", "2": "demand-forecast/jenkins"} | dict.fromkeys(
    "345", "fraud-detection/github"
)
SPECS = sorted(f"model-specs/{folder.split('/')[0]}.yaml" for folder in set(TARGETS.values()))
# What a reader must be able to point at: branches, stages, gates and approvals.
RULES = re.compile(r"- \{(branch|tags|metric): .*|- (id: .*|\{id: .*)|approvals: .*|.*approvals: \{merge.*")


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines of a file as the page shows them in the section of a row."""

    row: str
    path: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.row}-{Path(self.path).name}"


def quotes() -> Iterator[Quote]:
    sections = re.split(r"^### (\d\.\d+) ", text_of(PAGE), flags=re.MULTILINE)[1:]
    for row, section in zip(sections[::2], sections[1::2], strict=True):
        for path, text in re.findall(r"^In `([^`]+)`:\n\n```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
            yield Quote(row, path, tuple(line.strip() for line in text.splitlines() if line.strip()))


QUOTES = tuple(quotes())


@pytest.mark.parametrize("quote", QUOTES, ids=str)
def test_every_quoted_line_stands_in_its_file_in_this_order(quote: Quote) -> None:
    lines = iter([line.strip() for line in (ROOT / quote.path).read_text("utf-8").splitlines()])
    assert [line for line in quote.lines if line not in lines] == []


def test_every_fence_with_lines_of_a_file_names_it() -> None:
    fences = re.findall(r"^```(?:yaml|groovy)$", text_of(PAGE), re.MULTILINE)
    assert len(fences) == len(QUOTES)


def test_every_row_is_pointed_at_or_said_to_come_later() -> None:
    pointed = dict.fromkeys(quote.row for quote in QUOTES)
    later = re.findall(r"^\| (\d\.\d+) ", text_of(PAGE), re.MULTILINE)
    assert sorted([*pointed, *later]) == sorted(ROWS)


@pytest.mark.parametrize("row", dict.fromkeys(quote.row for quote in QUOTES))
def test_a_row_points_from_its_spec_to_its_target(row: str) -> None:
    name, target = TARGETS[row[0]].split("/")
    spec, folder = f"model-specs/{name}.yaml", f"tests/golden/{name}/{target}/"
    paths = {quote.path for quote in QUOTES if quote.row == row}
    assert spec in paths
    assert any(path.startswith(folder) for path in paths)
    assert all(path == spec or path.startswith(folder) for path in paths)


@pytest.mark.parametrize("spec", SPECS)
def test_every_branch_stage_gate_and_approval_of_a_spec_is_pointed_at(spec: str) -> None:
    lines = (line.strip() for line in (ROOT / spec).read_text("utf-8").splitlines())
    quoted = {line for quote in QUOTES if quote.path == spec for line in quote.lines}
    assert [line for line in lines if RULES.fullmatch(line) and line not in quoted] == []


# ---------------------------------------------------------------- rows that commands of the run-time side carry

SHOWN = ("1.5", "1.8", "1.11", "1.12", "2.3", "3.3", "3.4", "3.7", "4.1", "4.3", "5.2", "5.3")
COMMAND = re.compile(r"`(?:pipegen )?(gate|ledger|registry) [a-z]+[^`]*`|pipegen\.(?:gates|ledger|registry) [a-z]+")


@pytest.mark.parametrize("row", SHOWN)
def test_a_row_names_the_command_that_carries_it_and_the_tests_that_show_it(row: str) -> None:
    section = re.split(rf"^### {re.escape(row)} ", text_of(PAGE), flags=re.MULTILINE)[1]
    text = re.split(r"^#{2,3} ", section, maxsplit=1, flags=re.MULTILINE)[0]
    assert COMMAND.search(text)
    tests = re.findall(r"`(tests/[a-z_/]+\.py)`", text)
    assert tests
    assert [name for name in tests if not (ROOT / name).is_file()] == []
