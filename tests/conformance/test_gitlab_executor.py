"""What GitLab's documentation says of jobs and their order is what small pipelines do here, and in gitlab-ci-local."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.gitlab_files import Refused, UnknownConstruct
from conformance.gitlab_machine import Machine
from conformance.gitlab_small import MERGE_REQUEST, PUSH, Small, as_told_locally
from conformance.gitlab_vendor import GitLabCiLocal
from local_world import World, new_world
from pipegen.simulation import ApprovalResult

YES = ApprovalResult.GRANTED


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    place = new_world(tmp_path_factory.mktemp("gitlab") / "world", "model-specs/m.yaml", "", "models/m", [])
    Machine(place).set_up()
    return place


@pytest.fixture(scope="module")
def local() -> Iterator[GitLabCiLocal]:
    with GitLabCiLocal() as running:
        yield running


# ---------------------------------------------------------------- pipelines that both carry out alike

CHAIN = """\
    one: {script: [%s]}
    two: {needs: [one], script: ["true"]}
    three: {needs: [two], script: ["true"]}
"""
BOTH = {
    "needs: a job waits for those that it names, docs.gitlab.com/ci/yaml#needs": (
        CHAIN % '"true"',
        {"one": "success", "two": "success", "three": "success"},
    ),
    "needs: what waits for a job that failed does not run, docs.gitlab.com/ci/yaml#needs": (
        CHAIN % '"false"',
        {"one": "failed", "two": "skipped", "three": "skipped"},
    ),
    "stages: each waits for all jobs of the one before, docs.gitlab.com/ci/yaml#stages": (
        """\
    stages: [build, test]
    one: {stage: test, script: ["true"]}
    two: {stage: build, script: ["false"]}
""",
        {"one": "skipped", "two": "failed"},
    ),
    "allow_failure: the pipeline goes on, docs.gitlab.com/ci/yaml#allow_failure": (
        """\
    one: {script: ["false"], allow_failure: true}
    two: {needs: [one], script: ["true"]}
""",
        {"one": "failed", "two": "success"},
    ),
    "when: on_failure runs if a job before failed, docs.gitlab.com/ci/yaml#when": (
        """\
    one: {script: ["false"]}
    two: {needs: [one], when: on_failure, script: ["true"]}
    three: {needs: [one], when: always, script: ["true"]}
""",
        {"one": "failed", "two": "success", "three": "success"},
    ),
    "when: on_failure does not run if all went well, docs.gitlab.com/ci/yaml#when": (
        """\
    one: {script: ["true"]}
    two: {needs: [one], when: on_failure, script: ["true"]}
    three: {needs: [one], when: always, script: ["true"]}
""",
        {"one": "success", "two": "skipped", "three": "success"},
    ),
    "rules: the first that holds decides, docs.gitlab.com/ci/yaml#rules": (
        """\
    one:
      script: ["true"]
      rules: [{if: $CI_COMMIT_BRANCH == "other"}, {if: $CI_COMMIT_BRANCH, when: never}, {when: always}]
    two:
      script: ["true"]
      rules: [{if: '$CI_COMMIT_BRANCH =~ /^ma.*$/ && $NOTHING == null'}, {when: never}]
    three:
      script: ["true"]
      rules: [{if: $NOTHING || $CI_COMMIT_TAG}]
""",
        {"two": "success"},
    ),
    "dotenv: values reach jobs that need the one that wrote them, docs.gitlab.com/ci/variables/job_variables": (
        """\
    one:
      script: ["echo WORD=some-value > values.env"]
      artifacts: {reports: {dotenv: values.env}}
    two: {needs: [one], script: ['test "$WORD" = some-value']}
    three: {needs: [{job: one, artifacts: false}], script: ['test -z "$WORD"']}
""",
        {"one": "success", "two": "success", "three": "success"},
    ),
    "script: a line that fails ends the job, docs.gitlab.com/ci/yaml/script": (
        """\
    one: {script: ["true", "false | true", "echo later"]}
    two: {script: ["false", "echo later"], before_script: ["true"]}
    three: {before_script: ["false"], script: ["true"], after_script: ["false"]}
""",
        {"one": "failed", "two": "failed", "three": "failed"},
    ),
    "after_script: what becomes of it does not count, docs.gitlab.com/ci/yaml#after_script": (
        """\
    one: {script: ["true"], after_script: ["false"]}
