"""`pipegen gate latency` passes a real server only if it answers rightly, fast enough and in little enough memory."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_runs import CANNOT_JUDGE, FAIL, PASS, Run, run_gate
from latency_servers import record, serve
from pipegen.gates import latency_memory
from pipegen.gates.latency import Answer, Measurement, judge, nearest_rank, parse_limit
from pipegen.gates.latency_requests import requests_in
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.report import Verdict

READY = ("--ready", "/health", "--ready-timeout", "30")
FEW = ("--warm-up", "1")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIPEGEN_SUMMARY", raising=False)


def judged(*arguments: str, command: str | None = None) -> Run:
    return run_gate("latency", "--serve", command or serve(), "--requests", "requests.jsonl", *FEW, *arguments)


def ended() -> bool:
    """Whether every server that was started is gone."""
    return all(_is_gone(int(number)) for number in Path("pids").read_text("utf-8").split())


def _is_gone(process: int) -> bool:
    for _ in range(100):
        stat = Path(f"/proc/{process}/stat")
        if not stat.exists() or stat.read_text("utf-8").rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


# ---------------------------------------------------------------- real servers


def test_a_server_that_answers_at_once_passes() -> None:
    record("/fast", {"method": "POST", "path": "/fast?x=1", "body": {"a": 1}})
    bounds = ("--max", "p50_ms=5000", "--max", "p95_ms=5000", "--max", "error_rate=0")
    run = judged(*READY, *bounds, "--repeat", "10")
    assert (run.code, "0 of 20" in run.out, ended()) == (PASS, True, True), run.out


def test_a_server_that_is_slow_fails() -> None:
    record("/slow")
    run = judged(*READY, "--max", "p50_ms=100", "--repeat", "3")
    assert (run.code, "is too slow" in run.out, ended()) == (FAIL, True, True), run.out


def test_several_requests_are_under_way_at_a_time() -> None:
    record("/slow")
    begun = time.monotonic()
    assert judged(*READY, "--repeat", "40", "--concurrency", "20").code == PASS
    assert time.monotonic() - begun < 40 * 0.2


def test_a_wrong_answer_fails_though_no_bound_names_it_and_the_server_is_heard() -> None:
    record("/fast", "/broken")
    run = judged(*READY, "--max", "p50_ms=5000", "--repeat", "4")
    assert (run.code, "4 of 8" in run.out, "/broken: status 500" in run.out) == (FAIL, True, True), run.out
    assert 'server: "GET /broken HTTP/1.1" 500' in run.err


def test_a_rate_of_errors_can_be_allowed_but_they_count_as_slow() -> None:
    record("/sometimes")
    arguments = (*READY, "--repeat", "40", "--warm-up", "0", "--max", "error_rate=0.1")
    assert judged(*arguments, "--max", "p90_ms=5000").code == PASS
    run = judged(*arguments, "--max", "p95_ms=5000")
    assert (run.code, "a wrong answer" in run.out) == (FAIL, True), run.out
    assert judged(*arguments[:-1], "error_rate=0.09").code == FAIL


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"path": "/absent", "expect": {"status": 404}}, PASS),
        ({"path": "/absent"}, FAIL),
        ({"path": "/fast", "expect": {"status": 201}}, FAIL),
        ({"path": "/fast", "expect": {"body_contains": "once"}}, PASS),
        ({"path": "/fast", "expect": {"body_contains": "twice"}}, FAIL),
        ({"path": "/broken", "expect": {"status": 500, "body_contains": "not found"}}, PASS),
        ({"path": "/echo", "method": "PUT", "body": "über", "expect": {"body_contains": "none über"}}, PASS),
        (
            {
                "path": "/echo",
                "body": {"x": [1, 1.5, None]},
                "expect": {"body_contains": 'application/json {"x": [1, 1.5, null]}'},
            },
            PASS,
        ),
        (
            {
                "path": "/echo",
                "headers": {"content-type": "text/x", "Content-Length": "9"},
                "body": [],
                "expect": {"body_contains": "text/x []"},
            },
            PASS,
        ),
    ],
)
def test_an_answer_is_right_if_it_is_what_was_recorded(request_: dict[str, object], code: int) -> None:
    record(request_)
    run = judged(*READY)
    assert run.code == code, run.out + run.err


def test_connections_stay_open_and_one_that_was_closed_is_opened_again() -> None:
    # One connection asks whether the server is ready, one plays the warm-up, one is measured.
    record("/fast", "/fast", {"path": "/opened", "expect": {"body_contains": "3"}})
    assert judged(*READY).code == PASS
    record("/hang-up", "/fast", "/hang-up", "/fast")
    assert judged(*READY).code == PASS


def test_an_answer_that_does_not_come_is_a_wrong_one() -> None:
    record("/never")
    run = judged(*READY, "--timeout", "0.3", "--warm-up", "0")
    assert (run.code, "/never: timed out" in run.out, ended()) == (FAIL, True, True), run.out


def test_a_server_that_is_ready_later_is_waited_for() -> None:
    record("/fast")
    assert judged("--ready", "/later", "--ready-timeout", "30").code == PASS
    assert judged().code == PASS


# ---------------------------------------------------------------- memory


def test_memory_is_that_of_the_server_at_its_highest() -> None:
    record("/grow")
    assert judged(*READY, "--max", "memory_mb=4000", "--repeat", "20").code == PASS
    run = judged(*READY, "--max", "memory_mb=150", "--repeat", "20")
    assert (run.code, "is too much" in run.out) == (FAIL, True), run.out


@pytest.mark.parametrize("path", ["/child", "/daemon"])
def test_memory_of_all_that_the_server_starts_counts(path: str) -> None:
    record(path)
    run = judged(*READY, "--max", "memory_mb=180", "--warm-up", "0", command=f"{serve()} & wait")
    assert (run.code, "is too much" in run.out) == (FAIL, True), run.out


def test_without_proc_memory_cannot_be_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(latency_memory, "PROC", tmp_path / "absent")
    record("/fast")
    assert judged(*READY).code == PASS
    run = judged(*READY, "--max", "memory_mb=4000")
    assert (run.code, "there is no /proc here" in run.out) == (CANNOT_JUDGE, True)


# ---------------------------------------------------------------- servers that cannot be judged


@pytest.mark.parametrize(
    ("command", "reason", "heard"),
    [
        ("echo no model >&2; exit 3", "exit code 3 before it was ready", "server: no model"),
        ("true", "exit code 0 before it was ready", ""),
        ("no-such-command", "exit code 127 before it was ready", "no-such-command"),
        ("echo $UNSET", "exit code 1 before it was ready", "UNSET"),
        (
            "printf '::error::x\\n##vso[x]\\n'; exit 1",
            "exit code 1 before it was ready",
            "server: ::error::x\nserver: #\\x23vso",
        ),
        ("echo waiting; sleep 60", "was not ready within 0.5 seconds", "server: waiting"),
    ],
)
def test_a_server_that_is_never_ready_allows_no_judgement(command: str, reason: str, heard: str) -> None:
    record("/fast")
    run = judged("--ready", "/health", "--ready-timeout", "0.5" if "sleep" in command else "30", command=command)
    assert (run.code, reason in run.out, heard in run.err) == (CANNOT_JUDGE, True, True), run.out + run.err


def test_a_server_that_answers_but_never_with_success_is_never_ready() -> None:
    record("/fast")
    run = judged("--ready", "/broken", "--ready-timeout", "1.5")
    assert (run.code, "the last try: status 500" in run.out, ended()) == (CANNOT_JUDGE, True, True), run.out


def test_a_server_that_dies_under_way_allows_no_judgement() -> None:
    record("/fast", "/die", "/fast")
    run = judged(*READY)
    reason = "exit code 7 before all requests were answered"
    assert (run.code, reason in run.out, "server: out of luck" in run.err) == (CANNOT_JUDGE, True, True), run.out


def test_too_few_requests_for_a_quantile_allow_no_judgement() -> None:
    record("/fast")
    run = judged(*READY, "--repeat", "10", "--max", "p99_ms=5000", "--max", "p50_ms=5000")
    assert (run.code, "10 measured requests are too few: it takes at least 100" in run.out) == (CANNOT_JUDGE, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_gate_that_is_interrupted_leaves_no_server_behind(number: signal.Signals) -> None:
    record("/never")
    options = ("--requests", "requests.jsonl", "--max", "memory_mb=4000")
    command = [sys.executable, "-m", "pipegen.gates", "latency", "--serve", f"{serve()} & wait", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not Path("pids").exists():
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert ended()
    if number is not signal.SIGKILL:
        assert (process.returncode, f"interrupted by {number.name}" in out) == (CANNOT_JUDGE, True), err
        assert "Traceback" not in err


# ---------------------------------------------------------------- recorded requests


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        ("", "empty"),
        ("\n \n", "empty"),
        ("\xff", "not UTF-8"),
        ('{"path": "/a"}\n{"path": "/b', "requests.jsonl:2: not JSON"),
        ("[]", "requests.jsonl:1: its root is a list"),
        ("{}", "path is null, not text"),
        ('{"path": "a"}', "path: 'a' cannot be sent"),
        ('{"path": "/a b"}', "cannot be sent"),
        ('{"path": "/a\\r\\nX: y"}', "cannot be sent"),
        ('{"path": "/", "method": "get it"}', "cannot be sent"),
        ('{"path": "/", "headers": {"a b": "c"}}', "cannot be sent"),
        ('{"path": "/", "headers": {"a": "b\\r\\nc: d"}}', "cannot be sent"),
        ('{"path": "/", "headers": {"a": 1}}', "header a is a number, not text"),
        ('{"path": "/", "headers": []}', "headers is a list"),
        ('{"path": "/", "expects": {}}', "a request has no key 'expects'"),
        ('{"path": "/", "expect": {"stats": 200}}', "expect has no key 'stats'"),
        ('{"path": "/", "expect": {"status": "200"}}', "not a status of HTTP"),
        ('{"path": "/", "expect": {"status": 20}}', "not a status of HTTP"),
        ('{"path": "/", "expect": {"status": NaN}}', "not a status of HTTP"),
        ('{"path": "/", "expect": {"status": 200.5}}', "not a status of HTTP"),
        ('{"path": "/", "expect": {"body_contains": 1}}', "is a number, not text"),
        ('{"path": "/", "body": [NaN]}', "no number that JSON can send"),
        ('{"path": "/", "body": 1e999}', "no number that JSON can send"),
        ('{"path": "/", "body": "\\ud800"}', "half a character"),
        ('{"path": "/", "path": "/"}', "more than once"),
    ],
)
def test_requests_that_cannot_be_read_start_no_server(content: str | None, reason: str) -> None:
    if content is not None:
        Path("requests.jsonl").write_bytes(content.encode("latin-1"))
    run = judged(command="touch started; sleep 60")
    assert (run.code, reason in run.out, Path("started").exists()) == (CANNOT_JUDGE, True, False), run.out


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--serve", "true"),
        *(
            ("--serve", "true", "--requests", "x", *wrong)
            for wrong in (
                ("--max", "p95=50"),
                ("--max", "p100_ms=50"),
                ("--max", "p0_ms=50"),
                ("--max", "auc=50"),
                ("--max", "p95_ms=-1"),
                ("--max", "p95_ms=nan"),
                ("--max", "p95_ms=1", "--max", "p95_ms=2"),
                ("--ready", "health"),
                ("--ready-timeout", "0"),
                ("--timeout", "inf"),
                ("--repeat", "0"),
                ("--concurrency", "-1"),
                ("--warm-up", "1.5"),
            )
        ),
    ],
)
def test_wrong_usage_is_said(arguments: tuple[str, ...]) -> None:
    run = run_gate("latency", *arguments)
    assert (run.code, run.out, "pipegen gate latency: " in run.err) == (CANNOT_JUDGE, "", True)


# ---------------------------------------------------------------- properties

TIMES = st.lists(st.integers(0, 10**12), min_size=1, max_size=200)


@given(times=TIMES, percent=st.integers(1, 99))
def test_a_quantile_is_the_smallest_time_that_enough_requests_do_not_exceed(times: list[int], percent: int) -> None:
    part = Fraction(percent, 100)
    answers = [Answer(each) for each in times]
    if len(times) * (1 - part) < 1:
        with pytest.raises(CannotJudgeError):
            nearest_rank(answers, part)
        return
    found = nearest_rank(answers, part)
    enough = [each for each in times if sum(other <= each for other in times) >= part * len(times)]
    assert found == min(enough)


@given(times=TIMES, wrong=st.integers(1, 20), percent=st.integers(1, 50))
def test_wrong_answers_never_make_a_quantile_smaller(times: list[int], wrong: int, percent: int) -> None:
    part = Fraction(percent, 100)
    answers = [Answer(each) for each in [*times, *times]]
    with_wrong = nearest_rank([*answers, *[Answer(0, "wrong")] * wrong], part)
    without = nearest_rank(answers, part)
    assert with_wrong is None or (without is not None and with_wrong >= without)


@given(faults=st.integers(0, 50), right=st.integers(1, 50), limit=st.decimals(0, 1, places=3))
def test_a_rate_of_errors_is_compared_exactly(faults: int, right: int, limit: Decimal) -> None:
    answers = (*[Answer(1, "wrong")] * faults, *[Answer(1)] * right)
    (found,) = judge(Measurement(answers), [parse_limit(f"error_rate={limit:f}")])
    holds = Fraction(faults, faults + right) <= Fraction(limit)
    assert found.verdict is (Verdict.PASS if holds else Verdict.FAIL)


@given(st.binary(max_size=60))
def test_no_content_of_requests_makes_a_traceback(content: bytes) -> None:
    Path("drawn.jsonl").write_bytes(content)
    try:
        assert requests_in(Path("drawn.jsonl"))
    except CannotJudgeError as error:
        assert str(error).startswith("drawn.jsonl")  # noqa: PT017  (either is right; any other exception is not)
