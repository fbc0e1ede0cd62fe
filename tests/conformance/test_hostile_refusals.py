"""Where a spec has no room for free text it takes none, and no file reads what people say elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.hostile_values import LINES, TEXTS, Data
from conformance.random_specs import NAME, errors
from conftest import GOLDEN
from pipegen.delivery import Parameter
from pipegen.targets.azure.variables import may_hold_dollars


@pytest.mark.parametrize(
    ("pattern", "may"),
    [
        ("", False),
        ("[A-Za-z0-9 ._-]{5,100}", False),
        ("[A-Za-z0-9][A-Za-z0-9._+-]{0,99}", False),
        (r"v[0-9]+\.[0-9]+", False),
        (".*", True),
        ("[^a]", True),
        ("[!-~]", True),
        ("[[:punct:]]", True),
        ("[]a]", True),
        ("[a$]", True),
        (r"\$", True),
        (r"\S+", True),
    ],
)
def test_on_azure_bash_restores_what_may_hold_a_dollar_and_nothing_else(pattern: str, may: bool) -> None:  # noqa: FBT001
    assert may_hold_dollars(Parameter("note", "string", "", "", (), pattern, "", "", ())) is may


# ---------------------------------------------------------------- what no spec may say


def spec_with(**changes: Any) -> Data:  # noqa: ANN401
    least: Data = {
        "pipegen": 1,
        "model": {"name": NAME, "owner": "team"},
        "stages": [{"id": "test", "run": "true"}],
    }
    return least | changes


MEANINGFUL = (*TEXTS[:11:2], *TEXTS[11:22:3], *LINES[:1], "a;b", "a$b", "a'b", "a\n")
SHAPES = {
    "name": lambda text: spec_with(model={"name": text, "owner": "team"}),
    "owner": lambda text: spec_with(model={"name": NAME, "owner": text}),
    "path": lambda text: spec_with(model={"name": NAME, "owner": "team", "path": text}),
    "paths": lambda text: spec_with(model={"name": NAME, "owner": "team", "paths": [text]}),
    "branch": lambda text: spec_with(flow=[{"branch": text, "environments": ["prod"]}]),
    "tags": lambda text: spec_with(flow=[{"branch": "main"}, {"tags": text, "environments": ["prod"]}]),
    "environment": lambda text: spec_with(environments={text: {}}),
    "team": lambda text: spec_with(environments={"prod": {"approvals": {"approvers": [text]}}}),
    "variable": lambda text: spec_with(variables={text: "1"}),
    "secret": lambda text: spec_with(secrets=[text]),
    "credential": lambda text: spec_with(secrets={"A": {"credential": text}}),
    "audience": lambda text: spec_with(environments={"prod": {"identity": {"A": {"audience": text}}}}),
    "index": lambda text: spec_with(runtime={"python": "3.11", "indexes": [{"url": text}]}),
    "image": lambda text: spec_with(runtime={"container": {"image": text}}),
    "python": lambda text: spec_with(runtime={"python": text}),
    "stage": lambda text: spec_with(stages=[{"id": text, "run": "true"}]),
    "runner": lambda text: spec_with(stages=[{"id": "test", "run": "true", "runner": text}]),
    "tool": lambda text: spec_with(stages=[{"id": "test", "run": "true", "requires": [text]}]),
    "report": lambda text: spec_with(stages=[{"id": "test", "run": "true", "reports": {"junit": text}}]),
    "artifact": lambda text: spec_with(stages=[{"id": "test", "run": "true", "produces": text}]),
    "metric": lambda text: spec_with(stages=[{"id": "test", "run": "true", "gates": [{"metric": text, "min": 1}]}]),
    "cron": lambda text: spec_with(schedules={"nightly": {"cron": text, "stages": ["test"]}}),
    "parameter": lambda text: _with_parameter(text, {"type": "string"}),
    "choice": lambda text: _with_parameter("size", {"type": "choice", "choices": [text]}),
    "moment": lambda text: spec_with(stages=[{"id": "test", "run": "true", "at": [text]}]),
}


def _with_parameter(name: str, parameter: Data) -> Data:
    return spec_with(actions={"again": {"stages": ["test"], "parameters": {name: parameter}}})


@pytest.mark.parametrize("place", SHAPES)
def test_where_no_free_text_belongs_nothing_is_accepted_that_means_something_to_a_shell(place: str) -> None:
    assert [text for text in MEANINGFUL if not _is_refused(SHAPES[place](text))] == []


def _is_refused(data: Data) -> bool:
    return any(each.startswith(("PG1", "PG270")) for each in errors(data))


@pytest.mark.parametrize("text", [text for text in TEXTS if "${{" in text])
@pytest.mark.parametrize("refusing", ["azure", "github"])
def test_a_default_that_would_be_an_expression_is_refused(refusing: str, text: str) -> None:
    data = _with_parameter("note", {"type": "string", "pattern": ".{0,99}", "default": text})
    (found,) = errors(data | {"targets": [refusing]})
    assert found.startswith("PG301") and "default of note" in found  # noqa: PT018
    assert errors(data | {"targets": ["jenkins"]}) == []


WORDS_OF_PEOPLE = (
    *(
        "head_commit",
        "commits[",
        "pull_request.title",
        "pull_request.body",
        "github.event.issue",
        "inputs.reason }}\"'",
    ),
    *("SourceVersionMessage", "SourceBranchName", "PullRequestTitle", "BUILD_SOURCEVERSIONMESSAGE"),
    *("CHANGE_TITLE", "CHANGE_AUTHOR_DISPLAY_NAME", "GIT_COMMIT_MESSAGE", "changeSets"),
    *("CI_COMMIT_MESSAGE", "CI_COMMIT_TITLE", "CI_COMMIT_DESCRIPTION", "CI_MERGE_REQUEST_TITLE"),
)


def test_no_file_reads_what_people_say_of_commits_and_pull_requests() -> None:
    texts = {file: file.read_text("utf-8") for file in GOLDEN.rglob("*") if file.is_file()}
    assert len(texts) > 100
    assert [(file, word) for file, text in texts.items() for word in WORDS_OF_PEOPLE if word in text] == []
