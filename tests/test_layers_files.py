"""Specs that share a base, from the command line: what is found where, which files change, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deliveries import ROOT
from pipegen.cli import main
from pipegen.compiler import compile_spec, open_repository
from pipegen.source import Source
from pipegen.targets import TARGETS

BASE = "model-specs/bases/rest-model.yaml"
TEXTS = {
    "pipegen.toml": f'[pipegen]\nversion = "0.1.0"\nsha256 = "{"0" * 64}"\n',
    BASE: """\
runtime: {python: "3.11", install: pip install .}
stages:
  - {id: test, run: pytest}
  - id: deploy
    deploys: true
    run: ./deploy.sh
    restore: ./restore.sh
""",
    "model-specs/churn.yaml": """\
pipegen: 1
extends: bases/rest-model.yaml
model: {name: churn, owner: retention, path: models/churn}
stages:
  - {id: test, run: pytest --quiet}
  - {id: train, run: ./train.sh}
""",
    "model-specs/fraud.yaml": """\
pipegen: 1
extends: bases/rest-model.yaml
model: {name: fraud, owner: risk, path: models/fraud}
""",
    "model-specs/prices.yaml": """\
pipegen: 1
model: {name: prices, owner: pricing, path: models/prices}
stages: [{id: test, run: pytest}]
""",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path, text in TEXTS.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def change(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text("utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new), "utf-8")


def generated(root: Path) -> dict[str, str]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {
        name: path.read_text("utf-8")
        for path in found
        for name in [path.relative_to(root).as_posix()]
        if not name.startswith("model-specs/") and name not in {"pipegen.toml", ".gitignore"}
    }


# ---------------------------------------------------------------- findings


def test_a_finding_in_a_base_shows_the_line_of_the_base_once(root: Path) -> None:
    change(root, BASE, "restore: ./restore.sh", "retsore: ./restore.sh")
    result = run("validate")
    assert result.exit_code == 1
    assert result.stderr.count("PG101") == 1
    assert (
        f"{BASE}:7:5: PG101 key 'retsore' in item 2 of 'stages' is not known\n"
        "  7 |     retsore: ./restore.sh\n"
        "    |     ^^^^^^^\n"
        "  hint: did you mean 'restore'?\n"
    ) in result.stderr


def test_a_finding_about_a_script_of_the_base_stands_in_the_base(root: Path) -> None:
    change(root, BASE, "run: ./deploy.sh", "run: echo '##vso[task.setvariable variable=A]b'")
    assert f"{BASE}:6:5: PG242 warning: " in run("validate", "model-specs/fraud.yaml").stderr


def test_a_base_is_not_taken_for_a_spec(root: Path) -> None:
    result = run("render")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("3 specs: ")
    assert not [path for path in generated(root) if "rest-model" in path]


# ---------------------------------------------------------------- files


def of_models(paths: set[str], *models: str) -> set[str]:
    return {path for path in paths if any(model in path for model in models)}


def test_a_change_of_a_base_makes_exactly_the_files_of_its_specs_stale(root: Path) -> None:
    run("render")
    change(root, BASE, "runtime:", "# what all of them have\nruntime:")
    before = generated(root)
    result = run("render", "--check")
    stale = {line.split(":")[0] for line in result.stderr.splitlines() if " PG410 " in line}
    assert stale == of_models(set(before), "churn", "fraud") != set()
    run("render")
    after = generated(root)
    assert {path for path in after if after[path] != before[path]} == stale
    assert run("render", "--check").exit_code == 0


def test_a_change_of_a_spec_leaves_the_other_specs_of_its_base_alone(root: Path) -> None:
    run("render")
    before = generated(root)
    change(root, "model-specs/churn.yaml", "./train.sh", "./train.sh --fast")
    run("render")
    after = generated(root)
    assert {path for path in after if after[path] != before[path]} == of_models(set(before), "churn")


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_push_that_touches_the_base_starts_the_pipelines_of_its_specs(root: Path, target: str) -> None:
    repository = open_repository(root)
    for spec, expected in (("churn", True), ("prices", False)):
        files = compile_spec(repository, f"model-specs/{spec}.yaml", (target,)).all_files
        change_of = [text for path, text in files.items() if target == "gitlab" or "change" in Path(path).name]
        assert [BASE in text for text in change_of] == [expected]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("stages:", "stages: [", "PG032"),
        ("deploys: true", "deploys: maybe", "PG103"),
        ("runtime:", "extends:", "PG035"),
    ],
)
def test_specs_on_a_broken_base_keep_their_files_and_the_others_get_theirs(
    root: Path, old: str, new: str, code: str
) -> None:
    run("render")
    before = generated(root)
    change(root, BASE, old, new)
    change(root, "model-specs/prices.yaml", "run: pytest", "run: pytest -x")
    result = run("render", "--prune")
    after = generated(root)
    assert (result.exit_code, code in result.stderr) == (1, True)
    assert after.keys() == before.keys()
    assert {path for path in after if after[path] != before[path]} == of_models(set(before), "prices")


def test_specs_whose_base_contradicts_another_spec_keep_their_files(root: Path) -> None:
    run("render")
    before = generated(root)
    change(root, BASE, "stages:", "environments: {prod: {approvals: {approvers: [risk]}}}\nstages:")
    prod = "environments: {prod: {approvals: {approvers: [pricing]}}}\n"
    (root / "model-specs" / "a.yaml").write_text(
        TEXTS["model-specs/prices.yaml"].replace("prices", "a") + prod, "utf-8"
    )
    result = run("render")
    assert (result.exit_code, f"{BASE}:2:16: PG292" in result.stderr) == (1, True)
    assert {path: text for path, text in generated(root).items() if path in before} == before


# ---------------------------------------------------------------- what it costs


def test_a_base_is_read_once_however_many_specs_extend_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = Source.read

    def counting(path: Path, name: str) -> Source:
        read.append(name)
        return original(path, name)

    repository = open_repository(root)
    monkeypatch.setattr(Source, "read", counting)
    for spec in ("churn", "fraud", "prices"):
        compile_spec(repository, f"model-specs/{spec}.yaml")
    assert read.count(BASE) == 1


@pytest.mark.parametrize(("spec", "loads"), [("prices", False), ("churn", True)])
def test_a_spec_that_stands_alone_does_not_load_what_merges_layers(root: Path, spec: str, *, loads: bool) -> None:
    script = (
        "import sys; from pathlib import Path; from pipegen.compiler import compile_spec, open_repository\n"
        f"compile_spec(open_repository(Path('.')), 'model-specs/{spec}.yaml')\n"
        "print('pipegen.layers' in sys.modules)"
    )
    environment = {"PYTHONPATH": str(ROOT / "generator"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout == f"{loads}\n"
