"""The command line as its users meet it: exit codes, streams, files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipegen.cli import main

ROOT = Path(__file__).resolve().parent.parent
Run = Callable[..., Result]

MINIMAL = (ROOT / "model-specs" / "minimal.yaml").read_text("utf-8")
BROKEN = MINIMAL.replace("owner:", "ownr:").replace("deploys: true", "deploys: maybe")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one good spec, as the current folder."""
    (tmp_path / "model-specs").mkdir()
    (tmp_path / "model-specs" / "minimal.yaml").write_text(MINIMAL, "utf-8")
    shutil.copy(ROOT / "pipegen.toml", tmp_path / "pipegen.toml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


def spec(repository: Path, name: str, text: str) -> Path:
    path = repository / "model-specs" / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return path


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


# ---------------------------------------------------------------- validate


@pytest.mark.usefixtures("repository")
def test_a_clean_spec_exits_0_and_says_how_many_were_read(run: Run) -> None:
    result = run("validate")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "1 spec: 0 errors, 0 warnings\n", "")


def test_every_mistake_is_located_and_the_exit_code_is_1(repository: Path, run: Run) -> None:
    spec(repository, "broken", BROKEN)
    result = run("validate")
    assert result.exit_code == 1
    assert "model-specs/broken.yaml:2:24: PG101" in result.stderr
    assert "model-specs/broken.yaml:8:27: PG103" in result.stderr
    assert "hint: " in result.stderr
    assert result.stdout == "2 specs: 3 errors, 0 warnings\n"


