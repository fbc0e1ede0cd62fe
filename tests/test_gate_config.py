"""`pipegen gate config` passes environments that define the same, that is used, and hold no secret in plain text."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_runs import CANNOT_JUDGE, FAIL, PASS, Run, run_gate
from pipegen.gates.config import Kind, kind_of_text
from pipegen.gates.config_files import environment_in
from pipegen.gates.config_table import judge_table
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.report import Verdict

DEV = '[database]\nhost = "http://localhost"\nport = 5432\npassword = "${DB_PASSWORD}"\n[flags]\nfast = true\n'
PROD = """\
{"database": {"host": "https://db.example.org", "port": 5432, "password": "vault:db/prod"}, "flags": {"fast": false}}
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIPEGEN_SUMMARY", raising=False)


def judged(dev: str, prod: str, *arguments: str, forms: tuple[str, str] = ("toml", "json")) -> Run:
    Path(f"dev.{forms[0]}").write_text(dev, "utf-8")
    Path(f"prod.{forms[1]}").write_text(prod, "utf-8")
    named = ("--environment", f"dev=dev.{forms[0]}", "--environment", f"prod=prod.{forms[1]}")
    return run_gate("config", *named, *arguments)


def of_variables(dev: str, prod: str, *arguments: str) -> Run:
    return judged(dev, prod, *arguments, forms=("env", "env"))


# ---------------------------------------------------------------- files


def test_environments_that_define_the_same_pass_in_whatever_form() -> None:
    run = judged(DEV, PROD)
    assert (run.code, "4 names" in run.out) == (PASS, True), run.out


def test_a_file_of_variables_agrees_with_a_typed_file() -> None:
    assert judged("PORT = 80\nDEBUG = true\n", "PORT=8080\nDEBUG=false\n", forms=("toml", "env")).code == PASS


@pytest.mark.parametrize(
    ("dev", "prod"),
    [
        ("A=1", "A=2\n"),
        ("# remark\n\nexport A=1 # remark\n", "A='2'"),
        ("A=1", "A=2.5"),
        ('A="x # y"', "A=#z"),
        ("A=http://a", "A=https://b:80/c?d=e"),
        ("A=true", "A=No"),
        ("DB_PASSWORD=${SECRET_FROM_CI}", "DB_PASSWORD={{ vault }}"),
        ("API_TOKEN=$TOKEN", "API_TOKEN=op://vault/item"),
        ("A=x\r\n", "A=y"),
        ("PORT=$PORT_OF_DEV\nURL=${URL}", "PORT=80\nURL=https://example.org"),
    ],
)
def test_variables_that_agree_pass(dev: str, prod: str) -> None:
    assert of_variables(dev, prod).code == PASS


@pytest.mark.parametrize(
    ("dev", "prod", "reason"),
    [
        ("A=1\nB=2", "A=1", "defined in dev, not in prod"),
        ("HOST=a\nX=1", "HOTS=b\nX=1", "defined in dev, not in prod; did you mean HOTS?"),
        ("A=1", "A=x", "an integer in dev, text in prod"),
        ("A=1.5", "A=1.5.2", "a number in dev, text in prod"),
        ("A=http://x", "A=x", "a URL in dev, text in prod"),
        ("A=true", "A=1", "a boolean in dev, an integer in prod"),
        ("A=1", "A=", "empty in prod"),
        ("A=1", "A='  '", "empty in prod"),
        ("A=1", "A=  # later", "empty in prod"),
        ("DB_PASSWORD=hunter2", "DB_PASSWORD=$PASSWORD", "a secret stands in plain text in dev"),
        ("DB_PASSWORD=1234", "DB_PASSWORD=1234", "a secret stands in plain text in dev, prod"),
        ("DB_PASSWORD=${X:-hunter2}", "DB_PASSWORD=$X", "a secret stands in plain text in dev"),
        ("token=hunter2", "token=$T", "a secret stands in plain text in dev"),
        ("CLIENTSECRET=hunter2", "CLIENTSECRET=$T", "a secret stands in plain text in dev"),
    ],
)
def test_variables_that_disagree_fail_and_show_no_value(dev: str, prod: str, reason: str) -> None:
    run = of_variables(dev, prod)
    assert (run.code, reason in run.out, "hunter2" in run.out) == (FAIL, True, False), run.out


