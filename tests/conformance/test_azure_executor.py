"""What carries Azure's files out begins and goes through runs as Azure's documentation says: pipelines by hand."""

from __future__ import annotations

import pytest

from conformance.azure_small import STAGES, a_world, job, scripts, small
from conformance.azure_starting import Clock, PullRequest, Push
from conformance.azure_templates import Refused
from local_world import World
from pipegen.simulation import Ending


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return a_world(tmp_path_factory)


# ---------------------------------------------------------------- what starts a run


def pushed(world: World, trigger: str, ref: str, changed: str = "README.md") -> bool:
    return bool(small(world, f"{trigger}\nstages: []\n").starts(Push(ref, [changed])))


@pytest.mark.parametrize(
    ("trigger", "ref", "starts"),
    [
        ("", "refs/heads/any", True),
        ("", "refs/tags/v1", False),
        ("trigger: none", "refs/heads/main", False),
        ("trigger: [main, releases/*]", "refs/heads/releases/a/b", True),
        ("trigger: {branches: {include: [releases/*], exclude: [releases/old*]}}", "refs/heads/releases/old1", False),
        ("trigger: [prod]", "refs/heads/Prod", False),
        ("trigger: [prod]", "refs/heads/prod2", False),
        ("trigger: {tags: {include: ['v2.*'], exclude: [v2.0]}}", "refs/tags/v2.1", True),
        ("trigger: {tags: {include: ['v2.*'], exclude: [v2.0]}}", "refs/tags/v2.0", False),
        ("trigger: {tags: {include: ['v2.*']}}", "refs/heads/main", False),
        ("trigger: {branches: {include: ['*']}}", "refs/tags/v2.1", False),
        ("trigger: {branches: {include: [main]}, tags: {include: ['v*']}}", "refs/heads/main", True),
        ("trigger: {branches: {include: [main]}, tags: {include: ['v*']}}", "refs/tags/v1", True),
    ],
)
def test_pushes_start_what_the_trigger_includes(world: World, trigger: str, ref: str, *, starts: bool) -> None:
    """learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git: CI triggers, tags, wildcards."""
    assert pushed(world, trigger, ref) is starts


@pytest.mark.parametrize(
    ("paths", "changed", "starts"),
    [
        ("{include: [docs]}", "docs/a/b.md", True),
        ("{include: [docs]}", "docs2/a.md", False),
        ("{include: [docs/*], exclude: [docs/README.md]}", "docs/README.md", False),
        ("{include: ['src/app/**/x*']}", "src/app/a/b/xy", True),
        ("{include: [Docs]}", "docs/a.md", False),
    ],
)
def test_paths_stand_for_what_is_below_them(world: World, paths: str, changed: str, *, starts: bool) -> None:
    """learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git: paths are case-sensitive prefixes."""
    trigger = f"trigger: {{branches: {{include: [main]}}, paths: {paths}}}"
    assert pushed(world, trigger, "refs/heads/main", changed) is starts


