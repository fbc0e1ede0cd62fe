"""Writing changes all files of a spec or none, only where they differ, and never what somebody else made."""

import os
import resource
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from disk import FRAUD, by_newer, generated, put, tree
from pipegen.diagnostics import Refused
from pipegen.workspace.writing import write

OLD, NEW = generated("name: old\n"), generated("name: new\n")
EDITED = OLD.replace("old", "mine")
FILES = {
    ".github/workflows/churn.yml": NEW,
    "azure-pipelines/churn/release.yml": NEW,
    "azure-pipelines/churn/review.yml": NEW,
    "jenkins/churn.groovy": generated("pipeline {}\n", target="jenkins"),
}
STANDING = {"azure-pipelines/churn/release.yml": OLD, "jenkins/churn.groovy": OLD, "README.md": "mine\n"}


def refusal(root: Path, files: dict[str, str], *, overwrite_edited: bool = False) -> list[tuple[str, str]]:
    """Codes and files of what `write` refuses; it must leave everything as it was."""
    before = tree(root)
    with pytest.raises(Refused) as caught:
        write(root, files, overwrite_edited=overwrite_edited)
    assert tree(root) == before
    return [(diagnostic.code, diagnostic.file) for diagnostic in caught.value.diagnostics]


def test_missing_files_are_written_with_their_folders_even_the_root(tmp_path: Path) -> None:
    root = tmp_path / "out" / "put"
    result = write(root, FILES)
    assert (result.written, result.unchanged) == (tuple(FILES), ())
    assert {path: (root / path).read_text() for path in FILES} == FILES
    assert sum(place.is_file() for place in root.rglob("*")) == len(FILES)


def test_a_second_run_touches_nothing(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    before = {path: (tmp_path / path).stat() for path in FILES}
    result = write(tmp_path, FILES)
    assert (result.written, result.unchanged) == ((), tuple(FILES))
    for path, stat_before in before.items():
        assert (tmp_path / path).stat().st_ino == stat_before.st_ino
        assert (tmp_path / path).stat().st_mtime_ns == stat_before.st_mtime_ns


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    put(tmp_path, {"a.yml": OLD, "b.yml": NEW})
    result = write(tmp_path, {"a.yml": NEW, "b.yml": NEW})
    assert (result.written, result.unchanged) == (("a.yml",), ("b.yml",))
    assert (tmp_path / "a.yml").read_text() == NEW
    assert set(tree(tmp_path)) == {"a.yml", "b.yml"}


def test_a_checkout_with_other_line_ends_is_not_written_again(tmp_path: Path) -> None:
    put(tmp_path, {"a.yml": NEW.replace("\n", "\r\n"), "b.yml": OLD.replace("\n", "\r\n")})
    assert write(tmp_path, {"a.yml": NEW}).unchanged == ("a.yml",)
    assert write(tmp_path, {"b.yml": NEW}).written == ("b.yml",)


def test_a_file_keeps_its_mode_and_a_new_one_follows_the_umask(tmp_path: Path) -> None:
    put(tmp_path, {"a.yml": OLD})
    (tmp_path / "a.yml").chmod(0o750)
    umask = os.umask(0o022)
    try:
        write(tmp_path, {"a.yml": NEW, "b.yml": NEW})
    finally:
        os.umask(umask)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.yml", "b.yml")] == [0o750, 0o644]


def test_a_file_that_another_spec_or_an_older_input_made_is_replaced(tmp_path: Path) -> None:
    put(tmp_path, {"a.yml": generated(spec=FRAUD, inputs="0")})
    assert write(tmp_path, {"a.yml": NEW}).written == ("a.yml",)


def test_a_file_behind_a_link_that_stays_inside_the_root_is_written(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "jenkins").symlink_to("ci")
    write(tmp_path, {"jenkins/a.groovy": NEW})
    assert (tmp_path / "ci/a.groovy").read_text() == NEW


def _put(text: str) -> Callable[[Path], None]:
    return lambda root: put(root, {"jenkins/a.yml": text})


def _link(name: str, goal: str) -> Callable[[Path], None]:
    return lambda root: (root / name).symlink_to(goal)


def _folder(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).mkdir(parents=True)


def _nothing(_root: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("prepare", "path", "code"),
    [
        pytest.param(_put("name: mine\n"), "jenkins/a.yml", "PG401", id="written by a person"),
        pytest.param(_put(""), "jenkins/a.yml", "PG401", id="empty"),
        pytest.param(_put("x\n" + OLD), "jenkins/a.yml", "PG401", id="header not at the top"),
        pytest.param(
            _put(OLD.replace("# pipegen", "<<<<<<< HEAD\n# pipegen")), "jenkins/a.yml", "PG401", id="conflict"
        ),
        pytest.param(_put(EDITED), "jenkins/a.yml", "PG402", id="edited"),
        pytest.param(_put(OLD + "# mine"), "jenkins/a.yml", "PG402", id="appended to"),
        pytest.param(_put(by_newer(OLD)), "jenkins/a.yml", "PG407", id="newer format"),
        pytest.param(_nothing, "/jenkins/a.yml", "PG403", id="absolute"),
        pytest.param(_nothing, "../a.yml", "PG403", id="above the root"),
        pytest.param(_nothing, "jenkins/../../a.yml", "PG403", id="above the root by a detour"),
        pytest.param(_nothing, "jenkins/./a.yml", "PG403", id="not normal"),
        pytest.param(_nothing, "jenkins\\a.yml", "PG403", id="a backslash"),
        pytest.param(_nothing, ".git/hooks/pre-commit", "PG403", id="the repository's own folder"),
        pytest.param(_link("jenkins", ".."), "jenkins/a.yml", "PG403", id="folder leads out"),
        pytest.param(_link("jenkins", ".git"), "jenkins/a.yml", "PG403", id="folder leads into .git"),
        pytest.param(_link("a.yml", "standing.yml"), "a.yml", "PG403", id="a link"),
        pytest.param(_link("a.yml", "nowhere"), "a.yml", "PG403", id="a link to nothing"),
        pytest.param(_link("jenkins", "jenkins"), "jenkins/a.yml", "PG406", id="a circle of links"),
        pytest.param(_link("jenkins", "nowhere"), "jenkins/a.yml", "PG406", id="a folder that leads to nothing"),
        pytest.param(_folder("jenkins/a.yml"), "jenkins/a.yml", "PG405", id="a folder in the way"),
        pytest.param(lambda root: os.mkfifo(root / "a.yml"), "a.yml", "PG405", id="a pipe in the way"),
        pytest.param(_put("x"), "jenkins/a.yml/b/c.yml", "PG405", id="a file where a folder is needed"),
        pytest.param(_nothing, f"{'x' * 190}/{'y' * 300}", "PG403", id="too long"),
    ],
)
def test_a_refused_file_keeps_all_files_of_its_spec_as_they_were(
    tmp_path: Path, prepare: Callable[[Path], None], path: str, code: str
) -> None:
    put(tmp_path, {"standing.yml": OLD, ".git/HEAD": ""})
    prepare(tmp_path)
    assert refusal(tmp_path, {"standing.yml": NEW, "zoo/new.yml": NEW, path: NEW}) == [(code, path)]


def test_every_refused_file_is_named_at_once(tmp_path: Path) -> None:
    put(tmp_path, {"a.yml": "mine", "b.yml": EDITED})
    found = refusal(tmp_path, {"../c.yml": NEW, "a.yml": NEW, "b.yml": NEW})
    assert found == [("PG403", "../c.yml"), ("PG401", "a.yml"), ("PG402", "b.yml")]


def test_two_files_that_many_file_systems_hold_as_one_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"jenkins/Churn.yml": NEW, "jenkins/churn.yml": NEW}) == [("PG404", "jenkins/churn.yml")]


