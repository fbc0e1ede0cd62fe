"""Bad places: what the operating system refuses is one clear finding, and the files of that spec are as before."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from disk import tree
from pages import ROOT
from runners import require

MINIMAL = (ROOT / "model-specs" / "minimal.yaml").read_text("utf-8")
PIPEGEN = (sys.executable, "-m", "pipegen")
NAMES = ("alpha", "beta", "gamma", "zeta")
NEW = ("min: 0.8", "min: 0.9")


def lay_out(root: Path, *names: str) -> None:
    (root / "model-specs").mkdir(parents=True)
    shutil.copy(ROOT / "pipegen.toml", root)
    for name in names:
        write_spec(root, name, MINIMAL.replace("minimal", name))


def write_spec(root: Path, name: str, text: str) -> None:
    (root / "model-specs" / f"{name}.yaml").write_text(text, "utf-8")


def change(root: Path, name: str, old: str, new: str) -> None:
    """So that every pipeline of the spec is to be written anew: its header has a digest of the spec."""
    text = (root / "model-specs" / f"{name}.yaml").read_text("utf-8")
    assert old in text
    write_spec(root, name, text.replace(old, new))


def outputs(root: Path, name: str) -> dict[str, tuple[int, str | bytes]]:
    """The generated files of a model, and whatever else stands beside them under its name."""
    own = re.compile(
        rf"(azure-pipelines|jenkins)/{name}/.+|[.]github/workflows/{name}[.].+|[.]gitlab/pipegen/{name}[.]yml"
    )
    return {path: entry for path, entry in tree(root).items() if own.fullmatch(path)}


def left_over(root: Path) -> list[str]:
    return [path for path in tree(root) if "/.pipegen-" in path]


def run(root: Path, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*prefix, *PIPEGEN, *arguments], cwd=root, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def codes(done: subprocess.CompletedProcess[str]) -> set[str]:
    return set(re.findall(r": (PG\d+) (?!warning)", done.stderr))


# ---------------------------------------------------------------- rights


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    lay_out(tmp_path, "alpha", "beta")
    assert run(tmp_path, "render").returncode == 0
    return tmp_path


def as_a_person(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs pipegen without the right of root to pass over modes."""
    without = "-dac_override,-dac_read_search"
    root_only = ("setpriv", f"--bounding-set={without}", f"--inh-caps={without}", "--") if os.geteuid() == 0 else ()
    if root_only:
        require(root_only[0])
    return run(root, *arguments, prefix=root_only)


@pytest.mark.parametrize("folder", ["azure-pipelines/alpha", "jenkins/alpha", ".github/workflows"])
def test_a_read_only_folder_keeps_all_files_of_the_spec_on_every_target(repository: Path, folder: str) -> None:
    change(repository, "alpha", *NEW)
    (repository / folder).chmod(0o555)
    before = tree(repository)
    done = as_a_person(repository, "render")
    assert (done.returncode, codes(done)) == (1, {"PG406"})
    assert f"{folder}" in done.stderr
    assert "cannot be written: Permission denied" in done.stderr
    assert tree(repository) == before


def test_a_read_only_folder_holds_up_no_other_spec(repository: Path) -> None:
    for name in ("alpha", "beta"):
        change(repository, name, *NEW)
    (repository / "azure-pipelines" / "alpha").chmod(0o555)
    before = outputs(repository, "alpha")
    assert as_a_person(repository, "render").returncode == 1
    assert outputs(repository, "alpha") == before
    assert run(repository, "render", "--check", "model-specs/beta.yaml").returncode == 0


def test_below_a_read_only_root_no_folder_is_made(tmp_path: Path) -> None:
    lay_out(tmp_path, "alpha")
    tmp_path.chmod(0o555)
    before = tree(tmp_path)
    done = as_a_person(tmp_path, "render")
    assert (done.returncode, codes(done)) == (1, {"PG406"})
    assert tree(tmp_path) == before


def test_a_file_in_a_read_only_folder_is_not_pruned_and_said_so(repository: Path) -> None:
    (repository / "model-specs" / "beta.yaml").unlink()
    (repository / "jenkins" / "beta").chmod(0o555)
    before = outputs(repository, "beta")
    done = as_a_person(repository, "render", "--prune")
    assert (done.returncode, codes(done)) == (1, {"PG406"})
    assert "cannot be deleted: Permission denied" in done.stderr
    kept = {path: entry for path, entry in before.items() if path.startswith("jenkins/")}
    assert outputs(repository, "beta") == kept


