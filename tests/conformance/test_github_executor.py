"""GitHub's executor against small workflows whose behaviour GitHub documents; each test names the page.

docs.github.com/en/actions is shortened to [docs].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.github_events import Event, dispatched_inputs, starts
from conformance.github_files import read
from conformance.github_language import InvalidWorkflow, UnknownConstruct
from conformance.github_patterns import matches
from conformance.github_people import RunApi, api_of_runs
from conformance.github_samples import MAIN, PUSH, Sample, indented, job, pull_request
from local_world import new_world
from pipegen.simulation import Ending


@pytest.fixture(scope="module")
def api() -> Iterator[RunApi]:
    with api_of_runs() as served:
        yield served


@pytest.fixture
def sample(tmp_path: Path, api: RunApi) -> Sample:
    return Sample(new_world(tmp_path / "world", "spec.yaml", "", "models/m", ["dev"]), api)


# ---------------------------------------------------------------- triggers


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("feature/*", ["feature/my-branch"], ["feature/a/b", "main"]),
        ("feature/**", ["feature/beta-a/my-branch", "feature/my-branch"], ["main"]),
        ("**", ["all/the/branches"], []),
        ("*", ["main", "releases"], ["all/the/branches"]),
        ("*feature", ["mono-feature", "ver-10-feature"], ["feature-1"]),
        ("v2*", ["v2", "v2.0", "v2.9"], ["v1"]),
        ("v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0"]),
        ("*.jsx?", ["page.js", "page.jsx"], ["page.jsxx"]),
        ("**.js", ["index.js", "src/js/app.js"], ["index.ts"]),
        ("docs/**/*.md", ["docs/README.md", "docs/a/markdown/file.md"], ["README.md"]),
        ("**/docs/**", ["docs/hello.md", "dir/docs/my-file.txt"], ["dir/file.txt"]),
        ("**/README.md", ["README.md", "js/README.md"], ["js/README.txt"]),
        ("main", ["main"], ["Main", "main/x"]),
        ("a\\+b", ["a+b"], ["aab"]),
    ],
)
def test_filter_patterns_match_as_the_cheat_sheet_says(pattern: str, yes: list[str], no: list[str]) -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet."""
    assert [name for name in yes + no if matches([pattern], name)] == yes


def test_a_later_pattern_takes_back_what_an_earlier_one_let_through() -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#example-including-and-excluding-branches."""
    names = ["releases/10", "releases/beta/mona", "releases/10-alpha", "releases/beta/3-alpha"]
    assert [each for each in names if matches(["releases/**", "!releases/**-alpha"], each)] == names[:2]
    assert matches(["!releases/**-alpha", "releases/**"], "releases/10-alpha")


TAG = replace(PUSH, ref="refs/tags/v1")


@pytest.mark.parametrize(
    ("filters", "event", "runs"),
    [
        ("push", PUSH, True),
        ("push", TAG, True),
        ("{push: {branches: [main]}}", PUSH, True),
        ("{push: {branches: [dev]}}", PUSH, False),
        ("{push: {branches: [Main]}}", PUSH, False),
        ("{push: {branches: ['**']}}", TAG, False),
        ("{push: {tags: ['v*']}}", TAG, True),
        ("{push: {tags: ['v*']}}", PUSH, False),
        ("{push: {branches: [main], paths: [src/**]}}", PUSH, False),
        ("{push: {branches: [main], paths: [src/**, '*.md']}}", PUSH, True),
        ("{push: {tags: [v*], paths: [src/**]}}", TAG, True),
        ("{push: {branches-ignore: [main]}}", PUSH, False),
        ("{pull_request: {branches: [main]}}", PUSH, False),
        ("{pull_request: {branches: [main]}}", pull_request(), True),
        ("{pull_request: {branches: [feat/x]}}", pull_request(), False),
        ("{pull_request: {branches: [main], paths: [src/**]}}", pull_request(), False),
        ("pull_request", pull_request(action="edited"), False),
        ("{pull_request: {types: [edited]}}", pull_request(action="edited"), True),
        ("{pull_request: {types: [edited]}}", pull_request(), False),
        ("{schedule: [{cron: '0 6 * * 1'}]}", replace(PUSH, name="schedule", cron="0 6 * * 1"), True),
        ("{schedule: [{cron: '0 6 * * 1'}]}", replace(PUSH, name="schedule", cron="0 7 * * 1"), False),
        ("workflow_dispatch", PUSH, False),
    ],
)
def test_events_start_workflows_by_branch_tag_path_and_type(filters: str, event: Event, runs: bool) -> None:  # noqa: FBT001
    """[docs]/reference/workflows-and-actions/events-that-trigger-workflows and workflow-syntax#on."""
    workflow = read(MAIN, f"on: {filters}\njobs:\n{indented(job('a', 'run: echo a'))}")
    assert starts(workflow, event) is runs


