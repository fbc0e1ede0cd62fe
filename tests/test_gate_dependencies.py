"""`pipegen gate dependencies` passes only what is pinned by strong hashes, as declared, and installed as locked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dependency_samples import (
    CONDA,
    LOCKED,
    LOCKS,
    POETRY,
    PYLOCK,
    PYPROJECT,
    REQUIREMENTS,
    UV,
    A,
    B,
    environment,
    record,
)
from gate_runs import CANNOT_JUDGE, FAIL, PASS, Run, run_gate
from pipegen.gates.dependencies_locks import lock_in
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.specifiers import _library, exact_version, normalised, satisfies


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIPEGEN_SUMMARY", raising=False)


def judged(lock: str, content: str | bytes | None, *arguments: str, project: str | None = None) -> Run:
    """Judge a lock with this content, and against a pyproject.toml if one is given."""
    if content is not None:
        Path(lock).write_bytes(content.encode() if isinstance(content, str) else content)
    if project is None:
        return run_gate("dependencies", "--lock", lock, *arguments)
    Path("pyproject.toml").write_text(project, "utf-8")
    return run_gate("dependencies", "--lock", lock, "--declared", "pyproject.toml", *arguments)


def found(run: Run, subject: str, reason: str) -> bool:
    """Whether the table says this reason of this subject."""
    return any(line.split()[1] == subject and reason in line for line in run.out.splitlines()[4:])


# ---------------------------------------------------------------- the lock alone


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_that_pins_by_strong_hashes_passes_in_every_form(lock: str) -> None:
    run = judged(lock, LOCKS[lock])
    assert run.code == PASS, run.out


@pytest.mark.parametrize(
    ("line", "subject", "reason"),
    [
        ("click==8.1.7", "click", "it has no hash"),
        (f"click>=8 --hash=sha256:{A}", "click", ">=8 is not one exact version"),
        (f"click --hash=sha256:{A}", "click", "any version is not one exact version"),
        (f"click==8.* --hash=sha256:{A}", "click", "==8.* is not one exact version"),
        (f"click==8.1,!=8.2 --hash=sha256:{A}", "click", "is not one exact version"),
        (f"click==8.1.7 --hash=md5:{'0' * 32}", "click", "md5 does not protect"),
        (f"click==8.1.7 --hash=sha256:{A} --hash=sha1:{'0' * 40}", "click", "sha1 does not protect"),
        (f"click==8.1.7 --hash=sha256:{A[1:]}", "click", "is not a digest of sha256"),
        ("-e ./libs/own", "./libs/own", "it is editable"),
        ("--editable=git+https://example.org/x", "git+https://example.org/x", "it is editable"),
        ("click @ https://example.org/click-8.1.7-py3-none-any.whl", "click", "it has no hash"),
        ("https://example.org/click-8.1.7-py3-none-any.whl", "click", "it has no hash"),
        ("./click-8.1.7.tar.gz", "click", "it has no hash"),
        (f"click @ git+https://example.org/click@{'0' * 40} --hash=sha256:{A}", "click", "comes from version control"),
        (f"click==8.1.7 --hash=sha256:{A}\nclick==8.1.6 --hash=sha256:{B}", "click", "pinned more than once"),
    ],
)
def test_a_line_that_allows_more_than_one_content_fails(line: str, subject: str, reason: str) -> None:
    run = judged("requirements.txt", line + "\n")
    assert (run.code, found(run, subject, reason)) == (FAIL, True), run.out


@pytest.mark.parametrize(
    "line",
    [
        f"click === 8.1.7 --hash sha256:{A}",
        f"click[x]==8.1.7+cpu  ;  python_version>'3' --hash=sha384:{A}{'0' * 32}  # remark",
        f"click @ https://example.org/click-8.1.7-py3-none-any.whl#sha256={A}",
        f"https://example.org/click-8.1.7-1-py3-none-any.whl --hash=sha256:{A}",
        f"click==1 ; python_version < '3' --hash=sha256:{A}\nclick==2 ; python_version > '3' --hash=sha256:{A}",
        f"--require-hashes\n-i https://example.org\nclick==8.1.7 --hash=sha256:{A}",
    ],
)
def test_a_line_that_allows_one_content_passes(line: str) -> None:
    run = judged("requirements.txt", line)
    assert run.code == PASS, run.out


@pytest.mark.parametrize(
    ("lock", "content", "subject", "reason"),
    [
        ("pylock.toml", PYLOCK.replace("sha256", "sha1", 1), "click", "md5 does not protect"),
        ("pylock.toml", PYLOCK.replace('version = "3.1.4"\n', ""), "jinja2", "it has no version"),
        ("pylock.toml", PYLOCK.replace("sdist", "ignored"), "jinja2", "it has no file with a hash"),
        ("pylock.toml", PYLOCK.replace("sdist", "vcs"), "jinja2", "comes from version control"),
        ("pylock.toml", PYLOCK.replace("sdist", "directory"), "jinja2", "it is a folder"),
        ("uv.lock", UV.replace(f"sha256:{A}", "md5:0", 1), "click", "md5 does not protect"),
        ("uv.lock", UV.replace(f', hash = "sha256:{B}"', "", 1), "click", "it has no hash"),
        (
            "uv.lock",
            UV.replace('registry = "https://example.org/simple"', 'git = "https://x"', 1),
            "click",
            "version control",
        ),
        (
            "uv.lock",
            UV.replace('registry = "https://example.org/simple"', 'directory = "../x"', 1),
            "click",
            "a folder",
        ),
        ("poetry.lock", POETRY.replace("sha256:", "sha1:", 1), "click", "sha1 does not protect"),
        ("poetry.lock", POETRY.replace(f'"sha256:{A}"', '""', 1), "click", "it has no hash"),
        ("poetry.lock", POETRY.replace("files =", "file ="), "jinja2", "it has no file with a hash"),
        (
            "poetry.lock",
            POETRY.replace("optional = false", 'source = {type = "git", url = "https://x"}', 1),
            "click",
            "comes from version control",
        ),
        ("conda.txt", CONDA.replace(f"sha256:{A}", "0" * 32, 1), "click", "md5 does not protect"),
        ("conda.txt", CONDA.replace(f"#sha256:{A}", "", 1), "click", "it has no hash"),
    ],
)
def test_a_package_without_a_strong_hash_fails_in_every_form(
    lock: str, content: str, subject: str, reason: str
) -> None:
    run = judged(lock, content)
    assert (run.code, found(run, subject, reason)) == (FAIL, True), run.out


def test_the_files_of_older_poetry_locks_stand_at_the_end() -> None:
    package = '[[package]]\nname = "click"\nversion = "8.1.7"\n[metadata.files]\n'
    assert judged("poetry.lock", f'{package}click = [{{file = "x", hash = "sha256:{A}"}}]\n').code == PASS
    assert judged("poetry.lock", f'{package}other = [{{file = "x", hash = "sha256:{A}"}}]\n').code == FAIL


# ---------------------------------------------------------------- what cannot be judged


@pytest.mark.parametrize(
    ("lock", "content", "reason"),
    [
        ("requirements.txt", None, "No such file"),
        ("requirements.txt", "", "empty"),
        ("requirements.txt", "\n# nothing\n", "holds no package"),
        ("requirements.txt", "--index-url https://example.org\n", "holds no package"),
        ("requirements.txt", b"\xff", "not UTF-8 (byte 0)"),
        ("requirements.txt", "click==8.1.7 \\\n", "may be cut off"),
        ("requirements.txt", "click=8.1.7", "requirements.txt:1: 'click=8.1.7' is not a requirement"),
        ("requirements.txt", "# x\n\n<html>", "requirements.txt:3: '<html>' is not a requirement"),
        ("requirements.txt", "--unknown x", "the option '--unknown' is not known here"),
        ("requirements.txt", "click==8 --config-settings=x", "the option 'config-settings=x' is not known here"),
        ("requirements.txt", "-r other.txt", "No such file"),
        ("requirements.txt", "-r ../other.txt", "outside of the folder"),
        ("requirements.txt", "-r requirements.txt", "it includes itself"),
        ("requirements.txt", f"click==8; weather == 'fine' --hash=sha256:{A}", "is not a requirement"),
        ("uv.lock", "", "empty"),
        ("uv.lock", "version = 1\n", "may be cut off"),
        ("uv.lock", UV[: len(UV) // 2], "uv.lock"),
        ("uv.lock", UV.partition('[[package]]\nname = "demo')[0], "may be cut off"),
        ("uv.lock", "package = 1", "'package' is not a list of tables"),
        ("uv.lock", '[[package]]\nversion = "1"\nsource = {virtual = "."}', "a package has no name"),
        ("uv.lock", '[[package]]\nname = "x"\nsource = {virtual = "."}', "holds no package"),
        ("poetry.lock", POETRY.partition("[metadata]")[0], "may be cut off"),
        ("poetry.lock", '[metadata]\nlock-version = "2.1"', "holds no package"),
        ("poetry.lock", "[[package]]\nname = 1\n[metadata]\n", "'name' is not text"),
        ("pylock.toml", "packages = []", "its lock-version is not 1.x"),
        ("pylock.toml", 'lock-version = "1.0"\npackages = []', "holds no package"),
        ("pylock.toml", 'lock-version = "1.0"\n[[packages]]\nname = "x"\nwheels = ["x"]', "not a list of tables"),
        ("conda.txt", "@EXPLICIT\n", "holds no package"),
        ("conda.txt", "@EXPLICIT\nclick=8.1.7\n", "conda.txt:2: not the address of a conda package"),
        ("Pipfile.lock", "{}", "a lock of this form is not read here"),
        ("conda-lock.yml", "a: 1", "a lock of this form is not read here"),
    ],
)
def test_a_lock_that_cannot_be_read_allows_no_judgement(lock: str, content: str | bytes | None, reason: str) -> None:
    run = judged(lock, content)
    assert (run.code, reason in run.out, run.err) == (CANNOT_JUDGE, True, ""), run.out


def test_included_files_are_followed_inside_of_the_folder() -> None:
    Path("more").mkdir()
    Path("more/other.txt").write_text("colorama==0.4.6\n", "utf-8")
    run = judged("requirements.txt", f"-r more/other.txt\nclick==8.1.7 --hash=sha256:{A}\n-c constraints.txt\n")
    assert (run.code, found(run, "colorama", "other.txt:1: it has no hash")) == (FAIL, True)


def test_without_a_library_of_specifiers_nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    _library.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] in {"packaging", "pip"}] + ["packaging", "pip"]:
        monkeypatch.setitem(sys.modules, name, None)
    run = judged("requirements.txt", REQUIREMENTS)
    assert (run.code, "neither packaging nor pip" in run.out) == (CANNOT_JUDGE, True)


def test_the_copy_in_pip_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "packaging"] + ["packaging"]:
        monkeypatch.setitem(sys.modules, name, None)
    _library.cache_clear()
    assert judged("requirements.txt", REQUIREMENTS, project=PYPROJECT).code == PASS
    assert _library("version").__name__ == "pip._vendor.packaging.version"
    _library.cache_clear()


# ---------------------------------------------------------------- what is declared


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_that_meets_what_is_declared_passes_in_every_form(lock: str) -> None:
    run = judged(lock, LOCKS[lock], "--extra", "train", project=PYPROJECT)
    assert (run.code, "3 requirements, 2 left out" in run.out, "old, nothing" in run.out) == (PASS, True, True), run.out


@pytest.mark.parametrize(
    ("project", "subject", "reason"),
    [
        (PYPROJECT.replace("click>=8.1", "click>=8.2"), "click", "declares >=8.2, requirements.txt:3 pins 8.1.7"),
        (PYPROJECT.replace("<4", "<3.1.3"), "jinja2", "pins 3.1.4"),
        (PYPROJECT.replace("click>=8.1", "clack"), "clack", "the lock does not hold it; did you mean click?"),
        (PYPROJECT.replace("~=0.4.5", "~=0.3.0"), "colorama", "pyproject.toml [train] declares ~=0.3.0"),
        (PYPROJECT.replace("nothing; python_version < '3'", "nothing"), "nothing", "pyproject.toml [more] declares it"),
    ],
)
def test_a_lock_that_does_not_meet_what_is_declared_fails(project: str, subject: str, reason: str) -> None:
    run = judged("requirements.txt", REQUIREMENTS, "--extra", "train", project=project)
    assert (run.code, found(run, subject, reason)) == (FAIL, True), run.out


def test_a_file_of_requirements_declares_too() -> None:
    Path("requirements.in").write_text("-e .\n-c constraints.txt\nclick ~= 8.1 # remark\nJINJA2\n", "utf-8")
    assert judged("requirements.txt", REQUIREMENTS, "--declared", "requirements.in").code == PASS
    Path("requirements.in").write_text("click ~= 9.0\n", "utf-8")
    assert judged("requirements.txt", REQUIREMENTS, "--declared", "requirements.in").code == FAIL


@pytest.mark.parametrize(
    ("project", "reason"),
    [
        ("", "empty"),
        ("[tool.x]\n", "it has no [project] with a name"),
        ('[project]\nname = "x"\n', "nothing is declared"),
        ('[project]\nname = "x"\ndynamic = ["dependencies"]\n', "its dependencies are dynamic"),
        ('[project]\nname = "x"\ndependencies = "click"\n', "'dependencies' is not a list of texts"),
        ('[project]\nname = "x"\ndependencies = ["click="]\n', "'click=' is not a requirement"),
        ('[project]\nname = "x', "not TOML"),
    ],
)
def test_a_project_that_declares_nothing_readable_allows_no_judgement(project: str, reason: str) -> None:
    run = judged("requirements.txt", REQUIREMENTS, project=project)
    assert (run.code, f"pyproject.toml: {reason}" in run.out) == (CANNOT_JUDGE, True), run.out


def test_an_extra_that_is_not_there_is_said_with_the_nearest() -> None:
    run = judged("requirements.txt", REQUIREMENTS, "--extra", "trian", project=PYPROJECT)
    assert (run.code, "it has no extra 'trian'; did you mean train?" in run.out) == (CANNOT_JUDGE, True)


# ---------------------------------------------------------------- what is installed


@pytest.mark.parametrize("lock", LOCKS)
def test_an_environment_that_is_what_the_lock_says_passes_in_every_form(lock: str) -> None:
    python = environment(Path("env"), {**LOCKED, "pip": "24.0", "demo_model": "1.0"})
    run = judged(lock, LOCKS[lock], "--extra", "train", "--python", python, project=PYPROJECT)
    assert (run.code, "5 packages" in run.out) == (PASS, True), run.out


@pytest.mark.parametrize(
    ("installed", "subject", "reason"),
    [
        ({**LOCKED, "click": "8.1.8"}, "click", "8.1.8 is installed, the lock says 8.1.7"),
        ({**LOCKED, "click": "8.1.7+local"}, "click", "8.1.7+local is installed"),
        ({**LOCKED, "intruder": "1"}, "intruder", "installed, but not in the lock"),
        ({"click": "8.1.7", "jinja2": "3.1.4"}, "colorama", "in the lock, but not installed"),
        ({**LOCKED, "Click": "8.1.6"}, "click", "installed twice"),
    ],
)
def test_an_environment_that_is_not_what_the_lock_says_fails(
    installed: dict[str, str], subject: str, reason: str
) -> None:
    python = environment(Path("env"), installed)
    run = judged("requirements.txt", REQUIREMENTS, "--python", python)
    assert (run.code, found(run, subject, reason)) == (FAIL, True), run.out


def test_a_package_beside_the_lock_can_be_allowed() -> None:
    python = environment(Path("env"), {**LOCKED, "In.Truder": "1"})
    assert judged("requirements.txt", REQUIREMENTS, "--python", python).code == FAIL
    assert judged("requirements.txt", REQUIREMENTS, "--python", python, "--allow", "in_truder").code == PASS


@pytest.mark.parametrize("lock", ["uv.lock", "poetry.lock"])
def test_of_a_lock_for_all_environments_what_is_asked_for_here_must_be_installed(lock: str) -> None:
    python = environment(Path("env"), {"click": "8.1.7", "jinja2": "3.1.4"})
    assert judged(lock, LOCKS[lock], "--python", python, project=PYPROJECT).code == PASS
    run = judged(lock, LOCKS[lock], "--python", python, "--extra", "train", project=PYPROJECT)
    assert (run.code, found(run, "colorama", "in the lock, but not installed")) == (FAIL, True), run.out
    asked = (
        LOCKS[lock].replace("sys_platform == 'win32'", "os_name != 'x'").replace('platform_system == \\"Windows\\"', "")
    )
    assert found(judged(lock, asked, "--python", python, project=PYPROJECT), "colorama", "not installed")


def test_of_a_pylock_the_extras_that_are_asked_for_must_be_installed_and_groups_must_not() -> None:
    python = environment(Path("env"), {"click": "8.1.7", "jinja2": "3.1.4"})
    lock = PYLOCK.replace(
        'version = "0.4.6"', """version = "0.4.6"\nmarker = "'train' in extras or 'dev' in dependency_groups\""""
    )
    assert judged("pylock.toml", lock, "--python", python).code == PASS
    run = judged("pylock.toml", lock, "--python", python, "--extra", "train")
    assert (run.code, found(run, "colorama", "in the lock, but not installed")) == (FAIL, True), run.out


