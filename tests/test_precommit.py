"""Commits run by the real pre-commit, with the hooks of this checkout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from hooked import Repository, hook_source, hooked
from pages import ROOT, text_of
from pipegen.targets import TARGETS
from runners import require

MINIMAL = text_of("model-specs/minimal.yaml")
SECOND = MINIMAL.replace("minimal", "second")
GENERATED = tuple(folder for target in TARGETS.values() for folder in target.FOLDERS)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return hook_source(tmp_path_factory.mktemp("hooks"), tmp_path_factory.mktemp("pre-commit"))


@pytest.fixture
def repository(tmp_path: Path, source: Repository) -> Repository:
    return hooked(tmp_path, source, "pipegen-render")


def _of(model: str, paths: set[str]) -> set[str]:
    return {path for path in paths if path.startswith(GENERATED) and re.search(rf"/{model}[./]", path)}


# ---------------------------------------------------------------- pipegen-render


def test_a_commit_that_changes_no_pipeline_passes(repository: Repository) -> None:
    repository.write("README.md", "# Models\n")
    repository.git("add", "README.md")
    code, printed = repository.commit()
    assert code == 0, printed
    assert "pipegen render" in printed
    assert repository.git("status", "--porcelain") == ""


def test_a_new_spec_is_committed_with_its_pipelines_or_not_at_all(repository: Repository) -> None:
    repository.write("model-specs/second.yaml", SECOND)
    repository.git("add", "model-specs")
    code, printed = repository.commit()
    assert code == 1
    again, reminded = repository.commit()
    assert again == 1, "git must not take the spec without the files that it does not know yet"
    assert re.findall("git add.*", reminded) == re.findall("git add.*", printed)
    repository.follow(printed)
    code, printed = repository.commit()
    assert code == 0, printed
    assert {re.sub("minimal", "second", path) for path in _of("minimal", repository.committed())} == _of(
        "second", repository.committed()
    )
    assert repository.git("status", "--porcelain") == ""


def test_an_edited_spec_is_committed_with_the_files_that_it_changes(repository: Repository) -> None:
    repository.write("model-specs/minimal.yaml", MINIMAL.replace("min: 0.8", "min: 0.9"))
    repository.write("notes.txt", "not to be added\n")
    repository.git("add", "model-specs")
    code, printed = repository.commit()
    assert code == 1
    repository.follow(printed)
    code, printed = repository.commit()
    assert code == 0, printed
    assert repository.git("status", "--porcelain") == "?? notes.txt\n"
    assert repository.run("pipegen", "render", "--check").returncode == 0


def test_a_deleted_spec_takes_its_pipelines_along(repository: Repository) -> None:
    repository.write("model-specs/second.yaml", SECOND)
    repository.run("pipegen", "render")
    repository.git("add", "--all")
    assert repository.commit()[0] == 0
    repository.git("rm", "-q", "model-specs/second.yaml")
    code, printed = repository.commit()
    assert code == 1, "pre-commit starts nothing by itself when files are only deleted"
    repository.follow(printed)
    code, printed = repository.commit()
    assert code == 0, printed
    assert not _of("second", repository.committed())
    assert _of("minimal", repository.committed())


def test_a_broken_spec_stops_the_commit_and_keeps_its_files(repository: Repository) -> None:
    repository.write("model-specs/minimal.yaml", MINIMAL.replace("owner:", "ownr:"))
    repository.git("add", "model-specs")
    before = {path: (repository.root / path).read_text("utf-8") for path in _of("minimal", repository.committed())}
    code, printed = repository.commit()
    assert code == 1
    assert "model-specs/minimal.yaml:2:24: PG101" in printed
    assert {path: (repository.root / path).read_text("utf-8") for path in before} == before
    assert repository.git("status", "--porcelain") == "M  model-specs/minimal.yaml\n"


def test_a_pipeline_that_was_edited_by_hand_stops_the_commit_and_stays(repository: Repository) -> None:
    edited = repository.root / "jenkins" / "minimal" / "change.Jenkinsfile"
    edited.write_text(edited.read_text("utf-8") + "// mine\n", "utf-8")
    repository.git("add", "jenkins")
    code, printed = repository.commit()
    assert code == 1
    assert "jenkins/minimal/change.Jenkinsfile: PG402" in printed
    assert edited.read_text("utf-8").endswith("// mine\n")


def test_what_git_ignores_is_added_by_force(repository: Repository) -> None:
    repository.write(".gitignore", "second*\n!second.yaml\n")
    repository.write("model-specs/second.yaml", SECOND)
    repository.git("add", ".gitignore", "model-specs")
    code, printed = repository.commit()
    assert code == 1
    assert "git add --force -- " in printed
    repository.follow(printed)
    assert repository.commit()[0] == 0
    assert len(_of("second", repository.committed())) == len(_of("minimal", repository.committed()))


def test_the_last_spec_can_go_and_commits_pass_without_any(repository: Repository) -> None:
    repository.git("rm", "-q", "model-specs/minimal.yaml")
    code, printed = repository.commit()
    assert code == 1
    repository.follow(printed)
    code, printed = repository.commit()
    assert code == 0, printed
    assert not _of("minimal", repository.committed())


def test_two_people_add_a_model_each_and_merge_without_conflict(repository: Repository) -> None:
    repository.run("pre-commit", "install", "--hook-type", "pre-merge-commit")
    for model in ("second", "third"):
        repository.git("switch", "-q", "-c", f"add-{model}", "main")
        repository.write(f"model-specs/{model}.yaml", MINIMAL.replace("minimal", model))
        repository.git("add", "model-specs")
        repository.follow(repository.commit()[1])
        code, printed = repository.commit()
        assert code == 0, printed
    merged = repository.run("git", "merge", "--no-edit", "add-second")
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert "pipegen render" in merged.stdout + merged.stderr
    checked = repository.run("pipegen", "render", "--check")
    assert checked.returncode == 0, checked.stderr


# ---------------------------------------------------------------- from the first day


def test_newcomers_take_up_pipegen_add_models_and_merge_and_the_check_is_green(tmp_path: Path) -> None:
    require("pre-commit")
    repository = Repository(tmp_path / "shop", tmp_path / "pre-commit")
    repository.root.mkdir()
    repository.git("init", "-q", "-b", "main")
    wheel = "vendor/mlops_pipegen-0.1.0-py3-none-any.whl"
    repository.write(wheel, "what pipelines install; nothing is installed here")
    targets = (word for name in TARGETS for word in ("--target", name))
    begun = repository.run("pipegen", "init", "--yes", "--host", "github", "--wheel", wheel, *targets)
    assert begun.returncode == 0, begun.stderr
    repository.git("add", "--all")
    repository.git("commit", "-q", "-m", "Take up pipegen")
    repository.git("switch", "-q", "-c", "second-person")
    repository.git("switch", "-q", "main")
    assert repository.run("pre-commit", "install", "-t", "pre-commit", "-t", "pre-merge-commit").returncode == 0
    _add_models(repository, "churn", "fraud", "price")
    repository.git("switch", "-q", "second-person")
    _add_models(repository, "demand")
    repository.git("switch", "-q", "main")
    merged = repository.run("git", "merge", "--no-edit", "second-person")
    assert merged.returncode == 0, merged.stdout + merged.stderr
    checked = repository.run("pipegen", "render", "--check")
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("4 specs: ")
    assert {path.split("/")[0] for path in repository.committed() if path.startswith(GENERATED)} == {
        folder.split("/")[0] for folder in GENERATED
    }


def _add_models(repository: Repository, *models: str) -> None:
    for model in models:
        made = repository.run("pipegen", "new", model, "--owner", "risk")
        assert made.returncode == 0, made.stderr
    repository.git("add", "model-specs")
    code, printed = repository.commit()
    assert code == 1
    repository.follow(printed)
    code, printed = repository.commit()
    assert code == 0, printed


# ---------------------------------------------------------------- pipegen-check


def test_the_check_refuses_what_is_stale_and_writes_nothing(tmp_path: Path, source: Repository) -> None:
    repository = hooked(tmp_path, source, "pipegen-check")
    repository.write("model-specs/minimal.yaml", MINIMAL.replace("min: 0.8", "min: 0.9"))
    repository.git("add", "model-specs")
    code, printed = repository.commit()
    assert code == 1
    assert "PG410" in printed
    assert repository.git("status", "--porcelain") == "M  model-specs/minimal.yaml\n"
    assert repository.run("pipegen", "render").returncode == 0
    repository.git("add", "--all")
    assert repository.commit()[0] == 0


# ---------------------------------------------------------------- what the hooks declare

HOOKS = yaml.safe_load(text_of(".pre-commit-hooks.yaml"))


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
@pytest.mark.parametrize(
    "path", ["pipegen.toml", "pipegen-requirements.txt", "model-specs/fraud.yaml", "templates/stages/dbt.yaml"]
)
def test_the_hooks_concern_what_pipelines_are_made_from(hook: dict[str, str], path: str) -> None:
    assert re.search(hook["files"], path)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_the_hooks_concern_every_generated_file(hook: dict[str, str]) -> None:
    golden = ROOT / "tests" / "golden"
    paths = [path.relative_to(golden) for path in golden.rglob("*") if path.is_file()]
    assert paths
    assert [path for path in paths if not re.search(hook["files"], path.as_posix().split("/", 2)[2])] == []
    assert not re.search(hook["files"], "src/train.py")
