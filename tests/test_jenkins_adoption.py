"""The script of docs/adopting-jenkins.md, carried out by Groovy, makes the jobs that the files need."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deliveries import CONFIG, SPECS, delivery_of
from job_dsl_run import Call, carried_out
from pages import blocks, text_of
from pipegen.delivery import Delivery
from pipegen.plan.verdict import verdict
from pipegen.targets import jenkins
from validators import jenkins as validators

PAGE = "docs/adopting-jenkins.md"
PROSE = " ".join(text_of(PAGE).split())
(SCRIPT,) = [block.text for block in blocks(PAGE) if block.language == "groovy"]
SHOWN = "churn-prediction"
TABLE = re.compile(r"^Map folders = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)

Finds = dict[str, frozenset[str]]
"""What a job finds: of `branches`, `changes` (the same without pull requests), `tags` and `requests` the patterns."""


# ---------------------------------------------------------------- what the script declares


@dataclass(frozen=True, slots=True)
class Job:
    """A multibranch job that the script makes."""

    folder: str
    name: str
    script: str
    finds: Finds


def jobs(calls: list[Call]) -> list[Job]:
    return [_job(each) for each in calls if each.name == "multibranchPipelineJob"]


def _job(made: Call) -> Job:
    folder, name = made.arguments[0].rsplit("/", 1)
    finds = {_kind(source): frozenset(source.said("includes").split()) for source in made.all("branchSource")}
    return Job(folder, name, made.said("scriptPath"), finds)


def _kind(source: Call) -> str:
    """By GitHub's ways of discovery: a strategy 1 of branches is without pull requests, of pull requests merged."""
    (traits,) = source.all("traits")
    (found,) = [each for each in traits.inside if each.name.endswith("Discovery")]
    strategy = found.said("strategyId") if found.inside else None
    kinds = {
        ("gitHubPullRequestDiscovery", 1): "requests",
        ("gitHubBranchDiscovery", 1): "changes",
        ("gitHubBranchDiscovery", 3): "branches",
        ("gitHubTagDiscovery", None): "tags",
    }
    return kinds[found.name, strategy]


# ---------------------------------------------------------------- what pipegen says

Jobs = dict[tuple[str, str], Finds]
"""Name and script path of a job, and what it finds."""


def explained(delivery: Delivery) -> Jobs:
    """The jobs that `pipegen explain` asks for."""
    sentence = re.compile(r"multibranch job (\S+) with the script path (\S+?)(?: for all models)?: discover (.+)")
    details = (each.detail for each in jenkins.capabilities(delivery, CONFIG))
    return {(each[1], each[2]): _found(each[3]) for each in map(sentence.search, details) if each}


def _found(text: str) -> Finds:
    if text.startswith("pull requests, merged with their target, and nothing else"):
        return {"requests": frozenset({"*"})}
    refs = re.split(r"[,;]| and nothing else| and build them", text)[0]
    found = {}
    for kind, names in re.findall(r"(branch|tag)(?:es|s)?(?: named)? (.+?)(?= and tags |$)", refs):
        branches = "changes" if "except those filed as pull requests" in text else "branches"
        found["tags" if kind == "tag" else branches] = frozenset(names.split())
    return found


def files(delivery: Delivery) -> set[str]:
    """The Jenkinsfiles that pipegen writes for a model and its repository."""
    made = jenkins.render(delivery, CONFIG) | jenkins.root(CONFIG, verdict(CONFIG, "jenkins"))
    return {path for path in made if path.endswith(".Jenkinsfile")}


def filled_in(delivery: Delivery) -> str:
    """The script with the jobs of another model in its table, as `pipegen explain` says them, in one folder."""
    lines = [f"    '{_file(script)}': [{_finds(finds)}]" for (_, script), finds in explained(delivery).items()]
    table = "Map folders = [\n  'ml/all': [\n" + ",\n".join(lines) + "\n  ]\n]\n"
    before, after = TABLE.split(SCRIPT)
    return before + table + after


def _file(script: str) -> str:
    return script.removeprefix("jenkins/").removesuffix(".Jenkinsfile")


