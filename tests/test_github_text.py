"""Text from people is data in GitHub workflows, and no validator has anything to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliveries import CONFIG as SPEC_CONFIG
from deliveries import SPECS, delivery_of
from github_expressions import values
from github_model import Workflow, approval, delivery, deployment, job, phase, pipeline, read_back, run
from pipegen.config import Config
from pipegen.delivery import Delivery, JobVariable, StepVariable, Text
from pipegen.quoting import github_text
from pipegen.targets import github
from validators import explained
from validators import github as validators
from validators.report import Report

Validator = Callable[[Sequence[Path]], list[Report]]
HOSTILE = """a'b"c\\d $HOME `id` ${{ github.token }} ${{ x }} #{e} 'é😀' - : # & * ! | > % @"""


def rendered(path: Path, folder: Path, config: Config = SPEC_CONFIG) -> list[Path]:
    files = github.render(delivery_of(path, config), config)
    for name, text in files.items():
        file = folder / path.stem / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return [folder / path.stem / name for name in files]


@pytest.mark.parametrize(
    "validator",
    [validators.parser, validators.schema, partial(validators.actionlint, labels=["gpu"]), validators.zizmor],
    ids=("parser", "schema", "actionlint", "zizmor"),
)
def test_no_validator_finds_anything_in_the_workflows_of_shipped_specs(validator: Validator, tmp_path: Path) -> None:
    files = [file for spec in SPECS for file in rendered(spec, tmp_path)]
    assert explained.unexplained(validator(files)) == []


# ---------------------------------------------------------------- text from people


def hostile_delivery(text: str) -> Delivery:
    """A delivery in which people wrote `text` wherever they may write what they like."""
    step = replace(run(text=f"cat <<'END'\n{text}\nEND\n", variables=(StepVariable("TEXT", Text(text)),)), title=text)
    work = replace(job("work", step, variables=(JobVariable("WORDS", Text(text)),)), title=text)
    asked = [replace(approval(each), title=text, approvers=(text,)) for each in ("prod", "prod-full")]
    prod = phase("prod", (work,), approval=asked[0], deployment=deployment(asked_half_way=asked[1]))
    made = pipeline(replace(prod, title=text))
    return replace(delivery(replace(made, title=text)), title=text, owner=text)


def hostile_job(text: str) -> Workflow:
    """The job `work` of that delivery, read back."""
    files = github.render(hostile_delivery(text), Config())
    made: Workflow = read_back(files[".github/workflows/churn.deliver-prod.yml"])["jobs"]["work"]
    return made


def test_text_from_people_is_data_for_every_validator(tmp_path: Path) -> None:
    files = github.render(hostile_delivery(HOSTILE), Config())
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    found = [tmp_path / path for path in files]
    reports = [*validators.parser(found), *validators.schema(found), *validators.zizmor(found)]
    assert explained.unexplained(reports) == []


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_text_from_people_reads_back_with_every_expression_as_text(text: str) -> None:
    work = hostile_job(text)
    assert work["env"]["WORDS"] == work["steps"][0]["env"]["TEXT"] == github_text(text)
    assert work["steps"][0]["run"] == f"set -euo pipefail\ncat <<'END'\n{github_text(text)}\nEND\n"


def test_github_makes_of_hostile_text_what_it_was() -> None:
    work = hostile_job(HOSTILE)
    shown = [work["env"]["WORDS"], work["name"], work["steps"][0]["run"]]
    assert values([(text, {}) for text in shown]) == [
        HOSTILE,
        HOSTILE,
        f"set -euo pipefail\ncat <<'END'\n{HOSTILE}\nEND\n",
    ]
