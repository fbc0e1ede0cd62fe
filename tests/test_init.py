"""`pipegen init`: what a repository gets, what it keeps, and what is asked."""

from __future__ import annotations

import hashlib
import re
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from pages import ROOT
from pipegen import __version__
from pipegen import config as configuration
from pipegen.cli import main
from pipegen.config import Config, Host, Pin
from pipegen.onboarding import adoption
from pipegen.onboarding.detection import host_of
from pipegen.onboarding.precommit import has_hook, hook_entry, with_hook
from terminals import in_terminal

Run = Callable[..., Result]
FILES = {"pipegen.toml", "model-specs/model-spec.schema.json", ".pre-commit-config.yaml", ".gitattributes"}
WHEEL = "vendor/mlops_pipegen-0.1.0-py3-none-any.whl"
SHA256 = "0f343b0931126a20f133d67c2b018a3b5f3c4e9e6d7a8b9c0d1e2f3a4b5c6d7e"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty git repository on the branch `trunk`, as the current folder."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    git(tmp_path, "init", "-q", "-b", "trunk")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(main, ["init", *arguments])


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in files}


def settings(folder: Path) -> Config:
    return configuration.read((folder / "pipegen.toml").read_text("utf-8"), "pipegen.toml")


# ---------------------------------------------------------------- what is written


def test_an_empty_repository_gets_all_files_and_the_next_commands(repository: Path, run: Run) -> None:
    result = run("--yes", "--host", "github")
    assert result.exit_code == 0, result.output
    assert tree(repository).keys() == FILES
    assert "pre-commit install" in result.stdout
    assert "pipegen new NAME" in result.stdout


def test_a_second_run_finds_all_in_place_and_writes_nothing(repository: Path, run: Run) -> None:
    run("--yes", "--host", "github")
    times = {path: path.stat().st_mtime_ns for path in repository.rglob("*") if path.is_file()}
    result = run("--yes")
    assert result.exit_code == 0
    assert result.stdout.count("already there") == len(FILES)
    assert times == {path: path.stat().st_mtime_ns for path in repository.rglob("*") if path.is_file()}


def test_the_root_of_the_repository_is_found_from_any_folder(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "models" / "fraud").mkdir(parents=True)
    monkeypatch.chdir(repository / "models" / "fraud")
    assert run("--yes", "--host", "github").exit_code == 0
    assert tree(repository).keys() == FILES


def test_options_stand_in_pipegen_toml(repository: Path, run: Run) -> None:
    pinned = ("--pipegen-version", "0.2.0", "--sha256", SHA256, "--index", "https://nexus.example.com/simple")
    result = run("--yes", "--host", "gitlab", "--default-branch", "prod", "-t", "jenkins", "-t", "azure", *pinned)
    assert result.exit_code == 0, result.output
    found = settings(repository)
    assert (found.host, found.default_branch, found.targets) == ("gitlab", "prod", ("jenkins", "azure"))
    assert found.pin is not None
    assert (found.pin.version, found.pin.sha256, found.pin.index) == (
        "0.2.0",
        SHA256,
        "https://nexus.example.com/simple",
    )


def test_a_wheel_in_the_repository_says_its_version_and_digest_itself(repository: Path, run: Run) -> None:
    (repository / "vendor").mkdir()
    (repository / WHEEL).write_bytes(b"a wheel")
    assert run("--yes", "--host", "github", "--wheel", WHEEL).exit_code == 0
    pin = settings(repository).pin
    assert pin is not None
    assert (pin.version, pin.sha256, pin.wheel) == ("0.1.0", hashlib.sha256(b"a wheel").hexdigest(), WHEEL)