def test_of_a_poetry_lock_what_only_an_extra_asks_for_may_be_installed_with_it_alone() -> None:
    python = environment(Path("env"), LOCKED)
    lock = POETRY.replace("optional = true\n", "optional = true\nmarkers = 'extra == \"train\"'\n")
    assert judged("poetry.lock", lock, "--python", python, "--extra", "train", project=PYPROJECT).code == PASS
    run = judged("poetry.lock", lock, "--python", python, project=PYPROJECT)
    assert (run.code, found(run, "colorama", "does not ask for it in this environment")) == (FAIL, True), run.out


def test_what_a_lock_says_for_other_environments_must_not_be_installed() -> None:
    python = environment(Path("env"), LOCKED)
    lock = REQUIREMENTS.replace('!= "none"', '== "none"')
    run = judged("requirements.txt", lock, "--python", python)
    assert (run.code, found(run, "colorama", "does not ask for it in this environment")) == (FAIL, True), run.out


def test_of_a_conda_list_what_is_no_python_package_is_not_looked_for() -> None:
    python = environment(Path("env"), {"click": "8.1.7"})
    assert judged("conda.txt", CONDA, "--python", python).code == PASS
    site = next(Path("env/lib").glob("python*/site-packages"))
    record(site, "colorama", "0.4.5")
    assert judged("conda.txt", CONDA, "--python", python).code == FAIL