def _finds(finds: Finds) -> str:
    return ", ".join(f"{kind}: '{' '.join(sorted(names))}'" for kind, names in finds.items())


def together(made: list[Job]) -> Jobs:
    """Jobs of one name stand in several folders and share what it has to find."""
    found: Jobs = defaultdict(dict)
    for job in made:
        finds = found[job.name, job.script]
        for kind, names in job.finds.items():
            finds[kind] = finds.get(kind, frozenset()) | names
    return dict(found)


# ---------------------------------------------------------------- the script


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    (path,) = [path for path in SPECS if path.stem == SHOWN]
    return delivery_of(path)


@pytest.fixture(scope="module")
def declared() -> list[Call]:
    (calls,) = carried_out(SCRIPT)
    return calls


def test_the_script_can_be_read_by_the_groovy_of_jenkins(tmp_path: Path) -> None:
    path = tmp_path / "seed.groovy"
    path.write_text(SCRIPT, encoding="utf-8")
    assert validators.groovy([path]) == []


def test_the_script_makes_the_jobs_that_the_files_need(declared: list[Call], delivery: Delivery) -> None:
    made = together(jobs(declared))
    assert made == explained(delivery)
    assert {script for _, script in made} == files(delivery)


def test_the_script_makes_the_jobs_of_every_spec_whose_names_its_table_holds() -> None:
    deliveries = [delivery_of(path) for path in SPECS]
    scripts = map(filled_in, deliveries)
    for each, calls in zip(deliveries, carried_out(*scripts), strict=True):
        assert together(jobs(calls)) == explained(each)
        assert {script for _, script in together(jobs(calls))} == files(each)


SETTINGS = {
    *("id", "credentialsId", "configuredByUrl", "repositoryUrl", "repoOwner", "repository"),
    *("strategyId", "includes", "excludes", "contextLabel", "typeSuffix", "shallow", "noTags", "honorRefspec"),
    *("atLeastDays", "atMostDays", "scriptPath", "interval", "daysToKeep"),
}
PLACES = {
    "folder",
    "branchSources.branchSource.source.github",
    "branchSources.branchSource.source.github.traits.gitHubBranchDiscovery",
    "branchSources.branchSource.source.github.traits.gitHubPullRequestDiscovery",
    "branchSources.branchSource.source.github.traits.gitHubTagDiscovery",
    "branchSources.branchSource.source.github.traits.headWildcardFilter",
    "branchSources.branchSource.source.github.traits.gitHubNotificationContextTrait",
    "branchSources.branchSource.source.github.traits.cloneOptionTrait.extension",
    "branchSources.branchSource.buildStrategies.buildTags",
    "factory.workflowBranchProjectFactory",
    "triggers.periodicFolderTrigger",
    "orphanedItemStrategy.discardOldItems",
}
"""What Job DSL and the plugins call settings, and where they have them, by their sources."""


def test_the_script_says_only_what_job_dsl_and_the_plugins_know() -> None:
    said = {
        path
        for calls in carried_out(SCRIPT, *map(filled_in, map(delivery_of, SPECS)))
        for each in calls
        for path in each.paths()
    }
    ends = {path for path in said if not any(other.startswith(f"{path}.") for other in said)}
    places = {path.rpartition(".")[0] if path.rpartition(".")[2] in SETTINGS else path for path in ends}
    assert {place.removeprefix("multibranchPipelineJob.") for place in places} == PLACES


def test_every_folder_is_made_before_what_stands_in_it(declared: list[Call]) -> None:
    made: set[str] = set()
    for each in declared:
        path = each.arguments[0]
        assert path.rpartition("/")[0] in made | {""}, path
        made.add(path)


def test_every_source_has_a_name_of_its_own_and_reports_under_the_name_of_its_job(declared: list[Call]) -> None:
    sources = [(job, source) for job in declared for source in job.all("branchSource")]
    ids = [source.said("id") for _, source in sources]
    assert len(ids) == len(set(ids)) == len(jobs(declared))
    for job, source in sources:
        assert source.said("contextLabel") == job.arguments[0].rsplit("/", 1)[1]
        assert source.said("typeSuffix") is source.said("shallow") is source.said("honorRefspec") is False
    assert "pipegen" in {source.said("contextLabel") for _, source in sources}