@pytest.mark.parametrize(
    ("dev", "prod", "reason"),
    [
        ("a = 1\n", '{"a": "1"}', "an integer in dev, text in prod"),
        ("a = 1\n", '{"a": true}', "an integer in dev, a boolean in prod"),
        ("a = 1\n", '{"a": null}', "empty in prod"),
        ("a = 1\n", '{"a": {}}', "empty in prod"),
        ("password = 1\n", '{"password": 1}', "a secret stands in plain text in dev"),
        ("a = [1]\n", '{"a": []}', "empty in prod"),
        ("a = 2026-01-01\n", '{"a": "2026-01-01"}', "a date or time in dev, text in prod"),
        ("[a]\nb = 1\n", '{"a": 1}', "defined in dev, not in prod"),
        ('password = "x"\n', '{"password": "${P}"}', "a secret stands in plain text in dev"),
    ],
)
def test_typed_files_that_disagree_fail(dev: str, prod: str, reason: str) -> None:
    run = judged(dev, prod)
    assert (run.code, reason in run.out) == (FAIL, True), run.out


def test_names_that_may_differ_are_named_one_by_one_or_by_their_table() -> None:
    dev, prod = "a = 1\n[debug]\nlevel = 1\nport = 2\n", '{"a": 1}'
    assert judged(dev, prod, "--may-differ", "debug.level").code == FAIL
    assert judged(dev, prod, "--may-differ", "debug.level", "--may-differ", "debug.port").code == PASS
    assert judged(dev, prod, "--may-differ", "debug").code == PASS
    run = judged(dev, prod, "--may-differ", "debug", "--may-differ", "debu")
    assert (run.code, "it may differ, but no environment defines it" in run.out) == (FAIL, True)


def test_a_name_that_only_sounds_like_a_secret_can_be_said_to_be_none() -> None:
    assert of_variables("MAX_TOKEN=512", "MAX_TOKEN=1024").code == FAIL
    assert of_variables("MAX_TOKEN=512", "MAX_TOKEN=1024", "--no-secret", "MAX_TOKEN").code == PASS


# ---------------------------------------------------------------- what is used


def test_what_a_list_does_not_name_is_left_over_and_what_nobody_defines_is_missing() -> None:
    Path("used").write_text("# used by the server\nHOST\nPORT # remark\n", "utf-8")
    assert of_variables("HOST=a\nPORT=1", "HOST=b\nPORT=2", "--used", "used").code == PASS
    run = of_variables("HOST=a\nPORTS=1", "HOST=b\nPORTS=2", "--used", "used")
    assert run.code == FAIL
    assert "used, but no environment defines it; did you mean PORTS?" in run.out
    assert "a leftover: defined in dev, prod, used nowhere" in run.out


def test_what_stands_in_no_file_is_left_over() -> None:
    Path("src/__pycache__").mkdir(parents=True)
    Path("src/app.py").write_text('connect(config["database"]["host"], os.environ["HOSTS"], xport)\n', "utf-8")
    Path("src/__pycache__/app.pyc").write_bytes(b"port")
    Path("src/model.bin").write_bytes(b"\0port")
    Path("src/link.py").symlink_to("../dev.env")
    dev = "[database]\nhost = 'a'\nport = 1\n"
    run = judged(dev, '{"database": {"host": "b", "port": 2}}', "--scan", "src")
    assert (run.code, "database.port" in run.out, "database.host" in run.out) == (FAIL, True, False), run.out
    Path("src/other.sh").write_text('echo "$port"\n', "utf-8")
    assert judged(dev, '{"database": {"host": "b", "port": 2}}', "--scan", "src").code == PASS


