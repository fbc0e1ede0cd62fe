"""What carries Azure's files out treats steps, variables and artifacts as Azure's documentation says."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.azure_settings import Resource, Settings
from conformance.azure_small import STAGES, a_world, ends, job, scripts, small
from conformance.azure_worker import Variables
from local_world import World
from pipegen.simulation import Ending


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return a_world(tmp_path_factory)


# ---------------------------------------------------------------- steps

STEPS = """
stages:
  - stage: s
    jobs:
      - job: j
        timeoutInMinutes: 60
        cancelTimeoutInMinutes: 20
        steps:
          - {checkout: none}
          - {bash: 'true', displayName: first, timeoutInMinutes: 30}
          - {bash: 'true', displayName: second}
          - {bash: 'true', displayName: results, condition: succeededOrFailed()}
          - {bash: 'true', displayName: undo, condition: always(), timeoutInMinutes: 15}
          - {bash: 'true', displayName: too long, condition: always(), timeoutInMinutes: 10}
"""


@pytest.mark.parametrize(
    ("ending", "result", "ran"),
    [
        (Ending.FAILED, "Failed", ["first", "results", "undo", "too long"]),
        (Ending.TIMED_OUT, "Failed", ["first", "results", "undo", "too long"]),
        (Ending.CANCELLED, "Canceled", ["first", "undo"]),
    ],
)
def test_what_runs_after_a_step_that_does_not_succeed(
    world: World, ending: Ending, result: str, ran: list[str]
) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/{conditions,phases}: cancelTimeoutInMinutes ends the rest.

    It may take as long as its own limits say, and 15 and 10 minutes are more than 20. A step that meets its limit
    fails (microsoft/azure-pipelines-agent, StepsRunner).
    """
    found = small(world, STEPS, faults={"first": ending}).run()
    assert (ends(found), scripts(found)) == ({"j": result}, ran)
    assert found.canceled is (ending is Ending.CANCELLED)