def test_a_file_that_is_another_files_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"a": NEW, "a/b": NEW}) == [("PG406", "a")]


def test_edits_are_overwritten_on_demand_and_nothing_else_is(tmp_path: Path) -> None:
    put(tmp_path, {"edited.yml": EDITED})
    assert write(tmp_path, {"edited.yml": NEW}, overwrite_edited=True).written == ("edited.yml",)
    put(tmp_path, {"mine.yml": "mine", "newer.yml": by_newer(OLD)})
    found = refusal(tmp_path, {"mine.yml": NEW, "newer.yml": NEW}, overwrite_edited=True)
    assert found == [("PG401", "mine.yml"), ("PG407", "newer.yml")]


def test_a_text_without_a_valid_header_is_never_written(tmp_path: Path) -> None:
    for text in ("name: churn\n", EDITED, by_newer(NEW)):
        with pytest.raises(ValueError, match="no valid header"):
            write(tmp_path, {"a.yml": text})
    assert tree(tmp_path) == {}


def fail_at(monkeypatch: pytest.MonkeyPatch, calls: range, error: BaseException) -> None:
    """Let the calls of os.replace with these numbers fail."""
    count = iter(range(1000))
    replace = os.replace

    def replace_or_fail(source: Path, goal: Path) -> None:
        if next(count) in calls:
            raise error
        replace(source, goal)

    monkeypatch.setattr(os, "replace", replace_or_fail)


@pytest.mark.parametrize("failing", range(len(FILES)))
def test_when_a_replacement_fails_all_files_are_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    put(tmp_path, STANDING)
    fail_at(monkeypatch, range(failing, failing + 1), OSError(28, "No space left on device"))
    assert refusal(tmp_path, FILES) == [("PG406", list(FILES)[failing])]


@pytest.mark.parametrize("failing", range(len(FILES)))
def test_an_interruption_between_replacements_leaves_all_files_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    put(tmp_path, STANDING)
    before = tree(tmp_path)
    fail_at(monkeypatch, range(failing, failing + 1), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, FILES)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("large", FILES)
def test_when_the_system_takes_no_more_bytes_all_files_are_as_before(tmp_path: Path, large: str) -> None:
    put(tmp_path, STANDING)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        found = refusal(tmp_path, {**FILES, large: generated("x" * 3_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert found == [("PG406", large)]


def test_an_earlier_text_that_cannot_be_put_back_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"a.yml": OLD, "b.yml": OLD})
    fail_at(monkeypatch, range(1, 1000), OSError(5, "Input/output error"))
    with pytest.raises(Refused) as caught:
        write(tmp_path, {"a.yml": NEW, "b.yml": NEW})
    stuck, cause = caught.value.diagnostics
    assert (stuck.file, stuck.code, cause.file, cause.code) == ("a.yml", "PG408", "b.yml", "PG406")
    assert Path(stuck.hint.removeprefix("its earlier text is in ")).read_text() == OLD
    assert (tmp_path / "b.yml").read_text() == OLD
