from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azure_samples import approval, delivery, deployed, job, phase, pipeline, restore, script
from azure_verdicts import PIN
from deliveries import CONFIG, SPECS, delivery_of
from pipegen.config import Config, Host, Names, Runner
from pipegen.delivery import (
    Action,
    Approval,
    Begin,
    Cache,
    Capability,
    Change,
    Complete,
    Delivery,
    EnvironmentSettings,
    Event,
    Fidelity,
    Job,
    Merged,
    Pipeline,
    PublishSummary,
    PublishTests,
    Review,
    ReviewTarget,
    Scheduled,
    SecretValue,
    Tagged,
    TokenValue,
    Upload,
)
from pipegen.targets import azure
from pipegen.targets.azure.required_template import Extends, TemplateRepository

EXACT, SET, NEARLY, NOT = Fidelity.EXACT, Fidelity.WITH_SETTINGS, Fidelity.APPROXIMATED, Fidelity.UNSUPPORTED
REVIEW = Review((ReviewTarget("dev", ("feat/*",)), ReviewTarget("prod", ("dev",))))


def said(one: Delivery, host: Host = "github") -> dict[str, Capability]:
    found = list(azure.capabilities(one, Config(host=host)))
    by_subject = {each.subject: each for each in found}
    assert len(by_subject) == len(found)
    return by_subject


def of_event(event: Event) -> Delivery:
    return delivery(pipeline(phase("checks", (job("test"),)), event=event))


def with_prod(*pipelines: Pipeline, **options: Any) -> Delivery:  # noqa: ANN401  (what EnvironmentSettings takes)
    usual: dict[str, Any] = {"tags": (), "approvals": (), "secrets": (), "tokens": ()}
    prod = EnvironmentSettings(
        name="prod",
        title="Production",
        branches=("prod",),
        waiting="all",
        deployed_to=True,
        origin=("environments", "prod"),
        **(usual | options),
    )
    return delivery(*pipelines, environments=(prod,))


def deploying(*, asked: Approval | None = None, closing: Job | None = None, waves: tuple[Any, ...] = ()) -> Pipeline:
    first, last = job("deploy-canary", Begin()), job("deploy-full", Complete(), *(() if closing else (restore(),)))
    unit = deployed((first, None), (last, asked), closing=closing)
    return pipeline(phase("prod", *waves, environment="prod", deployment=unit))


CREATED = "az pipelines create --name 'm sample' --yml-path azure-pipelines/m/sample.yml --skip-first-run"


@pytest.mark.parametrize(
    ("event", "fidelity", "expected"),
    [
        (Change(("feat/*",)), SET, CREATED),
        (REVIEW, EXACT, "a template that the check of the repository runs, without a pipeline"),
        (Merged("prod"), SET, "the rules of branch prod must let nothing but merges in"),
        (Tagged("v*", "main"), SET, "who may push tags v*"),
    ],
    ids=["change", "review", "merged", "tagged"],
)
def test_every_event_says_what_to_create_and_what_the_host_must_know(
    event: Event, fidelity: Fidelity, expected: str
) -> None:
    capability = said(of_event(event))["event sample"]
    assert (capability.fidelity, expected in capability.detail) == (fidelity, True), capability.detail


@pytest.mark.parametrize(
    ("host", "fidelity", "expected"),
    [
        ("github", SET, "require the status pipegen of Azure Pipelines before a merge into dev and prod"),
        ("azure-repos", SET, "pipegen in the policies of branches dev and prod as build validation"),
        ("bitbucket", NEARLY, "reviews take the source branch as it is"),
        ("gitlab", NOT, "Azure Pipelines starts nothing for the pull requests of this host"),
    ],
)
def test_the_verdict_says_what_is_set_once_and_its_limits(host: Host, fidelity: Fidelity, expected: str) -> None:
    found = list(azure.capabilities(of_event(REVIEW), Config(host=host, pin=PIN)))
    (verdict,) = (each for each in found if each.subject == "verdict")
    assert (verdict.fidelity, expected in verdict.detail) == (fidelity, True), verdict.detail
    if fidelity is not NOT:
        for part in ("--name pipegen-reviews", "Queue and Stop builds", "two parallel jobs", "a fork"):
            assert part in verdict.detail


