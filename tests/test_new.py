"""`pipegen new`: a first spec that has no mistakes, wherever it is written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pages import ROOT
from pipegen.cli import main
from pipegen.config import HOSTS, Config, Host, Pin
from pipegen.onboarding.adoption import SCHEMA_FILE
from pipegen.onboarding.first_spec import Wanted, name_fault, nearest_name, spec_text
from pipegen.source import Source
from terminals import in_terminal

Run = Callable[..., Result]
PIN = Pin("0.1.0", "0" * 64)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with pipegen.toml and no spec, as the current folder."""
    shutil.copy(ROOT / "pipegen.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(main, arguments)


# ---------------------------------------------------------------- what is written


@pytest.mark.parametrize("more", [(), ("--full",), ("--target", "azure", "-t", "jenkins"), ("--path", ".")])
def test_a_new_spec_has_no_errors_and_no_warnings_and_renders(
    repository: Path, run: Run, more: tuple[str, ...]
) -> None:
    result = run("new", "fraud", "--owner", "risk", *more)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "pipegen explain model-specs/fraud.yaml" in result.stdout
    assert run("validate").stdout == "1 spec: 0 errors, 0 warnings\n"
    assert run("render").exit_code == 0
    assert run("render", "--check").exit_code == 0
    assert (repository / SCHEMA_FILE).read_text("utf-8") == run("schema").stdout


def test_what_was_said_stands_in_the_spec(repository: Path, run: Run) -> None:
    said = ("--owner", "yes", "--path", "models/a", "--python", "3.12", "-t", "github")
    assert run("new", "fraud-detection", *said).exit_code == 0
    data = Source.read(repository / "model-specs" / "fraud-detection.yaml", "x").data
    assert data["model"] == {"name": "fraud-detection", "owner": "yes", "path": "models/a"}
    assert data["targets"] == ["github"]
    assert isinstance(data["runtime"], dict)
    assert data["runtime"]["python"] == "3.12"


TARGETS: dict[Host, tuple[str, ...]] = {"github": ("azure", "github", "jenkins"), "azure-repos": ("azure", "jenkins")}


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("host", HOSTS)
def test_a_new_spec_fits_every_host(repository: Path, run: Run, host: Host, *, full: bool) -> None:
    targets = ", ".join(f'"{name}"' for name in TARGETS.get(host, ("jenkins",)))
    pinned = (repository / "pipegen.toml").read_text("utf-8").partition("[pipegen]")[2]
    text = f'[repository]\nhost = "{host}"\ntargets = [{targets}]\n\n[pipegen]{pinned}'
    (repository / "pipegen.toml").write_text(text, "utf-8")
    result = run("new", "fraud", "--owner", "risk", *(("--full",) if full else ()))
    assert (result.exit_code, result.stderr) == (0, "")


SHARED = """
[[flow]]
branch = "feat/*"
[[flow]]
branch = "main"
environments = ["acceptance", "live"]
approvals = {merge = 2}
[environments.acceptance]
[environments.live]
approvals = {approvers = ["risk"]}
[defaults.runtime]
conda = {file = "environment.yml", name = "models"}
"""


@pytest.mark.parametrize("full", [False, True])
def test_what_pipegen_toml_says_for_all_models_is_left_out(repository: Path, run: Run, *, full: bool) -> None:
    settings = repository / "pipegen.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('"github", "gitlab", "jenkins"', '"github"') + SHARED, "utf-8"
    )
    result = run("new", "fraud", "--owner", "risk", *(("--full",) if full else ()))
    assert (result.exit_code, result.stderr) == (0, "")
    written = Source.read(repository / "model-specs" / "fraud.yaml", "x")
    assert not {"flow", "environments", "runtime"} & written.data.keys()
    assert "# flow" not in written.text


def test_without_a_pin_the_gate_is_a_comment_and_its_absence_is_said(repository: Path, run: Run) -> None:
    (repository / "pipegen.toml").write_text('[repository]\ntargets = ["github"]\n', "utf-8")
    result = run("new", "fraud", "--owner", "risk")
    assert result.exit_code == 0
    assert "PG259 warning" in result.stderr
    assert "    # gates:\n" in (repository / "model-specs" / "fraud.yaml").read_text("utf-8")


def test_every_commented_example_is_valid_when_it_is_used(repository: Path, run: Run) -> None:
    spec = repository / "model-specs" / "fraud.yaml"
    run("new", "fraud", "--owner", "risk")
    text = spec.read_text("utf-8")
    used = re.sub(
        r"^( *)# (?=(paths|cache|flow|environments): |(flow|environments):$|  )", r"\1", text, flags=re.MULTILINE
    )
    assert used.count("\n# ") < text.count("\n# ")
    spec.write_text(used, "utf-8")
    assert {"flow", "environments"} <= Source.read(spec, "x").data.keys()
    result = run("validate")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("pin", [None, PIN])