""",
        {"one": "success"},
    ),
    "extends: hashes are merged and lists replaced, docs.gitlab.com/ci/yaml/yaml_optimization": (
        """\
    .base: {script: ["false"], variables: {A: a, B: b}}
    .other: {variables: {B: c}}
    one: {extends: [.base, .other], script: ['test "$A$B$C" = acd'], variables: {C: d}}
""",
        {"one": "success"},
    ),
}


@pytest.mark.parametrize("claim", BOTH)
def test_small_pipelines_end_as_documented_and_as_in_gitlab_ci_local(
    claim: str, world: World, local: GitLabCiLocal
) -> None:
    text, ends = BOTH[claim]
    small = Small(world, text)
    jobs = small.run()
    assert {name: job.status for name, job in jobs.items()} == ends
    assert small.ends_with(local) == as_told_locally(jobs)


def test_merge_requests_have_no_branch_and_only_jobs_whose_rules_say_so(world: World, local: GitLabCiLocal) -> None:
    """docs.gitlab.com/ci/pipelines/merge_request_pipelines, docs.gitlab.com/ci/variables/predefined_variables."""
    text = """\
    one: {script: ["true"], rules: [{if: $CI_COMMIT_BRANCH}]}
    two: {script: ["true"], rules: [{if: '$CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "main"'}]}
    """
    small = Small(world, text, MERGE_REQUEST)
    assert set(small.created().jobs) == set(small.selected_by(local)) == {"two"}
    plain = Small(world, '    one: {script: ["true"]}\n', MERGE_REQUEST)
    with pytest.raises(Refused, match="no jobs"):
        plain.created()


def test_a_rule_sees_the_variables_that_its_job_takes_over(world: World, local: GitLabCiLocal) -> None:
    """docs.gitlab.com/ci/yaml#inheritvariables; lib/gitlab/ci/pipeline/seed/build.rb (calculate_yaml_variables!)."""
    text = """\
    variables: {A: a, B: b}
    one: {script: ["true"], rules: [{if: '$A == "a" && $B == "b"'}]}
    two: {script: ["true"], rules: [{if: '$A == "a"'}], inherit: {variables: [B]}}
    three: {script: ["true"], rules: [{if: $C}], variables: {C: c}, inherit: {variables: false}}
    """
    small = Small(world, text)
    assert set(small.created().jobs) == set(small.selected_by(local)) == {"one", "three"}


def test_a_manual_job_waits_for_somebody_and_holds_up_what_needs_it(world: World, local: GitLabCiLocal) -> None:
    """docs.gitlab.com/ci/jobs/job_control#types-of-manual-jobs."""
    text = """\
    one: {script: ["true"], rules: [{when: manual, allow_failure: false}]}
    two: {needs: [one], script: ["true"]}
    """
    assert Small(world, text).ends == {"one": "manual", "two": "created"}
    started = Small(world, text, answers={"one": YES})
    assert started.ends == {"one": "success", "two": "success"}
    assert started.ends_with(local) == {"one": "success", "two": "success"}


def test_what_needs_an_optional_manual_job_is_skipped_while_nobody_starts_it(world: World) -> None:
    """docs.gitlab.com/ci/jobs/job_control#types-of-manual-jobs; lib/gitlab/ci/status/composite.rb."""
    text = """\
    one: {script: ["true"], when: manual}
    two: {needs: [one], script: ["true"]}
    """
    assert Small(world, text).ends == {"one": "manual", "two": "skipped"}


def test_a_job_that_always_runs_does_so_although_others_were_skipped(world: World) -> None:
    """docs.gitlab.com/ci/yaml#when; app/services/ci/process_build_service.rb."""
    text = """\
    one: {script: ["false"]}
    two: {needs: [one], script: ["true"]}
    three: {needs: [one, two], when: always, script: ["true"]}
    four: {needs: [one, two], when: on_failure, script: ["true"]}
    """
    assert Small(world, text).ends == {"one": "failed", "two": "skipped", "three": "success", "four": "skipped"}


def test_a_need_that_rules_took_away_leaves_no_pipeline(world: World) -> None:
    """docs.gitlab.com/ci/yaml#needs ("needs a job that does not exist" fails the pipeline; needs:optional does not)."""
    text = """\
    one: {script: ["true"], rules: [{when: never}]}
    two: {needs: [%s], script: ["true"]}
    """
    with pytest.raises(Refused, match="needs one"):
        Small(world, text % "one").created()
    assert Small(world, text % "{job: one, optional: true}").ends == {"two": "success"}


# ---------------------------------------------------------------- what a job gets and hands on