@pytest.mark.parametrize("host", ["github", "azure-repos", "bitbucket"])
def test_a_repository_on_github_hears_that_its_merge_queue_gets_no_verdict(host: Host) -> None:
    found = list(azure.capabilities(of_event(REVIEW), Config(host=host, pin=PIN)))
    (verdict,) = (each for each in found if each.subject == "verdict")
    assert ("a merge queue gets no result, as nothing starts for gh-readonly-queue" in verdict.detail) == (
        host == "github"
    )


def test_without_a_whole_pin_nobody_runs_the_reviews_and_changes_need_none() -> None:
    assert "no check of the repository" in said(of_event(REVIEW))["verdict"].detail
    assert said(of_event(REVIEW))["verdict"].fidelity is NEARLY
    assert "verdict" not in said(of_event(Merged("prod")))


NAMES = Names(
    {
        "default": Runner(("linux",)),
        "gpu": Runner(("gpu-pool",), demands=("cuda", "Agent.OS -equals Linux")),
        "small": Runner(image="ubuntu-22.04"),
    },
    {"release": r"[ML]\Release", "risk": r"[ML]\Release", "ops": "ops@example.com"},
)


def mapped(one: Delivery) -> dict[str, Capability]:
    return {each.subject: each for each in azure.capabilities(one, Config(names={"azure": NAMES}))}


def test_runners_are_called_what_azure_calls_them() -> None:
    jobs = (job("a"), job("b", runner="gpu"), job("c", runner="small"), job("d", runner="other"))
    found = mapped(delivery(pipeline(phase("checks", jobs))))
    runners = {name.removeprefix("runner "): each for name, each in found.items() if name.startswith("runner ")}
    assert {name: (each.fidelity, each.detail.split(" of Linux")[0]) for name, each in runners.items()} == {
        "default": (SET, "agent pool linux"),
        "gpu": (SET, "agent pool gpu-pool"),
        "small": (EXACT, "agents of Microsoft's with the image ubuntu-22.04"),
        "other": (SET, "agent pool other"),
    }
    assert "with cuda and Agent.OS -equals Linux" in runners["gpu"].detail


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("approvers", "fidelity", "expected"),
    [
        (("release", "ops"), None, r"[ML]\Release"),
        (("release", "risk"), NOT, r"release and risk are all [ML]\Release here"),
    ],
)
def test_approvers_are_called_what_azure_calls_them_and_count_once_by_that_name(
    approvers: tuple[str, ...], fidelity: Fidelity | None, expected: str, *, inside: bool
) -> None:
    asked = approval("prod-full" if inside else "prod", 2, approvers)
    found = mapped(with_prod(deploying(asked=asked if inside else None), approvals=(asked,)))
    capability = found[f"approval {asked.id}"]
    assert expected in capability.detail
    assert (capability.fidelity is NOT) is (fidelity is NOT)


@pytest.mark.parametrize(
    ("extends", "where"),
    [
        (Extends("governed.yml"), "governed.yml of this repository"),
        (Extends("g.yml", TemplateRepository("t", "git", "P/ci", "refs/tags/v3")), "repository P/ci at refs/tags/v3"),
    ],
)
def test_a_required_template_says_what_it_asks_for(extends: Extends, where: str) -> None:
    found = {
        each.subject: each for each in azure.capabilities(of_event(Merged("prod")), Config(own={"azure": extends}))
    }
    assert where in found["required template"].detail


