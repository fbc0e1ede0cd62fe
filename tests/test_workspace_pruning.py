"""Pruning takes away what the chosen specs and targets no longer make, and nothing else."""

import os
from pathlib import Path

import pytest

from disk import CHURN, FRAUD, by_newer, generated, put, selection, tree
from pipegen.workspace.pruning import generated_files, prune, surplus
from pipegen.workspace.writing import write

FILE = generated()
EDITED = FILE + "# mine\n"


def paths_of(root: Path, *folders: str) -> list[str]:
    return [path for path, _ in generated_files(root, folders)]


@pytest.mark.parametrize(
    ("spec", "target", "specs", "more", "is_surplus"),
    [
        pytest.param(CHURN, "azure", [CHURN], {}, True, id="chosen spec and target"),
        pytest.param(CHURN, "azure", [FRAUD], {}, False, id="another spec chosen"),
        pytest.param(CHURN, "azure", [FRAUD], {"all_specs": True}, False, id="a spec with errors among all"),
        pytest.param(CHURN, "jenkins", [CHURN], {}, False, id="another target chosen"),
        pytest.param("gone.yaml", "azure", [CHURN], {}, False, id="spec is gone, one spec chosen"),
        pytest.param("gone.yaml", "azure", [CHURN], {"all_specs": True}, True, id="spec is gone, all chosen"),
        pytest.param("gone.yaml", "jenkins", [], {"all_specs": True}, False, id="spec is gone, another target"),
        pytest.param(CHURN, "azure", [CHURN], {"folders": ("azure-pipelines",)}, False, id="folder of another target"),
    ],
)
def test_a_file_is_surplus_only_for_those_who_would_have_made_it(
    tmp_path: Path, spec: str, target: str, specs: list[str], more: dict[str, object], *, is_surplus: bool
) -> None:
    repository, out = tmp_path / "repository", tmp_path / "out"
    put(repository, {CHURN: "", FRAUD: ""})
    put(out, {"jenkins/kept.yml": FILE, "jenkins/a.yml": generated(spec=spec, target=target)})
    found = surplus(out, {"jenkins/kept.yml": FILE}, selection(repository, *specs, **more))
    assert [path for path, _ in found] == (["jenkins/a.yml"] if is_surplus else [])


def test_a_file_whose_name_changed_only_in_case_is_not_surplus_where_case_does_not_count(tmp_path: Path) -> None:
    put(tmp_path, {"jenkins/churn.yml": FILE, "jenkins/fraud.yml": FILE})
    # Two names of one file are what a file system that ignores case shows.
    (tmp_path / "jenkins/Churn.yml").hardlink_to(tmp_path / "jenkins/churn.yml")
    put(tmp_path, {"jenkins/Fraud.yml": FILE})
    found = surplus(tmp_path, ["jenkins/churn.yml", "jenkins/fraud.yml"], selection(tmp_path, CHURN))
    assert [path for path, _ in found] == ["jenkins/Fraud.yml"]


def test_generated_files_are_found_in_their_folders_and_below(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"jenkins/b/c.yml": FILE, "jenkins/a.yml": FILE, ".github/workflows/a.yml": EDITED, "docs/a.yml": FILE},
    )
    assert paths_of(tmp_path, "jenkins", ".github/workflows", "absent") == [
        ".github/workflows/a.yml",
        "jenkins/a.yml",
        "jenkins/b/c.yml",
    ]


def test_the_root_as_a_folder_is_searched_alone(tmp_path: Path) -> None:
    put(tmp_path, {"Jenkinsfile": FILE.replace("#", "//"), "docs/a.yml": FILE})
    assert paths_of(tmp_path, ".") == ["Jenkinsfile"]


