"""What GitLab's documentation says of environments, variables, approvals, paths and pipelines below others."""

from __future__ import annotations

import pytest

from conformance.gitlab_files import Refused, UnknownConstruct, document
from conformance.gitlab_machine import Machine
from conformance.gitlab_rules import Facts, chosen, glob, holds
from conformance.gitlab_settings import Settings, Variable
from conformance.gitlab_small import MERGE_REQUEST, PUSH, Small
from local_world import World, new_world
from pipegen.simulation import ApprovalResult


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    place = new_world(tmp_path_factory.mktemp("gitlab") / "world", "model-specs/m.yaml", "", "models/m", [])
    Machine(place).set_up()
    return place


# ---------------------------------------------------------------- people

ASKED = """\
    ask: {script: ["true"]}
    approve:
      needs: [ask]
      script: ["true"]
      rules: [{when: manual, allow_failure: false}]
      environment: {name: prod-approval, action: start}
    deploy: {needs: [approve], script: ["true"]}
    close: {needs: [ask, approve, deploy], when: always, script: ["true"]}
    tell: {needs: [approve], when: on_failure, script: ["true"]}
"""
RULES = Settings((), {"prod-approval": 2}, frozenset(), (), {})


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (ApprovalResult.GRANTED, ("success", "success", "success", "skipped")),
        (ApprovalResult.REJECTED, ("failed", "skipped", "success", "success")),
        (ApprovalResult.WAITING, ("manual", "created", "created", "created")),
    ],
)
def test_a_blocked_deployment_waits_begins_or_fails(
    answer: ApprovalResult, ends: tuple[str, str, str, str], world: World
) -> None:
    """docs.gitlab.com/ci/environments/deployment_approvals: approved jobs are started by hand; a rejected job fails."""
    found = Small(world, ASKED, settings=RULES, answers={"prod-approval": answer}).ends
    assert found == dict(zip(("ask", "approve", "deploy", "close", "tell"), ("success", *ends), strict=True))


# ---------------------------------------------------------------- variables

KEPT = Settings(
    (
        Variable("KEY", "prod/KEY", "prod", is_file=False, protected=True),
        Variable("KEY", "KEY", "", is_file=False, protected=False),
        Variable("CERTIFICATE", "prod/CERTIFICATE", "prod", is_file=True, protected=False),
    ),
    {},
    frozenset(),
    ("main",),
    {},
)


@pytest.mark.parametrize(
    ("environment", "protected", "value"),
    [
        ("prod", True, "secret prod/KEY as KEY"),
        ("prod", False, "secret KEY as KEY"),
        ("dev", True, "secret KEY as KEY"),
    ],
)
def test_a_job_gets_the_variables_of_its_environment_and_protected_ones_on_protected_refs(
    environment: str,
    protected: bool,  # noqa: FBT001
    value: str,
    world: World,
) -> None:
    """docs.gitlab.com/ci/variables#protect-a-cicd-variable, docs.gitlab.com/ci/environments."""
    text = f'    one: {{script: ["echo $KEY"], environment: {{name: {environment}}}}}\n'
    assert Small(world, text, settings=KEPT, protected=protected).said_by("one") == [value]


def test_a_variable_of_type_file_holds_a_path(world: World) -> None:
    """docs.gitlab.com/ci/variables#use-file-type-cicd-variables."""
    text = '    one: {script: ["cat $CERTIFICATE"], environment: {name: prod}}\n'
    assert Small(world, text, settings=KEPT).said_by("one") == ["secret prod/CERTIFICATE as CERTIFICATE"]


@pytest.mark.parametrize(
    ("refs", "ref", "is_protected"), [(("dev", "v*"), "v1", True), (("dev",), "development", False)]
)
def test_wildcards_protect_refs(refs: tuple[str, ...], ref: str, is_protected: bool) -> None:  # noqa: FBT001
    """docs.gitlab.com/user/project/repository/branches/protected#use-wildcard-rules."""
    assert Settings((), {}, frozenset(), refs, {}).protects(ref) is is_protected


