"""The TAB key: what real shells offer for what has been typed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pages import BIN, ROOT
from pipegen.cli import main
from runners import require

ENVIRONMENT = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
ASKING = """
eval "$(pipegen completion bash)"
complete -p pipegen >&2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_pipegen_completion pipegen
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "model-specs", tmp_path / "model-specs")
    shutil.copy(ROOT / "pipegen.toml", tmp_path)
    return tmp_path


def _offered(folder: Path, *typed: str) -> list[str]:
    command = [require("bash"), "-c", ASKING, "bash", *typed]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert "_pipegen_completion" in done.stderr, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("ren",), ["render"]),
        (("render", "--ch"), ["--check"]),
        (("render", "--target", ""), ["azure", "github", "gitlab", "jenkins", "all"]),
        (("render", "-t", "az"), ["azure"]),
        (("render", "model-specs/de"), ["model-specs/demand-forecast.yaml"]),
        (("validate", "mo"), sorted(f"model-specs/{path.name}" for path in (ROOT / "model-specs").glob("*.yaml"))),
        (("explain", "model-specs/min"), ["model-specs/minimal.yaml"]),
        (("eject", "model-specs/min"), ["model-specs/minimal.yaml"]),
        (("init", "--host", "gitl"), ["gitlab"]),
    ],
)
def test_bash_completes(repository: Path, typed: tuple[str, ...], offered: list[str]) -> None:
    assert _offered(repository, "pipegen", *typed) == offered


def test_bash_lists_every_command(repository: Path) -> None:
    assert _offered(repository, "pipegen", "") == main.list_commands(
        main.make_context("pipegen", ["--help"], resilient_parsing=True)
    )


@pytest.mark.parametrize(
    ("shell", "sign"), [("bash", "complete -o"), ("zsh", "#compdef pipegen"), ("fish", "complete ")]
)
def test_every_shell_has_its_script(shell: str, sign: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert sign in result.stdout


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_is_one_that_its_shell_can_read(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = CliRunner().invoke(main, ["completion", shell]).stdout
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_an_unknown_shell_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["completion", "cmd"]).exit_code == 2


def test_a_shell_waits_for_no_import_to_list_commands() -> None:
    listing = "import pipegen.cli as cli; cli.main(prog_name='pipegen', standalone_mode=False)"
    script = f"import sys\ntry:\n    {listing}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    asked = {"_PIPEGEN_COMPLETE": "bash_complete", "COMP_WORDS": "pipegen ", "COMP_CWORD": "1"}
    environment = os.environ | asked | {"PYTHONPATH": str(ROOT / "generator")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert "plain,render" in done.stdout
    assert not {"pydantic", "jinja2", "pipegen.cli.render"} & set(done.stderr.split())
