"""`pipegen gate order` admits what the ledger and the history allow, and nothing of which they do not know enough."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from gate_ledgers import IN_FOLDER, LEDGER, MODEL, commit, deploy, judged, restore, roll_back, run, sha256
from gate_runs import CANNOT_JUDGE, FAIL, HOSTILE, PASS
from pipegen.ledger.places import GitPlace

SOURCE = sha256("5")


@dataclass(frozen=True)
class History:
    """A repository in `folder` whose commits are first <- second <- third, with a fork beside the second."""

    folder: Path
    first: str
    second: str
    third: str
    fork: str


def git(folder: Path, *words: str) -> str:
    """Run git as a person who has set nothing up."""
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def committed(folder: Path) -> str:
    git(folder, "commit", "-q", "--allow-empty", "-m", "a change")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("history")
    git(folder, "init", "-q")
    first, second, third = committed(folder), committed(folder), committed(folder)
    git(folder, "switch", "-q", "-c", "fork", first)
    (folder / "forked").touch()
    git(folder, "add", "forked")
    return History(folder, first, second, third, committed(folder))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("SUMMARY", "MODEL", "ENVIRONMENT", "COMMIT", "VERSION", "LEDGER_URL", "LEDGER_BRANCH")
    for name in names:
        monkeypatch.delenv(f"PIPEGEN_{name}", raising=False)


def order(history: History, *arguments: str) -> list[str]:
    place = ("--environment", "prod", "--repository", str(history.folder), *IN_FOLDER)
    return ["order", *place, *arguments]


def verdicts(arguments: list[str]) -> dict[str, str]:
    return {each["subject"]: each["verdict"] for each in judged(arguments)}


# ---------------------------------------------------------------- a new commit


def test_the_first_deployment_needs_nothing_before_it(history: History) -> None:
    done = run(*order(history, "--commit", history.first))
    assert (done.code, "first deployment to prod" in done.out) == (PASS, True)


def test_only_what_comes_out_of_what_runs_is_admitted(history: History) -> None:
    deploy("1.0.0", "prod", commit=history.second)
    assert verdicts(order(history, "--commit", history.second)) == {"descent": "pass"}
    assert verdicts(order(history, "--commit", history.third)) == {"descent": "pass"}
    for older in (history.first, history.fork):
        done = run(*order(history, "--commit", older))
        assert done.code == FAIL
        assert "does not descend from 1.0.0" in done.out
        assert run(*order(history, "--commit", older, "--json", "gate.json")).code == FAIL
        assert "go back to a recorded version with the action rollback" in Path("gate.json").read_text("utf-8")


def test_what_runs_is_what_was_rolled_back_or_restored_to(history: History) -> None:
    deploy("1.0.0", "prod", commit=history.first)
    deploy("2.0.0", "prod", commit=history.third)
    assert run(*order(history, "--commit", history.fork)).code == FAIL
    roll_back("1.0.0", "prod")
    assert run(*order(history, "--commit", history.fork)).code == PASS
    deploy("3.0.0", "prod", commit=history.third)
    assert run(*order(history, "--commit", history.fork)).code == FAIL
    restore("3.0.0", "prod")
    assert run(*order(history, "--commit", history.fork)).code == PASS


def test_the_environment_before_has_to_have_had_the_same_sources(history: History) -> None:
    after = order(history, "--commit", history.first, "--after", "staging", "--source", SOURCE)
    assert verdicts(after) == {"order": "fail", "descent": "pass"}
    deploy("1.0.0", "staging", commit=history.first, source=sha256("6"))
    deploy("1.0.0", "dev", commit=history.first, source=SOURCE)
    done = run(*after, "--json", "gate.json")
    assert done.code == FAIL
    assert "the newest there is 1.0.0" in Path("gate.json").read_text("utf-8")
    deploy("1.0.1", "staging", run_id="1", commit=history.second, source=SOURCE)
    assert verdicts(after)["order"] == "pass"
    deploy("1.0.2", "staging", run_id="2", commit=history.second, source=sha256("7"))
    assert verdicts(after)["order"] == "pass"
    restore("1.0.1", "staging", run_id="1")
    assert verdicts(after)["order"] == "fail"


def test_after_a_failed_way_back_only_a_rollback_is_admitted(history: History) -> None:
    deploy("1.0.0", "prod", commit=history.first)
    deploy("2.0.0", "prod", commit=history.second)
    restore("2.0.0", "prod", restored=False)
    arguments = order(history, "--commit", history.third)
    done = run(*arguments, "--json", "gate.json")
    assert done.code == CANNOT_JUDGE
    assert "only a rollback is admitted now" in Path("gate.json").read_text("utf-8")
    assert run(*order(history, "--rollback", "--version", "1.0.0")).code == PASS


def test_a_part_of_the_history_proves_nothing_and_the_reason_says_how_to_get_the_rest(
    history: History, tmp_path: Path
) -> None:
    source = f"file://{history.folder}"
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "main", source, "shallow")
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", "--branch", "main", source, "tips")
    deploy("1.0.0", "prod", commit=history.first)
    shallow = order(history, "--commit", history.third, "--repository", "shallow")
    assert run(*shallow).code == CANNOT_JUDGE
    assert "fetch the whole history: git fetch --unshallow" in judged(shallow)[0]["reason"]
    deploy("1.1.0", "prod", commit=history.fork)
    tips = order(history, "--commit", history.third, "--repository", "tips")
    assert run(*tips).code == CANNOT_JUDGE
    assert "only a part of its history, so nothing follows" in judged(tips)[0]["reason"]
    deploy("1.2.0", "prod", commit=history.third)
    assert run(*tips).code == PASS
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    assert run(*shallow).code == PASS


def test_a_commit_that_the_repository_does_not_have_proves_nothing(history: History) -> None:
    deploy("1.0.0", "prod", commit=commit("e"))
    arguments = order(history, "--commit", history.third)
    assert run(*arguments).code == CANNOT_JUDGE
    assert "if it was rewritten, go back with the action rollback" in judged(arguments)[0]["reason"]
    assert run(*order(history, "--commit", commit("f"))).code == CANNOT_JUDGE


def test_the_commit_that_runs_already_needs_no_history(history: History) -> None:
    deploy("1.0.0", "prod", commit=history.first)
    assert run(*order(history, "--commit", history.first, "--repository", "nowhere")).code == PASS


@pytest.mark.parametrize("repository", ["nowhere", "empty"])
def test_where_there_is_no_repository_nothing_is_known(repository: str, history: History, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    deploy("1.0.0", "prod", commit=history.first)
    arguments = order(history, "--commit", history.third, "--repository", repository)
    assert run(*arguments).code == CANNOT_JUDGE
    assert "is no git repository" in judged(arguments)[0]["reason"]


def test_without_git_nothing_is_known(history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy("1.0.0", "prod", commit=history.first)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(*order(history, "--commit", history.third)).code == CANNOT_JUDGE


# ---------------------------------------------------------------- versions mean one thing


@pytest.mark.parametrize(
    ("version", "arguments", "verdict"),
    [
        ("1.0.0", [], "pass"),
        ("1.0.0", ["--artifact", f"model={sha256('1')}"], "pass"),
        ("1.0.0", ["--artifact", f"model=sha256:{sha256('1')}"], "pass"),
        ("1.0.0", ["--artifact", f"model={sha256('2')}"], "fail"),
        ("1.0.0", ["--artifact", f"model={sha256('1')}", "--artifact", f"code={sha256('2')}"], "cannot-judge"),
        ("0.9.0", [], "fail"),
        ("2.0.0", ["--artifact", f"model={sha256('2')}"], "pass"),
    ],
)
def test_a_version_is_not_used_for_something_else(
    version: str, arguments: list[str], verdict: str, history: History
) -> None:
    deploy("0.9.0", "dev", run_id="1", commit=history.first)
    restore("0.9.0", "dev", run_id="1")
    deploy("1.0.0", "staging", commit=history.second, artifacts={"model": sha256("1")})
    found = verdicts(order(history, "--commit", history.second, "--version", version, *arguments))
    assert found == {"descent": "pass", "version": verdict}


def test_the_same_sources_under_another_commit_are_the_same_version(history: History) -> None:
    """What was merged on has a commit of its own."""
    deploy("1.0.0", "staging", commit=history.fork, source=SOURCE, artifacts={"model": sha256("1")})
    merged = order(history, "--commit", history.second, "--version", "1.0.0", "--artifact", f"model={sha256('1')}")
    assert verdicts([*merged, "--source", SOURCE])["version"] == "pass"
    assert verdicts([*merged, "--source", sha256("6")])["version"] == "fail"
    assert verdicts(merged)["version"] == "fail"
    assert "give --source if the sources are the same" in judged(merged)[1]["reason"]


def test_the_run_that_rolled_back_to_a_version_is_not_what_the_version_means(history: History) -> None:
    deploy("1.0.0", "prod", commit=history.first)
    roll_back("1.0.0", "prod", commit=history.third)
    assert verdicts(order(history, "--commit", history.first, "--version", "1.0.0"))["version"] == "pass"


# ---------------------------------------------------------------- going back


@pytest.mark.parametrize(
    ("version", "code", "reason"),
    [
        ("1.0.0", PASS, ""),
        ("1.1.0", FAIL, "prod runs 1.1.0 already"),
        ("1.2.0", FAIL, "1.2.0 was never deployed to prod, or was undone; recorded in prod: 1.1.0, 1.0.0"),
        ("2.0.0", FAIL, "2.0.0 was never deployed to prod"),
        (HOSTILE, FAIL, "was never deployed to prod"),
    ],
)
def test_a_rollback_goes_to_a_version_that_was_recorded_there(
    version: str, code: int, reason: str, history: History
) -> None:
    deploy("1.0.0", "prod", run_id="1", commit=history.second)
    deploy("1.1.0", "prod", run_id="2", commit=history.third)
    deploy("1.2.0", "prod", run_id="3", commit=history.third)
    restore("1.2.0", "prod", run_id="3")
    deploy("2.0.0", "staging", run_id="4", commit=history.third)
    arguments = order(history, "--rollback", "--version", version)
    assert run(*arguments).code == code
    assert reason in judged(arguments)[0]["reason"]


def test_a_rollback_asks_for_no_descent_and_no_commit_but_for_the_recorded_artifact(history: History) -> None:
    deploy("1.0.0", "prod", commit=history.fork, artifacts={"model": sha256("1")})
    deploy("1.1.0", "prod", commit=history.third)
    back = order(history, "--rollback", "--version", "1.0.0", "--commit", history.third)
    assert verdicts(back) == {"record": "pass", "version": "pass"}
    assert verdicts([*back, "--artifact", f"model={sha256('2')}"]) == {"record": "pass", "version": "fail"}


def test_where_the_state_is_unknown_a_rollback_may_go_to_what_ran_last(history: History) -> None:
    deploy("1.0.0", "prod", run_id="1", commit=history.first)
    deploy("1.1.0", "prod", run_id="2", commit=history.second)
    restore("1.1.0", "prod", restored=False, run_id="2")
    assert run(*order(history, "--rollback", "--version", "1.0.0")).code == PASS


# ---------------------------------------------------------------- a recorded version once more


def test_a_recorded_version_is_deployed_where_it_comes_out_of_what_runs(history: History) -> None:
    deploy("0.9.0", "staging", commit=history.first)
    deploy("1.0.0", "prod", commit=history.second)
    deploy("1.1.0", "staging", commit=history.third)
    once_more = order(history, "--deploy-recorded", "--after", "staging", "--commit", history.fork)
    passed = {"record": "pass", "descent": "pass", "version": "pass"}
    assert verdicts([*once_more, "--version", "1.1.0"]) == passed
    assert verdicts([*once_more, "--version", "1.0.0"]) == passed
    assert verdicts([*once_more, "--version", "0.9.0"]) == passed | {"descent": "fail"}
    assert "the action rollback" in judged([*once_more, "--version", "0.9.0"])[1]["reason"]
    assert verdicts([*once_more, "--version", "7.0.0"]) == {"record": "fail", "version": "pass"}
    assert verdicts([*once_more, "--version", "1.1.0", "--artifact", f"m={sha256('1')}"])["version"] == "cannot-judge"


def test_a_recorded_version_has_the_commit_under_which_the_environment_itself_had_it(history: History) -> None:
    """Elsewhere it may have been deployed from another branch, before it was merged."""
    deploy("1.1.0", "dev", commit=history.fork, source=SOURCE)
    deploy("1.1.0", "prod", commit=history.third, source=SOURCE)
    deploy("1.0.0", "prod", commit=history.second)
    found = verdicts(order(history, "--deploy-recorded", "--after", "dev", "--version", "1.1.0"))
    assert found == {"record": "pass", "descent": "pass", "version": "pass"}


def test_without_an_environment_before_a_recorded_version_is_one_of_the_environment_itself(history: History) -> None:
    deploy("1.0.0", "staging", commit=history.first)
    arguments = order(history, "--deploy-recorded", "--version", "1.0.0")
    assert verdicts(arguments)["record"] == "fail"
    deploy("1.0.0", "prod", commit=history.first)
    assert verdicts(arguments)["record"] == "pass"


# ---------------------------------------------------------------- where the ledger is


def test_the_ledger_may_be_a_branch_of_the_repository_around(history: History, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    git(tmp_path, "clone", "-q", str(history.folder), "work")
    git(tmp_path / "work", "remote", "set-url", "origin", str(tmp_path / "origin.git"))
    remote = ("order", "--environment", "prod", "--model", MODEL, "--remote", str(tmp_path / "origin.git"))
    here = ("--repository", str(tmp_path / "work"))
    assert run(*remote, *here, "--commit", history.third).code == PASS
    deploy("1.0.0", "prod", place=GitPlace(str(tmp_path / "origin.git")), commit=history.second)
    assert run(*remote, *here, "--commit", history.third).code == PASS
    assert run(*remote, *here, "--commit", history.first).code == FAIL


def test_a_ledger_that_cannot_be_read_admits_nothing(history: History, tmp_path: Path) -> None:
    unreachable = ("order", "--environment", "prod", "--model", MODEL, "--remote", str(tmp_path / "nowhere.git"))
    assert run(*unreachable, "--commit", history.first).code == CANNOT_JUDGE
    deploy("1.0.0", "prod", commit=history.first)
    file = LEDGER / "ledger" / "churn.jsonl"
    file.write_bytes(file.read_bytes()[:-30])
    assert run(*order(history, "--commit", history.first)).code == CANNOT_JUDGE
    assert run(*order(history, "--rollback", "--version", "1.0.0")).code == CANNOT_JUDGE


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give --environment, or set PIPEGEN_ENVIRONMENT"),
        (["--environment", "prod"], "give --model, or set PIPEGEN_MODEL"),
        (["--environment", "prod", "--model", "churn"], "give --commit, or set PIPEGEN_COMMIT"),
        (["--environment", "prod", "--model", "churn", "--commit", "main"], "--commit 'main' is not a commit"),
        (["--environment", "prod", "--model", "churn", "--commit", "abc1234"], "is not a commit with all its"),
        (["--environment", "prod", "--model", "churn", "--rollback"], "give --version, or set PIPEGEN_VERSION"),
        (["--environment", "prod", "--model", "churn", "--deploy-recorded"], "give --version, or set"),
        (["--after", ""], "--after is empty"),
        (["--environment", "prod", "--model", "churn", "--version", ""], "--version is empty"),
        (["--rollback", "--deploy-recorded"], "not allowed with argument --rollback"),
        (["--environment", "prod", "--model", "churn", "--after", "prod"], "'prod' does not come before itself"),
        (["--environment", "prod", "--model", "churn", "--source", "5"], "--source '5' is not a digest"),
        (["--environment", "prod", "--model", "churn", "--commit", commit("a"), "--after", "dev"], "needs --source"),
        (["--artifact", "model"], "'model' is not NAME=SHA256"),
        (["--artifact", f"model={'G' * 64}"], "is not NAME=SHA256"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: list[str], complaint: str) -> None:
    done = run("order", *arguments)
    assert (done.code, done.out) == (CANNOT_JUDGE, "")
    assert complaint in done.err.splitlines()[-1]


def test_what_the_pipeline_says_of_a_run_need_not_be_repeated(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy("1.0.0", "prod", commit=history.second)
    told = {"MODEL": MODEL, "ENVIRONMENT": "prod", "COMMIT": history.first, "VERSION": "1.0.0"}
    for name, value in told.items():
        monkeypatch.setenv(f"PIPEGEN_{name}", value)
    found = verdicts(["order", "--folder", str(LEDGER), "--repository", str(history.folder)])
    assert found == {"descent": "fail", "version": "fail"}
