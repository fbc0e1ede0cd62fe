"""`pipegen models`: which models a change concerns, told from git and the paths of their reviews."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deliveries import ROOT, SPECS, delivery_of
from pages import BIN
from pipegen.concern import concerns, review_of
from pipegen.delivery import Pipeline, Review, ReviewTarget

CHURN = next(delivery_of(path) for path in SPECS if path.stem == "churn-prediction")


def review(*paths: str) -> Pipeline:
    return Pipeline("review", "review", Review((ReviewTarget("dev", ("*",)),)), paths, (), (), ())


@pytest.mark.parametrize(
    ("glob", "touching", "sparing"),
    [
        (
            "models/churn/**",
            ["models/churn/a.py", "models/churn/a/b/c.py"],
            ["models/churn.py", "models/churnery/a.py"],
        ),
        ("pipegen.toml", ["pipegen.toml"], ["pipegen_toml", "models/pipegen.toml"]),
        ("libs/*/x.py", ["libs/a/x.py"], ["libs/x.py", "libs/a/b/x.py"]),
        ("libs/**/x.py", ["libs/x.py", "libs/a/x.py", "libs/a/b/x.py"], ["libs/ax.py", "x.py"]),
        ("**/schema.sql", ["schema.sql", "a/schema.sql", "a/b/schema.sql"], ["schema.sqlx"]),
        ("a+(b)/**", ["a+(b)/c"], ["aa(b)/c", "a+b/c"]),
    ],
)
def test_a_glob_means_to_pipegen_what_it_means_to_git(
    glob: str, touching: list[str], sparing: list[str], tmp_path: Path
) -> None:
    for path in (*touching, *sparing):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    known_to_git = git(tmp_path, "ls-files", "--", f":(glob){glob}").split()
    found = [path for path in (*touching, *sparing) if concerns(review(glob), [path], tuple)]
    assert sorted(found) == sorted(touching) == sorted(known_to_git)


def test_a_model_of_the_whole_repository_is_always_concerned() -> None:
    assert concerns(review(), ["README.md"], tuple)


def test_the_files_of_a_review_concern_it() -> None:
    assert concerns(review("a/**"), ["x/review.yml"], lambda: {"x/review.yml"})
    assert not concerns(review("a/**"), ["x/review.yml"], lambda: {"y/review.yml"})


def test_a_review_looks_at_what_its_model_is_made_from() -> None:
    found = review_of(CHURN)
    assert found is not None
    assert found.paths == ("models/churn/**", "libs/features/**", "model-specs/churn-prediction.yaml", "pipegen.toml")


# ---------------------------------------------------------------- the command, in real repositories


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two models on main, their pipelines rendered, and a branch of a change."""
    (tmp_path / "model-specs").mkdir()
    for name in ("churn-prediction", "minimal"):
        text = (ROOT / "model-specs" / f"{name}.yaml").read_text("utf-8")
        (tmp_path / "model-specs" / f"{name}.yaml").write_text(text, "utf-8")
    (tmp_path / "pipegen.toml").write_text((ROOT / "pipegen.toml").read_text("utf-8"), "utf-8")
    pipegen(tmp_path, "render")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "switch", "-q", "-c", "feat/x")
    return tmp_path


def pipegen(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / "pipegen", *arguments], cwd=root, capture_output=True, text=True, check=False)


def committed(root: Path, path: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    with (root / path).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", path)


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ("README.md", "github", []),
        ("models/churn/train.py", "github", ["churn-prediction"]),
        ("libs/features/week.py", "azure", ["churn-prediction"]),
        ("model-specs/minimal.yaml", "jenkins", ["minimal"]),
        ("pipegen.toml", "github", ["churn-prediction", "minimal"]),
        (".github/workflows/minimal.review.yml", "github", ["minimal"]),
        (".github/workflows/minimal.review.yml", "azure", []),
        (".github/workflows/minimal.change.yml", "github", []),
        ("azure-pipelines/churn-prediction/review.yml", "azure", ["churn-prediction"]),
    ],
)
def test_a_change_concerns_the_models_whose_paths_it_touches(
    path: str, target: str, expected: list[str], repository: Path
) -> None:
    committed(repository, path)
    done = pipegen(repository, "models", "--changed-since", "main", "--target", target)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, expected, "")


@pytest.mark.parametrize(
    ("branch", "expected"),
    [("dev", ["churn-prediction", "minimal"]), ("main", ["churn-prediction", "minimal"])],
)
def test_only_reviews_of_pull_requests_into_the_branch_are_asked_for(
    branch: str, expected: list[str], repository: Path
) -> None:
    committed(repository, "pipegen.toml")
    done = pipegen(repository, "models", "--changed-since", "main", "--into", branch)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, expected, "")


@pytest.mark.parametrize("branch", ["feat/other", "DEV", "--help", ""])
def test_a_branch_that_no_model_reviews_is_refused_and_gives_no_empty_list(branch: str, repository: Path) -> None:
    committed(repository, "pipegen.toml")
    done = pipegen(repository, "models", "--changed-since", "main", "--into", branch)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no model reviews pull requests into {branch!r}; there are: dev, prod, main" in done.stderr


def test_what_came_to_the_branch_that_a_change_goes_into_is_none_of_the_change(repository: Path) -> None:
    committed(repository, "models/minimal/a.py")
    git(repository, "switch", "-q", "main")
    committed(repository, "models/churn/b.py")
    git(repository, "switch", "-q", "feat/x")
    assert pipegen(repository, "models", "--changed-since", "main").stdout.split() == ["minimal"]


def test_a_moved_file_concerns_where_it_was_and_where_it_is(repository: Path) -> None:
    committed(repository, "models/churn/a.py")
    git(repository, "branch", "-f", "main")
    (repository / "models" / "minimal").mkdir(parents=True)
    git(repository, "mv", "models/churn/a.py", "models/minimal/a.py")
    git(repository, "commit", "-q", "-m", "moved")
    assert pipegen(repository, "models", "--changed-since", "main").stdout.split() == ["churn-prediction", "minimal"]


def test_names_that_git_would_quote_are_read_as_they_are(repository: Path) -> None:
    committed(repository, 'models/churn/ä "b"\n.py')
    assert pipegen(repository, "models", "--changed-since", "main").stdout.split() == ["churn-prediction"]


@pytest.mark.parametrize("since", ["nothing", "--output=stolen", "main..HEAD", ""])
def test_a_commit_that_git_does_not_know_is_a_finding(since: str, repository: Path) -> None:
    done = pipegen(repository, "models", "--changed-since", since)
    assert done.returncode == 1
    assert "PG018 git cannot say what changed" in done.stderr
    assert not (repository / "stolen").exists()


def test_a_broken_spec_is_a_finding_and_no_answer(repository: Path) -> None:
    (repository / "model-specs" / "minimal.yaml").write_text("pipegen: 1\n", "utf-8")
    done = pipegen(repository, "models", "--changed-since", "main")
    assert (done.returncode, done.stdout) == (1, "")


def test_programs_get_the_spec_and_the_owner_too(repository: Path) -> None:
    done = pipegen(repository, "models", "--format", "json")
    assert '"spec": "model-specs/churn-prediction.yaml"' in done.stdout
    assert '"owner": "retention-analytics"' in done.stdout