@pytest.mark.parametrize("host", ["gitlab", "other"])
def test_hosts_that_azure_reads_no_yaml_from_are_not_supported(host: Host) -> None:
    assert said(of_event(Merged("prod")), host)["event sample"].fidelity is NOT


@pytest.mark.parametrize(
    ("event", "subject", "fidelity"),
    [
        (Scheduled("nightly", "0 1 * * *", "prod"), "schedule nightly", SET),
        (Action("retrain", (), ("prod",)), "action retrain", EXACT),
    ],
)
def test_what_no_push_starts_is_said_by_name(event: Event, subject: str, fidelity: Fidelity) -> None:
    assert said(of_event(event))[subject].fidelity is fidelity


@pytest.mark.parametrize(
    ("events", "host", "fidelity", "expected"),
    [
        ((Change(("feat/*",)),), "github", NEARLY, "sample: older checks run to their end"),
        ((Change(("feat/*",)), REVIEW), "github", NEARLY, "those of pull requests are cancelled"),
        ((REVIEW,), "azure-repos", NEARLY, "sample: older checks run to their end"),
        ((REVIEW,), "bitbucket", EXACT, "cancelled by a newer push"),
    ],
)
def test_superseded_checks_end_only_in_pull_requests_that_the_file_starts(
    events: tuple[Event, ...], host: Host, fidelity: Fidelity, expected: str
) -> None:
    one = delivery(*(pipeline(phase("checks", (job("test"),)), event=event) for event in events))
    found = [each for each in azure.capabilities(one, Config(host=host)) if each.subject == "superseded checks"]
    assert [(each.fidelity, each.weakens, expected in each.detail) for each in found] == [(fidelity, False, True)]


def test_nothing_is_said_of_superseded_checks_where_there_are_none() -> None:
    assert "superseded checks" not in said(of_event(Merged("prod")))


def test_secrets_stay_out_of_forks() -> None:
    assert "'Make secrets available to builds of forks' off" in said(of_event(REVIEW))["platform"].detail


def test_an_approval_is_a_check_of_its_environment_with_the_exact_count() -> None:
    asked = approval("prod", 2, ("release", "risk", "@ann"))
    found = said(with_prod(deploying(), approvals=(asked,)))
    detail = found["approval prod"].detail
    assert detail.startswith(
        "environment prod: an approval check with approvers release, risk and @ann, minimum number of approvers 2"
    )
    assert "timeout of the approval check 4 hours" in found["expiry of approval prod"].detail
    assert "approve their own runs' off" in found["initiator of approval prod"].detail
    assert {found[f"{kind}approval prod"].fidelity for kind in ("", "expiry of ", "initiator of ")} == {SET}


@pytest.mark.parametrize(
    ("count", "approvers", "fidelity", "weakens"),
    [
        (1, ("release",), SET, False),
        (2, ("release", "risk"), NEARLY, True),
        (2, ("@ann", "@bob"), NEARLY, False),
    ],
)
def test_several_people_inside_a_rollout_are_distinct_only_by_name(
    count: int, approvers: tuple[str, ...], fidelity: Fidelity, *, weakens: bool
) -> None:
    asked = approval("prod-full", count, approvers)
    found = said(with_prod(deploying(asked=asked), approvals=(asked,)))
    assert (found["approval prod-full"].fidelity, found["approval prod-full"].weakens) == (fidelity, weakens)
    assert found["initiator of approval prod-full"].fidelity is EXACT
    assert found["expiry of approval prod-full"].fidelity is EXACT


def test_an_approval_that_waits_longer_than_azure_does_expires_sooner() -> None:
    asked = Approval("prod", "Deploy", "prod", 1, ("release",), 60_000, ("a",))
    found = said(with_prod(deploying(), approvals=(asked,)))["expiry of approval prod"]
    assert (found.fidelity, "30 days" in found.detail, found.weakens) == (NEARLY, True, False)