# ---------------------------------------------------------------- conditions and paths


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        ('$A == "a"', True),
        ('$A != "a"', False),
        ("$A", True),
        ("$EMPTY", False),
        ("$NONE", False),
        ("$NONE == null", True),
        ('$EMPTY == ""', True),
        ("$A =~ /^a$/", True),
        ("$A =~ /^A$/", False),
        (r"$PATH_LIKE =~ /^feat\/.*$/", True),
        ("$NONE =~ /a/", False),
        ("$NONE !~ /a/", True),
        ('$A == "b" || $A == "a" && $NONE', False),
        ('($A == "a" || $NONE) && $A', True),
        ("$A == $A", True),
    ],
)
def test_conditions_hold_as_documented(condition: str, result: bool) -> None:  # noqa: FBT001
    """docs.gitlab.com/ci/jobs/job_rules#cicd-variable-expressions."""
    assert holds(condition, {"A": "a", "EMPTY": "", "PATH_LIKE": "feat/a/b"}) is result


@pytest.mark.parametrize(
    ("pattern", "path", "is_touched"),
    [
        ("models/m/**/*", "models/m/a.py", True),
        ("models/m/**/*", "models/m/a/b/.c", True),
        ("models/m/**/*", "models/mm/a.py", False),
        ("models/*", "models/m/a.py", False),
        ("*.toml", "pipegen.toml", True),
        ("a?c", "abc", True),
        (r"a\*c", "abc", False),
        ("README.md", "docs/README.md", False),
    ],
)
def test_paths_are_touched_as_documented(pattern: str, path: str, is_touched: bool, world: World) -> None:  # noqa: FBT001
    """docs.gitlab.com/ci/yaml#ruleschanges."""
    text = f"    one: {{script: ['true'], rules: [{{changes: ['{pattern}']}}]}}\n    two: {{script: ['true']}}\n"
    assert ("one" in Small(world, text, changed=[path]).created().jobs) is is_touched
    assert glob(pattern)


@pytest.mark.parametrize("variables", [{"CI_PIPELINE_SOURCE": "schedule"}, {**PUSH, "CI_COMMIT_TAG": "v1"}])
def test_what_has_nothing_to_compare_with_touches_everything(variables: dict[str, str]) -> None:
    """docs.gitlab.com/ci/jobs/job_troubleshooting: jobs run unexpectedly with `changes`."""
    assert chosen([{"changes": ["other/*"]}], Facts(variables, ["README.md"])) is not None
    assert chosen([{"changes": ["other/*"]}], Facts(MERGE_REQUEST, ["README.md"])) is None


def test_the_workflow_says_whether_there_is_a_pipeline(world: World) -> None:
    """docs.gitlab.com/ci/yaml/workflow#workflowrules."""
    text = """\
    workflow: {rules: [{if: '$CI_PIPELINE_SOURCE == "push"'}, {when: never}]}
    one: {script: ["true"], rules: [{when: always}]}
    """
    assert Small(world, text).ends == {"one": "success"}
    with pytest.raises(Refused, match="workflow"):
        Small(world, text, {"CI_PIPELINE_SOURCE": "web"}).created()


# ---------------------------------------------------------------- files and inputs


def test_inputs_are_checked_before_there_is_a_pipeline() -> None:
    """docs.gitlab.com/ci/inputs, docs.gitlab.com/ci/yaml#specinputsregex."""
    text = 'spec: {inputs: {word: {default: a, regex: "^[a-z]*$"}}}\n---\none: {script: ["echo $[[ inputs.word ]]"]}\n'
    files = {".gitlab-ci.yml": text}
    for given, word in (({}, "a"), ({"word": "b"}, "b")):
        assert document(files, ".gitlab-ci.yml", given).jobs["one"]["script"] == [f"echo {word}"]
    for wrong in ({"word": "b;"}, {"word": "b\nc"}, {"other": "a"}):
        with pytest.raises(Refused):
            document(files, ".gitlab-ci.yml", wrong)