def test_json_for_programs_holds_file_line_column_and_code(repository: Path, run: Run) -> None:
    spec(repository, "broken", BROKEN)
    result = run("validate", "--format", "json")
    found = json.loads(result.stdout)
    listed = found["diagnostics"] if isinstance(found, dict) else found
    assert {each["code"] for each in listed} == {"PG101", "PG102", "PG103"}
    assert {each["file"] for each in listed} == {"model-specs/broken.yaml"}
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "arguments", [["validate", "nowhere.yaml"], ["validate", "--frmat", "json"], ["rendr"], ["render", "-t", "gitea"]]
)
@pytest.mark.usefixtures("repository")
def test_wrong_usage_exits_2_without_a_traceback(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_spec_outside_the_repository_is_refused(
    repository: Path, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("elsewhere") / "minimal.yaml"
    outside.write_text(MINIMAL, "utf-8")
    (repository / "model-specs" / "link.yaml").symlink_to(outside)
    result = run("validate", "model-specs/link.yaml")
    assert result.exit_code == 2
    assert "PG015" in result.stderr


# ---------------------------------------------------------------- render


def test_render_writes_every_target_and_a_second_run_writes_nothing(repository: Path, run: Run) -> None:
    first = run("render")
    assert first.exit_code == 0, first.output
    written = tree(repository)
    assert {".github/workflows/minimal.deliver-dev.yml", "jenkins/minimal/deliver-dev.Jenkinsfile"} <= written.keys()
    assert "azure-pipelines/minimal/deliver-dev.yml" in written
    times = {path: path.stat().st_mtime_ns for path in repository.rglob("*") if path.is_file()}
    second = run("render")
    assert " 0 written" in second.stdout
    assert times == {path: path.stat().st_mtime_ns for path in repository.rglob("*") if path.is_file()}


def test_target_overrules_the_list_of_the_spec(repository: Path, run: Run) -> None:
    run("render", "--target", "azure")
    written = {path.split("/")[0] for path in tree(repository)}
    assert written == {
        "azure-pipelines",
        "model-specs",
        "pipegen-requirements.txt",
        "pipegen.toml",
        "pipegen-registry-requirements.txt",
    }


def test_a_spec_with_an_error_keeps_its_files_and_the_others_are_written(repository: Path, run: Run) -> None:
    run("render")
    before = tree(repository)
    spec(repository, "minimal", BROKEN)
    spec(repository, "second", MINIMAL.replace("name: minimal", "name: second"))
    result = run("render")
    after = tree(repository)
    assert result.exit_code == 1
    generated = {path: text for path, text in before.items() if not path.startswith("model-specs/")}
    assert generated.items() <= after.items()
    assert "azure-pipelines/second/review.yml" in after


def test_out_stands_in_for_the_root_and_the_contents_are_the_same(
    repository: Path, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("out")
    assert run("render", "--out", out).exit_code == 0
    assert run("render").exit_code == 0
    generated = {
        path: text for path, text in tree(repository).items() if not path.startswith(("model-specs/", "pipegen.toml"))
    }
    assert tree(out) == generated
    assert run("render", "--check", "--out", out).exit_code == 0


def test_check_tells_stale_missing_surplus_and_edited_files_apart(repository: Path, run: Run) -> None:
    run("render")
    azure = repository / "azure-pipelines" / "minimal"
    (azure / "review.yml").unlink()
    edited = azure / "deliver-dev.yml"
    edited.write_text(edited.read_text("utf-8") + "# mine\n", "utf-8")
    spec(repository, "minimal", MINIMAL.replace("min: 0.8", "min: 0.9").replace("- {id: test,", "- {id: unit,"))
    spec(repository, "second", MINIMAL.replace("name: minimal", "name: second"))
    run("render", "model-specs/second.yaml")
    (repository / "model-specs" / "second.yaml").unlink()
    before = tree(repository)
    result = run("render", "--check")
    assert result.exit_code == 1
    codes = {line.split(": ")[1].split(" ")[0] for line in result.stderr.splitlines() if ": PG4" in line}
    assert codes == {"PG410", "PG411", "PG412", "PG413"}
    assert "run: pipegen render model-specs/minimal.yaml" in result.stderr
    assert tree(repository) == before


def test_diff_prints_what_would_change_and_writes_nothing(repository: Path, run: Run) -> None:
    run("render")
    spec(repository, "minimal", MINIMAL.replace("min: 0.8", "min: 0.9"))
    before = tree(repository)
    result = run("render", "--diff", "--target", "github")
    assert (
        "+          --min auc=0.9" in result.stdout.replace("  --min", "          --min") or "auc=0.9" in result.stdout
    )
    assert tree(repository) == before


def test_prune_deletes_what_no_spec_makes_and_nothing_else(repository: Path, run: Run) -> None:
    second = spec(repository, "second", MINIMAL.replace("name: minimal", "name: second"))
    run("render")
    mine = repository / ".github" / "workflows" / "mine.yml"
    mine.write_text("on: push\n", "utf-8")
    second.unlink()
    result = run("render", "--prune")
    assert result.exit_code == 0, result.output
    assert mine.exists()
    assert not [path for path in tree(repository) if "second" in path]


def test_a_file_that_pipegen_did_not_write_is_never_overwritten(repository: Path, run: Run) -> None:
    mine = repository / ".github" / "workflows" / "minimal.review.yml"
    mine.parent.mkdir(parents=True)
    mine.write_text("on: push\n", "utf-8")
    result = run("render")
    assert result.exit_code == 1
    assert "PG401" in result.stderr
    assert mine.read_text("utf-8") == "on: push\n"


@pytest.mark.usefixtures("repository")
def test_check_and_prune_together_are_wrong_usage(run: Run) -> None:
    assert run("render", "--check", "--prune").exit_code == 2


# ---------------------------------------------------------------- the rest


def test_targets_are_listed_with_their_folders(run: Run) -> None:
    result = run("targets")
    assert result.exit_code == 0
    assert ".github/workflows/" in result.stdout


def test_gate_passes_arguments_and_exit_codes_through(repository: Path, run: Run) -> None:
    (repository / "metrics.json").write_text('{"auc": 0.7}', "utf-8")
    assert run("gate", "metrics", "--file", "metrics.json", "--min", "auc=0.7").exit_code == 0
    assert run("gate", "metrics", "--file", "metrics.json", "--min", "auc=0.8").exit_code == 1
    assert run("gate", "metrics", "--file", "nothing.json", "--min", "auc=0.8").exit_code == 2


@pytest.mark.parametrize(
    "command", [[], ["render"], ["validate"], ["explain"], ["schema"], ["targets"], ["gate", "metrics"]]
)
def test_every_command_has_help_with_examples(run: Run, command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "pipegen" in result.stdout or command == ["targets"]


def test_colours_are_for_terminals_only(repository: Path) -> None:
    spec(repository, "broken", BROKEN)
    done = subprocess.run(
        [sys.executable, "-m", "pipegen", "validate"],
        capture_output=True,
        check=False,
        env={**os.environ, "TERM": "xterm"},
    )
    assert done.returncode == 1
    assert b"\x1b[" not in done.stderr + done.stdout


HOSTILE_FILES = {
    "empty": b"",
    "two-documents": b"a: 1\n---\nb: 2\n",
    "not-utf8": b"pipegen: 1\nmodel: \xff\xfe\n",
    "deep": b"[" * 200_000,
    "large": b"a: " + b"x" * 10_000_000,
    "control": b'pipegen: 1\nmodel: {name: "a\x07"}\n',
    "duplicate": b"pipegen: 1\npipegen: 1\n",
    "laughs": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (x, x, *[x - 1] * 9) for x in range(98, 110)),
    "list": b"- a\n",
}


@pytest.mark.parametrize("name", sorted(HOSTILE_FILES))
def test_files_that_no_spec_can_be_are_refused_with_a_located_message(repository: Path, run: Run, name: str) -> None:
    (repository / "model-specs" / "bad.yaml").write_bytes(HOSTILE_FILES[name])
    before = set(repository.rglob("*"))
    result = run("render")
    assert result.exit_code == 1
    assert "model-specs/bad.yaml:" in result.stderr
    assert "PG0" in result.stderr
    assert "Traceback" not in result.output
    assert not [path for path in repository.rglob("*") if path not in before and "bad" in path.name]


@pytest.mark.parametrize(
    "text", ["[repository\n", "[repository]\nhost = 'svn'\n", "[pipegn]\n", "[pipegen]\nversion = '1'\n", "\xff"]
)
def test_a_broken_pipegen_toml_is_one_located_error(repository: Path, run: Run, text: str) -> None:
    (repository / "pipegen.toml").write_bytes(text.encode("latin-1"))
    result = run("render")
    assert result.exit_code == 1
    assert "pipegen.toml:" in result.stderr
    assert "Traceback" not in result.output
