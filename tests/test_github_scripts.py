"""The scripts in GitHub workflows, really run: against a server that answers as GitHub's API does, and in a shell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from github_api import REPOSITORY, TOKEN, Api, context, serving
from github_model import job, phase, run, workflow
from github_steps import Done, run_step, step_named
from pipegen.delivery import (
    PATH_VARIABLES,
    CollectOutputs,
    Event,
    Merged,
    Prepare,
    PublishSummary,
    PublishTests,
    Review,
    ReviewTarget,
    Scheduled,
    SecretValue,
    Step,
    StepVariable,
    TokenValue,
    UsePython,
)
from pipegen.scripts import STRICT


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api()) as started:
        yield started


# ---------------------------------------------------------------- timers

TIMER = workflow(phase("run", (job("a"),)), event=Scheduled("weekly", "0 6 * * 1", "prod"))["jobs"]


def test_a_timer_starts_the_workflow_on_its_branch(api: Api, tmp_path: Path) -> None:
    done = run_step(TIMER["relay"]["steps"][0], context(api), tmp_path)
    ((method, path, headers, body),) = api.asked
    assert done.code == 0
    assert (method, path) == ("POST", f"/repos/{REPOSITORY}/actions/workflows/churn.deliver-prod.yml/dispatches")
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(body) == {"ref": "prod"}


def test_a_timer_that_cannot_start_the_workflow_fails(api: Api, tmp_path: Path) -> None:
    done = run_step(TIMER["relay"]["steps"][0], context(api, GITHUB_TOKEN="other"), tmp_path)  # noqa: S106
    assert done.code != 0
    assert "Bad credentials" in done.text


@pytest.mark.parametrize(("ref", "code"), [("refs/heads/prod", 0), ("refs/heads/dev", 1), ("refs/tags/prod", 1)])
def test_a_timers_run_takes_place_on_its_branch_or_not_at_all(tmp_path: Path, ref: str, code: int) -> None:
    where = {"GITHUB_REF": ref, "GITHUB_REF_NAME": ref.rsplit("/", 1)[1]}
    done = run_step(TIMER["check_ref"]["steps"][0], where, tmp_path)
    assert done.code == code
    assert ("start it from prod" in done.text) == bool(code)


# ---------------------------------------------------------------- steps


def steps_of(*steps: Step, event: Event = Merged("prod"), **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401, B008
    made: list[dict[str, Any]] = workflow(phase("build", (job("a", *steps, **more),)), event=event)["jobs"]["a"][
        "steps"
    ]
    return made


def test_a_token_is_fetched_by_the_step_that_uses_it_and_by_no_command_line(api: Api, tmp_path: Path) -> None:
    api.answer = {"count": 1, "value": "header.payload.signature"}
    audience = "api://AzureADTokenExchange?a b"
    cloud = StepVariable("CLOUD", TokenValue("CLOUD", audience, "prod", "x"))
    text = 'echo "token $CLOUD"\nenv | grep -c ACTIONS_ID_TOKEN || true\n'
    (step,) = steps_of(run(text=text, variables=(cloud,)), environment="prod")
    asking = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{api.url}/token?v=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
    done = run_step(step, asking, tmp_path)
    ((_, path, headers, _),) = api.asked
    assert path == "/token?v=1&audience=api%3A%2F%2FAzureADTokenExchange%3Fa%20b"
    assert headers["Authorization"] == "bearer request-token"
    assert done.text.splitlines() == ["::add-mask::header.payload.signature", "token header.payload.signature", "0"]


def test_a_step_without_its_token_fails(api: Api, tmp_path: Path) -> None:
    api.answer = {"message": "no identity here"}
    cloud = StepVariable("CLOUD", TokenValue("CLOUD", "cloud", "prod", "x"))
    (step,) = steps_of(run(text="echo reached\n", variables=(cloud,)), environment="prod")
    asking = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{api.url}/token?v=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
    done = run_step(step, asking, tmp_path)
    assert done.code == 1
    assert "reached" not in done.text


def test_a_secret_file_is_there_for_its_step_alone(tmp_path: Path) -> None:
    secret = StepVariable("CA", SecretValue("CA", "file", "prod", "x"))
    text = 'cat "$CA"; echo; stat -c %a "$CA"; echo "$CA" > place; env | grep -c CA_CONTENT || true\n'
    (step,) = steps_of(run(text=text, variables=(secret,)), environment="prod")
    done = run_step(step, {"CA_CONTENT": "line 1\nline 2"}, tmp_path)
    assert done.text.splitlines() == ["line 1", "line 2", "600", "0"]
    assert not Path((tmp_path / "place").read_text("utf-8").strip()).exists()


def test_paths_are_set_for_all_later_steps(tmp_path: Path) -> None:
    done = run_step(steps_of(Prepare(f"{STRICT}\nmkdir -p .pipegen\n"))[0], {}, tmp_path)
    assert done.variables == {name: f"{tmp_path}/{path}" for name, path in PATH_VARIABLES.items()}
    assert (tmp_path / ".pipegen").is_dir()


def test_git_trusts_the_checkout_inside_a_container(tmp_path: Path) -> None:
    (step,) = steps_of(
        Prepare(f"{STRICT}\ngit config --global --get-all safe.directory\n"), image="x@sha256:" + "0" * 64
    )
    assert run_step(step, {}, tmp_path).text == f"{tmp_path}\n"


@pytest.mark.parametrize(("version", "code"), [("3.11.4", 0), ("3.99", 1)])
def test_a_machine_of_ones_own_brings_its_python(tmp_path: Path, version: str, code: int) -> None:
    (tmp_path / "python3.11").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "python3.11").chmod(0o755)
    (step,) = steps_of(UsePython(version), runner="gpu")
    assert run_step(step, {"PATH": f"{tmp_path}:/usr/bin:/bin"}, tmp_path).code == code


def test_published_values_become_outputs(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("VERSION=1.2.3\nEMPTY=\nVERSION=1.2.4\n", encoding="utf-8")
    (step,) = steps_of(CollectOutputs(("VERSION", "EMPTY")))
    assert run_step(step, {"PIPEGEN_OUTPUTS": "outputs"}, tmp_path).outputs == {"VERSION": "1.2.4", "EMPTY": ""}


@pytest.mark.parametrize(("text", "shown"), [("# Hello\n", 8), ("x" * 1_100_000, 1_000_000), ("", 0)])
def test_a_summary_is_shown_as_far_as_github_takes_it(tmp_path: Path, text: str, shown: int) -> None:
    (tmp_path / "summary.md").write_text(text, encoding="utf-8")
    done = run_step(steps_of(PublishSummary())[0], {"PIPEGEN_SUMMARY": "summary.md"}, tmp_path)
    assert (done.code, len(done.summary)) == (0, shown)


@pytest.mark.parametrize(
    ("results", "code"),
    [("success", 0), ("success success", 0), ("success skipped", 1), ("failure success", 1), ("cancelled", 1)],
)
def test_a_review_needs_every_job_to_have_succeeded(tmp_path: Path, results: str, code: int) -> None:
    made = workflow(phase("checks", (job("a"),)), event=Review((ReviewTarget("dev", ()),)))["jobs"]["pipegen_summary"]
    assert run_step(made["steps"][0], {"RESULTS": results}, tmp_path).code == code


# ---------------------------------------------------------------- test results

PASSED = '<testcase classname="a" name="b"/>'
HOSTILE_NAME = "x|&lt;b&gt;`id`[a](https://evil.example) **y** &#10;@all"


def shown(folder: Path, files: Mapping[str, str]) -> Done:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    tests = (PublishTests(name, f"Results of {name}", name) for name in files)
    steps = steps_of(run(), *tests)
    assert [step["name"] for step in steps] == ["Work", "Show test results", "Keep test results"]
    return run_step(step_named(steps, "Show test results"), {}, folder)


def test_results_are_counted_and_failures_named(tmp_path: Path) -> None:
    bad = '<testcase classname="m" name="f"><failure/></testcase><testcase classname="m" name="e"><error/></testcase>'
    text = f"<testsuites><testsuite>{PASSED}{bad}<testcase name='s'><skipped/></testcase></testsuite></testsuites>"
    assert shown(tmp_path, {"junit.xml": text}).summary.splitlines() == [
        "### Results of junit.xml: 4 tests, 2 failed",
        "",
        "- m f",
        "- m e",
        "",
    ]


def test_names_of_tests_are_text(tmp_path: Path) -> None:
    text = f'<testsuite><testcase classname="c" name="{HOSTILE_NAME}"><failure/></testcase></testsuite>'
    line = shown(tmp_path, {"junit.xml": text}).summary.splitlines()[-2]
    assert line == r"- c x\|\<b\>\`id\`\[a\]\(https\://evil.example\) \*\*y\*\* \@all"


LAUGHS = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "text",
    [
        f'<!DOCTYPE r [<!ENTITY a "aaaa">{LAUGHS}]><testsuite><testcase name="&j;"/></testsuite>',
        "<testsuite>",
        "",
        "\x00",
    ],
)
def test_what_holds_no_results_says_so_and_hides_no_others(tmp_path: Path, text: str) -> None:
    done = shown(tmp_path, {"bad.xml": text, "good.xml": f"<testsuite>{PASSED}</testsuite>"})
    assert done.code == 0
    assert "Results of bad.xml: no results" in done.summary
    assert "Results of good.xml: 1 tests, 0 failed" in done.summary


def test_of_many_failures_the_first_are_named(tmp_path: Path) -> None:
    many = "".join(f'<testcase name="n{number}"><failure/></testcase>' for number in range(45))
    lines = shown(tmp_path, {"junit.xml": f"<testsuite>{many}</testsuite>"}).summary.splitlines()
    assert lines[0] == "### Results of junit.xml: 45 tests, 45 failed"
    assert lines[-2] == "-  n29"
