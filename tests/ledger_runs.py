"""Runs of `pipegen ledger`, in this process and in others, on real repositories and folders."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deliveries import ROOT
from pipegen.ledger.__main__ import main
from pipegen.ledger.places import FolderPlace, GitPlace, Place

DONE, FINDING, CANNOT = 0, 1, 2
COMMIT = "c" * 40
ARTIFACT = "a" * 64
HOSTILE = "a\x1b[2J\u202e|<b>&\"']]>`*_[x](javascript:y) ##vso[task.complete] \udcff\\"
BRANCH = "pipegen-ledger"


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str


def ledger(*words: str) -> Run:
    """Run a command in this process."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(words)
    return Run(code, out.getvalue(), err.getvalue())


def command(*words: str) -> list[str]:
    """The same command as a process of its own."""
    return [sys.executable, "-m", "pipegen.ledger", *words]


def surroundings(**more: str) -> dict[str, str]:
    """The environment of such a process, without what this one inherited from a pipeline."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIPEGEN_", "GIT_"))}
    return inherited | {"PYTHONPATH": str(ROOT / "generator")} | more


def where(place: Place) -> list[str]:
    """The options that name a place."""
    if isinstance(place, FolderPlace):
        return ["--folder", str(place.folder)]
    return ["--remote", place.remote, "--branch", place.branch]


def git(folder: Path, *words: str, content: bytes | None = None) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, input=content, capture_output=True, check=True, env=surroundings()
    )
    return done.stdout.decode().strip()


def repository(folder: Path) -> GitPlace:
    """A new bare repository, without the branch."""
    folder.mkdir(parents=True)
    git(folder, "init", "--bare", "--quiet")
    return GitPlace(str(folder), BRANCH)


def deploy(place: Place, version: str, *words: str, model: str = "churn", environment: str = "prod") -> Run:
    about = ("--model", model, "--environment", environment, "--version", version, "--commit", COMMIT)
    return ledger("add", "deployment", *about, *words, *where(place))


def content_of(place: Place) -> dict[str, bytes]:
    """The files of a ledger, read without its own code."""
    if isinstance(place, FolderPlace):
        found = (path for path in place.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(place.folder).as_posix(): path.read_bytes() for path in found}
    paths = git(Path(place.remote), "ls-tree", "-r", "--name-only", place.branch).splitlines()
    return {path: _blob(place, path) for path in paths}


def put_back(place: Place, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Make the ledger consist of exactly these files: in a folder, or by one commit on its branch."""
    if isinstance(place, FolderPlace):
        for path in content_of(place):
            (place.folder / path).unlink()
        _write(place.folder, files)
        return
    with _work_tree(place) as tree:
        for path in content_of(place):
            (tree / path).unlink()
        _write(tree, files)
        git(tree, "add", "--all")
        git(tree, "commit", "--quiet", "--message", "by hand", *(["--amend"] if force else []))
        git(tree, "push", "--quiet", *(["--force"] if force else []), "origin", f"HEAD:{place.branch}")


@contextlib.contextmanager
def _work_tree(place: GitPlace) -> Iterator[Path]:
    tree = Path(place.remote).with_name("by-hand")
    git(tree.parent, "clone", "--quiet", "--branch", place.branch, place.remote, str(tree))
    try:
        yield tree
    finally:
        subprocess.run(["rm", "-rf", str(tree)], check=True)


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def _blob(place: GitPlace, path: str) -> bytes:
    shown = ["git", "cat-file", "blob", f"{place.branch}:{path}"]
    return subprocess.run(shown, cwd=place.remote, capture_output=True, check=True, env=surroundings()).stdout