def test_files_of_a_folder_are_included_and_those_below_it_are_not() -> None:
    """docs.gitlab.com/ci/yaml/includes#use-includelocal-with-wildcard-file-paths."""
    job = 'script: ["true"]'
    files = {
        ".gitlab-ci.yml": "include: [{local: ci/*.yml}]\n",
        "ci/a.yml": f"a: {{{job}}}\n",
        "ci/b.yml": f"b: {{{job}}}\n",
        "ci/below/c.yml": f"c: {{{job}}}\n",
    }
    assert set(document(files, ".gitlab-ci.yml").jobs) == {"a", "b"}
    with pytest.raises(Refused, match="does not exist"):
        document({".gitlab-ci.yml": "include: [{local: none.yml}]\n"}, ".gitlab-ci.yml")


# ---------------------------------------------------------------- pipelines below others

ABOVE = """\
    one: {script: ["echo WORD=from-one > values.env"], artifacts: {reports: {dotenv: values.env}}}
    two:
      needs: [one]
      resource_group: prod
      variables: {PASSED: $WORD, PARENT: $CI_PIPELINE_ID}
      trigger: {include: [{local: below.yml}], strategy: depend, forward: {pipeline_variables: false}}
    three: {needs: [two], script: ["true"]}
"""
BELOW = """\
    four:
      script: ['test "$PASSED$CI_PIPELINE_SOURCE" = from-oneparent_pipeline', "%s"]
      rules: [{if: '$CI_PIPELINE_SOURCE == "parent_pipeline"'}]
"""


@pytest.mark.parametrize(("line", "ends"), [("true", ("success", "success")), ("false", ("failed", "skipped"))])
def test_a_pipeline_below_gets_what_it_is_handed_and_decides_about_the_job_that_starts_it(
    line: str, ends: tuple[str, str], world: World
) -> None:
    """docs.gitlab.com/ci/pipelines/downstream_pipelines (strategy: depend; passing dotenv variables)."""
    jobs = Small(world, ABOVE, more={"below.yml": BELOW % line}).run()
    assert (jobs["two"].status, jobs["three"].status) == ends
    assert jobs["two"].below is not None


def test_a_cancellation_below_ends_the_pipeline_above(world: World) -> None:
    """docs.gitlab.com/ci/pipelines/downstream_pipelines: a run is cancelled with what is below it."""
    text = """\
    four: {script: ["mkdir -p .pipegen-job; echo true > .pipegen-job/s.sh; bash .pipegen-job/s.sh"]}
    five: {needs: [four], when: always, script: ["true"]}
    """
    jobs = Small(world, ABOVE, more={"below.yml": text}, fault=("four", "s", "cancelled")).run()
    assert {name: job.status for name, job in jobs.items()} == {
        "one": "success",
        "two": "canceled",
        "three": "canceled",
    }
    assert jobs["two"].below is not None
    assert {job.status for job in jobs["two"].below.jobs.values()} == {"canceled"}


def test_files_come_from_the_pipeline_above_by_its_number(world: World) -> None:
    """docs.gitlab.com/ci/yaml#needspipelinejob."""
    above = """\
    one: {script: ["echo data > file"], artifacts: {paths: [file]}}
    two:
      needs: [one]
      variables: {PARENT: $CI_PIPELINE_ID}
      trigger: {include: [{local: below.yml}], strategy: depend}
    """
    below = "    four: {needs: [{pipeline: %s, job: one}], script: ['cat file']}\n"
    assert Small(world, above, more={"below.yml": below % "$PARENT"}).ends["two"] == "success"
    with pytest.raises(UnknownConstruct):
        Small(world, above, more={"below.yml": below % '"12"'}).run()
