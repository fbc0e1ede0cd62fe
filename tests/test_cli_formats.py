"""`--format`: standard output holds the findings in that form and nothing else, and exit codes stay what they are."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pages import ROOT
from pipegen.cli import main

MINIMAL = (ROOT / "model-specs" / "minimal.yaml").read_text("utf-8")
Run = Callable[..., Result]
Break = Callable[[Path], None]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one good spec and its files, as the current folder."""
    (tmp_path / "model-specs").mkdir()
    (tmp_path / "model-specs" / "minimal.yaml").write_text(MINIMAL, "utf-8")
    shutil.copy(ROOT / "pipegen.toml", tmp_path / "pipegen.toml")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["render"]).exit_code == 0
    return tmp_path


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


# ---------------------------------------------------------------- what a form says, as (severity, code, file)

Said = list[tuple[str, str, str]]


def said_by_json(output: str) -> Said:
    return [(each["severity"], each["code"], each["file"]) for each in json.loads(output)]


def said_by_github(output: str) -> Said:
    found = [re.fullmatch(r"::(error|warning) file=([^,]+),.*?title=(PG\d+)::.+", each) for each in output.splitlines()]
    return [(each[1], each[3], each[2]) for each in found if each or pytest.fail(f"no command:\n{output}")]


def said_by_sarif(output: str) -> Said:
    (run,) = json.loads(output)["runs"]
    return [
        (each["level"], each["ruleId"], each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for each in run["results"]
    ]


SAID = {"json": said_by_json, "github": said_by_github, "sarif": said_by_sarif}


def said_by_text(errors: str) -> Said:
    found = re.findall(r"^(\S+?):(?:\d+:\d+:)? (PG\d+) (warning: )?", errors, re.MULTILINE)
    return [("warning" if warning else "error", code, file) for file, code, warning in found]


# ---------------------------------------------------------------- what can be wrong


def _nothing(_root: Path) -> None:
    pass


def _broken(root: Path) -> None:
    (root / "model-specs" / "broken.yaml").write_text(MINIMAL.replace("owner:", "ownr:"), "utf-8")


def _warned(root: Path) -> None:
    spec = MINIMAL.replace(", restore: ./restore.sh", "")
    (root / "model-specs" / "minimal.yaml").write_text(spec, "utf-8")


def _stale(root: Path) -> None:
    (root / "model-specs" / "minimal.yaml").write_text(MINIMAL.replace("min: 0.8", "min: 0.9"), "utf-8")


def _foreign(root: Path) -> None:
    (root / ".github" / "workflows" / "minimal.review.yml").write_text("on: push\n", "utf-8")


def _without_specs(root: Path) -> None:
    shutil.rmtree(root / "model-specs")


def _without_settings(root: Path) -> None:
    (root / "pipegen.toml").write_text("[repository\n", "utf-8")


RUNS = [
    pytest.param(["validate"], _nothing, 0, set(), id="validate a clean repository"),
    pytest.param(["validate"], _broken, 1, {"PG101", "PG102"}, id="validate a broken spec"),
    pytest.param(["validate"], _warned, 0, {"PG260"}, id="validate a spec with a warning"),
    pytest.param(["validate"], _without_specs, 2, {"PG016"}, id="validate nothing"),
    pytest.param(["validate"], _without_settings, 1, {"PG020"}, id="validate with a broken pipegen.toml"),
    pytest.param(["render", "--check"], _nothing, 0, set(), id="check a clean repository"),
    pytest.param(["render", "--check"], _stale, 1, {"PG410"}, id="check stale files"),
    pytest.param(["render", "--check"], _broken, 1, {"PG101", "PG102"}, id="check a broken spec"),
    pytest.param(["render", "--check"], _without_settings, 1, {"PG020"}, id="check with a broken pipegen.toml"),
    pytest.param(["render"], _nothing, 0, set(), id="render again"),
    pytest.param(["render"], _foreign, 1, {"PG401"}, id="render over a person's file"),
]


@pytest.mark.parametrize("form", SAID)
@pytest.mark.parametrize(("arguments", "prepare", "exit_code", "codes"), RUNS)
def test_every_form_says_the_same_and_exits_the_same(
    repository: Path, run: Run, arguments: list[str], prepare: Break, exit_code: int, codes: set[str], form: str
) -> None:
    prepare(repository)
    text, other = run(*arguments), run(*arguments, "--format", form)
    assert (text.exit_code, other.exit_code) == (exit_code, exit_code)
    found = SAID[form](other.stdout)
    assert found == said_by_text(text.stderr)
    assert {code for severity, code, _ in found if severity == "error"} == (codes if exit_code else set())
    assert codes <= {code for _, code, _ in found}


@pytest.mark.parametrize("form", SAID)
@pytest.mark.parametrize("arguments", [["validate"], ["render"], ["render", "--check"]], ids=" ".join)
@pytest.mark.usefixtures("repository")
def test_what_people_read_besides_goes_to_standard_error(run: Run, arguments: list[str], form: str) -> None:
    text, other = run(*arguments, "--verbose"), run(*arguments, "--verbose", "--format", form)
    assert text.stdout
    assert other.stderr == text.stdout
    assert run(*arguments, "--quiet", "--format", form).stderr == ""


@pytest.mark.usefixtures("repository")
def test_no_findings_are_an_empty_list_no_command_and_a_log_without_results(run: Run) -> None:
    assert run("validate", "--format", "json").stdout == "[]\n"
    assert run("validate", "--format", "github").stdout == ""
    assert json.loads(run("validate", "--format", "sarif").stdout)["runs"][0]["results"] == []


def test_a_finding_of_a_spec_leads_to_its_line_in_the_pull_request(repository: Path, run: Run) -> None:
    _broken(repository)
    first = run("render", "--check", "--format", "github").stdout.splitlines()[0]
    assert first.startswith("::error file=model-specs/broken.yaml,line=2,endLine=2,col=1,endColumn=6,title=PG102::")


@pytest.mark.usefixtures("repository")
def test_a_file_below_another_folder_is_named_as_in_the_repository(
    run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("out")
    found = SAID["github"](run("render", "--check", "--out", str(out), "--format", "github").stdout)
    assert ("error", "PG411", "azure-pipelines/minimal/review.yml") in found


@pytest.mark.usefixtures("repository")
def test_the_environment_names_a_form_where_the_command_line_does_not(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPEGEN_FORMAT", "json")
    assert run("validate").stdout == "[]\n"
    assert run("validate", "--format", "text").stdout == "1 spec: 0 errors, 0 warnings\n"


@pytest.mark.parametrize("arguments", [["render", "--diff", "--format", "json"], ["validate", "--format", "xml"]])
@pytest.mark.usefixtures("repository")
def test_a_form_that_has_no_place_is_wrong_usage(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "format" in result.stderr
