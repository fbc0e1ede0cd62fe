"""The files of the shipped specs, on every target, as they stand in tests/golden."""

from __future__ import annotations

from pathlib import Path

import pytest

import company
from conftest import GOLDEN, AssertGolden
from pipegen.compiler import compile_root, compile_spec, open_repository
from pipegen.targets import TARGETS

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "model-specs").glob("*.yaml"))
REPOSITORY = open_repository(ROOT)
TOGETHER = ("azure", "github", "gitlab", "jenkins")
"""The targets whose files for all models together have golden trees."""


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: Path(path).stem)
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_rendered_files_match_golden(spec: str, target: str, assert_golden: AssertGolden) -> None:
    compiled = compile_spec(REPOSITORY, spec, (target,))
    assert compiled.diagnostics == ()
    assert_golden(f"{Path(spec).stem}/{target}", compiled.all_files)


@pytest.mark.parametrize("target", TOGETHER)
def test_files_of_the_repository_match_golden(target: str, assert_golden: AssertGolden) -> None:
    compiled = compile_root(REPOSITORY, (target,))
    assert compiled.diagnostics == ()
    assert_golden(f"repository/{target}", (compiled.files or {})[target])


@pytest.mark.parametrize("target", TOGETHER)
def test_files_of_a_company_match_golden(target: str, tmp_path: Path, assert_golden: AssertGolden) -> None:
    assert_golden(f"company/{target}", company.files(tmp_path, target))


def test_every_golden_tree_has_a_test() -> None:
    trees = {Path(spec).stem for spec in SPECS} | {"repository", "company"}
    assert {folder.name for folder in GOLDEN.iterdir()} == trees
