"""A repository of many models: what changes in one place changes exactly the files that it concerns."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest

from pages import BIN
from pipegen.compiler import compile_root, compile_spec, open_repository
from pipegen.header import Header, read_header

MODELS = 500
TEAMS = ("ml-release", "risk", "pricing-leads")

CONFIG = """
[repository]
host = "github"
targets = ["azure", "github", "jenkins"]

[pipegen]
version = "0.1.0"
sha256 = "{digest}"

[azure.teams]
ml-release = "[ML] Release"
risk = "[ML] Risk"

[github.teams]
ml-release = "acme/ml-release"
risk = "acme/model-risk"

[jenkins.teams]
ml-release = "ml-release-submitters"
risk = "risk-submitters"

[environments.staging]
"""

SPEC = """
pipegen: 1
model: {{name: model-{number}, owner: team-{owner}, path: models/model-{number}}}
runtime: {{python: "3.11", install: pip install --require-hashes -r requirements.lock}}
flow: [{{branch: feat/*}}, {{branch: main, environments: [staging, prod-{team}], approvals: {{merge: 1}}}}]
environments:
  prod-{team}: {{approvals: {{approvers: [{team}]}}}}
stages:
  - {{id: test, run: pytest --junitxml=junit.xml, reports: {{junit: junit.xml}}}}
  - {{id: train, run: 'python -m model.train --out "$PIPEGEN_ARTIFACTS/model"', produces: model, metrics: metrics.json}}
  - {{id: validate, run: pytest tests/validation, gates: [{{metric: auc, min: 0.{bound}}}]}}
  - {{id: deploy, deploys: true, run: ./deploy.sh, restore: ./restore.sh}}
allow_weaker:
  - {{target: jenkins, control: initiator of approval prod-{team}, reason: Jenkins does not know who pushed.}}
"""


def spec(number: int, bound: int = 8) -> str:
    return SPEC.format(number=number, owner=number % 7, team=TEAMS[number % 3], bound=bound)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("many")
    (root / "pipegen.toml").write_text(CONFIG.format(digest="0" * 64), "utf-8")
    (root / "model-specs").mkdir()
    for number in range(MODELS):
        (root / "model-specs" / f"model-{number}.yaml").write_text(spec(number), "utf-8")
    return root


def files_of(root: Path) -> dict[str, str]:
    """All that `pipegen render` writes, without writing it."""
    repository = open_repository(root)
    compiled = [compile_spec(repository, f"model-specs/model-{number}.yaml") for number in range(MODELS)]
    compiled.append(compile_root(repository))
    assert not [each for one in compiled for each in one.diagnostics]
    return {path: text for one in compiled for path, text in one.all_files.items()}


@cache
def all_files(root: Path) -> dict[str, str]:
    return files_of(root)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def test_five_hundred_models_have_thousands_of_files(repository: Path) -> None:
    files = all_files(repository)
    assert len(files) >= 2000
    assert len({path.casefold() for path in files}) == len(files)


def test_a_change_of_one_model_touches_its_own_files_alone(repository: Path) -> None:
    before = all_files(repository)
    place = repository / "model-specs" / "model-42.yaml"
    place.write_text(spec(42, bound=85), "utf-8")
    found = changed(before, files_of(repository))
    place.write_text(spec(42), "utf-8")
    headers = {path: read_header(before[path]) for path in before}
    own = {path for path, header in headers.items() if isinstance(header, Header) and "model-42.yaml" in header.spec}
    assert found == own != set()


def test_a_model_that_is_added_touches_no_file_that_is_there(repository: Path) -> None:
    before = all_files(repository)
    without = {path: text for path, text in before.items() if "model-77.yaml" not in text}
    assert all("model-77" not in text for text in without.values())


@pytest.mark.parametrize(
    ("old", "new"),
    [("[ML] Risk", "[ML] Model risk"), ("risk-submitters", "risk-approvers"), ("acme/model-risk", "acme/risk")],
)
def test_a_change_of_a_teams_name_touches_exactly_the_files_that_name_it(old: str, new: str, repository: Path) -> None:
    before = all_files(repository)
    place = repository / "pipegen.toml"
    text = place.read_text("utf-8")
    place.write_text(text.replace(f'"{old}"', f'"{new}"'), "utf-8")
    after = files_of(repository)
    place.write_text(text, "utf-8")
    naming = {path for path, body in before.items() if old in body}
    assert changed(before, after) == naming
    assert {path for path, body in after.items() if new in body} == naming
    assert 0 < len(naming) < len(before) / 2


def test_more_models_than_gitlab_reads_are_reported(tmp_path: Path) -> None:
    (tmp_path / "model-specs").mkdir()
    (tmp_path / "pipegen.toml").write_text('[repository]\ntargets = ["gitlab", "jenkins"]\n', "utf-8")
    for number in range(149):
        text = f"pipegen: 1\nmodel: {{name: m{number}, owner: o}}\nstages: [{{id: test, run: pytest}}]\n"
        (tmp_path / f"model-specs/m{number}.yaml").write_text(text, "utf-8")
    few = [f"model-specs/m{number}.yaml" for number in range(148)]
    for command in (["validate"], ["render"]):
        assert "PG296" not in _told(tmp_path, *command, *few)
        assert "PG296 warning: GitLab CI reads the files of 148 models, and the repository has 149" in _told(
            tmp_path, *command
        )


def _told(folder: Path, *words: str) -> str:
    done = subprocess.run([f"{BIN}/pipegen", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr
