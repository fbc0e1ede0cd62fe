"""Two people in one repository: pipegen taken up, models added side by side, merged without conflict, a green check."""

from __future__ import annotations

from pathlib import Path

import pytest

from hooked import Repository
from pipegen.targets import TARGETS
from runners import require

WHEEL = "vendor/mlops_pipegen-0.1.0-py3-none-any.whl"


@pytest.fixture
def ann(tmp_path: Path) -> Repository:
    """Ann's clone of a repository that has never heard of pipegen."""
    require("pre-commit")
    origin = tmp_path / "origin"
    origin.mkdir()
    Repository(origin, tmp_path / "pre-commit").git("init", "-q", "--bare", "-b", "main")
    repository = clone(tmp_path, origin, "ann")
    repository.write("README.md", "# Models\n")
    repository.write(WHEEL, "this stands for the wheel, of which only the digest counts here\n")
    repository.git("add", "--all")
    repository.git("commit", "-q", "-m", "before pipegen")
    repository.git("push", "-q", "-u", "origin", "HEAD:main")
    return repository


def clone(tmp_path: Path, origin: Path, name: str) -> Repository:
    repository = Repository(tmp_path / name, tmp_path / "pre-commit")
    repository.root.mkdir()
    repository.git("clone", "-q", str(origin), ".")
    repository.git("switch", "-q", "-C", "main")
    return repository


def ran(repository: Repository, *command: str) -> str:
    done = repository.run(*command)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def committed(repository: Repository) -> None:
    """Commits as a person does: what the hook says is done, then the commit is made again."""
    repository.git("add", "--all")
    code, printed = repository.commit()
    if code:
        repository.follow(printed)
        code, printed = repository.commit()
    assert code == 0, printed
    assert repository.git("status", "--porcelain") == ""


def merged(repository: Repository, branch: str) -> None:
    repository.git("fetch", "-q", "origin")
    repository.git("merge", "-q", "--no-ff", "-m", f"merge {branch}", f"origin/{branch}")


def test_models_that_two_people_add_at_the_same_time_merge_without_a_conflict(ann: Repository, tmp_path: Path) -> None:
    targets = [word for name in TARGETS for word in ("--target", name)]
    ran(ann, "pipegen", "init", "--yes", "--host", "github", "--default-branch", "main", "--wheel", WHEEL, *targets)
    for name in ("churn", "fraud", "pricing"):
        ran(ann, "pipegen", "new", name, "--owner", "retention")
    ran(ann, "pre-commit", "install")
    committed(ann)
    for target in TARGETS.values():
        assert any(path.startswith(target.FOLDERS) for path in ann.committed())
    ann.git("push", "-q", "origin", "HEAD:main")

    bob = clone(tmp_path, tmp_path / "origin", "bob")
    ran(bob, "pre-commit", "install")
    for person, model in ((ann, "demand"), (bob, "elasticity")):
        person.git("switch", "-q", "-c", f"feat/{model}")
        ran(person, "pipegen", "new", model, "--owner", "supply")
        committed(person)
        person.git("push", "-q", "origin", f"feat/{model}")

    ann.git("switch", "-q", "main")
    for model in ("demand", "elasticity"):
        merged(ann, f"feat/{model}")
    assert "5 specs: 0 errors" in ran(ann, "pipegen", "validate")
    assert "up to date" in ran(ann, "pipegen", "render", "--check")
    assert ran(ann, "pipegen", "models").split() == ["churn", "demand", "elasticity", "fraud", "pricing"]
    assert ran(ann, "pipegen", "models", "--changed-since", "origin/feat/demand").split() == ["elasticity"]


def test_two_people_who_change_two_models_touch_no_file_in_common(ann: Repository, tmp_path: Path) -> None:
    ran(ann, "pipegen", "init", "--yes", "--host", "github", "--default-branch", "main", "--wheel", WHEEL)
    for name in ("churn", "fraud"):
        ran(ann, "pipegen", "new", name, "--owner", "retention")
    ran(ann, "pre-commit", "install")
    committed(ann)
    ann.git("push", "-q", "origin", "HEAD:main")
    bob = clone(tmp_path, tmp_path / "origin", "bob")
    ran(bob, "pre-commit", "install")
    touched = []
    for person, model in ((ann, "churn"), (bob, "fraud")):
        place = person.root / "model-specs" / f"{model}.yaml"
        place.write_text(place.read_text("utf-8").replace("min: 0.8", "min: 0.9"), "utf-8")
        committed(person)
        touched.append(set(person.git("diff", "--name-only", "origin/main", "HEAD").split()))
    assert all(touched)
    assert not touched[0] & touched[1]
