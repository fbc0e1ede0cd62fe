"""The files of the shipped specs, on every target, as they stand in tests/golden."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import GOLDEN, AssertGolden
from pipegen.compiler import compile_spec, open_repository
from pipegen.targets import TARGETS

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "model-specs").glob("*.yaml"))
REPOSITORY = open_repository(ROOT)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: Path(path).stem)
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_rendered_files_match_golden(spec: str, target: str, assert_golden: AssertGolden) -> None:
    compiled = compile_spec(REPOSITORY, spec, (target,))
    assert compiled.diagnostics == ()
    assert_golden(f"{Path(spec).stem}/{target}", compiled.all_files)


def test_every_golden_tree_has_a_spec() -> None:
    assert sorted(folder.name for folder in GOLDEN.iterdir()) == [Path(spec).stem for spec in SPECS]