@pytest.mark.parametrize("named", ["mlops_pipegen-0.1.0-py3-none-any.whl", "{root}/" + WHEEL])
def test_a_wheel_may_be_named_from_the_current_folder(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    (repository / "vendor").mkdir()
    (repository / WHEEL).write_bytes(b"a wheel")
    monkeypatch.chdir(repository / "vendor")
    assert run("--yes", "--host", "github", "--wheel", named.format(root=repository)).exit_code == 0
    pin = settings(repository).pin
    assert pin is not None
    assert pin.wheel == WHEEL


PINS = [None, Pin("0.1.0", SHA256), Pin("0.1.0", SHA256, wheel=WHEEL), Pin("1.2", SHA256, "https://a.example/simple")]


@pytest.mark.parametrize("pin", PINS)
@pytest.mark.parametrize("host", configuration.HOSTS)
def test_what_is_written_is_read_as_it_was_said(host: Host, pin: Pin | None) -> None:
    said = Config(host, "release/next", ("azure", "jenkins"), pin)
    found = configuration.read(adoption.config_text(adoption.Adoption(said, "0.1.0")), "pipegen.toml")
    assert (found.host, found.default_branch, found.targets, found.pin) == (
        said.host,
        said.default_branch,
        said.targets,
        said.pin,
    )


@pytest.mark.parametrize("pin", PINS)
def test_every_example_in_pipegen_toml_is_valid_when_it_is_used(pin: Pin | None) -> None:
    text = adoption.config_text(adoption.Adoption(Config(pin=pin), __version__))
    used = re.sub(r"^#(?! )", "", text, flags=re.MULTILINE)
    found = configuration.read_file(used, "pipegen.toml")
    assert found.warnings == ()
    assert found.source.data.keys() == {
        *("required-version", "repository", "pipegen", "flow", "environments", "defaults", "steps"),
        *("ledger", "registry"),
        *("azure", "github", "gitlab", "jenkins"),
    }


def test_the_schema_is_the_one_that_the_program_prints(repository: Path, run: Run) -> None:
    run("--yes", "--host", "github")
    printed = CliRunner().invoke(main, ["schema"]).stdout
    assert (repository / adoption.SCHEMA_FILE).read_text("utf-8") == printed


def test_the_schema_of_another_version_stays_and_the_command_that_renews_it_is_named(
    repository: Path, run: Run
) -> None:
    run("--yes", "--host", "github")
    (repository / adoption.SCHEMA_FILE).write_text("{}\n", "utf-8")
    result = run("--yes")
    assert result.exit_code == 0
    assert f"pipegen schema > {adoption.SCHEMA_FILE}" in result.stdout
    assert (repository / adoption.SCHEMA_FILE).read_text("utf-8") == "{}\n"


def test_the_requirements_of_pipelines_are_a_generated_file_too() -> None:
    assert "/pipegen-requirements.txt linguist-generated" in adoption.attribute_lines(Config(pin=PINS[1]))


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_attributes_mark_every_generated_file_and_nothing_else(repository: Path, run: Run, host: str) -> None:
    run("--yes", "--host", host, "-t", "azure", "-t", "github", "-t", "jenkins")
    golden = ROOT / "tests" / "golden"
    generated = {path.relative_to(golden).as_posix().split("/", 2)[2] for path in golden.rglob("*") if path.is_file()}
    others = {".github/workflows/ci.yml", "pipegen.toml", "model-specs/a.yaml", "src/jenkins.py", "jenkins/readme.md"}
    attribute = "gitlab-generated" if host == "gitlab" else "linguist-generated"
    said = git(repository, "check-attr", attribute, "--", *sorted(generated | others))
    marked = {line.split(": ")[0] for line in said.splitlines() if line.endswith(": set")}
    assert marked == {path for path in generated if path.startswith((".github", "azure-pipelines", "jenkins"))}


# ---------------------------------------------------------------- what exists stays


def test_existing_files_are_added_to_and_nothing_else_in_them_changes(repository: Path, run: Run) -> None:
    hooks = "# ours\nrepos:\n  - repo: local # here\n    hooks:\n      - {id: mine, name: mine, language: system}\n"
    (repository / ".pre-commit-config.yaml").write_text(hooks + "\n# the end\n", "utf-8")
    (repository / ".gitattributes").write_bytes(b"*.png binary\r\n")
    result = run("--yes", "--host", "github")
    assert result.exit_code == 0, result.output
    edited = tree(repository)
    assert edited[".pre-commit-config.yaml"].startswith(hooks)
    assert edited[".pre-commit-config.yaml"].endswith("\n\n# the end\n")
    assert has_hook(edited[".pre-commit-config.yaml"])
    assert edited[".gitattributes"].startswith("*.png binary\r\n/.github/")
    assert "\n" not in edited[".gitattributes"].replace("\r\n", "")
    assert run("--yes").stdout.count("already there") == len(FILES)


def test_pipegen_toml_stays_and_is_what_the_other_files_follow(repository: Path, run: Run) -> None:
    mine = '[repository]\nhost = "gitlab"\ntargets = ["jenkins"]\n'
    (repository / "pipegen.toml").write_text(mine, "utf-8")
    result = run("--yes")
    assert result.exit_code == 0
    assert "already there pipegen.toml" in result.stdout
    assert tree(repository)["pipegen.toml"] == mine
    assert tree(repository)[".gitattributes"].splitlines() == [
        "/jenkins/**/*.Jenkinsfile gitlab-generated",
        "/jenkins/**/*.groovy gitlab-generated",
    ]


def test_answers_for_a_pipegen_toml_that_exists_are_wrong_usage(repository: Path, run: Run) -> None:
    (repository / "pipegen.toml").write_text("", "utf-8")
    result = run("--yes", "--host", "github")
    assert result.exit_code == 2
    assert tree(repository) == {"pipegen.toml": ""}


def test_a_hook_that_cannot_be_added_is_printed_instead_and_the_exit_code_is_1(repository: Path, run: Run) -> None:
    (repository / ".pre-commit-config.yaml").write_text("repos: [{repo: local, hooks: []}]\n", "utf-8")
    result = run("--yes", "--host", "github")
    assert result.exit_code == 1
    assert "left alone" in result.stdout
    assert "- id: pipegen-render" in result.stdout
    assert tree(repository)[".pre-commit-config.yaml"] == "repos: [{repo: local, hooks: []}]\n"
    assert run("--yes", "--no-hook").exit_code == 0


# ---------------------------------------------------------------- what stands in the way


@pytest.mark.parametrize(
    "broken",
    [
        {"pipegen.toml": "[repository\n"},
        {"model-specs": "a file\n"},
        {".gitattributes/x": ""},
        {".gitattributes": "caf\udce9\n"},
        {".pre-commit-config.yaml/x": ""},
    ],
)
def test_what_stands_in_the_way_is_named_and_nothing_is_written(
    repository: Path, run: Run, broken: Mapping[str, str]
) -> None:
    for path, text in broken.items():
        (repository / path).parent.mkdir(exist_ok=True)
        (repository / path).write_bytes(text.encode("utf-8", "surrogateescape"))
    before = sorted(repository.rglob("*"))
    host = () if "pipegen.toml" in broken else ("--host", "github")
    result = run("--yes", *host)
    assert result.exit_code == 1
    assert result.stderr.startswith(next(iter(broken)).split("/")[0])
    assert sorted(repository.rglob("*")) == before


def test_a_folder_that_cannot_be_written_to_is_an_error_and_nothing_is_left_behind(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if Path(target).name == ".gitattributes":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    result = run("--yes", "--host", "github")
    assert result.exit_code == 1
    assert ".gitattributes: PG406 cannot be written: No space left on device" in result.stderr
    assert tree(repository) == {}
    assert not (repository / "model-specs").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "--host"),
        (("--host", "svn"), "svn"),
        (("--host", "github", "--sha256", "abc"), "sha256"),
        (("--host", "github", "--index", "https://a.example"), "SHA-256"),
        (("--host", "github", "--wheel", "nowhere.whl"), "nowhere.whl"),
        (("--host", "github", "--wheel", "../mlops_pipegen-1-py3-none-any.whl"), "outside"),
        (("--host", "github", "--default-branch", "a b"), "default_branch"),
    ],
)
def test_an_answer_that_does_not_do_is_explained(
    repository: Path, run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    result = run("--yes", *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert tree(repository) == {}


def test_outside_git_there_is_nothing_to_take_up(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = run("--yes", "--host", "github")
    assert result.exit_code == 2
    assert "git init" in result.stderr


# ---------------------------------------------------------------- what is detected


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("git@github.com:org/models.git", "github"),
        ("https://github.example.com/org/models", "github"),
        ("https://org@dev.azure.com/org/project/_git/models", "azure-repos"),
        ("git@ssh.dev.azure.com:v3/org/project/models", "azure-repos"),
        ("https://org.visualstudio.com/project/_git/models", "azure-repos"),
        ("ssh://git@gitlab.example.com:2222/group/models.git", "gitlab"),
        ("https://bitbucket.org/team/github-tools", "bitbucket"),
        ("git@git.example.com:github/models.git", None),
        ("/srv/git/github.git", None),
        ("", None),
    ],
)
def test_the_server_tells_the_host(address: str, host: str | None) -> None:
    assert host_of(address) == host


def test_a_clone_knows_its_host_its_default_branch_and_its_ci_systems(repository: Path, run: Run) -> None:
    git(repository, "remote", "add", "origin", "https://org@dev.azure.com/org/project/_git/models")
    git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/develop")
    (repository / "Jenkinsfile").write_text("", "utf-8")
    assert run("--yes").exit_code == 0
    found = settings(repository)
    assert (found.host, found.default_branch, found.targets) == ("azure-repos", "develop", ("azure", "jenkins"))


def test_without_a_remote_the_current_branch_is_the_default_one(repository: Path, run: Run) -> None:
    run("--yes", "--host", "bitbucket")
    found = settings(repository)
    assert (found.default_branch, found.targets) == ("trunk", ("jenkins",))


# ---------------------------------------------------------------- what is asked


def test_a_terminal_asks_and_offers_what_was_detected(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "git@github.com:org/models.git")
    code, screen = in_terminal(repository, ["init"], ["", "", "azure, nothing", "azure github", ""])
    assert code == 0, screen
    assert "[github]" in screen
    assert "[trunk]" in screen
    assert "nothing is not among azure, github, gitlab, jenkins" in screen
    found = settings(repository)
    assert (found.host, found.default_branch, found.targets, found.pin) == (
        "github",
        "trunk",
        ("azure", "github"),
        None,
    )


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ([WHEEL], WHEEL),
        (["https://a.example/mlops_pipegen-0.1.0-py3-none-any.whl", SHA256], "https://a.example"),
        (["https://a.example/simple", "0.1.0", SHA256], "https://a.example/simple"),
    ],
)
def test_a_terminal_asks_what_the_pin_needs(repository: Path, typed: list[str], place: str) -> None:
    (repository / "vendor").mkdir()
    (repository / WHEEL).write_bytes(b"a wheel")
    code, screen = in_terminal(repository, ["init", "--host", "github"], ["", "", *typed])
    assert code == 0, screen
    pin = settings(repository).pin
    assert pin is not None
    assert pin.version == "0.1.0"
    assert place in (repository / "pipegen.toml").read_text("utf-8")