@pytest.mark.parametrize(("when", "kept"), [("on_success", False), ("on_failure", True), ("always", True)])
def test_artifacts_of_a_failed_job_are_kept_as_it_says(when: str, kept: bool, world: World) -> None:  # noqa: FBT001
    """docs.gitlab.com/ci/yaml#artifactswhen; needs:artifacts, dependencies."""
    text = f"""\
    one:
      script: ["mkdir out; echo data > out/file; false"]
      artifacts: {{when: {when}, paths: [out/]}}
    two: {{needs: [one], when: always, script: ["cat out/file"]}}
    three: {{needs: [{{job: one, artifacts: false}}], when: always, script: ["test ! -e out"]}}
    four: {{needs: [one], dependencies: [], when: always, script: ["test ! -e out"]}}
    """
    ends = Small(world, text).ends
    assert ends == {"one": "failed", "two": "success" if kept else "failed", "three": "success", "four": "success"}


def test_a_job_that_needs_nobody_gets_what_earlier_stages_made(world: World) -> None:
    """docs.gitlab.com/ci/jobs/job_artifacts#prevent-a-job-from-fetching-artifacts."""
    text = """\
    stages: [build, test]
    one: {stage: build, script: ["echo data > file"], artifacts: {paths: [file]}}
    two: {stage: test, script: ["cat file"]}
    three: {stage: test, needs: [], script: ["test ! -e file"]}
    """
    assert set(Small(world, text).ends.values()) == {"success"}


def test_after_script_is_another_shell_that_knows_how_the_job_ended(world: World) -> None:
    """docs.gitlab.com/ci/yaml/script#set-a-default-before_script-or-after_script-for-all-jobs."""
    text = """\
    one: {script: ["WORD=set; false"], after_script: ['echo "it $CI_JOB_STATUS ${WORD-unset}"']}
    """
    assert Small(world, text).said_by("one") == ["it failed unset"]


def test_a_job_runs_again_as_often_as_retry_says(world: World) -> None:
    """docs.gitlab.com/ci/yaml#retry."""
    count = world.folder / "attempts"
    for retries in (0, 2):
        count.write_text("", "utf-8")
        text = f'    one: {{script: ["echo x >> {count}; false"], retry: {retries}}}\n'
        assert Small(world, text).ends == {"one": "failed"}
        assert len(count.read_text("utf-8").splitlines()) == 1 + retries


def test_a_job_that_takes_too_long_fails_and_has_no_second_shell_unless_the_script_has_a_limit(world: World) -> None:
    """docs.gitlab.com/ci/yaml#timeout, docs.gitlab.com/ci/runners/configure_runners."""
    text = '    one: {timeout: %s, script: ["sleep 30"], after_script: ["echo after"], variables: {%s}}\n'
    whole = Small(world, text % ("1 second", "A: a"))
    assert (whole.ends, whole.said_by("one")) == ({"one": "failed"}, [])
    inner = Small(world, text % ("20 seconds", "RUNNER_SCRIPT_TIMEOUT: 1s"))
    assert inner.said_by("one") == ["after"]


def test_a_cancelled_job_ends_with_its_second_shell_and_nothing_else_begins(world: World) -> None:
    """docs.gitlab.com/ci/yaml/script#skip-after_script-commands-if-a-job-is-canceled, docs.gitlab.com/ci/jobs."""
    text = """\
    one:
      script: ["mkdir -p .pipegen-job; echo true > .pipegen-job/s.sh; bash .pipegen-job/s.sh; echo later"]
      after_script: ['echo "it $CI_JOB_STATUS"']
    two: {needs: [one], when: always, script: ["true"]}
    """
    small = Small(world, text, fault=("one", "s", "cancelled"))
    assert small.ends == {"one": "canceled", "two": "canceled"}
    assert small.said_by("one")[-1] == "it canceled"


def test_what_is_not_known_is_not_passed_over(world: World) -> None:
    for text in (
        '    one: {script: ["true"], parallel: 2}\n',
        '    one: {script: ["true"], rules: [{exists: [file]}]}\n',
        '    one: {script: ["true"], rules: [{if: "$A like b"}]}\n',
        '    one: {script: ["true"], retry: {max: 2}}\n',
        '    include: [{remote: "https://example.com/x.yml"}]\n    one: {script: ["true"]}\n',
    ):
        with pytest.raises(UnknownConstruct):
            Small(world, text).run()


def test_the_driver_leaves_nothing_beside_the_program(local: GitLabCiLocal) -> None:
    place = Path(str(local.work.args[2])).parent  # type: ignore[index]
    assert not list(place.glob(".handler-*"))
    assert PUSH["CI_PIPELINE_SOURCE"] == "push"
