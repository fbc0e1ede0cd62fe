"""Git repositories whose commits run pipegen's hooks by the real pre-commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pages import BIN, ROOT
from runners import missing, require

OFFLINE = re.compile(
    r"No matching distribution|Failed to establish a new connection|Temporary failure in name|Read timed out|SSLError"
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder under git; what pre-commit installs is shared by `home`."""

    root: Path
    home: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PRE_COMMIT_HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "NO_COLOR": "1",
            "LC_ALL": "C.UTF-8",
            **{f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        environment.pop("PYTHONPATH", None)
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def git(self, *arguments: str) -> str:
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def commit(self) -> tuple[int, str]:
        """What committing the index ends with and prints."""
        done = self.run("git", "commit", "-m", "a change")
        return done.returncode, done.stdout + done.stderr

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")

    def follow(self, advice: str) -> None:
        """Runs the `git add` commands that the hook printed, as a person pastes them."""
        commands = re.findall(r"^ +(git add .*)$", advice, re.MULTILINE)
        assert commands, advice
        for command in commands:
            done = self.run("bash", "-c", command)
            assert done.returncode == 0, done.stderr

    def committed(self) -> set[str]:
        return set(self.git("ls-tree", "-r", "--name-only", "HEAD").splitlines())


def hook_source(root: Path, home: Path) -> Repository:
    """The files of the checkout as they are now, as a git repository that pre-commit can install hooks from."""
    source = Repository(root, home)
    listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!tests")
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for path in filter(None, listed.stdout.split("\0")):
        if (ROOT / path).is_file():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, root / path)
    source.git("init", "-q", "-b", "main")
    source.git("add", "--all")
    source.git("commit", "-q", "-m", "the hooks")
    return source


def hooked(root: Path, source: Repository, *hooks: str) -> Repository:
    """A repository with one committed spec, its pipelines, and the hooks installed."""
    made = Repository(root, source.home)
    revision = source.git("rev-parse", "HEAD").strip()
    listed = "".join(f"      - id: {hook}\n" for hook in hooks)
    made.write(".pre-commit-config.yaml", f"repos:\n  - repo: {source.root}\n    rev: {revision}\n    hooks:\n{listed}")
    shutil.copy(ROOT / "pipegen.toml", root)
    made.write("model-specs/minimal.yaml", (ROOT / "model-specs" / "minimal.yaml").read_text("utf-8"))
    made.git("init", "-q", "-b", "main")
    rendered = made.run("pipegen", "render", "--quiet")
    assert rendered.returncode == 0, rendered.stderr
    made.git("add", "--all")
    made.git("commit", "-q", "-m", "as it was")
    require("pre-commit")
    installed = made.run("pre-commit", "install", "--install-hooks")
    if installed.returncode and OFFLINE.search(installed.stdout + installed.stderr):
        missing("pre-commit cannot install the hooks: no package index is reachable")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return made