def test_which_part_of_a_poetry_lock_is_meant_has_to_be_said() -> None:
    run = judged("poetry.lock", POETRY, "--python", environment(Path("env"), LOCKED))
    assert (run.code, "give --declared" in run.out) == (CANNOT_JUDGE, True)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (None, "No such file"),
        ("exit 3", "it failed with exit code 3"),
        ("echo oops >&2; exit 3", "exit code 3: oops"),
        ("echo '{}'", "not that of a Python interpreter"),
        ("true", "not that of a Python interpreter"),
        ("""echo '{"packages": [[1]], "environment": {}}'""", "not that of a Python interpreter"),
    ],
)
def test_an_interpreter_that_does_not_answer_allows_no_judgement(script: str | None, reason: str) -> None:
    if script is not None:
        Path("python").write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        Path("python").chmod(0o755)
    run = judged("requirements.txt", REQUIREMENTS, "--python", "./python", "--json", "gate.json")
    assert (run.code, reason in Path("gate.json").read_text("utf-8")) == (CANNOT_JUDGE, True), run.out


def test_the_current_folder_and_the_user_add_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    record(Path.cwd(), "intruder", "1")
    monkeypatch.setitem(os.environ, "PYTHONPATH", str(Path.cwd()))
    assert judged("requirements.txt", REQUIREMENTS, "--python", environment(Path("env"), LOCKED)).code == PASS


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--lock", "a", "--declared", "a"),
        ("--lock", "a", "--declared", "b", "--declared", "b"),
        ("--lock", "a", "--extra", "x"),
        ("--lock", "a", "--allow", "x"),
    ],
)
def test_wrong_usage_is_said(arguments: tuple[str, ...]) -> None:
    run = run_gate("dependencies", *arguments)
    assert (run.code, run.out, "pipegen gate dependencies: " in run.err) == (CANNOT_JUDGE, "", True)


# ---------------------------------------------------------------- properties


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_a_version_meets_itself_and_nothing_else_when_pinned(numbers: list[int]) -> None:
    version = ".".join(map(str, numbers))
    assert exact_version(f"=={version}") == version
    assert satisfies(version, f"=={version}")
    assert not satisfies(f"{version}.1", f"=={version}")


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", fullmatch=True))
def test_a_name_has_one_spelling(name: str) -> None:
    assert normalised(normalised(name)) == normalised(name.upper()) == normalised(name.replace(".", "_"))


@pytest.mark.parametrize("lock", LOCKS)
@given(data=st.data())
def test_no_damage_to_a_lock_makes_a_traceback(lock: str, data: st.DataObject) -> None:
    content = bytearray(LOCKS[lock].encode())
    start = data.draw(st.integers(0, len(content)))
    content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=10))
    Path(lock).write_bytes(content)
    try:
        assert lock_in(Path(lock), ()).pins
    except CannotJudgeError as error:
        assert str(error)  # noqa: PT017  (either outcome is right; any other exception is not)