# ---------------------------------------------------------------- the hook

HOOK_SOURCES = [
    (None, None, {"repo": "local", "language": "system"}),
    (Pin("0.1.0", SHA256, wheel=WHEEL), None, {"repo": "local", "language": "system"}),
    (
        Pin("0.1.0", SHA256, "https://a.example/simple"),
        None,
        {
            "language": "python",
            "additional_dependencies": ["--index-url=https://a.example/simple", "mlops-pipegen==0.1.0"],
        },
    ),
    (
        Pin("0.1.0", SHA256, wheel="https://a.example/x.whl"),
        None,
        {"additional_dependencies": [f"mlops-pipegen @ https://a.example/x.whl#sha256={SHA256}"]},
    ),
    (None, "https://git.example.com/pipegen", {"repo": "https://git.example.com/pipegen", "rev": "v0.1.0"}),
]


@pytest.mark.parametrize(("pin", "repository", "said"), HOOK_SOURCES)
def test_the_hook_comes_from_where_the_pipelines_get_pipegen(
    pin: Pin | None, repository: str | None, said: Mapping[str, object]
) -> None:
    [entry] = yaml.safe_load(hook_entry(pin, repository=repository, version="0.1.0"))
    [hook] = entry["hooks"]
    assert said.items() <= {**entry, **hook}.items()


