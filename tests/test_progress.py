"""Progress: a person at a terminal sees how far a long run is, and nobody else sees anything of it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pages import ROOT
from pipegen.cli.progress import MANY

COMMANDS = [["validate"], ["render"], ["render", "--check"]]
MINIMAL = (ROOT / "model-specs" / "minimal.yaml").read_text("utf-8")
WITHOUT_RICH = "import sys; sys.modules['rich'] = None; from pipegen.cli import main; main(prog_name='pipegen')"
AS_USUAL = "from pipegen.cli import main; main(prog_name='pipegen')"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one spec more than may go without a bar, and a mistake in one of them."""
    root = tmp_path_factory.mktemp("many")
    lay_out(root, MANY + 1)
    (root / "model-specs" / "m0.yaml").write_text(MINIMAL.replace("owner:", "ownr:"), "utf-8")
    return root


def lay_out(root: Path, number: int) -> None:
    (root / "model-specs").mkdir()
    (root / "pipegen.toml").write_bytes((ROOT / "pipegen.toml").read_bytes())
    for each in range(number):
        spec = MINIMAL.replace("name: minimal", f"name: m{each}").replace("models/minimal", f"models/m{each}")
        (root / "model-specs" / f"m{each}.yaml").write_text(spec, "utf-8")


def on_a_terminal(root: Path, *arguments: str, program: str = AS_USUAL, **environment: str) -> str:
    """What a command writes to standard error when that is a terminal."""
    ours, theirs = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment}
    command = [sys.executable, "-c", program, *arguments]
    started = subprocess.Popen(command, cwd=root, env=variables, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    written = b""
    while piece := _read(ours):
        written += piece
    os.close(ours)
    started.wait(timeout=60)
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how a pseudo-terminal says that its other end is closed
        return b""


def left_on_screen(written: str) -> list[str]:
    """The lines that a person sees in the end, after all that the cursor has done."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\r":
            column = 0
        elif part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part.startswith("\x1b["):
            row -= int(part[2:-1] or 1) if part.endswith("A") else 0
        else:
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return lines


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_terminal_shows_how_many_specs_are_done(many: Path, command: list[str]) -> None:
    written = on_a_terminal(many, *command)
    assert f"{MANY + 1}/{MANY + 1}" in written


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_is_left_of_the_bar(many: Path, command: list[str]) -> None:
    written = on_a_terminal(many, *command)
    plain = subprocess.run([sys.executable, "-c", AS_USUAL, *command], cwd=many, capture_output=True, check=False)
    assert left_on_screen(written) == [*plain.stderr.decode().splitlines(), ""]
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h"), "the cursor is hidden"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_pipe_gets_nothing_of_it(many: Path, command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", AS_USUAL, *command], cwd=many, capture_output=True, check=False)
    assert b"\x1b" not in done.stderr + done.stdout
    assert b"51/51" not in done.stderr + done.stdout


def test_quiet_means_quiet(many: Path) -> None:
    assert "/51" not in on_a_terminal(many, "validate", "--quiet")


def test_a_terminal_that_cannot_move_its_cursor_gets_no_bar(many: Path) -> None:
    assert "/51" not in on_a_terminal(many, "validate", TERM="dumb")


def test_without_colours_the_bar_has_none(many: Path) -> None:
    written = on_a_terminal(many, "validate", NO_COLOR="1")
    assert "51/51" in written
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", written)


def test_without_rich_there_is_no_bar_and_all_else_is_the_same(many: Path) -> None:
    written = on_a_terminal(many, "validate", program=WITHOUT_RICH, NO_COLOR="1")
    plain = subprocess.run([sys.executable, "-c", AS_USUAL, "validate"], cwd=many, capture_output=True, check=False)
    assert written.replace("\r\n", "\n").encode() == plain.stderr


def test_few_specs_need_no_bar_and_never_load_what_draws_it(tmp_path: Path) -> None:
    lay_out(tmp_path, 2)
    told = "import sys, atexit; atexit.register(lambda: print('rich' in sys.modules, file=sys.stderr)); "
    assert on_a_terminal(tmp_path, "validate", program=told + AS_USUAL) == "False\r\n"