def test_what_is_not_a_generated_file_of_this_folder_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path, {"outside/a.yml": FILE, "root/docs/a.yml": FILE})
    put(tmp_path / "root", {f"jenkins/{name}": text for name, text in OTHERS.items()})
    jenkins = tmp_path / "root/jenkins"
    (jenkins / "binary").write_bytes(FILE.encode()[:60] + b"\xff\x00" * 1000)
    with (jenkins / "large").open("wb") as large:
        large.truncate(1_000_000_000_000)
    (jenkins / "link").symlink_to("../../outside/a.yml")
    (jenkins / "folder").symlink_to("../../outside")
    (jenkins / "inside").symlink_to("../docs")
    (tmp_path / "root/linked").symlink_to("../outside")
    os.mkfifo(jenkins / "pipe")
    assert paths_of(tmp_path / "root", "jenkins", "linked", "..", "../outside") == []


OTHERS = {
    "mine.yml": "name: mine\n",
    "empty": "",
    "later.yml": "\n" + FILE,
    "cited.md": "```\n" + FILE + "```\n",
    "newer.yml": by_newer(FILE),
    "half.yml": FILE[:150],
}


def test_pruning_takes_files_and_the_folders_that_they_leave_empty(tmp_path: Path) -> None:
    put(tmp_path, {"jenkins/a/b/c.yml": FILE, "jenkins/a/d.yml": FILE, "jenkins/e/f.yml": FILE, "jenkins/e/g": "mine"})
    (tmp_path / "jenkins/h").mkdir()
    result = prune(tmp_path, ["jenkins/e/f.yml", "jenkins/a/d.yml", "jenkins/a/b/c.yml"])
    assert result.removed == ("jenkins/a/b/c.yml", "jenkins/a/d.yml", "jenkins/e/f.yml")
    assert set(tree(tmp_path)) == {"jenkins", "jenkins/e", "jenkins/e/g", "jenkins/h"}


def test_the_root_stays_even_when_nothing_is_left_in_it(tmp_path: Path) -> None:
    root = tmp_path / "out"
    write(root, {"jenkins/a.yml": FILE})
    assert prune(root, ["jenkins/a.yml"]).removed == ("jenkins/a.yml",)
    assert set(tree(tmp_path)) == {"out"}


@pytest.mark.parametrize(
    ("text", "code"), [(EDITED, "PG402"), ("mine\n", "PG401"), ("\n" + FILE, "PG401"), (by_newer(FILE), "PG407")]
)
def test_pruning_keeps_what_somebody_wrote_and_still_takes_the_rest(tmp_path: Path, text: str, code: str) -> None:
    put(tmp_path, {"jenkins/a.yml": text, "jenkins/b.yml": FILE})
    result = prune(tmp_path, ["jenkins/a.yml", "jenkins/b.yml"])
    assert result.removed == ("jenkins/b.yml",)
    assert [(diagnostic.file, diagnostic.code) for diagnostic in result.refused] == [("jenkins/a.yml", code)]
    assert (tmp_path / "jenkins/a.yml").read_text() == text


def test_a_file_that_is_already_gone_is_no_obstacle(tmp_path: Path) -> None:
    put(tmp_path, {"jenkins/b.yml": FILE})
    assert prune(tmp_path, ["jenkins/a.yml", "jenkins/b.yml"]).refused == ()
    assert tree(tmp_path) == {}


def test_pruning_never_leaves_the_root_and_never_follows_a_link(tmp_path: Path) -> None:
    root = tmp_path / "root"
    put(tmp_path, {"a.yml": FILE, "root/kept/a.yml": FILE})
    (root / "out").symlink_to("..")
    (root / "link.yml").symlink_to("../a.yml")
    before = tree(tmp_path)
    result = prune(root, ["../a.yml", "out/a.yml", "link.yml", str(tmp_path / "a.yml"), "kept"])
    assert result.removed == ()
    assert {diagnostic.file: diagnostic.code for diagnostic in result.refused} == {
        "../a.yml": "PG403",
        "out/a.yml": "PG403",
        "link.yml": "PG403",
        str(tmp_path / "a.yml"): "PG403",
        "kept": "PG405",
    }
    assert tree(tmp_path) == before
