"""`pipegen gate champion` lets only a candidate pass that is known to be no worse than what serves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_ledgers import IN_FOLDER, LEDGER, deploy, judged, restore, roll_back, run, write
from gate_runs import CANNOT_JUDGE, FAIL, HOSTILE, PASS
from pipegen.gates.champion import Champion, Rule, judge
from pipegen.gates.metrics import Side
from pipegen.gates.report import Verdict

METRICS = {"auc": "0.85", "latency_p95_ms": "40", "loss": "-0.5"}
IN_PROD = ("champion", "--file", "metrics.json", "--environment", "prod", *IN_FOLDER)
TOLD = ("champion", "--file", "metrics.json", "--environment", "prod", "--champion", "champion.json")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("PIPEGEN_SUMMARY", "PIPEGEN_MODEL", "PIPEGEN_ENVIRONMENT", "PIPEGEN_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("candidate", "rules", "code"),
    [
        ('{"auc": 0.85}', ["--higher", "auc"], PASS),
        ('{"auc": 0.850}', ["--higher", "auc"], PASS),
        ('{"auc": 0.84999999999999999999999}', ["--higher", "auc"], FAIL),
        ('{"auc": 0.845}', ["--higher", "auc", "--tolerance", "auc=0.005"], PASS),
        ('{"auc": 0.84499999999999999999999}', ["--higher", "auc", "--tolerance", "auc=0.005"], FAIL),
        ('{"auc": 0.8415}', ["--higher", "auc", "--relative", "auc=0.01"], PASS),
        ('{"auc": 0.8414}', ["--higher", "auc", "--relative", "auc=0.01"], FAIL),
        ('{"latency_p95_ms": 40}', ["--lower", "latency_p95_ms"], PASS),
        ('{"latency_p95_ms": 41}', ["--lower", "latency_p95_ms"], FAIL),
        ('{"latency_p95_ms": 44}', ["--lower", "latency_p95_ms", "--relative", "latency_p95_ms=0.1"], PASS),
        ('{"latency_p95_ms": 44.1}', ["--lower", "latency_p95_ms", "--relative", "latency_p95_ms=0.1"], FAIL),
        ('{"latency": {"p95_ms": 41}, "latency_p95_ms": 39}', ["--lower", "latency_p95_ms"], PASS),
        ('{"loss": -0.45}', ["--lower", "loss", "--relative", "loss=0.1"], PASS),
        ('{"loss": -0.44}', ["--lower", "loss", "--relative", "loss=0.1"], FAIL),
        ('{"loss": -0.55}', ["--higher", "loss", "--relative", "loss=0.1"], PASS),
        ('{"auc": 0.8415}', ["--higher", "auc", "--relative", "auc=0.01", "--tolerance", "auc=0.001"], PASS),
        ('{"auc": 0.8414}', ["--higher", "auc", "--relative", "auc=0.01", "--tolerance", "auc=0.01"], PASS),
        ('{"auc": 0.8399}', ["--higher", "auc", "--relative", "auc=0.01", "--tolerance", "auc=0.01"], FAIL),
        ('{"auc": 0.9, "latency_p95_ms": 41}', ["--higher", "auc", "--lower", "latency_p95_ms"], FAIL),
        ('{"auc": 1e400}', ["--higher", "auc"], PASS),
    ],
)
def test_a_candidate_is_compared_with_what_the_ledger_says_is_running(
    candidate: str, rules: list[str], code: int
) -> None:
    deploy("1.0.0", "prod", metrics=METRICS)
    deploy("2.0.0", "staging", metrics={"auc": "0.99"})
    write("metrics.json", candidate)
    assert run(*IN_PROD, *rules).code == code


def test_the_bound_and_the_margin_are_shown() -> None:
    deploy("1.4.0", "prod", metrics=METRICS)
    write("metrics.json", {"auc": 0.84})
    (found,) = judged([*IN_PROD, "--higher", "auc", "--tolerance", "auc=0.005"])
    assert found == {
        "subject": "auc",
        "bound": ">= 0.845 (champion 1.4.0: 0.85, tolerance 0.005)",
        "verdict": "fail",
        "value": "0.84",
        "margin": "-0.005",
        "reason": "0.84 is below 0.85 of champion 1.4.0 by more than the tolerance 0.005",
    }


@pytest.mark.parametrize("past", ["nothing", "another environment", "an undone deployment"])
def test_where_nothing_serves_any_number_passes_and_the_report_says_so(past: str) -> None:
    if past != "nothing":
        deploy("1.0.0", "staging" if past == "another environment" else "prod", metrics=METRICS)
    if past == "an undone deployment":
        restore("1.0.0", "prod")
    write("metrics.json", {"auc": 0.1})
    done = run(*IN_PROD, "--higher", "auc")
    assert done.code == PASS
    assert "no champion in prod yet" in done.out


@pytest.mark.parametrize("candidate", [None, "", "{", "{}", '{"auc": NaN}', '{"auc": "0.9"}', '{"auc": true}', "[0.9]"])
@pytest.mark.parametrize("has_champion", [True, False])
def test_a_candidate_without_the_number_never_passes(candidate: str | None, *, has_champion: bool) -> None:
    if has_champion:
        deploy("1.0.0", "prod", metrics=METRICS)
    write("metrics.json", candidate)
    assert run(*IN_PROD, "--higher", "auc").code == CANNOT_JUDGE


def test_a_version_rolled_back_to_has_the_metrics_of_its_deployment() -> None:
    deploy("1.0.0", "prod", metrics={"auc": "0.80"})
    deploy("2.0.0", "prod", metrics={"auc": "0.90"})
    roll_back("1.0.0", "prod")
    write("metrics.json", {"auc": 0.85})
    done = run(*IN_PROD, "--higher", "auc")
    assert (done.code, "champion 1.0.0: 0.80" in done.out) == (PASS, True)


def test_a_champion_without_the_metric_cannot_be_compared_with_and_the_reason_names_what_it_has() -> None:
    deploy("1.0.0", "prod", metrics=METRICS)
    write("metrics.json", {"auc": 0.9, "f1": 0.9})
    done = run(*IN_PROD, "--higher", "f1", "--higher", "auc", "--json", "gate.json")
    assert done.code == CANNOT_JUDGE
    assert "champion 1.0.0: no such metric; it has auc, latency_p95_ms, loss" in done.out
    assert '"verdict": "pass"' in Path("gate.json").read_text("utf-8")


def test_a_champion_recorded_without_metrics_cannot_be_compared_with() -> None:
    deploy("1.0.0", "prod")
    write("metrics.json", {"auc": 0.9})
    done = run(*IN_PROD, "--higher", "auc")
    assert (done.code, "it was recorded without metrics" in done.out) == (CANNOT_JUDGE, True)


def test_after_a_failed_way_back_nobody_knows_the_champion() -> None:
    deploy("1.0.0", "prod", metrics=METRICS)
    deploy("2.0.0", "prod", metrics=METRICS)
    restore("2.0.0", "prod", restored=False)
    write("metrics.json", {"auc": 0.9})
    done = run(*IN_PROD, "--higher", "auc")
    assert (done.code, "the way back from 2.0.0 failed" in done.out) == (CANNOT_JUDGE, True)


def test_a_version_rolled_back_to_that_nobody_recorded_is_no_champion() -> None:
    roll_back("0.9.0", "prod")
    write("metrics.json", {"auc": 0.9})
    done = run(*IN_PROD, "--higher", "auc")
    assert (done.code, "rolled back to 0.9.0, of which there is no deployment" in done.out) == (CANNOT_JUDGE, True)


def test_a_ledger_that_was_edited_is_not_believed() -> None:
    deploy("1.0.0", "prod", metrics=METRICS)
    file = LEDGER / "ledger" / "churn.jsonl"
    file.write_text(file.read_text("ascii").replace("0.85", "0.15"), "ascii")
    write("metrics.json", {"auc": 0.5})
    done = run(*IN_PROD, "--higher", "auc")
    assert (done.code, "does not match its digest" in done.out) == (CANNOT_JUDGE, True)


def test_a_ledger_that_cannot_be_reached_is_no_empty_one(tmp_path: Path) -> None:
    write("metrics.json", {"auc": 0.5})
    place = ("--model", "churn", "--remote", str(tmp_path / "nowhere.git"))
    done = run("champion", "--file", "metrics.json", "--environment", "prod", "--higher", "auc", *place)
    assert (done.code, "the ledger: " in done.out) == (CANNOT_JUDGE, True)


# ---------------------------------------------------------------- a recorded version once more


@pytest.mark.parametrize(
    ("version", "code"), [("1.1.0", PASS), ("1.0.0", FAIL), ("2.0.0", PASS), ("3.0.0", CANNOT_JUDGE)]
)
def test_a_recorded_version_is_judged_by_its_recorded_metrics(version: str, code: int) -> None:
    deploy("1.0.0", "staging", metrics={"auc": "0.80"})
    deploy("1.1.0", "staging", metrics={"auc": "0.90"})
    deploy("2.0.0", "prod", metrics={"auc": "0.85"})
    place = ("--environment", "prod", *IN_FOLDER)
    assert run("champion", "--recorded", version, *place, "--higher", "auc").code == code


# ---------------------------------------------------------------- a champion told by the caller


@pytest.mark.parametrize(
    ("champion", "code"),
    [
        ({"auc": 0.85}, PASS),
        ({"auc": 0.86}, FAIL),
        ({"version": "1.0.0", "metrics": {"auc": 0.85}}, PASS),
        ({"version": "1.0.0", "metrics": {"auc": "0.86"}}, FAIL),
        ({"version": "1.0.0", "auc": 0.1, "metrics": {}}, CANNOT_JUDGE),
        ({"metrics": [0.85]}, CANNOT_JUDGE),
        ({"metrics": {"auc": "good"}}, CANNOT_JUDGE),
        ('{"auc": NaN}', CANNOT_JUDGE),
        ('{"metrics": {"auc": "NaN"}}', CANNOT_JUDGE),
        ("", CANNOT_JUDGE),
        (None, CANNOT_JUDGE),
    ],
)
def test_the_champions_metrics_may_come_from_a_file(champion: str | dict[str, object] | None, code: int) -> None:
    write("metrics.json", {"auc": 0.85})
    write("champion.json", champion)
    assert run(*TOLD, "--higher", "auc").code == code


def test_a_recorded_version_may_be_compared_with_a_champion_in_a_file() -> None:
    deploy("1.0.0", "staging", metrics={"auc": "0.80"})
    champion = str(write("champion.json", {"auc": 0.85}))
    told = ("champion", "--recorded", "1.0.0", "--environment", "prod", "--champion", champion, "--higher", "auc")
    assert run(*told, *IN_FOLDER).code == FAIL
    assert "give --model" in run(*told).err


def test_that_there_is_no_champion_may_be_said_without_a_ledger() -> None:
    write("metrics.json", {"auc": 0.1})
    told = ("champion", "--file", "metrics.json", "--environment", "prod", "--no-champion-yet")
    assert run(*told, "--higher", "auc").code == PASS
    assert run(*told, "--higher", "f1").code == CANNOT_JUDGE


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give at least one --higher or --lower"),
        (["--higher", "auc", "--lower", "auc"], "--higher or --lower is given more than once for 'auc'"),
        (["--higher", "auc", "--tolerance", "f1=1"], "--tolerance is given for 'f1', which is not compared"),
        (["--higher", "auc", "--relative", "auc=1", "--relative", "auc=2"], "--relative is given more than once"),
        (["--higher", "auc", "--tolerance", "auc=-1"], "a tolerance is not negative"),
        (["--higher", "auc", "--tolerance", "auc=NaN"], "is not a finite number"),
        (["--higher", "auc", "--relative", "auc"], "'auc' is not NAME=VALUE"),
        (["--higher", ""], "the name of a metric is not empty"),
        (["--higher", "auc", "--no-champion-yet"], "not allowed with argument --champion"),
        (["--higher", "auc", "--recorded", "1.0.0"], "not allowed with argument --file"),
        (["--higher", "auc", "--champion", "metrics.json"], "must name different files"),
        (["--higher", "auc", HOSTILE], "unrecognized arguments: a\\x00\\x1b[2J"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: list[str], complaint: str) -> None:
    done = run(*TOLD, *arguments)
    assert (done.code, done.out) == (CANNOT_JUDGE, "")
    assert complaint in done.err.splitlines()[-1]


@pytest.mark.parametrize("option", ["--recorded", "--environment"])
def test_a_variable_that_was_not_set_leaves_nothing_out(option: str) -> None:
    given = {"--recorded": "1.0.0", "--environment": "prod"} | {option: ""}
    done = run("champion", "--higher", "auc", *(word for pair in given.items() for word in pair), *IN_FOLDER)
    assert (done.code, f"{option} is empty" in done.err) == (CANNOT_JUDGE, True)


def test_the_model_and_the_environment_come_from_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy("1.0.0", "prod", metrics=METRICS)
    write("metrics.json", {"auc": 0.5})
    without = ("champion", "--file", "metrics.json", "--higher", "auc", "--folder", str(LEDGER))
    assert "give --environment" in run(*without).err
    monkeypatch.setenv("PIPEGEN_ENVIRONMENT", "prod")
    assert "give --model" in run(*without).err
    monkeypatch.setenv("PIPEGEN_MODEL", "churn")
    assert run(*without).code == FAIL


# ---------------------------------------------------------------- properties

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=4)
AMOUNTS = st.decimals(min_value=0, max_value=10, places=3)
SIDES = st.sampled_from(list(Side))


def verdict(value: Decimal, best: Decimal, rule: Rule) -> Verdict:
    (found,) = judge({"auc": value}, Champion("1.0.0", {"auc": best}), (rule,), "prod")
    return found.verdict


@given(value=NUMBERS, best=NUMBERS, side=SIDES, smaller=AMOUNTS, relative=AMOUNTS, more=AMOUNTS)
def test_a_larger_tolerance_never_refuses_what_a_smaller_one_let_through(
    value: Decimal, best: Decimal, side: Side, smaller: Decimal, relative: Decimal, more: Decimal
) -> None:
    if verdict(value, best, Rule("auc", side, smaller, relative)) is Verdict.PASS:
        assert verdict(value, best, Rule("auc", side, smaller + more, relative)) is Verdict.PASS
        assert verdict(value, best, Rule("auc", side, smaller, relative + more)) is Verdict.PASS


@given(best=NUMBERS, side=SIDES, tolerance=AMOUNTS, relative=AMOUNTS)
def test_a_champion_is_as_good_as_itself_and_exactly_the_tolerance_is_enough(
    best: Decimal, side: Side, tolerance: Decimal, relative: Decimal
) -> None:
    rule = Rule("auc", side, tolerance, relative)
    allowed = max(tolerance, abs(best) * relative)
    edge, step = (best - allowed, Decimal("-1e-12")) if side is Side.MIN else (best + allowed, Decimal("1e-12"))
    assert verdict(best, best, rule) is Verdict.PASS
    assert verdict(edge, best, rule) is Verdict.PASS
    assert verdict(edge + step, best, rule) is Verdict.FAIL


@pytest.mark.parametrize(
    "rule", [Rule("auc", Side.MIN, Decimal("0.1")), Rule("auc", Side.MIN, relative=Decimal("0.123"))]
)
def test_numbers_that_no_tolerance_relates_are_not_judged(rule: Rule) -> None:
    huge = Decimal("1" * 9999 + "e99999")
    assert verdict(huge, huge, rule) is Verdict.CANNOT_JUDGE


def test_numbers_of_any_size_are_compared_where_nothing_is_tolerated() -> None:
    huge = Decimal("1" * 20_000 + "e99999")
    assert verdict(huge, huge, Rule("auc", Side.MIN)) is Verdict.PASS
