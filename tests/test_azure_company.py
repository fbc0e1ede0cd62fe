"""What an organisation says once for all its models, in the pipelines that Azure gets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import company
from azure_agent import job_steps
from azure_evaluation import Facts, holds
from azure_samples import approval, delivery, deployed, job, jobs_of, phase, pipeline, ran, read, restore, script
from pipegen.config import Config, Names, Runner
from pipegen.delivery import Action, Begin, Complete, Event, Pipeline, SecretValue, StepVariable, When
from pipegen.targets import azure
from pipegen.targets.azure.required_template import Extends, TemplateRepository
from validators import azure as validators
from validators.report import Report

TEMPLATE = TemplateRepository("templates", "git", "Platform/ci", "refs/tags/v3")
WEBHOOK = StepVariable("TEAMS_URL", SecretValue("TEAMS_URL", "string", None, "teams-url"))


def data_of(one: Pipeline, config: Config) -> dict[str, Any]:
    (text,) = azure.render(delivery(one), config).values()
    found: dict[str, Any] = yaml.safe_load(text)
    return found


# ---------------------------------------------------------------- the required template


@pytest.mark.parametrize(
    ("extends", "template", "repositories"),
    [
        (Extends("governed.yml"), "/governed.yml", None),
        (Extends("/ci/governed.yml"), "/ci/governed.yml", None),
        (
            Extends("governed.yml", TEMPLATE),
            "governed.yml@templates",
            [{"repository": "templates", "type": "git", "name": "Platform/ci", "ref": "refs/tags/v3"}],
        ),
        (
            Extends("governed.yml", replace(TEMPLATE, type="github", endpoint="github-acme")),
            "governed.yml@templates",
            [
                {
                    "repository": "templates",
                    "type": "github",
                    "name": "Platform/ci",
                    "ref": "refs/tags/v3",
                    "endpoint": "github-acme",
                }
            ],
        ),
    ],
)
def test_the_template_gets_the_stages_and_the_file_keeps_what_starts_it(
    extends: Extends, template: str, repositories: list[dict[str, str]] | None
) -> None:
    one = pipeline(phase("checks", (job("a"),)))
    plain = read(one)
    data = data_of(one, Config(own={"azure": replace(extends, parameter="phases", parameters=(("costCenter", "ml"),))}))
    assert data["extends"] == {"template": template, "parameters": {"costCenter": "ml", "phases": plain["stages"]}}
    assert data.get("resources", {}).get("repositories") == repositories
    assert "stages" not in data
    assert [data[key] for key in ("trigger", "pr", "pool", "variables")] == [
        plain[key] for key in ("trigger", "pr", "pool", "variables")
    ]


def company_file(name: str, folder: Path) -> Path:
    repository = folder / "repository"
    repository.mkdir()
    file = folder / "file.yml"
    file.write_text(company.files(repository, "azure")[f"azure-pipelines/{name}"], "utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "text", "by", "rule"),
    [
        ("card-limits/deliver-main.yml", "dependsOn: [notify_prod, build]", "dependsOn: [build, gone]", "depends-on"),
        ("card-limits/deliver-main.yml", "and(not(canceled()), or(", "or(not(canceled()), or(", "condition"),
        ("pipegen-reviews.yml", "/${{ model }}/review.yml", "/${{ name }}/review.yml", "expression"),
        ("pipegen-reviews.yml", "- template: /azure-pipelines", "- stage: /azure-pipelines", "expression"),
    ],
)
def test_mistakes_inside_a_template_are_seen_as_well(name: str, text: str, by: str, rule: str, tmp_path: Path) -> None:
    file = company_file(name, tmp_path)
    good = file.read_text("utf-8")
    assert (validators.graph([file]), text in good) == ([], True)
    file.write_text(good.replace(text, by), "utf-8")
    found: list[Report] = validators.graph([file])
    assert rule in {report.rule for report in found}


# ---------------------------------------------------------------- names


NAMES = Names(
    {"default": Runner(("linux",), demands=("docker",)), "gpu": Runner(("gpu-pool",)), "small": Runner(image="u-22")},
    {"release": r"[ML]\Release", "risk": "risk@example.com", "@bob": "Bob Ross"},
)


def test_jobs_run_where_pipegen_toml_says() -> None:
    one = pipeline(phase("checks", (job("a"), job("b", runner="gpu"), job("c", runner="small"), job("d", runner="x"))))
    data = data_of(one, Config(names={"azure": NAMES}))
    assert data["pool"] == {"name": "linux", "demands": ["docker"]}
    assert {name: each.get("pool") for name, each in jobs_of(data).items()} == {
        "a": None,
        "b": {"name": "gpu-pool"},
        "c": {"vmImage": "u-22"},
        "d": {"name": "x"},
    }


def test_people_are_asked_by_the_names_that_azure_knows() -> None:
    asked = approval("prod-full", 1, ("release", "risk", "ops", "@ann", "@bob"))
    unit = deployed((job("deploy-a", Begin()), None), (job("deploy-b", Complete()), asked))
    one = pipeline(phase("prod", environment="prod", approval=approval(), deployment=unit))
    config = Config(names={"azure": NAMES})
    (asking,) = (each for name, each in jobs_of(data_of(one, config)).items() if name.startswith("approve"))
    assert asking["steps"][0]["inputs"]["approvers"] == (
        r"[ML]\Release,risk@example.com,[$(System.TeamProject)]\ops,ann,Bob Ross"
    )
    (text,) = azure.render(delivery(one), config).values()
    assert r"# Approval: environment prod asks 1 of [ML]\Release within 4 hours" in text


# ---------------------------------------------------------------- messages


def failing(event: Event | None = None) -> dict[str, Any]:
    told = replace(job("notify-failed"), steps=(script("notify-failed", "true", advisory=True),))
    phases = (phase("build", (job("a"),)), phase("prod", (job("b"),), needs=("build",)))
    one = pipeline(*phases, **({"event": event} if event else {}))
    return read(replace(one, failed=told))


@pytest.mark.parametrize(
    ("results", "canceled", "runs"),
    [
        (("Succeeded", "Succeeded"), False, False),
        (("Failed", "Skipped"), False, True),
        (("Succeeded", "Failed"), False, True),
        (("SucceededWithIssues", "Succeeded"), False, False),
        (("Skipped", "Skipped"), False, False),
        (("Failed", "Canceled"), True, False),
        (("Canceled", "Skipped"), True, False),
    ],
)
def test_people_are_told_once_that_a_run_failed(results: tuple[str, str], *, canceled: bool, runs: bool) -> None:
    *before, last = failing()["stages"]
    facts = Facts(results=dict(zip(("build", "prod"), results, strict=True)), canceled=canceled)
    assert holds(last["condition"], facts) is runs
    assert last["dependsOn"] == [stage["stage"] for stage in before]
    (told,) = last["jobs"]
    assert (job_steps(told)[0], last["isSkippable"]) == ({"checkout": "none"}, False)


def test_a_message_about_a_failure_names_one_stage_too() -> None:
    told = replace(job("notify-failed"), steps=(script("n", "true", advisory=True),))
    one = pipeline(phase("only", (job("a"),)), event=Action("act", (), ("prod",)))
    last = read(replace(one, failed=told))["stages"][-1]
    assert last["condition"] == "and(not(canceled()), eq(dependencies.only.result, 'Failed'))"


def test_a_message_without_its_webhook_stops_nothing(tmp_path: Path) -> None:
    told = script("tell", "touch told", advisory=True, variables=(WEBHOOK,))
    unit = deployed((job("deploy-prod", Begin(), script("roll", "touch rolled"), Complete(), told), None))
    one = pipeline(phase("prod", environment="prod", deployment=unit))
    agent = ran(one, tmp_path, name="deploy_prod")
    assert (agent.failed, (tmp_path / "rolled").exists(), (tmp_path / "told").exists()) == (False, True, False)
    assert "variable group pipegen-shared holds no TEAMS_URL" in agent.log
    found = ran(one, tmp_path, name="deploy_prod", variables={"TEAMS_URL": "https://example.com"})
    assert (found.issues, (tmp_path / "told").exists()) == ([], True)


@pytest.mark.parametrize(
    ("fails", "canceled_after", "story"),
    [
        ("", "", "rolled told-deployed"),
        ("roll", "", "restored told-restored"),
        ("", "roll", "rolled restored told-restored"),
        ("told-deployed", "", "rolled"),
    ],
)
def test_a_deployment_tells_what_became_of_it(fails: str, canceled_after: str, story: str, tmp_path: Path) -> None:
    def note(name: str, word: str, **options: Any) -> Any:  # noqa: ANN401  (what Run takes)
        return script(name, ("false; " if name == fails else "") + f"echo {word} >> story", **options)

    steps = (
        Begin(),
        note("roll", "rolled"),
        Complete(),
        note("told-deployed", "told-deployed", advisory=True),
        restore("echo restored >> story"),
        note("told-restored", "told-restored", advisory=True, when=When.UNDO),
    )
    unit = deployed((job("deploy-prod", *steps), None))
    one = pipeline(phase("prod", environment="prod", deployment=unit))
    agent = ran(one, tmp_path, name="deploy_prod", canceled_after=canceled_after)
    assert (tmp_path / "story").read_text().split() == story.split()
    assert agent.failed is (fails == "roll")
