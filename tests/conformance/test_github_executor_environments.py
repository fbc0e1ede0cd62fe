"""Environments, called workflows and tokens in GitHub's executor; each test names the page that describes them.

docs.github.com/en/actions is shortened to [docs].
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.github_language import InvalidWorkflow
from conformance.github_people import People, Review, RunApi, api_of_runs
from conformance.github_samples import Sample, environment, job, pull_request
from conformance.github_settings import Secret
from local_world import new_world
from pipegen.simulation import Answer, Ending


@pytest.fixture(scope="module")
def api() -> Iterator[RunApi]:
    with api_of_runs() as served:
        yield served


@pytest.fixture
def sample(tmp_path: Path, api: RunApi) -> Sample:
    return Sample(new_world(tmp_path / "world", "spec.yaml", "", "models/m", ["dev"]), api)


# ---------------------------------------------------------------- environments

DEPLOY = job("a", "run: echo", environment="{name: prod, deployment: false}") + job("b", "run: echo", needs="a")
DEPLOY += job("c", "run: echo", needs="[a]", **{"if": "always()"})


@pytest.mark.parametrize(
    ("answer", "review", "results"),
    [
        (Answer(("ada", "bob")), Review.APPROVED, ["success", "success", "success"]),
        (Answer(), Review.WAITING, ["waiting", "waiting", "waiting"]),
        (Answer(("sam",)), Review.WAITING, ["waiting", "waiting", "waiting"]),
        (Answer(("sam", "ada")), Review.APPROVED, ["success", "success", "success"]),
        (Answer((), "eve"), Review.REJECTED, ["failure", "skipped", "success"]),
        (Answer((), expires=True), Review.EXPIRED, ["failure", "skipped", "success"]),
    ],
    ids=["one is enough", "nobody yet", "the starter alone", "the starter and another", "rejected", "after 30 days"],
)
def test_one_reviewer_releases_a_job_and_a_refusal_fails_it(
    sample: Sample, answer: Answer, review: Review, results: list[str]
) -> None:
    """[docs]/reference/workflows-and-actions/deployments-and-environments#required-reviewers."""
    sample.people = People("sam", {"prod": answer})
    ended = sample.run(DEPLOY, settings=environment("prod", reviewers=("release", "risk")))
    assert (ended.job("a").review, list(ended.results.values())) == (review, results)
    assert [each["user"]["login"] for each in sample.api.reviews] == (
        ["ada"] if review is Review.APPROVED else ["eve"] if review is Review.REJECTED else []
    )