def test_a_job_that_meets_its_own_limit_is_cancelled(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/phases: timeouts; other jobs go on."""
    found = small(world, STEPS, faults={"second": Ending.TIMED_OUT}).run()
    assert (ends(found), scripts(found)) == ({"j": "Canceled"}, ["first", "second", "undo"])
    assert not found.canceled


@pytest.mark.parametrize(("forgiven", "result"), [("true", "SucceededWithIssues"), ("false", "Failed")])
def test_continue_on_error_leaves_issues(world: World, forgiven: str, result: str) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/tasks: continueOnError counts as succeeded afterwards."""
    step = f"{{bash: exit 3, displayName: a, continueOnError: {forgiven}}}"
    text = STAGES.replace("CONDITION", "dependsOn: one").replace("{bash: 'true', displayName: a}", step)
    found = small(world, text).run()
    assert ends(found)["a"] == result
    assert scripts(found) == (["a", "b", "c"] if forgiven == "true" else ["a"])


VARIABLES = """
variables:
  - {name: fixed, value: one, readonly: true}
  - {name: nested.name, value: $(fixed)-$(missing)}
stages:
  - stage: s
    variables: {of: stage}
    jobs:
      - job: j
        variables:
          - group: secrets
          - {name: of, value: job}
        steps:
          - {checkout: none}
          - bash: |
              echo "##vso[task.setvariable variable=fixed]other"
              echo "##vso[task.setvariable variable=made]$(fixed)%0Atwo"
              echo "##vso[task.setvariable variable=hidden;issecret=true]x"
          - bash: echo "##vso[task.setvariable variable=made]shell"
            target: {commands: restricted, settableVariables: none}
          - {bash: 'echo "$TOKEN"; test "$(echo of)" = of', displayName: seen, env: {MAPPED: $(TOKEN), LEFT: $(NONE)}}
"""


def test_variables_reach_scripts_by_the_rules_of_the_agent(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/{variables,set-variables-scripts,set-secret-variables}.

    Secrets are mapped or not there; macros that name nothing stay; read-only variables and restricted steps keep
    commands from setting anything; the nearest scope wins.
    """
    settings = Settings(groups={"secrets": Resource(variables={"TOKEN": "prod/TOKEN", "UNUSED": "prod/UNUSED"})})
    found = small(world, VARIABLES, settings=settings).run()
    (script,) = job(found, "j").scripts
    seen = {name: script.variables.get(name) for name in ("FIXED", "NESTED_NAME", "OF", "MADE", "MAPPED", "LEFT")}
    assert seen == {
        "FIXED": "one",
        "NESTED_NAME": "one-$(missing)",
        "OF": "job",
        "MADE": "one\ntwo",
        "MAPPED": "secret prod/TOKEN as TOKEN",
        "LEFT": "$(NONE)",
    }
    assert script.result == "success"
    assert {"TOKEN", "HIDDEN", "HOME"}.isdisjoint(script.variables)
    assert job(found, "j").secrets == ("prod/TOKEN",)


# ---------------------------------------------------------------- artifacts, checkouts, deployments

ARTIFACTS = """
stages:
  - stage: s
    jobs:
      - job: make
        steps:
          - {checkout: none}
          - {bash: mkdir made && echo 1 > made/file && echo 2 > single}
          - {publish: $(Build.SourcesDirectory)/made, artifact: folder}
          - {publish: $(Build.SourcesDirectory)/single, artifact: file}
      - job: take
        dependsOn: make
        steps:
          - {download: current, artifact: folder}
          - task: DownloadPipelineArtifact@2
            inputs: {buildType: current, artifactName: file, targetPath: $(Build.SourcesDirectory)/to}
          - bash: test -d .git && test -e ../folder/file && test -e to/single && test ! -e ../file
            displayName: taken
      - deployment: unasked
        dependsOn: make
        environment: e
        strategy:
          runOnce:
            deploy:
              steps: [{bash: test ! -e .git && test -e ../folder/file && test -e ../file/single, displayName: all}]
      - deployment: nothing
        dependsOn: make
        environment: e
        strategy: {runOnce: {deploy: {steps: [{download: none}, {bash: test ! -e ../file, displayName: none of it}]}}}
"""


def test_artifacts_land_where_azure_puts_them(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-download and process/deployment-jobs.

    A download goes to a folder of the artifact's name in the workspace; a task puts it where it is told; a deployment
    gets everything and no checkout; an ordinary job is the reverse.
    """
    assert ends(small(world, ARTIFACTS).run()) == dict.fromkeys(("make", "take", "unasked", "nothing"), "Succeeded")


PLACE = "$(Build.SourcesDirectory)"


@pytest.mark.parametrize(
    "steps",
    [
        "[{publish: $(Build.SourcesDirectory)/missing, artifact: a}]",
        "[{bash: touch a}, {publish: ../a, artifact: a}, {publish: ../a, artifact: a}]".replace("..", PLACE),
        "[{download: current, artifact: a}]",
    ],
)
def test_an_artifact_that_is_not_there_or_there_twice_fails(world: World, steps: str) -> None:
    """learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-publish."""
    found = small(world, f"stages: [{{stage: s, jobs: [{{job: j, steps: {steps}}}]}}]").run()
    assert ends(found) == {"j": "Failed"}


HOOKS = """
stages:
  - stage: s
    jobs:
      - deployment: d
        environment: e
        strategy:
          runOnce:
            preDeploy: {steps: [{bash: 'true', displayName: pre}]}
            deploy: {steps: [{bash: 'true', displayName: deploy}]}
            on:
              failure: {steps: [{bash: 'test ! -e .git', displayName: failure}]}
              success: {steps: [{bash: 'true', displayName: success}]}
"""


@pytest.mark.parametrize(
    ("ending", "ran", "result"),
    [
        (None, ["pre", "deploy", "success"], "Succeeded"),
        (Ending.FAILED, ["pre", "deploy", "failure"], "Failed"),
        (Ending.CANCELLED, ["pre", "deploy"], "Canceled"),
    ],
)
def test_hooks_of_a_deployment(world: World, ending: Ending | None, ran: list[str], result: str) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs: lifecycle hooks."""
    found = small(world, HOOKS, faults={"deploy": ending} if ending else {}).run()
    assert (scripts(found), ends(found)) == (ran, {"d": result})


def test_nothing_is_inherited_but_the_path_of_the_world(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKED", "1")
    (script,) = job(small(world, STAGES.replace("CONDITION", "dependsOn: one")).run(), "a").scripts
    assert (script.variables["PATH"], "LEAKED" in script.variables) == (world.path, False)
    assert Path(script.variables["BUILD_SOURCESDIRECTORY"]).name == "s"


BESIDE = """
stages:
  - stage: one
    jobs:
      - {job: a, steps: [{checkout: none}, {bash: 'true', displayName: a}]}
      - {job: beside, steps: [{checkout: none}, {bash: 'true', displayName: beside}]}
      - {job: later, dependsOn: a, condition: always(), steps: [{checkout: none}, {bash: 'true', displayName: later}]}
  - stage: parallel
    dependsOn: []
    jobs: [{job: p, condition: always(), steps: [{checkout: none}, {bash: 'true', displayName: p}]}]
"""


def test_what_stands_in_a_queue_when_people_cancel_never_runs(world: World) -> None:
    """learn.microsoft.com/azure/devops/pipelines/process/conditions: what becomes due afterwards asks its condition."""
    found = small(world, BESIDE, faults={"a": Ending.CANCELLED}).run()
    assert scripts(found) == ["a", "later"]
    assert (found.stages["one"].jobs["beside"].result, found.stages["parallel"].result) == ("Canceled", "Canceled")


def test_a_variable_that_leads_into_a_circle_stays_as_it_is() -> None:
    """microsoft/azure-pipelines-agent, VariablesL0: DetectsAdjacentCyclicalReference, ExpandsDeep."""
    found = Variables(
        {"a": "1_$(b)", "b": "2_$(c)", "c": "3_$(b)", "d": "4_$(e)", "e": "5_$(f)", "f": "6", "g": "$(g)"}
    )
    found.settle()
    assert found.values == {
        "a": "1_$(b)", "b": "2_$(c)", "c": "3_$(b)", "d": "4_5_6", "e": "5_6", "f": "6", "g": "$(g)"
    }  # fmt: skip