def test_without_pr_every_pull_request_on_github_starts_a_run(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/repos/github: PR triggers."""
    opened = PullRequest("feat/a", "main", ["a"])
    assert small(world, "stages: []\n").starts(opened) == [("p.yml", "PullRequest", "refs/pull/1/merge")]
    assert not small(world, "pr: none\nstages: []\n").starts(opened)
    assert not small(world, "pr: [dev]\nstages: []\n").starts(opened)


@pytest.mark.parametrize(("always", "runs"), [("always: true", 1), ("always: false", 0), ("", 0)])
def test_a_schedule_runs_unchanged_code_only_always(world: World, always: str, runs: int) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers: `always`, and branches that it lists."""
    entry = f"{{cron: '0 6 * * 1', branches: {{include: [prod]}}, {always}}}".replace(", }", "}")
    found = small(world, f"trigger: none\nschedules:\n  - {entry}\nstages: []\n")
    assert found.starts(Clock("0 6 * * 1", ["main", "prod"])) == [("p.yml", "Schedule", "refs/heads/prod")] * runs
    assert not found.starts(Clock("0 7 * * 1", ["main", "prod"]))


PARAMETERS = """
parameters:
  - {name: where, type: string, values: [dev, prod]}
  - {name: many, type: number, default: 3}
  - {name: strict, type: boolean, default: true}
  - {name: text, type: string, default: ''}
stages:
  - stage: s
    condition: and(succeeded(), eq('${{ parameters.where }}', 'dev'))
    jobs:
      - job: j
        variables:
          STRICT: ${{ lower(parameters.strict) }}
          MANY: ${{ parameters.many }}
          TEXT: ${{ parameters.text }}
        steps: [{bash: 'true', displayName: x}]
"""


@pytest.mark.parametrize(
    "given", [{}, {"where": "test"}, {"where": "dev", "many": "x"}, {"where": "dev", "strict": "maybe"}, {"other": "1"}]
)
def test_values_that_do_not_fit_a_parameter_start_nothing(world: World, given: dict[str, str]) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/runtime-parameters."""
    with pytest.raises(Refused):
        small(world, PARAMETERS).run(**given)


def test_parameters_are_pasted_with_their_types(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/runtime-parameters and template-expressions."""
    (script,) = job(small(world, PARAMETERS).run(where="dev", text="a b"), "j").scripts
    assert [script.variables[name] for name in ("STRICT", "MANY", "TEXT")] == ["true", "3", "a b"]
    assert not small(world, PARAMETERS).run(where="prod").ran


# ---------------------------------------------------------------- stages and jobs


@pytest.mark.parametrize(
    ("condition", "ending", "ran"),
    [
        ("dependsOn: one", None, ["a", "b", "c"]),
        ("dependsOn: one", Ending.FAILED, ["a"]),
        ("condition: eq(variables['Build.SourceBranch'], 'refs/heads/main')", Ending.FAILED, ["a", "b"]),
        ("condition: eq(variables['Build.SourceBranch'], 'refs/heads/main')", Ending.CANCELLED, ["a", "b"]),
        ("condition: eq(variables['Build.SourceBranch'], 'refs/heads/MAIN')", None, ["a", "b", "c"]),
        ("condition: succeededOrFailed()", Ending.FAILED, ["a", "b"]),
        ("condition: succeededOrFailed()", Ending.CANCELLED, ["a"]),
        ("condition: failed()", None, ["a"]),
        ("condition: failed()", Ending.FAILED, ["a", "b"]),
        ("condition: always()", Ending.CANCELLED, ["a", "b"]),
        ("condition: not(canceled())", Ending.CANCELLED, ["a"]),
        ("condition: and(not(canceled()), eq(dependencies.one.result, 'Failed'))", Ending.FAILED, ["a", "b"]),
        ("condition: 'false'", None, ["a"]),
        ("dependsOn: []", Ending.FAILED, ["a", "b", "c"]),
    ],
)
def test_conditions_of_stages(world: World, condition: str, ending: Ending | None, ran: list[str]) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/conditions: a condition of its own replaces succeeded().

    The default asks for all that was waited for, also indirectly: `three` is skipped where `one` failed.
    """
    found = small(world, STAGES.replace("CONDITION", condition), faults={"a": ending} if ending else {}).run()
    assert scripts(found) == ran


def test_a_skipped_stage_has_what_waits_for_it_skipped(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/stages."""
    found = small(world, STAGES.replace("CONDITION", "condition: eq(variables['x'], 'y')")).run()
    assert (scripts(found), found.stages["three"].result) == (["a"], "Skipped")


OUTPUTS = """
stages:
  - stage: one
    jobs:
      - job: a
        steps:
          - {checkout: none}
          - {bash: 'echo "##vso[task.setvariable variable=v;isOutput=true]yes"', name: s}
      - job: same
        dependsOn: a
        variables: {V: "$[ dependencies.a.outputs['s.v'] ]", W: "$[ dependencies.a.outputs['a.s.v'] ]"}
        steps: [{checkout: none}, {bash: 'true', displayName: same}]
      - job: beside
        variables: {V: "$[ dependencies.a.outputs['s.v'] ]"}
        steps: [{checkout: none}, {bash: 'true', displayName: beside}]
      - deployment: d
        environment: e
        strategy:
          runOnce:
            deploy:
              steps: [{bash: 'echo "##vso[task.setvariable variable=v;isOutput=true]deployed"', name: s}]
  - stage: two
    dependsOn: one
    condition: and(succeeded(), eq(dependencies.one.outputs['a.s.v'], 'yes'))
    jobs:
      - job: across
        variables:
          V: $[ stageDependencies.one.a.outputs['s.v'] ]
          D: $[ stageDependencies.one.d.outputs['d.s.v'] ]
          N: $[ stageDependencies.one.d.outputs['s.v'] ]
        steps: [{checkout: none}, {bash: 'true', displayName: across}]
  - stage: three
    dependsOn: two
    jobs:
      - job: far
        variables: {V: "$[ stageDependencies.one.a.outputs['s.v'] ]"}
        steps: [{checkout: none}, {bash: 'true', displayName: far}]
"""


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("same", {"V": "yes", "W": ""}),
        ("beside", {"V": ""}),
        ("across", {"V": "yes", "D": "deployed", "N": ""}),
        ("far", {"V": ""}),
    ],
)
def test_outputs_have_three_paths_and_a_wrong_one_is_empty(world: World, name: str, seen: dict[str, str]) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/{variables,deployment-jobs,expressions}: dependencies.

    Only what is named in `dependsOn` is seen; outputs of a deployment begin with its name.
    """
    (script,) = job(small(world, OUTPUTS).run(), name).scripts
    assert {each: script.variables[each] for each in seen} == seen


def test_jobs_say_which_were_over_when_they_began(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/phases: jobs without dependsOn run side by side."""
    found = small(world, OUTPUTS).run()
    assert job(found, "beside").after == ()
    assert job(found, "same").after == (("one", "a"),)
    assert set(job(found, "far").after) == {
        ("two", "across"), ("one", "a"), ("one", "same"), ("one", "beside"), ("one", "d")
    }  # fmt: skip