def test_a_starter_may_release_a_job_where_nothing_prevents_it(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/deployments-and-environments#required-reviewers (prevent self-review)."""
    sample.people = People("sam", {"prod": Answer(("sam",))})
    settings = environment("prod", reviewers=("release",), prevents_self_review=False)
    assert sample.run(DEPLOY, settings=settings).results["a"] == "success"


def test_who_is_in_no_team_of_reviewers_releases_nothing(sample: Sample) -> None:
    """[docs]/reference/workflows-and-actions/deployments-and-environments#required-reviewers."""
    sample.people = People("sam", {"prod": Answer(("ada",))}, {"release": frozenset({"bob"})})
    assert sample.run(DEPLOY, settings=environment("prod", reviewers=("release",))).results["a"] == "waiting"


@pytest.mark.parametrize(
    ("branches", "result"), [(("main",), "success"), (("release/*",), "failure"), (None, "success")]
)
def test_an_environment_is_reached_from_its_branches_alone(
    sample: Sample, branches: tuple[str, ...] | None, result: str
) -> None:
    """[docs]/reference/workflows-and-actions/deployments-and-environments#deployment-branches-and-tags."""
    assert sample.run(DEPLOY, settings=environment("prod", branches=branches)).results["a"] == result


READ = (
    "{run: 'echo \"$S $B $O\"', env: {S: '${{ secrets.SHARED }}', B: '${{ secrets.BOTH }}', O: '${{ secrets.OWN }}'}}"
)
OWN = {"OWN": Secret("prod/OWN", "own"), "BOTH": Secret("prod/BOTH", "both")}


def test_secrets_of_an_environment_are_its_jobs_alone_and_win(sample: Sample) -> None:
    """[docs]/reference/security/secrets#naming-your-secrets (precedence), deployments-and-environments (secrets)."""
    ended = sample.run(job("a", READ, environment="prod") + job("b", READ), settings=environment("prod", secrets=OWN))
    assert (ended.said("a"), ended.job("a").secrets) == (
        "of the repository both own",
        ("SHARED", "prod/BOTH", "prod/OWN"),
    )
    assert (ended.said("b"), ended.job("b").secrets) == ("of the repository of the repository too", ("SHARED", "BOTH"))


def test_a_pull_request_of_a_fork_gets_no_secrets(sample: Sample) -> None:
    """[docs]/how-tos/write-workflows/choose-what-workflows-do/use-secrets ("not passed to the runner")."""
    text = job("a", READ, environment="prod")
    settings = environment("prod", secrets=OWN)
    assert sample.run(text, pull_request(), settings).job("a").secrets == ("SHARED", "prod/BOTH", "prod/OWN")
    assert sample.run(text, pull_request(owner="mallory"), settings).job("a").secrets == ()


# ---------------------------------------------------------------- called workflows

HEAD = """on:
  workflow_call:
    inputs:
      count: {type: number, required: true}
      strict: {type: boolean, default: true}
    secrets:
      SHARED: {required: false}
      OWN: {required: false}
jobs:
  inner:
    runs-on: x
    permissions: {contents: read}
    environment: prod
    steps:
      - %s
      - {run: 'echo "$C $T"', env: {C: '${{ inputs.count }}', T: "${{ inputs.strict == true && 'strict' || 'lax' }}"}}
  after:
    runs-on: x
    needs: [inner]
    if: always()
    permissions: {}
    steps: [{run: "echo ${{ needs.inner.result }}"}]
"""
CALL = """call:
  permissions: {contents: read}
  uses: %s.github/workflows/called.yml
  with: {count: 3}
  secrets: {SHARED: '${{ secrets.SHARED }}', OWN: '${{ secrets.OWN }}'}
"""
LAST = job("last", "run: echo", needs="call")


@pytest.mark.parametrize("prefix", ["./", "$/"])
def test_a_called_workflow_sees_what_it_is_passed_and_its_environments_values_of_that(
    sample: Sample, prefix: str
) -> None:
    """[docs]/how-tos/reuse-automations/reuse-workflows#passing-inputs-and-secrets-to-a-reusable-workflow
    ("If you include environment in the reusable workflow at the job level, the environment secret will be used").
    """  # noqa: D205
    ended = sample.run(CALL % prefix + LAST, settings=environment("prod", secrets=OWN), called=HEAD % READ)
    assert ended.said("inner").splitlines() == ["of the repository  own", "3 strict"]
    assert ended.job("inner").secrets == ("SHARED", "prod/OWN")
    assert ended.results == {"inner": "success", "after": "success", "call": "success", "last": "success"}
    assert ended.job("last").before >= {"inner", "after", "call"}


@pytest.mark.parametrize(
    ("ending", "results"),
    [
        (Ending.FAILED, {"inner": "failure", "after": "success", "call": "failure", "last": "skipped"}),
        (Ending.CANCELLED, {"inner": "cancelled", "after": "success", "call": "cancelled", "last": "skipped"}),
    ],
)
def test_the_job_that_calls_ends_as_what_it_called(sample: Sample, ending: Ending, results: dict[str, str]) -> None:
    """[docs]/reference/workflows-and-actions/reusing-workflow-configurations#reusable-workflows."""
    called = HEAD % "run: echo"
    ended = sample.run(CALL % "./" + LAST, settings=environment("prod"), faults={("inner", 0): ending}, called=called)
    assert ended.results == results


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("with: {count: 3}", "with: {}"),
        ("with: {count: 3}", "with: {count: 3, more: 1}"),
        ("with: {count: 3}", "with: {count: 3, strict: 'yes'}"),
        ("permissions: {contents: read}", "permissions: {}"),
        ("SHARED: '${{ secrets.SHARED }}'", "OTHER: '${{ secrets.SHARED }}'"),
    ],
    ids=["an input is missing", "an input too many", "of another type", "less allowed than asked", "an unasked secret"],
)
def test_a_call_that_does_not_fit_is_refused(sample: Sample, old: str, new: str) -> None:
    """[docs]/how-tos/reuse-automations/reuse-workflows; permissions "can only be maintained or reduced"."""
    with pytest.raises(InvalidWorkflow):
        sample.run((CALL % "./").replace(old, new), settings=environment("prod"), called=HEAD % "run: echo")


def test_a_called_workflow_runs_in_the_callers_concurrency_group(sample: Sample) -> None:
    """[docs]/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency."""
    ended = sample.run(CALL % "./" + "  concurrency: prod\n", settings=environment("prod"), called=HEAD % "run: echo")
    assert {name: [each.group for each in ended.job(name).locks] for name in ("inner", "after")} == {
        "inner": ["prod"],
        "after": ["prod"],
    }


# ---------------------------------------------------------------- the API and tokens

HISTORY = "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID/approvals"
ASK = f'curl --silent --fail -H "Authorization: Bearer $T" "{HISTORY}"'


@pytest.mark.parametrize(
    ("allowed", "result"), [("{actions: read}", "success"), ("{}", "failure"), ("{contents: read}", "failure")]
)
def test_the_token_of_a_job_may_do_what_its_permissions_say(sample: Sample, allowed: str, result: str) -> None:
    """[docs]/reference/workflows-and-actions/workflow-syntax#permissions."""
    step = "{run: '" + ASK + "', env: {T: '${{ github.token }}'}}"
    assert sample.run(job("a", step, permissions=allowed)).results == {"a": result}


@pytest.mark.parametrize(("allowed", "said"), [("{id-token: write}", "set"), ("{}", "unset")])
def test_a_job_gets_signed_tokens_where_it_may(sample: Sample, allowed: str, said: str) -> None:
    """[docs]/reference/security/oidc#updating-your-workflows-for-oidc (id-token: write)."""
    step = 'run: if [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL-}" ]; then echo set; else echo unset; fi'
    assert sample.run(job("a", step, permissions=allowed)).said() == said
