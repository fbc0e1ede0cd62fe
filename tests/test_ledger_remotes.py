"""The ledger's repository: found without options, refused or out of reach in clear words, its token kept from sight."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_runs import (
    BRANCH,
    CANNOT,
    COMMIT,
    DONE,
    FINDING,
    Run,
    command,
    content_of,
    deploy,
    git,
    ledger,
    put_back,
    repository,
    surroundings,
    where,
)
from ledger_server import Server, serving
from pipegen.ledger.places import GitPlace
from pipegen.ledger.reading import read

pytest_plugins = ("ledger_fixtures",)
pytestmark = pytest.mark.usefixtures("outside_of_any_pipeline")

TOKEN = "s3cret-t0ken/with+signs"  # noqa: S105  (of this test's own server)
ABOUT = ("--model", "churn", "--environment", "prod", "--version", "1.0.0", "--commit", COMMIT)


# ---------------------------------------------------------------- which repository


@pytest.mark.parametrize("relative", [True, False])
def test_without_options_the_ledger_is_where_the_repository_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, relative: bool
) -> None:
    place = repository(tmp_path / "ledger.git")
    checkout = tmp_path / "checkout"
    git(tmp_path, "init", "--quiet", str(checkout))
    git(checkout, "remote", "add", "origin", "../ledger.git" if relative else place.remote)
    (checkout / "deeper").mkdir()
    monkeypatch.chdir(checkout / "deeper")
    before = git(checkout, "status", "--porcelain"), sorted(checkout.rglob("*"))
    assert ledger("add", "deployment", *ABOUT).code == DONE
    assert (git(checkout, "status", "--porcelain"), sorted(checkout.rglob("*"))) == before
    assert [entry.version for entry in read(place, "churn")] == ["1.0.0"]


def test_variables_name_the_repository_and_the_branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = repository(tmp_path / "ledger.git")
    monkeypatch.setenv("PIPEGEN_LEDGER_URL", place.remote)
    monkeypatch.setenv("PIPEGEN_LEDGER_BRANCH", "governance/ledger")
    assert ledger("add", "deployment", *ABOUT).code == DONE
    assert git(Path(place.remote), "branch", "--list").split() == ["governance/ledger"]


@pytest.mark.parametrize(
    ("repositories", "words", "said"),
    [
        (False, (), "this folder is in no git repository; name the ledger with --remote URL or --folder DIR"),
        (True, (), "the repository has no remote 'origin'"),
        (True, ("--remote", "nowhere"), "does not appear to be a git repository"),
        (True, ("--remote", " "), "is not the URL of a repository"),
        (True, ("--remote", "--upload-pack=touch x"), "does not appear to be a git repository"),
        (True, ("--remote", "ext::sh -c touch% x"), "cannot be read"),
        (True, ("--remote", ".", "--branch", "a..b"), "'a..b' is not the name of a branch"),
        (True, ("--remote", ".", "--branch", "-x"), "'-x' is not the name of a branch"),
        (True, ("--remote", "https://127.0.0.1:1/x.git"), "cannot be read"),
        (True, ("--remote", "ssh://127.0.0.1:1/x.git"), "cannot be read"),
    ],
)
def test_a_repository_that_cannot_be_used_is_said_so_quickly(
    tmp_path: Path, *, repositories: bool, words: tuple[str, ...], said: str
) -> None:
    if repositories:
        git(tmp_path, "init", "--quiet")
    begun = time.monotonic()
    run = ledger("add", "deployment", *ABOUT, *_joined(words))
    assert (run.code, run.out) == (CANNOT, "")
    assert said in run.err
    assert time.monotonic() - begun < 20
    assert not (tmp_path / "x").exists()


def _joined(words: tuple[str, ...]) -> list[str]:
    """Options with their values in one word, so that a value may begin with a hyphen."""
    return [f"{name}={value}" for name, value in zip(words[::2], words[1::2], strict=True)]


def test_a_server_that_does_not_answer_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipegen.ledger.git_place.NETWORK_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        begun = time.monotonic()
        run = ledger("show", "--remote", f"http://127.0.0.1:{mute.getsockname()[1]}/ledger.git")
    assert (run.code, run.out) == (CANNOT, "")
    assert "did not answer within 1 seconds" in run.err
    assert time.monotonic() - begun < 10


def test_settings_of_the_user_do_not_interfere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = repository(tmp_path / "ledger.git")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[commit]\n gpgsign = true\n[core]\n hooksPath = {hooks}\n autocrlf = true\n[push]\n gpgSign = true\n"
        f"[init]\n templateDir = {hooks}\n[user]\n useConfigOnly = true\n[core]\n attributesFile = {config}\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    for version in ("1.0.0", "1.1.0"):
        run = deploy(place, version)
        assert run.code == DONE, run.err
    assert not (tmp_path / "elsewhere").exists()
    assert ledger("verify", *where(place)).code == DONE


def test_commits_say_what_they_record_and_start_no_pipeline(tmp_path: Path) -> None:
    place = repository(tmp_path / "ledger.git")
    deploy(place, "1.0.0")
    deploy(place, "1.1.0")
    said = git(Path(place.remote), "log", "--format=%s", BRANCH).splitlines()
    assert said == [f"Record deployment of churn {version} in prod [skip ci]" for version in ("1.1.0", "1.0.0")]


def test_other_files_of_the_branch_stay_as_they_are(tmp_path: Path) -> None:
    place = repository(tmp_path / "ledger.git")
    deploy(place, "1.0.0")
    tree = tmp_path / "tree"
    git(tmp_path, "clone", "--quiet", "--branch", BRANCH, place.remote, str(tree))
    (tree / "README.md").write_text("About this branch.\n")
    git(tree, "add", "README.md")
    git(tree, "commit", "--quiet", "--message", "Say what this branch is")
    git(tree, "push", "--quiet")
    deploy(place, "1.1.0")
    assert content_of(place)["README.md"] == b"About this branch.\n"
    assert ledger("verify", "--history", *where(place)).code == DONE


# ---------------------------------------------------------------- refusals


def test_a_push_that_the_server_refuses_is_not_tried_again(tmp_path: Path) -> None:
    place = repository(tmp_path / "ledger.git")
    deploy(place, "1.0.0")
    hook = Path(place.remote) / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    tries = tmp_path / "tries"
    hook.write_text(f"#!/bin/sh\necho once >> {tries}\necho 'only releases may push to \x1b[31mthis' >&2\nexit 1\n")
    hook.chmod(0o755)
    run = deploy(place, "1.1.0")
    assert (run.code, run.out) == (CANNOT, "")
    assert "refuses the push (pre-receive hook declined): only releases may push to" in run.err
    assert "\x1b" not in run.err
    assert tries.read_text() == "once\n"
    assert [entry.version for entry in read(place, "churn")] == ["1.0.0"]


# ---------------------------------------------------------------- credentials


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    place = repository(tmp_path / "served" / "ledger.git")
    git(Path(place.remote), "config", "http.receivepack", "true")
    git(Path(place.remote), "config", "uploadpack.allowFilter", "true")
    with serving(Server(tmp_path / "served", f"x-access-token:{TOKEN}")) as started:
        yield started


def test_an_entry_that_landed_before_the_connection_went_is_acknowledged(server: Server) -> None:
    server.credentials = ""
    server.silent_after_push = True
    place = GitPlace(f"{server.url}/ledger.git", BRANCH)
    run = deploy(place, "1.0.0")
    assert (run.code, run.err) == (DONE, "")
    assert [entry.version for entry in read(place, "churn")] == ["1.0.0"]


def test_the_token_opens_the_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    place = GitPlace(f"{server.url}/ledger.git", BRANCH)
    monkeypatch.setenv("PIPEGEN_LEDGER_TOKEN", TOKEN)
    runs = [deploy(place, "1.0.0"), deploy(place, "1.1.0"), ledger("verify", "--history", *where(place))]
    assert [(run.code, run.err) for run in runs] == [(DONE, "")] * 3
    assert set(server.seen) == {"", f"x-access-token:{TOKEN}"}


def test_a_history_is_read_without_the_files_of_the_past(server: Server) -> None:
    server.credentials = ""
    place = GitPlace(f"{server.url}/ledger.git", BRANCH)
    bare = GitPlace(str(server.root / "ledger.git"), BRANCH)
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        deploy(bare, version)
    assert ledger("verify", "--history", *where(place)).code == DONE
    whole = content_of(bare)
    put_back(bare, {**whole, "ledger/churn.jsonl": whole["ledger/churn.jsonl"].replace(b"1.1.0", b"1.1.1")})
    put_back(bare, whole)
    run = ledger("verify", "--history", *where(place))
    assert run.code == FINDING
    assert "wrote lines that are not there now" in run.out
    assert "changed or removed lines that were there" in run.out


def test_the_name_that_belongs_to_the_token_can_be_said(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.credentials = f"releases:{TOKEN}"
    monkeypatch.setenv("PIPEGEN_LEDGER_TOKEN", TOKEN)
    assert deploy(GitPlace(f"{server.url}/ledger.git", BRANCH), "1.0.0").code == CANNOT
    monkeypatch.setenv("PIPEGEN_LEDGER_USERNAME", "releases")
    assert deploy(GitPlace(f"{server.url}/ledger.git", BRANCH), "1.0.0").code == DONE


@pytest.mark.parametrize(
    ("token", "said"),
    [("wrong", "check PIPEGEN_LEDGER_TOKEN and PIPEGEN_LEDGER_USERNAME"), (None, "set PIPEGEN_LEDGER_TOKEN")],
)
def test_wrong_or_no_credentials_are_said_so(
    server: Server, monkeypatch: pytest.MonkeyPatch, token: str | None, said: str
) -> None:
    if token:
        monkeypatch.setenv("PIPEGEN_LEDGER_TOKEN", token)
    run = deploy(GitPlace(f"{server.url}/ledger.git", BRANCH), "1.0.0")
    assert (run.code, run.out) == (CANNOT, "")
    assert said in run.err
    assert len(server.seen) < 5


def test_the_token_reaches_no_other_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEGEN_LEDGER_TOKEN", TOKEN)
    with serving(Server(server.root, redirect=server.url)) as front:
        run = deploy(GitPlace(f"{front.url}/ledger.git", BRANCH), "1.0.0")
    assert run.code == CANNOT
    assert set(front.seen) | set(server.seen) == {""}


@pytest.mark.parametrize("where_it_is", ["variable", "url"])
def test_the_token_is_seen_in_no_argument_and_no_output(server: Server, where_it_is: str, tmp_path: Path) -> None:
    server.credentials = "x-access-token:plain-t0ken"
    url = f"{server.url}/ledger.git"
    more = {"PIPEGEN_LEDGER_TOKEN": "plain-t0ken"} if where_it_is == "variable" else {}
    given = url if more else url.replace("http://", "http://x-access-token:plain-t0ken@")
    recorded = tmp_path / "arguments"
    trace = {"GIT_TRACE": str(recorded), "GIT_TRACE_CURL": str(recorded), "PIPEGEN_LEDGER_URL": given}
    seen, run = _watched(["add", "deployment", *ABOUT], surroundings(**more, **trace))
    assert run.code == DONE, run.err
    assert any("remote-http" in words for words in seen), "nobody looked while git was talking to the server"
    encoded = base64.b64encode(server.credentials.encode()).decode()
    for text in (*seen, run.out, run.err, recorded.read_text(errors="replace")):
        assert "plain-t0ken" not in text
        assert encoded not in text
    assert server.seen.count("x-access-token:plain-t0ken") > 1


def test_a_failure_shows_no_secret_of_the_url(server: Server) -> None:
    url = f"{server.url}/ledger.git".replace("http://", "http://ana:hidden@")
    run = deploy(GitPlace(url, BRANCH), "1.0.0")
    assert run.code == CANNOT
    assert "hidden" not in run.err
    assert "ana:hidden" in server.seen


def _watched(words: list[str], environment: dict[str, str]) -> tuple[set[str], Run]:
    """The arguments of all processes of this machine while a command ran, and how it ended."""
    process = subprocess.Popen(
        command(*words), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    seen: set[str] = set()
    while process.poll() is None:
        for each in Path("/proc").iterdir():
            if each.name.isdecimal() and int(each.name) >= min(process.pid, os.getpid()):
                seen.add(_arguments(each))
    out, err = process.communicate()
    return seen, Run(process.returncode, out, err)


def _arguments(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
