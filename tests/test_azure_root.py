"""The files that a repository has once for all its models: the check, and the run that reviews take place in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from azure_agent import job_steps
from azure_evaluation import compiled
from azure_verdicts import CANCELS, CHECK, CONFIG, REVIEWS, WAITS, asked, root
from deliveries import SPECS, delivery_of
from pipegen.config import HOSTS, Config, Host, Names, Runner
from pipegen.targets import azure
from validators import azure as validators
from validators import hardening


@pytest.mark.parametrize("host", HOSTS)
def test_the_check_runs_for_every_pull_request_and_for_nothing_else(host: Host) -> None:
    files = root(Config(host=host, pin=CONFIG.pin))
    by_file = host in {"github", "bitbucket"}
    assert files[CHECK]["trigger"] == "none"
    assert files[CHECK]["pr"] == ({"branches": {"include": ["*"]}} if by_file else "none")
    assert (files[REVIEWS]["trigger"], files[REVIEWS]["pr"]) == ("none", "none")
    assert all("schedules" not in data for data in files.values())


def test_the_token_reaches_the_steps_that_queue_and_cancel_alone() -> None:
    (job,) = root()[CHECK]["stages"][0]["jobs"]
    holding = [step["displayName"] for step in job_steps(job) if "AccessToken" in str(step)]
    assert holding == [WAITS, CANCELS]
    assert "AccessToken" not in str(root()[REVIEWS])


def test_the_run_of_reviews_inserts_the_template_of_each_model_that_it_is_told() -> None:
    data = root()[REVIEWS]
    ((loop, (inserted,)),) = data["stages"][0].items()
    assert loop == "${{ each model in split(parameters.models, ',') }}"
    assert inserted["template"] == "/azure-pipelines/${{ model }}/review.yml@self"
    models, *told = data["parameters"]
    assert models == {"name": "models", "displayName": "Models, with commas between them", "type": "string"}
    assert {name: compiled(text, {name: "x"}) for name, text in inserted["parameters"].items()} == {
        each["name"]: "x" for each in told
    }


def reviews_of(config: Config) -> dict[str, Any]:
    """What Azure makes of the run of reviews and the templates that it inserts, if all shipped models are told."""
    data: dict[str, Any] = root(config)[REVIEWS]
    ((inserted,),) = data["stages"][0].values()
    given = {"branch": "feat/x", "target": "main", "actor": "Ann"}
    stages = []
    for path in SPECS:
        (template,) = (
            text
            for file, text in azure.render(delivery_of(path, config), config).items()
            if file.endswith("/review.yml")
        )
        assert set(inserted["parameters"]) == {each["name"] for each in yaml.safe_load(template)["parameters"]}
        stages += yaml.safe_load(compiled(template, given))["stages"]
    return data | {"stages": stages}


def test_the_reviews_of_all_models_are_one_run_without_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "compiled.yml"
    file.write_text(yaml.safe_dump(reviews_of(CONFIG), sort_keys=False, width=10_000), "utf-8")
    for check in (validators.graph, validators.language_service, hardening.azure):
        assert check([file]) == []


def test_the_models_of_a_run_share_neither_stages_nor_artifacts() -> None:
    stages = reviews_of(CONFIG)["stages"]
    names = [stage["stage"] for stage in stages]
    artifacts = [
        step["artifact"] for stage in stages for job in stage["jobs"] for step in job_steps(job) if "publish" in step
    ]
    assert len(names) == len(set(names)) == len(SPECS)
    assert len(artifacts) == len(set(artifacts)) > 2


def test_without_a_whole_pin_there_is_no_check() -> None:
    assert azure.root(Config(), None) == {}


@pytest.mark.parametrize(
    ("runners", "file", "job"),
    [
        ({}, {"vmImage": "ubuntu-24.04"}, None),
        ({"default": Runner(("linux",), demands=("docker",))}, {"name": "linux", "demands": ["docker"]}, None),
        ({"check": Runner(("waiting",))}, {"vmImage": "ubuntu-24.04"}, {"name": "waiting"}),
    ],
)
def test_the_check_may_wait_in_a_pool_of_its_own(
    runners: dict[str, Runner], file: dict[str, Any], job: dict[str, Any] | None
) -> None:
    files = root(replace(CONFIG, names={"azure": Names(runners)}))
    (found,) = files[CHECK]["stages"][0]["jobs"]
    assert (files[CHECK]["pool"], files[REVIEWS]["pool"], found.get("pool")) == (file, file, job)


def test_the_check_outlives_what_it_waits_for() -> None:
    (job,) = root()[CHECK]["stages"][0]["jobs"]
    (waits,) = (step for step in job_steps(job) if step["displayName"] == WAITS)
    assert job["timeoutInMinutes"] > waits["timeoutInMinutes"] > asked().wait_minutes
