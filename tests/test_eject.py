"""`pipegen eject`: pipelines become people's own, all of them or none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pages import ROOT
from pipegen.cli import main
from pipegen.header import read_header
from pipegen.onboarding.leaving import without_header
from pipegen.source import Source
from pipegen.targets import TARGETS
from terminals import in_terminal

Run = Callable[..., Result]
SPEC = "model-specs/minimal.yaml"
FOLDERS = {name: target.FOLDERS[0] for name, target in TARGETS.items()}


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """A repository with the rendered pipelines of two models, as the current folder."""
    shutil.copy(ROOT / "pipegen.toml", tmp_path)
    (tmp_path / "model-specs").mkdir()
    text = (ROOT / SPEC).read_text("utf-8")
    (tmp_path / SPEC).write_text(text, "utf-8")
    (tmp_path / "model-specs" / "other.yaml").write_text(text.replace("minimal", "other"), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("render").exit_code == 0
    return tmp_path


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8", "surrogateescape")
        for path in folder.rglob("*")
        if path.is_file()
    }


def generated(folder: Path, model: str = "minimal", *targets: str) -> dict[str, str]:
    """The model's files of the targets, whether they still have a header or not."""
    begins = tuple(f"{FOLDERS[name]}/{model}" for name in targets or FOLDERS)
    return {path: text for path, text in tree(folder).items() if path.startswith(begins)}


# ---------------------------------------------------------------- a whole model


@pytest.mark.parametrize("named", ["minimal", SPEC])
def test_an_ejected_model_keeps_its_pipelines_without_header_and_loses_its_spec(
    repository: Path, run: Run, named: str
) -> None:
    before, spec = generated(repository), tree(repository)[SPEC]
    result = run("eject", named, "--yes")
    assert result.exit_code == 0, result.output
    after = tree(repository)
    assert {path: without_header(text) for path, text in before.items()} == generated(repository)
    assert not [path for path in before if read_header(after[path])]
    assert SPEC not in after
    assert after[f"{SPEC}.ejected"] == spec


def test_afterwards_pipegen_neither_checks_nor_writes_nor_deletes_the_files(repository: Path, run: Run) -> None:
    run("eject", "minimal", "--yes")
    assert run("render", "--prune").exit_code == 0
    kept = generated(repository)
    (repository / "jenkins" / "minimal" / "change.Jenkinsfile").write_text("// mine\n", "utf-8")
    assert run("render", "--check").exit_code == 0
    assert run("render", "--prune", "--overwrite-edited").exit_code == 0
    assert generated(repository) == {**kept, "jenkins/minimal/change.Jenkinsfile": "// mine\n"}


def test_another_model_is_not_touched(repository: Path, run: Run) -> None:
    before = generated(repository, "other")
    run("eject", "minimal", "--yes")
    assert generated(repository, "other") == before


def test_edits_by_hand_and_line_ends_stay(repository: Path, run: Run) -> None:
    edited = repository / "azure-pipelines" / "minimal" / "review.yml"
    text = edited.read_text("utf-8") + "# mine\n"
    edited.write_bytes(text.replace("\n", "\r\n").encode())
    assert run("eject", "minimal", "--yes").exit_code == 0
    assert edited.read_bytes().decode() == without_header(text).replace("\n", "\r\n")
    assert read_header(text) is not None


def test_a_spec_with_mistakes_can_be_left(repository: Path, run: Run) -> None:
    (repository / SPEC).write_text("pipegen: [\n", "utf-8")
    result = run("eject", SPEC, "--yes")
    assert result.exit_code == 0, result.output
    assert not [path for path, text in generated(repository).items() if read_header(text)]


def test_the_files_of_a_spec_that_is_gone_can_be_kept(repository: Path, run: Run) -> None:
    (repository / SPEC).unlink()
    result = run("eject", "minimal", "--yes")
    assert result.exit_code == 0, result.output
    assert run("render", "--prune").exit_code == 0
    assert generated(repository)


def test_files_that_are_not_what_the_spec_says_now_are_told(repository: Path, run: Run) -> None:
    spec = repository / SPEC
    spec.write_text(spec.read_text("utf-8").replace("min: 0.8", "min: 0.9"), "utf-8")
    result = run("eject", "minimal", "--yes")
    assert result.exit_code == 0
    assert "first run: pipegen render" in result.stderr


# ---------------------------------------------------------------- one target


def test_one_target_is_handed_over_and_the_spec_goes_on_for_the_others(repository: Path, run: Run) -> None:
    result = run("eject", "minimal", "--target", "jenkins", "--yes")
    assert result.exit_code == 0, result.output
    assert not [path for path, text in generated(repository, "minimal", "jenkins").items() if read_header(text)]
    assert Source.read(repository / SPEC, SPEC).data["targets"] == ["azure", "github", "gitlab"]
    assert (repository / SPEC).read_text("utf-8").startswith((ROOT / SPEC).read_text("utf-8"))
    assert run("render", "--prune").exit_code == 0
    assert run("render", "--check").exit_code == 0
    assert all(read_header(text) for text in generated(repository, "minimal", "azure", "github", "gitlab").values())


