"""What the GitHub target says of itself, and what the hosts of repositories must be told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from deliveries import CONFIG, SPECS, delivery_of
from github_model import approval, delivery, deployment, job, phase, pipeline, run
from pipegen.config import HOSTS, Config, Host, Names, Pin, Runner
from pipegen.delivery import (
    Action,
    Approval,
    Capability,
    Delivery,
    EnvironmentSettings,
    Event,
    Fidelity,
    Merged,
    MergeRule,
    Parameter,
    Review,
    ReviewTarget,
    Scheduled,
    SecretValue,
    TokenValue,
)
from pipegen.hosts import merge_capabilities
from pipegen.targets import github
from pipegen.targets.github.pins import PinnedAction

REVIEW = Review((ReviewTarget("dev", ()),))


def said(made: Delivery, config: Config = CONFIG) -> dict[str, Capability]:
    found = list(github.capabilities(made, config))
    assert [name for name, number in Counter(each.subject for each in found).items() if number > 1] == []
    return {each.subject: each for each in found}


def settings_of(*approvals: Approval, **more: object) -> EnvironmentSettings:
    given = EnvironmentSettings(
        "prod", "Production", ("prod",), (), approvals, (), (), "all", deployed_to=True, origin=()
    )
    return replace(given, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_every_item_of_a_shipped_spec_is_spoken_of(spec: Path) -> None:
    made = delivery_of(spec)
    found = said(made)
    asked = [each for environment in made.environments for each in environment.approvals]
    expected = {
        *(f"event {each.id}" for each in made.pipelines),
        *(f"merge approvals {each.branch}" for each in made.merge_rules),
        *(f"{what}approval {each.id}" for each in asked for what in ("", "expiry of ", "initiator of ")),
        *(f"secret {each.name}/{secret.name}" for each in made.environments for secret in each.secrets),
        *(f"token {each.name}/{token.name}" for each in made.environments for token in each.tokens),
        *(f"secret shared/{each.name}" for each in made.shared_secrets),
    }
    assert expected <= set(found)
    assert all(each.detail for each in found.values())
    assert not any(each.fidelity is Fidelity.UNSUPPORTED for each in found.values())


# ---------------------------------------------------------------- events and limits


@pytest.mark.parametrize(
    ("event", "subject", "words"),
    [
        (REVIEW, "event deliver-prod", ".github/workflows/churn.deliver-prod.yml is on main, the default branch, too"),
        (Merged("prod"), "event deliver-prod", "only pull requests reach prod"),
        (Scheduled("weekly", "0 6 * * 1", "main"), "schedule weekly", "GitHub may start it late"),
        (Scheduled("weekly", "0 6 * * 1", "prod"), "schedule weekly", "the timer on main starts the run on prod"),
        (Action("go", (), ("prod",)), "action go", "from prod"),
    ],
)
def test_an_event_needs_settings(event: Event, subject: str, words: str) -> None:
    found = said(delivery(pipeline(phase("build", (job("a"),)), event=event)))[subject]
    assert found.fidelity is Fidelity.WITH_SETTINGS
    assert words in found.detail


def parameters(number: int) -> tuple[Parameter, ...]:
    return tuple(Parameter(f"p{each}", "string", "", "", (), "", "", "", ()) for each in range(number))


def refused(made: Delivery) -> list[str]:
    return [each.subject for each in github.capabilities(made, CONFIG) if each.fidelity is Fidelity.UNSUPPORTED]


@pytest.mark.parametrize(("number", "refusals"), [(25, []), (26, ["parameters of deliver-prod"])])
def test_an_action_has_at_most_25_parameters(number: int, refusals: list[str]) -> None:
    event = Action("go", parameters(number), ("prod",))
    assert refused(delivery(pipeline(phase("build", (job("a"),)), event=event))) == refusals


@pytest.mark.parametrize(("number", "refusals"), [(256 - 7, []), (257 - 7, ["jobs of deliver-prod"])])
def test_a_run_has_at_most_256_jobs_those_of_called_workflows_included(number: int, refusals: list[str]) -> None:
    jobs = tuple(job(f"j{each}") for each in range(number))
    # Seven: the job that calls the deployment, the three of the deployment, the three of its approval.
    whole = deployment(asked_half_way=approval("prod-full"))
    made = pipeline(phase("build", jobs), phase("prod", needs=("build",), deployment=whole))
    assert refused(delivery(made)) == refusals


@pytest.mark.parametrize(("text", "refusals"), [("${{ x }}", ["script deliver-prod/a/work"]), ("$ x", [])])
def test_a_script_that_holds_an_expressions_opening_is_limited(text: str, refusals: list[str]) -> None:
    step = run(text=f"echo '{text}'\n" + "# \n" * 7000)
    assert refused(delivery(pipeline(phase("build", (job("a", step),))))) == refusals


def test_a_workflow_file_has_at_most_512_kib() -> None:
    made = delivery(pipeline(phase("build", (job("a", run(text="echo 12345678\n" * 40_000)),))))
    assert refused(made) == ["size of .github/workflows/churn.deliver-prod.yml"]


@pytest.mark.parametrize(("minutes", "runner", "cut"), [(360, None, False), (361, None, True), (361, "gpu", False)])
def test_githubs_own_machines_end_a_job_after_6_hours(minutes: int, runner: str | None, cut: bool) -> None:  # noqa: FBT001
    found = said(delivery(pipeline(phase("build", (job("a", timeout_minutes=minutes, runner=runner),)))))
    assert ("timeout deliver-prod/a" in found) == cut


# ---------------------------------------------------------------- controls


@pytest.mark.parametrize(
    ("count", "approvers", "fidelity", "words"),
    [
        (
            1,
            ("a",),
            Fidelity.WITH_SETTINGS,
            "environment prod-approval-1 with reviewers a; each with prevent",
        ),
        (1, ("a", "b"), Fidelity.WITH_SETTINGS, "prod-approval-1 with reviewers a, b;"),
        (
            2,
            ("a", "b"),
            Fidelity.WITH_SETTINGS,
            "reviewers a, environment prod-approval-2 with reviewers b;",
        ),
        (2, ("a", "b", "c"), Fidelity.APPROXIMATED, "stricter than asked"),
        (2, ("a",), Fidelity.UNSUPPORTED, "2 approvals, but only 1 approvers"),
        (1, tuple("abcdefg"), Fidelity.UNSUPPORTED, "at most 6 reviewers, and 7 would share one"),
    ],
)
def test_approvals_are_environments_with_reviewers(
    count: int, approvers: tuple[str, ...], fidelity: Fidelity, words: str
) -> None:
    asked = approval(count=count, approvers=approvers)
    found = said(delivery(environments=[settings_of(asked)]))["approval prod"]
    assert (found.fidelity, found.weakens) == (fidelity, False)
    assert words in found.detail


@pytest.mark.parametrize(("asked", "weaker"), [("prod", False), ("prod-rollback", False), ("prod-full", True)])
def test_only_half_way_does_a_wait_without_end_weaken_anything(asked: str, weaker: bool) -> None:  # noqa: FBT001
    found = said(delivery(environments=[settings_of(approval(asked))]))[f"expiry of approval {asked}"]
    assert (found.fidelity, found.weakens) == (Fidelity.APPROXIMATED, weaker)


def test_github_waits_no_longer_than_30_days() -> None:
    asked = replace(approval(), expires_minutes=90 * 24 * 60)
    found = said(delivery(environments=[settings_of(asked)]))["expiry of approval prod"]
    assert found.detail.startswith("an approval after 30 days is refused")


def test_secrets_and_identities_belong_to_environments() -> None:
    made = settings_of(
        secrets=(SecretValue("STORE", "username-password", "prod", "x"),),
        tokens=(TokenValue("CLOUD", "cloud", "prod", "x"),),
    )
    found = said(delivery(environments=[made]))
    assert "secret STORE_USERNAME and STORE_PASSWORD of environment prod" in found["secret prod/STORE"].detail
    assert "repo:<owner>/<repository>:environment:prod" in found["token prod/CLOUD"].detail
    assert "limited to branch prod" in found["environment prod"].detail


def test_locks_and_ways_back_are_spoken_of_once() -> None:
    whole = deployment(asked_half_way=approval("prod-full"))
    made = delivery(
        pipeline(phase("prod", deployment=deployment())),
        pipeline(phase("prod", deployment=deployment()), pipeline_id="action-deploy"),
    )
    assert "a further one is cancelled" in said(made)["lock prod"].detail
    assert "leaves them five minutes" in said(made)["restore prod"].detail
    alone = said(delivery(pipeline(phase("prod", deployment=whole))))
    assert "a job of its own" in alone["restore prod"].detail


def test_approvers_of_one_name_on_github_are_one() -> None:
    config = Config(names={"github": Names(teams={"a": "acme/x", "b": "acme/x", "c": "acme/y"})})
    made = delivery(environments=[settings_of(approval(count=2, approvers=("a", "b")))])
    found = said(made, config)["approval prod"]
    assert (found.fidelity, found.detail.split(": ")) == (
        Fidelity.UNSUPPORTED,
        ["2 approvals, but only 1 approvers to give one each", "acme/x"],
    )
    made = delivery(environments=[settings_of(approval(count=2, approvers=("a", "b", "c")))])
    assert (
        "reviewers acme/x, environment prod-approval-2 with reviewers acme/y;"
        in said(made, config)["approval prod"].detail
    )


PIN = Pin("0.1.0", "0" * 64, requirements="requirements/pipegen.txt")
CHECKING = delivery(pipeline(phase("checks", (job("a"),)), event=REVIEW))


def test_the_one_check_of_the_repository_is_required_by_a_ruleset() -> None:
    config = Config(pin=PIN, names={"github": Names(runners={"check": Runner(("self-hosted", "small"))})})
    found = said(CHECKING, config)["verdict"]
    assert found.fidelity is Fidelity.WITH_SETTINGS
    assert found.detail.startswith("a ruleset on dev requires the status check 'pipegen' of GitHub Actions")
    assert "(self-hosted, small)" in found.detail


def test_without_a_way_to_install_pipegen_there_is_no_check_and_without_reviews_none_is_needed() -> None:
    assert said(CHECKING, Config())["verdict"].fidelity is Fidelity.APPROXIMATED
    assert "verdict" not in said(delivery(pipeline(phase("build", (job("a"),)))), Config(pin=PIN))


@pytest.mark.parametrize(
    ("labels", "said_of", "weaker"),
    [
        (("ubuntu-24.04-arm",), "runners of GitHub with the label ubuntu-24.04-arm", False),
        (("Self-Hosted", "linux", "gpu"), "self-hosted runners with the labels linux, gpu, that have bash", True),
        (("self-hosted",), "self-hosted runners with the label self-hosted, that have bash", True),
    ],
)
def test_machines_are_spoken_of_by_their_labels(labels: tuple[str, ...], said_of: str, weaker: bool) -> None:  # noqa: FBT001
    config = Config(names={"github": Names(runners={"default": Runner(labels)})})
    found = said(CHECKING, config)
    assert found["runner default"].detail.startswith(said_of)
    assert ("runner default in reviews" in found) == weaker


def test_a_release_of_an_action_that_no_workflow_uses_is_refused() -> None:
    pins = {name: PinnedAction("v9", "0" * 40) for name in ("actions/checkout", "actions/chekout")}
    found = said(CHECKING, Config(own={"github": pins}))
    assert "release of actions/checkout" not in found
    assert found["release of actions/chekout"].fidelity is Fidelity.UNSUPPORTED


@pytest.mark.parametrize(("event", "weaker"), [(REVIEW, True), (Merged("prod"), False)])
def test_a_machine_of_ones_own_is_a_risk_only_in_reviews(event: Event, weaker: bool) -> None:  # noqa: FBT001
    found = said(delivery(pipeline(phase("build", (job("a", runner="gpu"),)), event=event)))
    assert found["runner gpu"].fidelity is Fidelity.WITH_SETTINGS
    assert [each.subject for each in found.values() if each.weakens] == (["runner gpu in reviews"] if weaker else [])


# ---------------------------------------------------------------- merges


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("approvals", [0, 1, 2])
def test_a_known_host_can_ask_for_every_merge_approval(host: Host, approvals: int) -> None:
    made = replace(delivery(), merge_rules=(MergeRule("prod", ("dev",), approvals, ()),))
    (found,) = merge_capabilities(made, Config(host=host))
    assert found.subject == "merge approvals prod"
    assert "prod" in found.detail
    if host == "other":
        assert (found.fidelity, found.weakens) == (Fidelity.APPROXIMATED, approvals > 0)
    else:
        assert (found.fidelity, found.weakens) == (Fidelity.WITH_SETTINGS, False)
        assert str(approvals or "no approval") in found.detail or host == "azure-repos"
