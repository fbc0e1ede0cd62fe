"""Which folder is the root, which specs a run is about, and what keeps a path from being one of them."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pipegen.workspace
from disk import put
from pipegen.workspace.findings import CODES
from pipegen.workspace.specs import find_root, spec_paths

SPECS = {"model-specs/b.yml": "", "model-specs/a.yaml": "", "model-specs/bases/base.yaml": "", "elsewhere/c.spec": ""}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    put(root, SPECS)
    put(tmp_path, {"secret.yaml": ""})
    return root


def verdicts(root: Path, *given: Path) -> tuple[list[str], list[tuple[str, str]]]:
    found = spec_paths(root, given)
    return list(found.paths), [(diagnostic.code, diagnostic.file) for diagnostic in found.diagnostics]


@pytest.mark.parametrize(
    ("signs", "root"),
    [
        ([], "a/b/c"),
        (["a/.git"], "a"),
        (["a/b/pipegen.toml"], "a/b"),
        (["a/.git", "a/pipegen.toml"], "a"),
        (["a/.git", "a/b/pipegen.toml"], "a/b"),
        (["pipegen.toml", "a/b/.git"], "a/b"),
        (["a/b/c/.git", "a/pipegen.toml"], "a/b/c"),
    ],
    ids=str,
)
def test_the_root_is_the_nearest_folder_with_a_configuration_or_a_repository(
    tmp_path: Path, signs: list[str], root: str
) -> None:
    put(tmp_path, dict.fromkeys([*signs, "a/b/c/file"], ""))
    assert find_root(tmp_path / "a/b/c") == tmp_path / root


def test_the_root_is_found_through_a_link_to_a_folder_of_the_repository(tmp_path: Path) -> None:
    put(tmp_path, {"repository/pipegen.toml": "", "repository/models/churn/file": ""})
    (tmp_path / "shortcut").symlink_to("repository/models/churn")
    assert find_root(tmp_path / "shortcut") == tmp_path / "repository"


def test_with_nothing_named_all_specs_of_the_folder_are_meant_and_not_what_lies_deeper(repository: Path) -> None:
    put(repository, {"model-specs/.#a.yaml": "", "model-specs/README.md": ""})
    assert verdicts(repository) == (["model-specs/a.yaml", "model-specs/b.yml"], [])


def test_named_specs_are_sorted_and_each_is_taken_once(repository: Path) -> None:
    given = [
        repository / "model-specs/b.yml",
        repository / "elsewhere/c.spec",
        repository / "model-specs/../model-specs/b.yml",
    ]
    assert verdicts(repository, *given) == (["elsewhere/c.spec", "model-specs/b.yml"], [])


def test_paths_are_named_from_the_current_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "model-specs")
    assert verdicts(repository, Path("a.yaml"), Path("../elsewhere/c.spec"))[0] == [
        "elsewhere/c.spec",
        "model-specs/a.yaml",
    ]
    assert verdicts(repository, Path())[0] == ["model-specs/a.yaml", "model-specs/b.yml"]
    assert verdicts(repository, Path("../model-specs"))[0] == ["model-specs/a.yaml", "model-specs/b.yml"]


def test_a_link_inside_the_repository_is_a_spec_under_its_own_name(repository: Path) -> None:
    (repository / "model-specs/z.yaml").symlink_to("../elsewhere/c.spec")
    assert verdicts(repository, repository / "model-specs/z.yaml") == (["model-specs/z.yaml"], [])


def test_a_repository_reached_through_a_link_is_the_same_repository(repository: Path) -> None:
    link = repository.parent / "link"
    link.symlink_to(repository)
    assert verdicts(link, link / "model-specs/a.yaml", repository / "model-specs/b.yml") == (
        ["model-specs/a.yaml", "model-specs/b.yml"],
        [],
    )


def _link(name: str, goal: str) -> Callable[[Path], None]:
    return lambda root: (root / name).symlink_to(goal)


@pytest.mark.parametrize(
    ("given", "prepare", "finding"),
    [
        ("../secret.yaml", None, ("PG015", "{root}/../secret.yaml")),
        ("model-specs/x.yaml", _link("model-specs/x.yaml", "../../secret.yaml"), ("PG015", "model-specs/x.yaml")),
        ("out", _link("out", ".."), ("PG015", "out")),
        ("out/secret.yaml", _link("out", ".."), ("PG015", "{root}/out/secret.yaml")),
        ("/dev/stdin", None, ("PG015", "/dev/stdin")),
        ("model-specs/none.yaml", None, ("PG016", "model-specs/none.yaml")),
        ("model-specs/x.yaml", _link("model-specs/x.yaml", "nowhere"), ("PG016", "model-specs/x.yaml")),
        ("model-specs/x.yaml", _link("model-specs/x.yaml", "x.yaml"), ("PG016", "model-specs/x.yaml")),
        ("model-specs/pipe", lambda root: os.mkfifo(root / "model-specs/pipe"), ("PG016", "model-specs/pipe")),
        ("model-specs/a.yaml/x", None, ("PG016", "model-specs/a.yaml/x")),
        ("elsewhere", None, ("PG016", "elsewhere")),
        ("a\nb.yaml", lambda root: put(root, {"a\nb.yaml": ""}), ("PG017", "a\\nb.yaml")),
        ("a\udcff.yaml", lambda root: put(root, {"a\udcff.yaml": ""}), ("PG017", "a\\udcff.yaml")),
        ('a".yaml', lambda root: put(root, {'a".yaml': ""}), ("PG017", 'a".yaml')),
    ],
)
def test_what_is_no_spec_of_this_repository_is_refused_and_the_others_are_still_taken(
    repository: Path, given: str, prepare: Callable[[Path], None] | None, finding: tuple[str, str]
) -> None:
    if prepare:
        prepare(repository)
    code, file = finding
    assert verdicts(repository, repository / given, repository / "model-specs/a.yaml") == (
        ["model-specs/a.yaml"],
        [(code, file.replace("{root}", str(repository)))],
    )


def test_a_folder_with_one_escaping_spec_still_gives_the_others(repository: Path) -> None:
    (repository / "model-specs/x.yaml").symlink_to("/etc/hostname")
    assert verdicts(repository) == (["model-specs/a.yaml", "model-specs/b.yml"], [("PG015", "model-specs/x.yaml")])


def test_a_repository_without_specs_is_told_where_they_belong(tmp_path: Path) -> None:
    (found,) = spec_paths(tmp_path, []).diagnostics
    assert (found.file, found.code, found.message) == ("model-specs", "PG016", "no spec here: does not exist")


def test_every_code_that_the_package_uses_is_in_its_table() -> None:
    folder = Path(pipegen.workspace.__file__).parent
    used = re.findall(r'finding\(.*?"(PG\d+)"', "".join(file.read_text() for file in folder.glob("*.py")), re.DOTALL)
    assert set(used) == set(CODES)


def test_the_way_to_writing_loads_nothing_that_only_other_work_needs() -> None:
    heavy = ["difflib", "tempfile", "shutil", "yaml", "pydantic", "jinja2", "click"]
    program = f"import sys, pipegen.workspace; print([name for name in {heavy} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert printed == "[]\n"