def test_a_read_only_repository_can_be_checked(repository: Path) -> None:
    for place in [repository, *repository.rglob("*")]:
        place.chmod(place.stat().st_mode & ~0o222)
    assert as_a_person(repository, "render", "--check").returncode == 0
    assert as_a_person(repository, "render").returncode == 0, "nothing is to be written"


@pytest.mark.parametrize(
    ("unreadable", "exit_code", "code"),
    [
        ("model-specs/alpha.yaml", 1, "PG001"),
        ("pipegen.toml", 1, "PG001"),
        ("azure-pipelines/alpha/review.yml", 1, "PG406"),
    ],
)
def test_what_cannot_be_read_is_named(repository: Path, unreadable: str, exit_code: int, code: str) -> None:
    (repository / unreadable).chmod(0)
    before = tree(repository)
    done = as_a_person(repository, "render")
    assert (done.returncode, codes(done)) == (exit_code, {code})
    assert f"{unreadable}: {code}" in done.stderr
    assert tree(repository) == before


@pytest.mark.parametrize("arguments", [[], ["--check"], ["--prune"]], ids=" ".join)
def test_specs_that_cannot_be_read_are_not_specs_that_are_gone(repository: Path, arguments: list[str]) -> None:
    (repository / "model-specs").chmod(0)
    before = tree(repository)
    done = as_a_person(repository, "render", *arguments)
    assert (done.returncode, codes(done)) == (2, {"PG016"})
    assert "model-specs: PG016 no spec here: Permission denied" in done.stderr
    assert tree(repository) == before


@pytest.mark.parametrize("arguments", [["--check"], ["--prune"]], ids=" ".join)
@pytest.mark.parametrize(("name", "code"), [("no\tspec.yaml", "PG017"), ("link.yaml", "PG016")])
def test_a_spec_that_cannot_be_used_is_not_passed_over(
    tmp_path: Path, name: str, code: str, arguments: list[str]
) -> None:
    lay_out(tmp_path)
    (tmp_path / "model-specs" / name).symlink_to("nowhere.yaml" if code == "PG016" else "../pipegen.toml")
    done = run(tmp_path, "render", *arguments)
    assert (done.returncode, codes(done)) == (2, {code})


# ---------------------------------------------------------------- space


def make_gamma_large(root: Path) -> None:
    """The third spec's files become larger than those of all others, but for the ones that run no stage."""
    change(root, "gamma", "pytest --junitxml", f"true {'x' * 40_000} && pytest --junitxml")


def test_a_file_that_the_system_refuses_in_the_third_of_four_specs_keeps_that_spec_alone(tmp_path: Path) -> None:
    lay_out(tmp_path, *NAMES)
    assert run(tmp_path, "render").returncode == 0
    for name in NAMES:
        change(tmp_path, name, *NEW)
    make_gamma_large(tmp_path)
    before = outputs(tmp_path, "gamma")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, limits[1]))
    try:
        done = run(tmp_path, "render")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (done.returncode, codes(done)) == (1, {"PG406"})
    assert "gamma" in done.stderr
    assert (outputs(tmp_path, "gamma"), left_over(tmp_path)) == (before, [])
    for name in {*NAMES} - {"gamma"}:
        assert run(tmp_path, "render", "--check", f"model-specs/{name}.yaml").returncode == 0