def test_a_hook_of_the_repository_itself_says_what_the_published_one_says() -> None:
    [published, _] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    [entry] = yaml.safe_load(hook_entry(None, repository=None, version="0.1.0"))
    same = ("id", "name", "entry", "always_run", "pass_filenames", "require_serial", "stages")
    assert {key: entry["hooks"][0][key] for key in same} == {key: published[key] for key in same}


BEGINNINGS = [
    "repos: []\n",
    "repos:\n",
    "repos: [] # none yet\nfail_fast: true\n",
    "# c\nrepos:\n- repo: a # x\n  hooks:\n  - id: b\n    args: [1,\n  2] # y\n\n# tail\nci: {}\n",
    "repos:\n    - repo: a\n      hooks: [{id: x}]",
    "repos:\n  - repo: a\n    hooks:\n      - id: x\n        entry: |\n          foo\n\n          bar\n\n# end\n",
]


@pytest.mark.parametrize("text", BEGINNINGS)
def test_a_hook_is_added_behind_the_others_and_every_line_stays(text: str) -> None:
    entry = "- repo: local\n  hooks: [{id: pipegen-render}]\n"
    edited = with_hook(text, entry)
    assert edited is not None
    before, after = yaml.safe_load(text), yaml.safe_load(edited)
    assert after == {**before, "repos": [*(before["repos"] or []), *yaml.safe_load(entry)]}
    kept = [line for line in text.splitlines() if not line.startswith("repos: []")]
    assert [line for line in edited.splitlines() if line in kept] == kept


@pytest.mark.parametrize(
    "text", ["", "- a\n", "repos: [{repo: a}]\n", "ci: {}\n", "repos: *a\n", "repos: text\n", "{repos: []}"]
)
def test_a_hook_is_not_added_where_more_would_have_to_change(text: str) -> None:
    assert with_hook(text, "- repo: local\n") is None


def test_files_are_for_everybody_to_read(repository: Path, run: Run) -> None:
    run("--yes", "--host", "github")
    assert all(stat.S_IMODE((repository / path).stat().st_mode) & 0o044 == 0o044 for path in FILES)