DISPATCH = """on:
  workflow_dispatch:
    inputs:
      where: {type: choice, options: [dev, prod], default: dev}
      months: {type: number, default: 12}
      strict: {type: boolean, default: true}
      why: {type: string, required: true}
jobs:
  a: {runs-on: x, steps: [{run: echo}]}
"""


def test_inputs_of_a_start_by_hand_have_types_and_defaults() -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs."""
    workflow = read(MAIN, DISPATCH)
    assert dispatched_inputs(workflow, {"why": "x"}) == {"where": "dev", "months": 12, "strict": True, "why": "x"}
    given = {"where": "prod", "months": "3", "strict": "false", "why": "1"}
    assert dispatched_inputs(workflow, given) == {"where": "prod", "months": 3, "strict": False, "why": "1"}


@pytest.mark.parametrize("given", [{}, {"why": "x", "where": "moon"}, {"why": "x", "other": "1"}], ids=str)
def test_inputs_that_the_file_does_not_allow_start_nothing(given: dict[str, str]) -> None:
    """docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event (422)."""
    with pytest.raises(InvalidWorkflow):
        dispatched_inputs(read(MAIN, DISPATCH), given)


# ---------------------------------------------------------------- needs and conditions of jobs


def chain(*conditions: str) -> str:
    """Jobs a, b, c ... that need each other in turn; the first fails, the others have conditions."""
    text = job("a", "run: exit 1")
    for before, name, condition in zip("abcdef", "bcdefg", conditions, strict=False):
        text += job(name, "run: echo ok", needs=f"[{before}]", **({"if": condition} if condition else {}))
    return text


@pytest.mark.parametrize(
    ("conditions", "results"),
    [
        ([""], {"b": "skipped"}),
        (["always()"], {"b": "success"}),
        (["failure()"], {"b": "success"}),
        (["cancelled()"], {"b": "skipped"}),
        (["${{ !cancelled() }}"], {"b": "success"}),
        (["github.ref == 'refs/heads/main'"], {"b": "skipped"}),
        (["always() && needs.a.result == 'failure'"], {"b": "success"}),
        (["", ""], {"b": "skipped", "c": "skipped"}),
        (["", "always()"], {"b": "skipped", "c": "success"}),
        (["always()", ""], {"b": "success", "c": "skipped"}),
        (["always()", "failure()"], {"b": "success", "c": "success"}),
        (["always()", "always() && needs.b.result == 'success'"], {"b": "success", "c": "success"}),
    ],
)
def test_a_failure_spreads_along_the_chain_of_needs(
    sample: Sample, conditions: list[str], results: dict[str, str]
) -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#jobsjob_idneeds ("in the dependency chain") and
    [docs]/reference/workflows-and-actions/expressions#status-check-functions ("any ancestor job fails").
    """  # noqa: D205
    assert sample.run(chain(*conditions)).results == {"a": "failure", **results}


def test_a_skipped_job_skips_what_needs_it_and_is_no_failure(sample: Sample) -> None:
    """[docs]/how-tos/write-workflows/choose-when-workflows-run/control-jobs-with-conditions; actions/runner#2205."""
    text = job("a", "run: echo", **{"if": "github.ref == 'refs/heads/dev'"}) + job("b", "run: echo", needs="a")
    text += job("c", "run: echo", needs="[a, b]", **{"if": "failure()"})
    text += job("d", "run: echo", needs="[b]", **{"if": "always()"}) + job("e", "run: echo", needs="d")
    results = {"a": "skipped", "b": "skipped", "c": "skipped", "d": "success", "e": "skipped"}
    assert sample.run(text).results == results


