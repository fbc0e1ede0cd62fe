"""The cache: a run that remembers does exactly what one without memory does, and compiles only what has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cache_edits import ALL, CHURN, EDITS, REVIEW, lay_out
from disk import tree
from pipegen import compiler
from pipegen.cache import key
from pipegen.cli import main

MODES = {
    "check": ("render", "--check"),
    "check for programs": ("render", "--check", "--format", "json"),
    "check of one spec": ("render", "--check", CHURN),
    "render": ("render", "--verbose"),
    "render and tidy up": ("render", "--prune", "--overwrite-edited", "--verbose"),
    "render as a hook": ("render", "--prune", "--fail-on-change"),
    "render for one target": ("render", "--target", "jenkins", "--verbose"),
    "preview": ("render", "--diff"),
    "elsewhere": ("render", "--out", "elsewhere", "--verbose"),
}

SIGNS_OF_CI = ("CI", "TF_BUILD", "JENKINS_URL")
Outcome = tuple[int, str, str, dict[str, tuple[int, str | bytes]]]


@dataclass(frozen=True, slots=True)
class World:
    """A repository whose files are up to date, and a cache that knows all of it."""

    root: Path
    caches: Path
    compiled: list[str]

    def run(self, *arguments: str) -> tuple[int, str, str]:
        self.compiled.clear()
        done = CliRunner().invoke(main, list(arguments))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done.exit_code, done.stdout, done.stderr

    def outcome(self, *arguments: str) -> Outcome:
        return *self.run(*arguments), tree(self.root)

    @property
    def file(self) -> Path:
        """Where the cache is for all targets that the specs name."""
        (file,) = self.caches.iterdir()
        return file


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repository and the cache as they are after some runs."""
    place = tmp_path_factory.mktemp("world")
    lay_out(place / "repository")
    (place / "program").mkdir()
    with pytest.MonkeyPatch.context() as patched:
        for part in ("PACKAGE", "TEMPLATES"):
            patched.setattr(key, part, place / "program")
        patched.setenv("PIPEGEN_CACHE_DIR", str(place / "caches"))
        for variable in SIGNS_OF_CI:
            patched.delenv(variable, raising=False)
        patched.chdir(place / "repository")
        for mode in ("check", "render", "render for one target"):
            assert CliRunner().invoke(main, MODES[mode]).exit_code == (mode == "check")
    shutil.copytree(place / "repository", place / "original" / "repository")
    shutil.copytree(place / "caches", place / "original" / "caches")
    return place


def restore(place: Path) -> None:
    for name in ("repository", "caches", "outside"):
        shutil.rmtree(place / name, ignore_errors=True)
    for name in ("repository", "caches"):
        shutil.copytree(place / "original" / name, place / name, symlinks=True)