def test_a_lock_is_held_by_what_comes_before_the_deployment_in_its_stage() -> None:
    assert said(with_prod(deploying()))["lock prod"].fidelity is SET
    held = said(with_prod(deploying(waves=((job("build"),),))))["lock prod"]
    assert (held.fidelity, held.weakens) == (NEARLY, False)
    assert "branch control check for refs/heads/prod" in held.detail


def test_restore_outlives_an_agent_only_in_a_job_of_its_own() -> None:
    assert said(with_prod(deploying()))["restore prod"].fidelity is NEARLY
    closing = job("deploy-closing", restore())
    assert said(with_prod(deploying(closing=closing)))["restore prod"].fidelity is EXACT
    assert "restore prod" not in said(with_prod(deploying(closing=job("deploy-closing", script("clean", "true")))))


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        (SecretValue("TOKEN", "string", "prod", "x"), "variable group pipegen-prod: TOKEN, each locked as a secret"),
        (
            SecretValue("DB", "username-password", "prod", "x"),
            "pipegen-prod: DB_USERNAME and DB_PASSWORD, each locked as a secret",
        ),
        (SecretValue("CA", "file", "prod", "prod-ca"), "secure file prod-ca"),
    ],
)
def test_a_secret_says_where_it_has_to_be_put(secret: SecretValue, expected: str) -> None:
    found = said(with_prod(deploying(), secrets=(secret,)))[f"secret prod/{secret.name}"]
    assert (found.fidelity, expected in found.detail) == (SET, True), found.detail
    assert "branch control check for refs/heads/prod" in found.detail


def test_names_that_azure_keeps_from_scripts_are_not_supported() -> None:
    secrets = (SecretValue("SECRET_KEY", "string", "prod", "x"),)
    tokens = (TokenValue("INPUT_TOKEN", "a", "prod", "x"),)
    found = said(with_prod(deploying(), secrets=secrets, tokens=tokens))
    assert (found["secret prod/SECRET_KEY"].fidelity, found["token prod/INPUT_TOKEN"].fidelity) == (NOT, NOT)


@pytest.mark.parametrize(
    ("audience", "fidelity"), [("api://AzureADTokenExchange", SET), ("snowflakecomputing.com", NEARLY)]
)
def test_a_token_has_the_one_audience_that_azure_knows(audience: str, fidelity: Fidelity) -> None:
    tokens = (TokenValue("CLUSTER_TOKEN", audience, "prod", "prod-cluster"),)
    found = said(with_prod(deploying(), tokens=tokens))["token prod/CLUSTER_TOKEN"]
    assert (found.fidelity, "service connection prod-cluster" in found.detail) == (fidelity, True)


def test_results_machines_and_limits_are_said() -> None:
    image = f"registry.example.com/ml@sha256:{'0' * 64}"
    steps = (PublishTests("r", "t", "j.xml"), PublishSummary(), Upload("model", "m.tar", 90), Cache("pip", ("r.txt",)))
    jobs = (job("a", *steps, timeout_minutes=400), job("b", runner="gpu", image=image, timeout_minutes=900))
    found = said(delivery(pipeline(phase("checks", jobs), paths=("models/*.py",))))
    assert {
        subject: each.fidelity for subject, each in found.items() if not subject.startswith(("event", "merge"))
    } == {
        "timeout sample/a": NEARLY,
        "path filter sample": NEARLY,
        "platform": SET,
        "runner gpu": SET,
        "container image": SET,
        "cache pip": EXACT,
        "test results": EXACT,
        "summaries": EXACT,
        "artifacts": SET,
    }
    assert "90 days" in found["artifacts"].detail


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_no_shipped_spec_is_weaker_on_azure(spec: Path) -> None:
    found = list(azure.capabilities(delivery_of(spec), CONFIG))
    assert [each.subject for each in found if each.weakens or each.fidelity is NOT] == []
    assert len({each.subject for each in found}) == len(found)
    assert all(each.detail for each in found)