def test_no_line_is_longer_than_an_editor_shows(host: Host, pin: Pin | None, *, full: bool) -> None:
    text = spec_text(Wanted("fraud", "risk", "models/fraud", full=full), Config(host=host, pin=pin))
    assert max(map(len, text.splitlines())) <= 120
    assert not re.search(r"[ \t]$|\n\n\n|\{\{|\{%", text, re.MULTILINE)


# ---------------------------------------------------------------- what stays, and what is refused


def test_a_spec_that_exists_stays(repository: Path, run: Run) -> None:
    run("new", "fraud", "--owner", "risk")
    spec = repository / "model-specs" / "fraud.yaml"
    spec.write_text("mine: true\n", "utf-8")
    result = run("new", "fraud", "--owner", "other")
    assert result.exit_code == 2
    assert "model-specs/fraud.yaml" in result.stderr
    assert spec.read_text("utf-8") == "mine: true\n"


def test_a_model_that_has_a_spec_under_another_name_gets_no_second_one(repository: Path, run: Run) -> None:
    run("new", "fraud", "--owner", "risk")
    (repository / "model-specs" / "fraud.yaml").rename(repository / "model-specs" / "old.yaml")
    result = run("new", "fraud", "--owner", "risk")
    assert result.exit_code == 2
    assert "model-specs/old.yaml" in result.stderr
    assert not (repository / "model-specs" / "fraud.yaml").exists()


@pytest.mark.parametrize(
    ("name", "near", "reason"),
    [
        ("Fraud", "fraud", "upper-case"),
        ("fraud_detection", "fraud-detection", "joined by hyphens"),
        ("FraudDetection", "fraud-detection", "upper-case"),
        ("fraud detection", "fraud-detection", "joined by hyphens"),
        ("models/fraud", "models-fraud", "joined by hyphens"),
        ("fraud.yaml", "fraud-yaml", "joined by hyphens"),
        ("2fraud", "fraud", "begins with no letter"),
        ("fraud--v2", "fraud-v2", "stand alone"),
        ("fraud-", "fraud", "stand alone"),
        ("größe", "gr-e", "other characters"),
        ("a" * 41, "a" * 40, "more than 40"),
        ("123", None, "begins with no letter"),
        ("", None, "empty"),
    ],
)
def test_a_name_that_no_model_can_have_is_explained(name: str, near: str | None, reason: str) -> None:
    assert nearest_name(name) == near
    assert reason in name_fault(name)
    result = CliRunner().invoke(main, ["new", "--owner", "risk", "--", name])
    assert result.exit_code == 2
    assert f"Did you mean {near!r}?" in result.stderr if near else "Did you mean" not in result.stderr


@pytest.mark.parametrize("name", ["fraud", "fraud-detection", "a1-b2"])
def test_a_name_of_a_model_has_no_fault(name: str) -> None:
    assert name_fault(name) == ""


@pytest.mark.parametrize(
    "arguments",
    [("--owner", ""), ("--owner", "a/b"), ("--owner", "a", "--path", "a b"), ("--owner", "a", "--python", "3"), ()],
)
def test_what_a_spec_cannot_say_is_wrong_usage(repository: Path, run: Run, arguments: tuple[str, ...]) -> None:
    result = run("new", "fraud", *arguments)
    assert result.exit_code == 2
    assert not (repository / "model-specs").exists()


def test_a_broken_pipegen_toml_is_reported_and_nothing_is_written(repository: Path, run: Run) -> None:
    (repository / "pipegen.toml").write_text("[repository\n", "utf-8")
    result = run("new", "fraud", "--owner", "risk")
    assert result.exit_code == 1
    assert "pipegen.toml:1:" in result.stderr
    assert not (repository / "model-specs").exists()


# ---------------------------------------------------------------- what is asked


def test_a_terminal_asks_for_what_is_not_said_until_it_can_be_used(repository: Path) -> None:
    code, screen = in_terminal(repository, ["new", "fraud"], ["a/b", "risk", ""])
    assert code == 0, screen
    assert "'a/b' is not the name of a team" in screen
    assert "[models/fraud]" in screen
    data = Source.read(repository / "model-specs" / "fraud.yaml", "x").data
    assert data["model"] == {"name": "fraud", "owner": "risk", "path": "models/fraud"}
