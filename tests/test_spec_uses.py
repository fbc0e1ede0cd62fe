"""`pipegen gate config SPEC`: every environment of a spec defines what runs in it uses, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rule_runs import PINNED, ROOT

SPEC = """\
pipegen: 1
model: {name: churn, owner: retention, path: models/churn}
environments:
  dev: {variables: {DATABASE: ML_DEV, WINDOW: "12"}, secrets: [WAREHOUSE_TOKEN]}
  prod: {variables: {DATABASE: ML_PROD, WINDOW: "24"}, secrets: [WAREHOUSE_TOKEN]}
stages:
  - {id: train, run: './train.sh "$DATABASE" "$WINDOW"'}
  - {id: deploy, deploys: true, run: './deploy.sh "$DATABASE"', restore: ./restore.sh}
"""
PROGRAM = 'import os\ntoken = os.environ["WAREHOUSE_TOKEN"]\n'


def gate(root: Path, spec: str = SPEC, program: str = PROGRAM) -> subprocess.CompletedProcess[str]:
    files = {
        "pipegen.toml": PINNED,
        "model-specs/churn.yaml": spec,
        "models/churn/train.sh": program,
        "models/churn/deploy.sh": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    command = [sys.executable, "-m", "pipegen", "gate", "config", "model-specs/churn.yaml", "--json", "gate.json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    return subprocess.run(command, cwd=root, env=environment, check=False, capture_output=True, text=True)


def test_what_is_defined_and_used_alike_passes(tmp_path: Path) -> None:
    done = gate(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "read model-specs/churn.yaml" in done.stdout
    assert (tmp_path / "gate.json").is_file()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('ML_PROD, WINDOW: "24"', "ML_PROD", "environment prod, stage train: not defined, though dev defines it"),
        ('WINDOW: "24"}', 'WINDOW: "24", REGION: eu}', "environment prod: a variable that none of its stages uses"),
        ('WINDOW: "24"', "WINDOW: long", "WINDOW"),
        ("./deploy.sh", '"$TABEL" ./deploy.sh', "TABEL"),
        ('WINDOW: "24"}', 'WINDOW: "24", API_TOKEN: abc}', "API_TOKEN"),
    ],
    ids=["missing in one", "left over", "of another kind", "used and never defined", "a secret as plain text"],
)
def test_what_does_not_fit_fails_and_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    done = gate(tmp_path, SPEC.replace(old, new))
    assert done.returncode == 1
    assert words in done.stdout


def test_a_name_that_only_a_file_of_the_model_reads_is_used(tmp_path: Path) -> None:
    assert "WAREHOUSE_TOKEN" in gate(tmp_path, program="").stdout
    assert gate(tmp_path, program="").returncode == 1


def test_programs_are_known_by_the_variables_that_they_read(tmp_path: Path) -> None:
    spec = SPEC.replace("WAREHOUSE_TOKEN", "DATABRICKS_TOKEN").replace("./deploy.sh", "databricks bundle deploy")
    assert gate(tmp_path, spec).returncode == 0


@pytest.mark.parametrize(
    "spec", ["", "pipegen: 1\nmodel: {name: [}\n", SPEC.replace("deploys: true", "deploys: maybe")]
)
def test_a_spec_that_is_none_cannot_be_judged(tmp_path: Path, spec: str) -> None:
    done = gate(tmp_path, spec)
    assert done.returncode == 2
    assert "model-specs/churn.yaml" in done.stderr
    assert not (tmp_path / "gate.json").exists()
