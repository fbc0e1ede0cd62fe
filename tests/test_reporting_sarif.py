"""SARIF logs: the standard's schema accepts them, and what a viewer shows is the finding at its place."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from pages import ROOT
from pipegen.diagnostics import Diagnostic, Position, Severity, Span
from pipegen.reporting import formatted
from pipegen.reporting.explanations import explanation
from pipegen.rules.codes import CODES
from runners import missing

SCHEMA = ROOT / "tests/validators/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
SPEC = "model-specs/fraud.yaml"
LINE = "    environment: prd"


def finding(
    message: str = "wrong",
    *,
    hint: str = "",
    file: str = SPEC,
    at: tuple[int, int, int, int] | None = (14, 18, 14, 21),
    code: str = "PG203",
    excerpt: str = LINE,
    warning: bool = False,
) -> Diagnostic:
    span = Span(Position(*at[:2]), Position(*at[2:])) if at else None
    severity = Severity.WARNING if warning else Severity.ERROR
    return Diagnostic(file, span, severity, code, message, hint, excerpt if span else "")


def run_of(*diagnostics: Diagnostic) -> dict[str, Any]:
    (run,) = json.loads(formatted(diagnostics, "sarif"))["runs"]
    return dict(run)


def result_of(diagnostic: Diagnostic) -> dict[str, Any]:
    (result,) = run_of(diagnostic)["results"]
    return dict(result)


def place_of(diagnostic: Diagnostic) -> dict[str, Any]:
    (location,) = result_of(diagnostic)["locations"]
    return dict(location["physicalLocation"])


def fingerprint(result: dict[str, Any]) -> str:
    return str(result["partialFingerprints"]["pipegenFinding/v1"])


@cache
def schema() -> Draft4Validator:
    if not SCHEMA.is_file():
        missing("the Node packages are not installed: npm ci --prefix tests/validators")
    return Draft4Validator(json.loads(SCHEMA.read_text("utf-8")))


# ---------------------------------------------------------------- the standard

KINDS = {
    "nothing": [],
    "a finding": [finding(hint="declared: dev, prod")],
    "a warning": [finding(warning=True)],
    "without a place": [finding(at=None, code="PG411")],
    "over several lines": [finding(at=(14, 18, 16, 1))],
    "of no width": [finding(at=(1, 1, 1, 1), excerpt="")],
    "outside the repository": [finding(at=None, file="/elsewhere/a b.yaml", code="PG016")],
    "one of each code": [finding(code=code) for code in CODES],
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_of_the_standard_accepts(kind: str) -> None:
    assert list(schema().iter_errors(json.loads(formatted(KINDS[kind], "sarif")))) == []


def test_the_schema_would_refuse_something_else() -> None:
    log = json.loads(formatted(KINDS["a finding"], "sarif"))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert [error.json_path for error in schema().iter_errors(log)] == [
        "$.runs[0].results[0].locations[0].physicalLocation.region.startLine"
    ]


# ---------------------------------------------------------------- results


def test_a_result_says_what_is_wrong_how_bad_and_what_to_do() -> None:
    result = result_of(finding("environment 'prd' is not declared", hint="declared: dev, prod"))
    assert (result["ruleId"], result["level"]) == ("PG203", "error")
    assert result["message"] == {"text": "environment 'prd' is not declared\nhint: declared: dev, prod"}
    assert result_of(finding(warning=True))["level"] == "warning"


def test_a_place_is_a_region_with_its_text_and_its_line() -> None:
    assert place_of(finding()) == {
        "artifactLocation": {"uri": SPEC, "uriBaseId": "SRCROOT"},
        "region": {"startLine": 14, "startColumn": 18, "endLine": 14, "endColumn": 21, "snippet": {"text": "prd"}},
        "contextRegion": {"startLine": 14, "snippet": {"text": LINE}},
    }
    assert run_of(finding())["columnKind"] == "unicodeCodePoints"


def test_of_several_lines_only_the_numbers_are_told() -> None:
    place = place_of(finding(at=(14, 5, 16, 1)))
    assert place["region"] == {"startLine": 14, "startColumn": 5, "endLine": 16, "endColumn": 1}
    assert "contextRegion" not in place


def test_a_finding_without_a_place_has_no_region() -> None:
    assert place_of(finding(at=None)) == {"artifactLocation": {"uri": SPEC, "uriBaseId": "SRCROOT"}}


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("model-specs/a b.yaml", "model-specs/a%20b.yaml"),
        ("model-specs/größe.yaml", "model-specs/gr%C3%B6%C3%9Fe.yaml"),
        ("50%/a#b?.yaml", "50%25/a%23b%3F.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
    ],
)
def test_a_path_is_percent_encoded(file: str, uri: str) -> None:
    assert place_of(finding(file=file))["artifactLocation"] == {"uri": uri, "uriBaseId": "SRCROOT"}


def test_a_path_outside_the_repository_has_no_base() -> None:
    place = place_of(finding(file="/elsewhere/a b.yaml", at=None))
    assert place["artifactLocation"] == {"uri": "file:///elsewhere/a%20b.yaml"}


def test_a_brace_is_no_place_to_fill_in() -> None:
    assert result_of(finding("write ${A:-}", hint="{0}"))["message"]["text"] == "write ${{A:-}}\nhint: {{0}}"


@given(st.text(max_size=40), st.text(max_size=40), st.text(min_size=1, max_size=20), st.text(max_size=40))
def test_whatever_a_file_says_it_is_read_back(message: str, hint: str, file: str, excerpt: str) -> None:
    whole = formatted([finding(message, hint=hint, file=f"a{file}", excerpt=excerpt)], "sarif")
    assert whole.isascii()
    (result,) = json.loads(whole)["runs"][0]["results"]
    shown = result["message"]["text"].replace("{{", "{").replace("}}", "}")
    assert shown == message + (f"\nhint: {hint}" if hint else "")
    assert unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) == f"a{file}"


# ---------------------------------------------------------------- rules


def test_the_rules_are_the_codes_that_occur_each_once() -> None:
    run = run_of(finding(code="PG203"), finding(code="PG101"), finding(code="PG203"))
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["PG101", "PG203"]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == ["PG203", "PG101", "PG203"]


def test_the_tool_is_named_with_its_version() -> None:
    driver = run_of()["tool"]["driver"]
    assert driver == {"name": "pipegen", "semanticVersion": version("mlops-pipegen"), "rules": []}


def test_a_rule_says_what_the_page_of_rules_says() -> None:
    (rule,) = run_of(finding(code="PG103"))["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "a value is of the wrong type."
    assert rule["fullDescription"]["text"].startswith("Nothing is converted in silence")
    assert rule["help"]["text"].endswith("Write a value of the type that the message names.")


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_an_explanation_without_its_example(code: str) -> None:
    paragraphs = explanation(code)
    assert all(paragraphs)
    assert not [each for each in paragraphs if "```" in each or "\n" in each]


# ---------------------------------------------------------------- the same finding again


def test_a_fingerprint_stays_when_lines_move_and_words_change() -> None:
    before = result_of(finding("see line 3", at=(14, 18, 14, 21)))
    after = result_of(finding("see line 9", at=(20, 20, 20, 23), excerpt=f"  {LINE}"))
    assert fingerprint(before) == fingerprint(after)


@pytest.mark.parametrize("other", [finding(code="PG101"), finding(excerpt="environment: prod"), finding(at=None)])
def test_a_fingerprint_tells_findings_apart(other: Diagnostic) -> None:
    assert fingerprint(result_of(finding())) != fingerprint(result_of(other))


def test_equal_findings_of_a_file_are_numbered() -> None:
    results = run_of(finding(at=(1, 1, 1, 2)), finding(at=(2, 1, 2, 2)), finding(file="other.yaml"))["results"]
    numbers = [fingerprint(result).split(":")[1] for result in results]
    assert numbers == ["1", "2", "1"]


def test_code_scanning_gets_a_fingerprint_of_its_own_only_where_it_cannot_make_one() -> None:
    unplaced = result_of(finding(at=None))["partialFingerprints"]
    assert unplaced["primaryLocationLineHash"] == unplaced["pipegenFinding/v1"]
    assert "primaryLocationLineHash" not in result_of(finding())["partialFingerprints"]