def test_a_configuration_does_not_use_itself() -> None:
    run = of_variables("HOST=a", "HOST=b", "--scan", ".")
    assert (run.code, "no text file" in run.out) == (CANNOT_JUDGE, True)
    Path("other.txt").write_text("nothing", "utf-8")
    assert of_variables("HOST=a", "HOST=b", "--scan", ".").code == FAIL


# ---------------------------------------------------------------- what cannot be judged


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", None, "No such file"),
        ("a.json", b"", "empty"),
        ("a.json", b'{"a": 1', "not JSON"),
        ("a.json", b"[1]", "its root is a list"),
        ("a.json", b"{}", "defines nothing"),
        ("a.json", b'{"a": 1, "a": 2}', "more than once"),
        ("a.json", b'{"a.b": 1, "a": {"b": 2}}', "two different keys"),
        ("a.toml", b"", "defines nothing"),
        ("a.toml", b"a = ", "not TOML"),
        ("a.toml", b"a = 1\na = 2", "not TOML"),
        ("a.toml", b"\xff = 1", "not UTF-8 (byte 0)"),
        ("a.toml", b"a = 1e99999999999999999999", "not TOML"),
        ("a.toml", b"a = " + b"[" * 100_000, "not TOML"),
        ("a.env", b"", "defines nothing"),
        ("a.env", b"# A=1\n", "defines nothing"),
        ("a.env", b"A", "line 1 is not NAME=value"),
        ("a.env", b"A=1\nA=2", "line 2 defines A again"),
        ("a.env", b'A="x', "line 1 opens a quote"),
        ("a.env", b"A=\xff", "not UTF-8"),
        ("a.yaml", b"a: 1", "YAML is not read here"),
        ("a.yml", b"a: 1", "YAML is not read here"),
        ("a.ini", b"a=1", "its name says no form"),
    ],
)
def test_a_file_that_cannot_be_read_allows_no_judgement(name: str, content: bytes | None, reason: str) -> None:
    Path("b.json").write_text('{"a": 1}', "utf-8")
    if content is not None:
        Path(name).write_bytes(content)
    run = run_gate("config", "--environment", "dev=b.json", "--environment", f"prod={name}")
    assert (run.code, reason in run.out, run.err) == (CANNOT_JUDGE, True, ""), run.out


@pytest.mark.parametrize("option", ["--used", "--scan"])
@pytest.mark.parametrize("path", ["absent", "void"])
def test_use_that_cannot_be_known_allows_no_judgement(option: str, path: str) -> None:
    if path == "void":
        os.mkdir(path) if option == "--scan" else Path(path).touch()  # noqa: PTH102
    assert of_variables("A=1", "A=1", option, path).code == CANNOT_JUDGE


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--environment", "dev"),
        ("--environment", "=x.json"),
        ("--environment", "dev=x.json"),
        ("--environment", "dev=x.json", "--environment", "dev=y.json"),
        ("--environment", "dev=x.json", "--environment", "prod=y.json", "--spec-table", "z"),
        ("--environment", "dev=x.json", "--used", "a", "--scan", "b"),
        ("--spec-table", "z", "--used", "a"),
    ],
)
def test_wrong_usage_is_said(arguments: tuple[str, ...]) -> None:
    run = run_gate("config", *arguments)
    assert (run.code, run.out, "pipegen gate config: " in run.err) == (CANNOT_JUDGE, "", True)


# ---------------------------------------------------------------- a spec's table


def table(**changes: object) -> dict[str, object]:
    """A table in which everything is right, but for what is changed in prod."""
    right = {"variables": {"HOST": "a", "PORT": "80"}, "secrets": ["KEY"], "uses": {"deploy": ["HOST", "PORT", "KEY"]}}
    return {"environments": {"dev": right, "prod": right | changes}}


def of_table(document: object) -> Run:
    Path("table.json").write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return run_gate("config", "--spec-table", "table.json")


def test_a_spec_whose_stages_use_what_is_defined_passes() -> None:
    run = of_table(table())
    assert (run.code, "6 uses" in run.out) == (PASS, True)