# ---------------------------------------------------------------- credentials


def test_each_folder_has_the_credentials_that_its_jobs_ask_for(declared: list[Call], delivery: Delivery) -> None:
    """And what its jobs find may have all of them."""
    rows = re.findall(r"^ *\| `(ml/\w+)` \| .+ \| (.+) \|$", text_of(PAGE), re.MULTILINE)
    shown = {folder: set(re.findall(r"`(.+?)`", cell)) for folder, cell in rows}
    made = jobs(declared)
    assert set(shown) == {job.folder for job in made}
    for folder, credentials in shown.items():
        inside = [job for job in made if job.folder == folder]
        reached = {name for job in inside for name in _asked(delivery, job)}
        assert credentials == reached, folder


def _asked(delivery: Delivery, job: Job) -> Iterator[str]:
    """The credentials that a job can need on what it finds."""
    around = re.compile(r"credential (\S+) .*, in a folder around (.+?)(?: and out of reach of .+)?$")
    details = {each.subject: each.detail for each in jenkins.capabilities(delivery, CONFIG)}
    for environment in delivery.environments:
        refs = {*environment.branches, *environment.tags}
        found = frozenset().union(*job.finds.values())
        for secret in environment.secrets:
            said = around.search(details[f"secret {environment.name}/{secret.name}"])
            assert said is not None
            if job.name in said[2].split(", ") and (not refs or refs & found):
                assert found <= refs or not refs, f"{job.folder}/{job.name} finds what may not have {said[1]}"
                yield said[1]


# ---------------------------------------------------------------- what the page says of the files


def test_every_message_of_the_table_is_one_of_the_files() -> None:
    section = text_of(PAGE).split("## When the check fails")[1].split("## What has not")[0]
    (check,) = jenkins.root(CONFIG, verdict(CONFIG, "jenkins")).values()
    said = check.replace("' + model + '", "M").replace("' + file + '", "jenkins/M/review.groovy")
    said = said.replace("title + '", "'Compare files and specs").replace("' + minutes + '", "60")
    own = [each for each in re.findall(r"^\| `(.+?)`", section, re.MULTILINE) if "untrusted" not in each]
    assert len(own) > 5
    for message in own:
        assert message in said, message
    assert "text: readTrusted(file)" in check


def test_what_the_page_says_of_limits_and_refusals_is_in_the_files(delivery: Delivery) -> None:
    (check,) = jenkins.root(CONFIG, verdict(CONFIG, "jenkins")).values()
    for minutes in re.findall(r"end after (\d+) minutes, the comparison after (\d+)", PROSE)[0]:
        assert f"timeout(time: {minutes}, unit: 'MINUTES')" in check
    made = jenkins.render(delivery, CONFIG)
    (refusal,) = re.findall(r"`error: started from dev; start it from (dev: .+?)`", PROSE)
    action = made[f"jenkins/{SHOWN}/action-deploy.Jenkinsfile"]
    assert f"error: started from $PIPEGEN_BRANCH; start it from\" '{refusal}'" in action
    (stage,) = re.findall(r"called like `(.+?)`", PROSE)
    assert f"stage('{stage}')" in made[f"jenkins/{SHOWN}/review.groovy"]


def test_the_plugins_of_the_page_are_those_that_pipegen_asks_for(delivery: Delivery) -> None:
    (plugins,) = [each.detail for each in jenkins.capabilities(delivery, CONFIG) if each.subject == "plugins"]
    assert f"Install the plugins: {plugins}. " in PROSE
    said = " ".join(each.detail for path in SPECS for each in jenkins.capabilities(delivery_of(path), CONFIG))
    for name in ("Basic Branch Build Strategies", "Docker Pipeline", "OpenID Connect Provider"):
        assert name in said
        assert name in PROSE
