"""Every code has a meaning, an example in docs/rules.md and a folder in tests/rules/, and each of them holds.

A folder with an expected.txt is a repository: spec.yaml or several in specs/, and beside them whatever else it holds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipegen.diagnostics import Position
from pipegen.repository import Summary, check_repository, summary
from pipegen.rules.codes import CODES
from pipegen.source import Source
from pipegen.spec.shape import shape
from rule_runs import ROOT, Example, copied, examples, findings, lay_out, said

RULES = ROOT / "tests" / "rules"
CASES = sorted({file.parent for name in ("spec.yaml", "expected.txt") for file in RULES.rglob(name)})
EXAMPLES = {example.code: example for example in examples()}
SHOWN_ELSEWHERE = {
    "PG291": "test_rules.py",  # names of files hold the model's, so no two specs lead to it
    "PG296": "test_many_models.py",  # takes more models than anybody wants to read
    "PG404": "test_workspace_writing.py",  # the same
    "PG406": "test_workspace_writing.py",  # takes an operating system that refuses
    "PG408": "test_workspace_writing.py",  # takes one that refuses twice
}


def _code(case: Path) -> str:
    return case.relative_to(RULES).parts[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(RULES).as_posix())
def test_a_folder_gives_the_findings_it_expects(case: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    found = said(root, copied(case, root)).rstrip("\n") + "\n"
    expected = case / "expected.txt"
    if request.config.getoption("--update-golden"):
        expected.write_text(found, "utf-8", newline="\n")
    assert found == expected.read_text("utf-8")
    assert found == "\n" if _code(case) == "clean" else f": {_code(case)} " in found


@pytest.mark.parametrize(
    "example", [each for each in EXAMPLES.values() if each.files or each.commands], ids=lambda example: example.code
)
def test_an_example_of_the_documentation_gives_its_finding(example: Example, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    lay_out(root, example.files)
    printed = said(root, example.commands)
    assert f": {example.code} " in printed
    assert (f": {example.code} warning: " in printed) == example.is_warning


def test_every_code_has_a_heading_with_its_meaning() -> None:
    assert {code: example.title for code, example in EXAMPLES.items()} == CODES


def test_every_code_has_an_example_and_a_folder_or_a_test_of_its_own() -> None:
    shown = {code for code, example in EXAMPLES.items() if example.files or example.commands}
    assert shown == CODES.keys() - SHOWN_ELSEWHERE.keys()
    assert {_code(case) for case in CASES} == {*shown, "clean"}
    for code, file in SHOWN_ELSEWHERE.items():
        assert f'"{code}"' in (ROOT / "tests" / file).read_text("utf-8")


@pytest.mark.parametrize("spec", sorted((ROOT / "model-specs").glob("*.yaml")), ids=lambda spec: spec.stem)
def test_a_shipped_spec_has_neither_errors_nor_warnings(spec: Path, tmp_path: Path) -> None:
    bases = {f"model-specs/bases/{base.name}": base.read_text("utf-8") for base in spec.parent.glob("bases/*.yaml")}
    own = {"pipegen.toml": (ROOT / "pipegen.toml").read_text("utf-8")}
    lay_out(tmp_path, {**own, "model-specs/spec.yaml": spec.read_text("utf-8"), **bases})
    assert findings(tmp_path) == ()


# ---------------------------------------------------------------- several specs


def _summary(name: str, *outputs: str, more: str = "") -> Summary:
    text = f"pipegen: 1\nmodel: {{name: {name}, owner: retention}}\nstages: [{{id: test, run: pytest}}]\n{more}"
    source = Source.parse(f"model-specs/{name}.yaml", text.encode())
    spec, _ = shape(source)
    assert spec is not None
    return summary(source, spec, outputs)


def test_two_specs_may_not_write_one_file_even_by_another_case() -> None:
    found = list(check_repository([_summary("churn", "ci/a.yml", "ci/b.yml"), _summary("fraud", "ci/A.yml")]))
    assert [(each.code, each.file, each.message) for each in found] == [
        ("PG291", "model-specs/fraud.yaml", "model-specs/churn.yaml:2 writes ci/A.yml too")
    ]


def test_specs_that_say_the_same_about_an_environment_agree_whatever_the_order_of_approvers() -> None:
    prod = "environments: {{prod: {{approvals: {{approvers: [{}]}}, variables: {{NAME: {}}}}}}}\n"
    found = check_repository(
        [_summary("churn", more=prod.format("a, b", "x")), _summary("fraud", more=prod.format("b, a", "y"))]
    )
    assert list(found) == []


def test_a_disagreement_stands_in_the_later_spec_and_names_the_place_in_the_other() -> None:
    prod = "environments:\n  prod: {{waiting: {}}}\n"
    found = list(
        check_repository([_summary("churn", more=prod.format("all")), _summary("fraud", more=prod.format("newest"))])
    )
    assert [(each.code, each.file) for each in found] == [("PG292", "model-specs/fraud.yaml")]
    assert found[0].span is not None
    assert found[0].span.start == Position(5, 3)
    assert found[0].message == "environment 'prod' has waiting 'newest' here, but 'all' in model-specs/churn.yaml:5"