@pytest.mark.parametrize(
    ("changes", "subject", "reason"),
    [
        ({"secrets": []}, "KEY", "environment prod, stage deploy: not defined, though dev defines it"),
        ({"uses": {"deploy": ["HOST", "PORT", "KEY", "HOTS"]}}, "HOTS", "not defined; did you mean HOST?"),
        ({"uses": {"deploy": ["HOST", "KEY"]}}, "PORT", "environment prod: a variable that none of its stages uses"),
        ({"uses": {"deploy": ["HOST", "PORT"]}}, "KEY", "environment prod: a secret that none of its stages uses"),
        ({"uses": {}}, "HOST", "environment prod: a variable that none of its stages uses"),
        ({"variables": {"HOST": "a", "PORT": "x"}}, "PORT", "an integer in dev, text in prod"),
        ({"variables": {"HOST": "a", "PORT": ""}}, "PORT", "empty in prod"),
        ({"secrets": ["KEY", "PORT"]}, "PORT", "both a variable and a secret"),
        ({"variables": {"HOST": "a", "PORT": "1", "KEY": "x"}, "secrets": []}, "KEY", "a secret in dev, text in prod"),
        (
            {
                "variables": {"HOST": "a", "PORT": "1", "A_TOKEN": "x"},
                "uses": {"s": ["HOST", "PORT", "KEY", "A_TOKEN"]},
            },
            "A_TOKEN",
            "a secret stands in plain text in prod",
        ),
    ],
)
def test_a_spec_that_misses_or_leaves_something_fails(changes: dict[str, object], subject: str, reason: str) -> None:
    run = of_table(table(**changes))
    assert run.code == FAIL
    assert [line for line in run.out.splitlines() if subject in line and reason in line], run.out


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{}",
        '{"environments": {}}',
        '{"environments": []}',
        '{"environments": {"dev": []}}',
        '{"environments": {"dev": {"variables": {}, "secrets": []}}}',
        '{"environments": {"dev": {"variables": {}, "secrets": [], "uses": {}, "more": 1}}}',
        '{"environments": {"dev": {"variables": {"A": 1}, "secrets": [], "uses": {}}}}',
        '{"environments": {"dev": {"variables": {}, "secrets": "A", "uses": {}}}}',
        '{"environments": {"dev": {"variables": {}, "secrets": [1], "uses": {}}}}',
        '{"environments": {"dev": {"variables": {}, "secrets": [], "uses": {"deploy": "A"}}}}',
    ],
)
def test_a_table_of_another_shape_allows_no_judgement(document: str) -> None:
    run = of_table(document)
    assert (run.code, "table.json: " in run.out) == (CANNOT_JUDGE, True)


# ---------------------------------------------------------------- properties

NAMES = st.text("ABC", min_size=1, max_size=2)


@given(st.sets(NAMES), st.sets(NAMES), st.sets(NAMES))
def test_a_table_passes_exactly_if_uses_and_definitions_are_the_same(
    variables: set[str], secrets: set[str], used: set[str]
) -> None:
    environment = {"variables": dict.fromkeys(variables, "x"), "secrets": sorted(secrets), "uses": {"s": sorted(used)}}
    verdicts = {each.verdict for each in judge_table({"environments": {"dev": environment}})}
    right = variables | secrets == used and not variables & secrets
    assert (verdicts == {Verdict.PASS}) is right


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_a_variable_is_seen_as_one(number: float) -> None:
    assert kind_of_text(str(number)) is (Kind.INTEGER if isinstance(number, int) else Kind.NUMBER)


@given(content=st.binary(max_size=60), form=st.sampled_from(["json", "toml", "env"]))
def test_no_content_makes_a_traceback(content: bytes, form: str) -> None:
    file = Path(f"drawn.{form}")
    file.write_bytes(content)
    try:
        assert environment_in("dev", file).settings
    except CannotJudgeError as error:
        assert str(error).startswith(str(file))  # noqa: PT017  (either outcome is right; any other exception is not)