def test_strings_are_compared_without_case(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/expressions#operators ("GitHub ignores case when comparing strings")."""
    assert sample.run(job("a", "run: echo", **{"if": "github.ref == 'REFS/heads/MAIN'"})).results == {"a": "success"}


def test_a_block_of_text_around_an_expression_always_holds(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#jobsjob_idif; trap 46: the text is not empty."""
    text = 'a:\n  runs-on: x\n  if: " ${{ false }} "\n  steps:\n    - run: echo\n'
    assert sample.run(text).results == {"a": "success"}


def test_jobs_that_need_nothing_of_each_other_do_not_wait(sample: Sample) -> None:
    """[docs]/how-tos/write-workflows/choose-what-workflows-do/use-jobs ("run in parallel by default")."""
    text = job("a", "run: exit 1") + job("b", "run: echo") + job("c", "run: echo", needs="b")
    ended = sample.run(text)
    assert ended.results == {"a": "failure", "b": "success", "c": "success"}
    assert [set(ended.job(name).before) for name in ("b", "c")] == [set(), {"b"}]


# ---------------------------------------------------------------- cancellation

TWO_STEPS = (
    "run: echo one",
    "run: echo two",
    "{run: echo three, if: always()}",
    "{run: echo four, if: '!cancelled()'}",
)


def test_a_cancelled_job_runs_what_runs_always_and_nothing_else(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/workflow-cancellation, steps 1 and 4."""
    text = job("a", *TWO_STEPS) + job("b", "run: echo", needs="a")
    text += job("c", "run: echo", needs="a", **{"if": "always()"}) + job("d", "run: echo")
    text += job("e", "run: echo", needs="a", **{"if": "failure()"})
    ended = sample.run(text, faults={("a", 0): Ending.CANCELLED})
    assert ended.scripts("a") == [(0, "cancelled"), (2, "success")]
    assert ended.results == {"a": "cancelled", "b": "skipped", "c": "success", "d": "skipped", "e": "skipped"}


def test_a_job_whose_condition_still_holds_is_not_cancelled(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/workflow-cancellation, step 1 (`if: always()`)."""
    text = job("a", "run: echo one", "run: echo two", **{"if": "always()"}) + job("b", "run: echo")
    ended = sample.run(text, faults={("a", 0): Ending.CANCELLED})
    assert ended.scripts("a") == [(0, "success"), (1, "success")]
    assert ended.results == {"a": "success", "b": "skipped"}


# ---------------------------------------------------------------- concurrency


@pytest.mark.parametrize(
    ("node", "lock"),
    [
        ("Prod-${{ github.ref_name }}", ("prod-main", False, False)),
        ("{group: g, cancel-in-progress: true}", ("g", True, False)),
        ("{group: g, cancel-in-progress: false, queue: max}", ("g", False, True)),
    ],
)
def test_a_concurrency_group_ignores_case_and_keeps_one_waiting_unless_told(
    sample: Sample, node: str, lock: tuple[str, bool, bool]
) -> None:
    """[docs]/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency."""
    (found,) = sample.run(job("a", "run: echo", concurrency=node)).job("a").locks
    assert (found.group, found.cancels, found.keeps_all) == lock


# ---------------------------------------------------------------- what it does not know

STEPS = "steps: [{run: echo}]"


@pytest.mark.parametrize(
    "text",
    [
        f"a: {{runs-on: x, strategy: {{matrix: {{v: [1, 2]}}}}, {STEPS}}}",
        f"a: {{runs-on: x, services: {{db: {{image: x}}}}, {STEPS}}}",
        f"a: {{runs-on: x, continue-on-error: true, {STEPS}}}",
        f"a: {{runs-on: x, container: {{image: x, options: --privileged}}, {STEPS}}}",
        "a: {runs-on: x, steps: [{run: echo, working-directory: x}]}",
        "a: {runs-on: x, steps: [{run: echo, shell: pwsh}]}",
        "a: {runs-on: x, steps: [{uses: actions/github-script@v7}]}",
        "a: {runs-on: x, steps: [{uses: actions/checkout@v7, with: {ref: dev}}]}",
        "a: {runs-on: x, steps: [{run: 'echo x >> \"$GITHUB_PATH\"'}]}",
        "a: {runs-on: x, steps: [{run: echo, env: {A: '${{ toJSON(secrets) }}'}}]}",
        "a: {uses: acme/other/.github/workflows/x.yml@main}",
        "a: {uses: ./.github/workflows/none.yml}",
    ],
)
def test_a_construct_that_it_does_not_know_is_refused_loudly(sample: Sample, text: str) -> None:
    with pytest.raises(UnknownConstruct):
        sample.run(text)


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run", "issue_comment", "merge_group"])
def test_an_event_that_it_does_not_know_is_refused_loudly(event: str) -> None:
    with pytest.raises(UnknownConstruct):
        read(MAIN, f"on: {event}\njobs:\n{indented(job('a', 'run: echo'))}")


@pytest.mark.parametrize(
    "text",
    [
        "a: {runs-on: x, steps: [{run: echo, unknown: 1}]}",
        "a: {runs-on: x, needs: [b], steps: [{run: echo}]}",
        "a: {runs-on: x, needs: [b], steps: [{run: echo}]}\nb: {runs-on: x, needs: [a], steps: [{run: echo}]}",
        "a: {runs-on: x, if: nonsense(), steps: [{run: echo}]}",
    ],
)
def test_a_file_that_github_refuses_is_refused(sample: Sample, text: str) -> None:
    with pytest.raises((InvalidWorkflow, UnknownConstruct)):
        sample.run(text)