@dataclass(frozen=True, slots=True)
class Disk:
    """A small file system of its own: where this process sees it, and the command that sees it as everybody does."""

    root: Path
    prefix: tuple[str, ...]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(ROOT, *arguments, prefix=self.prefix)

    def leave(self, free: int) -> None:
        """Fill the disk up to so many bytes."""
        space = os.statvfs(self.root)
        (self.root / "filler").write_bytes(b"x" * (space.f_bavail * space.f_bsize - free))

    def pages(self, name: str) -> int:
        """Bytes that the files of a model take."""
        sizes = (len(entry) for _, entry in outputs(self.root, name).values() if isinstance(entry, bytes))
        return sum(-(-size // 4096) * 4096 for size in sizes)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system in memory, in a mount namespace that ends with the process that holds it."""
    script = 'mount -t tmpfs -o size=8m,mode=755 pipegen "$0" && echo ready && exec cat'
    command = [require("unshare"), "-rm", "sh", "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as holder:
        if not (holder.stdout and holder.stdout.readline() == b"ready\n"):
            pytest.skip("this machine lets nobody mount a file system in a namespace")
        inside = (require("nsenter"), "-t", str(holder.pid), "-U", "--preserve-credentials", "-m")
        there = ("sh", "-c", 'cd "$0" && exec "$@"', str(tmp_path))
        yield Disk(Path(f"/proc/{holder.pid}/root{tmp_path}"), (*inside, *there))


def test_a_disk_that_is_full_in_the_middle_of_the_third_spec_keeps_that_spec_as_it_was(disk: Disk) -> None:
    lay_out(disk.root, *NAMES)
    make_gamma_large(disk.root)
    assert disk.run("render").returncode == 0
    for name in NAMES:
        change(disk.root, name, *NEW)
    before = outputs(disk.root, "gamma")
    small, large = disk.pages("alpha"), disk.pages("gamma")
    assert 2 * small < large, "so there is room for what the others need, and for a part of what gamma needs"
    disk.leave(large)
    done = disk.run("render")
    assert (done.returncode, codes(done)) == (1, {"PG406"})
    assert re.search(r"gamma\S*: PG406 cannot be written: No space left on device", done.stderr)
    assert (outputs(disk.root, "gamma"), left_over(disk.root)) == (before, [])
    for name in {*NAMES} - {"gamma"}:
        assert disk.run("render", "--check", f"model-specs/{name}.yaml").returncode == 0
    (disk.root / "filler").unlink()
    assert disk.run("render").returncode == 0
    assert disk.run("render", "--check").returncode == 0


def test_a_full_disk_makes_no_new_file_and_leaves_no_folder(disk: Disk) -> None:
    lay_out(disk.root, "alpha")
    make = disk.run("render", "--target", "azure", "--out", "elsewhere")
    assert make.returncode == 0
    disk.leave(3 * 4096)
    before = tree(disk.root)
    done = disk.run("render")
    assert (done.returncode, codes(done)) == (1, {"PG406"})
    assert tree(disk.root) == before


# ---------------------------------------------------------------- the repository


def test_of_two_specs_with_one_model_neither_takes_the_files(repository: Path) -> None:
    write_spec(repository, "aa-copy", MINIMAL.replace("minimal", "alpha").replace(*NEW))
    change(repository, "beta", *NEW)
    before = outputs(repository, "alpha")
    done = run(repository, "render", "--prune")
    assert (done.returncode, codes(done)) == (1, {"PG290"})
    assert "the model 'alpha' has a spec already: model-specs/aa-copy.yaml:2" in done.stderr
    assert outputs(repository, "alpha") == before
    assert run(repository, "render", "--check", "model-specs/beta.yaml").returncode == 0


def test_a_hook_outside_git_says_so_once_and_is_content_when_all_is_written(tmp_path: Path) -> None:
    lay_out(tmp_path, "alpha")
    first, second = (run(tmp_path, "render", "--prune", "--fail-on-change") for _ in range(2))
    assert first.returncode == 1
    assert "There is no git repository here" in first.stderr
    assert second.returncode == 0
    assert "git" not in second.stderr


def test_a_hook_in_a_folder_that_is_no_repository_at_all_is_wrong_usage(tmp_path: Path) -> None:
    for arguments in (("render", "--prune", "--fail-on-change"), ("render", "--check"), ("validate",)):
        done = run(tmp_path, *arguments)
        assert (done.returncode, codes(done)) == (2, {"PG016"})
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_used_is_named_in_place_of_a_difference(tmp_path: Path) -> None:
    lay_out(tmp_path, "alpha")
    (tmp_path / "jenkins").write_text("", "utf-8")
    done = run(tmp_path, "render", "--diff")
    assert (done.returncode, done.stdout) == (1, "")
    assert "jenkins/alpha/change.Jenkinsfile: PG405 jenkins is a file where a folder is needed" in done.stderr