@pytest.fixture
def world(pristine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    restore(pristine)
    compiled: list[str] = []
    compile_spec, compile_root = compiler.compile_spec, compiler.compile_root

    def watched(repository: compiler.Repository, path: str, targets: tuple[str, ...] = ()) -> compiler.Compiled:
        compiled.append(path)
        return compile_spec(repository, path, targets)

    def watched_root(repository: compiler.Repository, targets: tuple[str, ...] = ()) -> compiler.Compiled:
        compiled.append("root")
        return compile_root(repository, targets)

    monkeypatch.setattr(compiler, "compile_spec", watched)
    monkeypatch.setattr(compiler, "compile_root", watched_root)
    # Whoever works on the program while its tests run would make it forget.
    for part in ("PACKAGE", "TEMPLATES"):
        monkeypatch.setattr(key, part, pristine / "program")
    monkeypatch.setenv("PIPEGEN_CACHE_DIR", str(pristine / "caches"))
    for variable in SIGNS_OF_CI:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(pristine / "repository")
    yield World(pristine / "repository", pristine / "caches", compiled)
    os.chdir(pristine)


def same_as_without(world: World, arguments: tuple[str, ...], backup: Path) -> None:
    """Runs with the cache, then from the same state without it."""
    shutil.rmtree(backup, ignore_errors=True)
    shutil.copytree(world.root, backup, symlinks=True)
    remembering = world.outcome(*arguments)
    shutil.rmtree(world.root)
    shutil.copytree(backup, world.root, symlinks=True)
    os.chdir(world.root)
    assert remembering == world.outcome(*arguments, "--no-cache")


# ---------------------------------------------------------------- the same, only faster


@pytest.mark.parametrize("mode", ["check", "render and tidy up"])
@pytest.mark.parametrize("event", EDITS)
def test_a_run_does_what_one_without_a_cache_does(event: str, mode: str, world: World, tmp_path: Path) -> None:
    EDITS[event][0](world.root)
    same_as_without(world, MODES[mode], tmp_path / "backup")
    same_as_without(world, MODES[mode], tmp_path / "backup")


@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_between_runs_each_does_what_one_without_a_cache_does(
    data: st.DataObject, world: World, tmp_path: Path
) -> None:
    restore(world.root.parent)
    os.chdir(world.root)
    for _ in range(data.draw(st.integers(1, 3))):
        for event in data.draw(st.lists(st.sampled_from(sorted(EDITS)), max_size=2, unique=True)):
            edit, _ = EDITS[event]
            # A file may stand where another edit needs a folder.
            with suppress(FileNotFoundError, NotADirectoryError, FileExistsError):
                edit(world.root)
        same_as_without(world, MODES[data.draw(st.sampled_from(sorted(MODES)))], tmp_path / "backup")


@pytest.mark.parametrize("event", EDITS)
def test_only_what_has_changed_is_compiled(event: str, world: World) -> None:
    edit, expected = EDITS[event]
    edit(world.root)
    world.run(*MODES["check"])
    assert set(world.compiled) == expected


def test_a_run_in_which_nothing_has_changed_says_the_same_and_imports_nothing_that_compiles(world: World) -> None:
    program = "import sys\nfrom pipegen.cli import main"
    listing = f"{program}\ntry:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    told = {}
    for option in ("--no-cache", "--quiet", "--check"):
        command = [sys.executable, "-c", listing, "render", "--check", option]
        done = subprocess.run(command, cwd=world.root, capture_output=True, text=True, check=True)
        told[option] = done.stdout, set(done.stderr.split())
    assert told["--check"][0] == told["--no-cache"][0] == "3 specs: 62 files up to date\n"
    compiling = {"pydantic", "yaml", "tomllib", "pipegen.compiler", "pipegen.targets", "pipegen.plan"}
    assert compiling & told["--check"][1] == set()
    assert compiling < told["--no-cache"][1]


def test_what_one_spec_found_out_is_kept_beside_what_is_known_of_the_others(world: World) -> None:
    (world.root / CHURN).write_text((world.root / CHURN).read_text("utf-8") + "# new\n", "utf-8")
    world.run("render", CHURN)
    assert world.compiled == [CHURN]
    world.run(*MODES["check"])
    assert world.compiled == []


# ---------------------------------------------------------------- when there is no cache


@pytest.mark.parametrize("variable", ["CI=true", "CI=1", "CI=false", "TF_BUILD=True", "JENKINS_URL=https://ci/"])
def test_ci_compiles_from_scratch(variable: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*variable.split("="))
    before = tree(world.caches)
    world.run(*MODES["check"])
    assert set(world.compiled) == ALL
    assert tree(world.caches) == before


def test_an_empty_variable_is_not_ci(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    world.run(*MODES["check"])
    assert world.compiled == []


@pytest.mark.parametrize("is_link", [False, True])
def test_a_cache_in_the_repository_is_neither_believed_nor_filled(
    is_link: bool,  # noqa: FBT001  (pytest passes it by name)
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    inside = world.root / "caches"
    shutil.copytree(world.caches, inside)
    (tmp_path / "link").symlink_to(inside)
    monkeypatch.setenv("PIPEGEN_CACHE_DIR", str(tmp_path / "link" if is_link else inside))
    before = tree(inside)
    assert world.run(*MODES["check"])[0] == 0
    assert set(world.compiled) == ALL
    assert tree(inside) == before


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"PIPEGEN_CACHE_DIR": "{}/own", "XDG_CACHE_HOME": "{}/xdg"}, "own"),
        ({"PIPEGEN_CACHE_DIR": "", "XDG_CACHE_HOME": "{}/xdg"}, "xdg/pipegen"),
        ({"PIPEGEN_CACHE_DIR": "", "XDG_CACHE_HOME": "xdg", "HOME": "{}/home"}, "home/.cache/pipegen"),
        ({"PIPEGEN_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": "{}/home"}, "home/.cache/pipegen"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a place of its own")
def test_the_cache_is_where_the_environment_says_and_for_the_user_alone(
    variables: dict[str, str], place: str, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    assert world.run(*MODES["check"])[0] == 0
    (file,) = (tmp_path / place).iterdir()
    assert (file.stat().st_mode & 0o777, (tmp_path / place).stat().st_mode & 0o777) == (0o600, 0o700)


# ---------------------------------------------------------------- a cache that cannot be relied on


def _damage(file: Path, how: str) -> None:
    content = file.read_bytes()
    match how:
        case "empty":
            file.write_bytes(b"")
        case "truncated":
            file.write_bytes(content[: len(content) // 2])
        case "other digests":
            file.write_bytes(content.replace(b'yml"', b'yaml"'))
        case "other form":
            file.write_bytes(b'{"entries": [[[[]]]]}')
        case "not text":
            file.write_bytes(b"\xff\n\xfe")
        case "for others to write":
            file.chmod(0o666)
        case "a folder":
            file.unlink()
            file.mkdir()
        case "a link":
            file.replace(file.with_suffix(".moved"))
            file.symlink_to(file.with_suffix(".moved"))
        case "a pipe":
            file.unlink()
            os.mkfifo(file)


DAMAGE = (
    ["empty", "truncated", "other digests", "other form", "not text", "for others to write", "a folder", "a link"]
    + ["a pipe"] * hasattr(os, "mkfifo")
)  # fmt: skip


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_cache_is_as_good_as_none(how: str, world: World) -> None:
    expected = world.outcome(*MODES["check"], "--no-cache")
    world.run(*MODES["check"])
    assert world.compiled == []
    for file in list(world.caches.iterdir()):
        _damage(file, how)
    assert world.outcome(*MODES["check"]) == expected
    assert set(world.compiled) == ALL
    world.run(*MODES["check"])
    assert set(world.compiled) == (ALL if how == "a folder" else set())


def test_a_cache_that_cannot_be_written_changes_nothing_and_says_so_only_when_asked(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("PIPEGEN_CACHE_DIR", str(tmp_path / "file" / "folder"))
    code, said, warned = world.run("render")
    assert (code, said, warned) == world.run("render", "--no-cache")
    assert "the cache was not written: Not a directory" in world.run("render", "--verbose")[1]


def test_runs_at_the_same_time_leave_a_whole_cache(world: World) -> None:
    shutil.rmtree(world.caches)
    command = [sys.executable, "-m", "pipegen", "render", "--check"]
    runs = [subprocess.Popen(command, cwd=world.root, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(run.communicate()[0], run.returncode) for run in runs] == [("3 specs: 62 files up to date\n", 0)] * 3
    assert world.file.stat().st_size > 0
    again = subprocess.run([*command, "--verbose"], cwd=world.root, capture_output=True, text=True, check=True)
    assert again.stdout == "3 specs: 62 files up to date\n"


# ---------------------------------------------------------------- what every entry depends on


@pytest.mark.parametrize("place", ["PACKAGE", "TEMPLATES"])
def test_a_program_that_changed_believes_nothing(
    place: str, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "copy" / "deep").mkdir(parents=True)
    file = tmp_path / "copy" / "deep" / "jobs.py"
    file.write_text("wait = 1\n", "utf-8")
    monkeypatch.setattr(key, place, tmp_path / "copy")
    for _ in range(2):
        world.run(*MODES["check"])
    assert world.compiled == []
    os.utime(file, ns=(1, 1))
    world.run(*MODES["check"])
    assert set(world.compiled) == ALL


@pytest.mark.parametrize("what", ["package", "version", "Python", "missing"])
def test_other_packages_or_another_python_believe_nothing(
    what: str, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folders = dict.fromkeys(key._PACKAGES, tmp_path)  # noqa: SLF001
    monkeypatch.setattr(key, "_home", folders.__getitem__)
    for _ in range(2):
        world.run(*MODES["check"])
    assert world.compiled == []
    match what:
        case "package":
            os.utime(tmp_path, ns=(1, 1))
        case "version":
            monkeypatch.setattr(key, "__version__", "0.1.1")
        case "Python":
            monkeypatch.setattr(sys, "version", "3.99")
        case "missing":
            monkeypatch.setattr(key, "_home", (tmp_path / "gone").joinpath)
    world.run(*MODES["check"])
    assert set(world.compiled) == ALL


def test_a_spec_that_changes_while_it_is_compiled_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = (world.root / CHURN).read_bytes(), (world.root / CHURN).read_bytes() + b"# later\n"
    original = compiler.compile_spec

    def slow(repository: compiler.Repository, path: str, targets: tuple[str, ...] = ()) -> compiler.Compiled:
        compiled = original(repository, path, targets)
        (world.root / path).write_bytes(before)
        return compiled

    (world.root / CHURN).write_bytes(now)
    monkeypatch.setattr(compiler, "compile_spec", slow)
    assert world.run("render")[0] == 0
    monkeypatch.setattr(compiler, "compile_spec", original)
    code, _, said = world.run(*MODES["check"])
    assert code == 1
    assert f"{REVIEW}: PG410 is stale" in said


def test_a_configuration_that_changes_before_it_is_read_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, original = world.root / "pipegen.toml", compiler.open_repository
    before = place.read_bytes()

    def late(root: Path) -> compiler.Repository:
        place.write_bytes(before + b"\n[jenkins.runners]\ndefault = 'large'\n")
        return original(root)

    shutil.rmtree(world.caches)
    monkeypatch.setattr(compiler, "open_repository", late)
    assert world.run("render")[0] == 0
    place.write_bytes(before)
    monkeypatch.setattr(compiler, "open_repository", original)
    assert world.run(*MODES["check"])[0] == 1