def test_the_last_target_takes_the_spec_along(repository: Path, run: Run) -> None:
    for target in ("jenkins", "azure", "gitlab"):
        assert run("eject", "minimal", "-t", target, "--yes").exit_code == 0
        assert (repository / SPEC).exists()
    assert run("eject", "minimal", "-t", "github", "--yes").exit_code == 0
    assert not (repository / SPEC).exists()
    assert (repository / f"{SPEC}.ejected").exists()


@pytest.mark.parametrize("text", ["pipegen: [\n", "pipegen: 1\ntargets: [azure]\nmodl: {}\n"])
def test_one_target_of_a_spec_with_mistakes_is_refused_because_the_others_are_not_known(
    repository: Path, run: Run, text: str
) -> None:
    (repository / SPEC).write_text(text, "utf-8")
    before = tree(repository)
    result = run("eject", SPEC, "-t", "jenkins", "--yes")
    assert result.exit_code == 1
    assert f"{SPEC}:" in result.stderr
    assert tree(repository) == before


def test_targets_that_cannot_be_edited_are_left_to_a_person(repository: Path, run: Run) -> None:
    (repository / SPEC).write_text("{" + str(Source.read(repository / SPEC, SPEC).data)[1:-1] + "}\n", "utf-8")
    before = tree(repository)
    result = run("eject", "minimal", "-t", "jenkins", "--yes")
    assert result.exit_code == 1
    assert "targets: [azure, github, gitlab]" in result.stderr
    assert tree(repository) == before


# ---------------------------------------------------------------- all or nothing


def test_a_spec_that_cannot_be_renamed_leaves_everything_as_it_was(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_self: Path, _target: Path) -> Path:
        raise OSError(13, "Permission denied")

    before = tree(repository)
    monkeypatch.setattr(Path, "rename", refused)
    result = run("eject", "minimal", "--yes")
    assert result.exit_code == 1
    assert "PG406" in result.stderr
    assert tree(repository) == before


def test_a_file_that_cannot_be_written_leaves_everything_as_it_was(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if self.suffix == ".new" and Path(target).name == "change.Jenkinsfile":
            raise OSError(28, "No space left on device")
        return real(self, target)

    before = tree(repository)
    monkeypatch.setattr(Path, "replace", full)
    assert run("eject", "minimal", "--yes").exit_code == 1
    assert tree(repository) == before


@pytest.mark.parametrize(
    ("spoiled", "text"), [(f"{SPEC}.ejected", b"in the way"), ("azure-pipelines/minimal/review.yml", b"\xff\n")]
)
def test_what_stands_in_the_way_is_named_and_nothing_changes(
    repository: Path, run: Run, spoiled: str, text: bytes
) -> None:
    place = repository / spoiled
    place.write_bytes((place.read_bytes() if place.exists() else b"") + text)
    before = tree(repository)
    result = run("eject", "minimal", "--yes")
    assert result.exit_code == 1
    assert f"{spoiled}: PG40" in result.stderr
    assert tree(repository) == before


@pytest.mark.parametrize("model", ["nothing", "model-specs/nothing.yaml"])
def test_a_model_without_files_has_nothing_to_hand_over(repository: Path, run: Run, model: str) -> None:
    before = tree(repository)
    result = run("eject", model, "--yes")
    assert result.exit_code == 1
    assert "nothing to hand over" in result.stderr
    assert tree(repository) == before


# ---------------------------------------------------------------- the question


@pytest.mark.parametrize(("answer", "ejected"), [("y", True), ("n", False), ("", False)])
def test_a_terminal_asks_first_and_no_is_the_answer_of_who_says_nothing(
    repository: Path, answer: str, *, ejected: bool
) -> None:
    code, screen = in_terminal(repository, ["eject", "minimal"], [answer])
    assert "will be yours for good, and model-specs/minimal.yaml becomes model-specs/minimal.yaml.ejected" in screen
    assert (code == 0) is ejected
    assert (repository / SPEC).exists() is not ejected


def test_where_nobody_can_be_asked_the_answer_is_an_option(repository: Path, run: Run) -> None:
    before = tree(repository)
    result = run("eject", "minimal")
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert tree(repository) == before


# ---------------------------------------------------------------- the header

HEADER = "# Generated by pipegen from a.yaml. Do not edit\n#   pipegen render\n# pipegen-header\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("body", ["on: push\n", "", "\nno blank line is lost\n", "no end"])
def test_a_text_without_header_is_the_body_to_the_byte(body: str, end: str) -> None:
    assert without_header((HEADER + "\n" + body).replace("\n", end)) == body.replace("\n", end)
