"""Jobs, steps and actions in GitHub's executor; each test names the page that describes them.

docs.github.com/en/actions is shortened to [docs].
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.github_memory import Memory
from conformance.github_people import RunApi, api_of_runs
from conformance.github_samples import NOTHING, Sample, job, pull_request
from local_world import new_world
from pipegen.simulation import Ending


@pytest.fixture(scope="module")
def api() -> Iterator[RunApi]:
    with api_of_runs() as served:
        yield served


@pytest.fixture
def sample(tmp_path: Path, api: RunApi) -> Sample:
    return Sample(new_world(tmp_path / "world", "spec.yaml", "", "models/m", ["dev"]), api)


# ---------------------------------------------------------------- steps


def test_after_a_failure_only_steps_run_that_ask_for_it(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/expressions#status-check-functions."""
    steps = [
        "run: exit 1",
        "run: echo",
        *(f"{{run: echo, if: {c}}}" for c in ("always()", "failure()", "'!cancelled()'")),
    ]
    ended = sample.run(job("a", *steps, "{run: echo, if: success() || cancelled()}"))
    assert ended.scripts("a") == [(0, "failed"), (2, "success"), (3, "success"), (4, "success")]
    assert ended.results == {"a": "failure"}


def test_a_step_that_may_fail_has_failed_and_concluded_well(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/contexts#steps-context (outcome and conclusion)."""
    first = "{id: one, run: exit 1, continue-on-error: true}"
    then = "run: 'echo ${{ steps.one.outcome }} ${{ steps.one.conclusion }} ${{ steps.two.outcome }}.'"
    ended = sample.run(
        job("a", first, then, "{id: two, run: echo, if: failure()}", "run: echo ${{ steps.two.outcome }}")
    )
    assert (ended.said(), ended.results) == ("failure success .\nskipped", {"a": "success"})


@pytest.mark.parametrize(("limit", "result"), [(", timeout-minutes: 5", "failure"), ("", "cancelled")])
def test_a_limit_of_a_step_fails_it_and_that_of_a_job_cancels_the_job(sample: Sample, limit: str, result: str) -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#jobsjob_idtimeout-minutes ("automatically cancels it")."""
    text = job("a", f"{{run: echo{limit}}}", "{run: echo, if: always()}", "{run: echo, if: failure()}")
    ended = sample.run(text + job("b", "run: echo", needs="a"), faults={("a", 0): Ending.TIMED_OUT})
    later = [(1, "success"), (2, "success")] if result == "failure" else [(1, "success")]
    assert ended.scripts("a") == [(0, "timed out"), *later]
    assert ended.results == {"a": result, "b": "skipped"}


ORDER = """on: push
permissions: {}
env: {W: w, J: w, S: w}
jobs:
  a:
    runs-on: x
    env: {J: j, S: "${{ github.ref_name }}"}
    steps:
      - run: echo "$W $J $S"
      - run: echo "J=written" >> "$GITHUB_ENV"
      - run: echo "$W $J $S"
      - {run: 'echo $J ${{ env.J }}', env: {J: step}}
"""


def test_variables_of_a_step_win_over_those_written_and_those_over_the_jobs(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/variables and contexts#env-context."""
    assert sample.run(ORDER).said().splitlines() == ["w j main", "w written main", "step step"]


def test_what_a_step_writes_for_others_may_have_several_lines(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/workflow-commands#multiline-strings."""
    write = r"""{id: one, run: 'printf "x=1\ny<<END\na=b\nc\nEND\n" >> "$GITHUB_OUTPUT"'}"""
    text = job(
        "a",
        write,
        outputs="{x: '${{ steps.one.outputs.x }}', y: '${{ steps.one.outputs.y }}', z: '${{ steps.no.outputs.z }}'}",
    )
    text += job("b", "{run: 'echo \"$Y\"', env: {Y: '${{ needs.a.outputs.y }}'}}", needs="a")
    ended = sample.run(text)
    assert ended.outputs() == {"x": "1", "y": "a=b\nc", "z": ""}
    assert ended.said("b") == "a=b\nc"


def test_only_named_needs_are_in_the_context(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/contexts#needs-context ("direct dependencies")."""
    text = job("a", 'run: echo "x=1" >> "$GITHUB_OUTPUT"') + job("b", "run: echo", needs="a")
    text += job("c", "run: 'echo ${{ needs.a.result }}.${{ join(needs.*.result) }}'", needs="b")
    assert sample.run(text).said("c") == ".success"


def test_a_text_from_outside_is_pasted_into_a_script_and_not_into_a_variable(sample: Sample) -> None:
    """[docs]/concepts/security/script-injections."""
    label = "${{ github.event.pull_request.head.label }}"
    text = job("a", f"run: echo {label}", f"{{run: 'echo \"$L\"', env: {{L: '{label}'}}}}")
    said = sample.run(text, pull_request(owner="$(echo pwned)")).said()
    assert said.splitlines() == ["pwned:feat/x", "$(echo pwned):feat/x"]


@pytest.mark.parametrize(("shell", "result"), [("", "success"), ("shell: bash, ", "failure")])
def test_pipes_that_fail_count_only_where_bash_is_asked_for(sample: Sample, shell: str, result: str) -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell (`bash -e` without pipefail)."""
    assert sample.run(job("a", f"{{{shell}run: 'false | true'}}")).results == {"a": result}


def test_python_as_a_shell_is_an_interpreter(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#custom-shell."""
    ended = sample.run(job("a", "{shell: 'python3 -I {0}', run: 'print(6 * 7)'}"))
    assert ended.said() == "42"


def test_a_script_finds_nothing_of_the_machine_that_tests(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_OUTSIDE", "x")
    ended = sample.run(job("a", 'run: echo "${FROM_OUTSIDE-} ${GITHUB_ACTIONS} ${GITHUB_JOB} ${GITHUB_TOKEN-none}"'))
    assert ended.said() == "true a none"


# ---------------------------------------------------------------- actions

UP, DOWN = "actions/upload-artifact@v7", "actions/download-artifact@v8"


def test_artifacts_go_from_job_to_job_by_names_that_are_taken_once(sample: Sample) -> None:
    """github.com/actions/upload-artifact#readme (a name is unique in a run; the root is what files have in common)."""
    make = "run: mkdir -p out/deep && echo one > out/deep/x && echo two > out/y"
    up = "{uses: " + UP + ', with: {name: m, path: "out/deep/x\\nout/y"}}'
    down = "{uses: " + DOWN + ", with: {name: m, path: got}}"
    text = job("a", make, up, up) + job(
        "b", down, "run: cat got/deep/x got/y && test ! -e out", needs="a", **{"if": "always()"}
    )
    ended = sample.run(text)
    assert (ended.results, ended.said("b")) == ({"a": "failure", "b": "success"}, "one\ntwo")


@pytest.mark.parametrize(
    ("options", "result", "kept"),
    [
        ("path: none", "success", False),
        ("path: none, if-no-files-found: ignore", "success", False),
        ("path: none, if-no-files-found: error", "failure", False),
        ("path: .h/x, if-no-files-found: error", "failure", False),
        ("path: .h/x, if-no-files-found: error, include-hidden-files: true", "success", True),
    ],
)
def test_files_that_are_missing_or_hidden_are_left_out(sample: Sample, options: str, result: str, kept: bool) -> None:  # noqa: FBT001
    """github.com/actions/upload-artifact#readme (if-no-files-found, hidden files)."""
    up = f"{{uses: {UP}, with: {{name: m, {options}}}}}"
    ended = sample.run(job("a", "run: mkdir .h && echo > .h/x", up))
    assert (ended.results["a"], "m" in ended.run.artifacts.kept) == (result, kept)


def test_an_artifact_that_is_not_there_fails_whoever_wants_it(sample: Sample) -> None:
    """github.com/actions/download-artifact#readme."""
    assert sample.run(job("a", f"{{uses: {DOWN}, with: {{name: m}}}}")).results == {"a": "failure"}


def test_a_checkout_has_one_commit_unless_all_are_asked_for(sample: Sample) -> None:
    """github.com/actions/checkout#readme (fetch-depth)."""
    sample.world.commit("main", {"more.txt": "more\n"})
    count = "run: git rev-list --count HEAD && git branch --remotes | wc -l"
    one = sample.run(job("a", "uses: actions/checkout@v7", count)).said()
    every = sample.run(job("a", "{uses: actions/checkout@v7, with: {fetch-depth: 0}}", count)).said()
    assert (one, every) == ("1\n0", "3\n2")


# ---------------------------------------------------------------- memory


def test_a_job_is_carried_out_again_if_anything_that_it_gets_is_other(sample: Sample, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory")
    memory.folder.mkdir()
    run_of = sample.run(job("a", "run: date +%N"), settings=NOTHING)
    scene = run_of.run.scene
    scene.carry_out = memory.carry_out
    workflow = next(iter(scene.workflows.values()))
    said = [type(run_of)(type(run_of.run)(scene, run_of.run.event).run(workflow)).said() for _ in range(2)]
    assert said[0] == said[1] != run_of.said()
    (scene.world.store / "new").write_text("x", "utf-8")
    memory.now = ""
    assert type(run_of)(type(run_of.run)(scene, run_of.run.event).run(workflow)).said() != said[0]
    assert memory.hits == 1
