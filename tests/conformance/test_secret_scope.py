"""What production owns is out of reach of every job that does not stand behind its approval: shown from files alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance import secret_scope_azure, secret_scope_github, secret_scope_gitlab, secret_scope_jenkins
from conformance.azure import project_of
from conformance.secret_scope import GUARDED, HELD_IN, Analysis, Holder, UnknownConstruct, leaks
from conftest import GOLDEN
from local_models import DELIVERIES
from pipegen.targets import TARGETS, Files

ANALYSES: Mapping[str, Analysis] = {
    "azure": secret_scope_azure.holders,
    "github": secret_scope_github.holders,
    "gitlab": secret_scope_gitlab.holders,
    "jenkins": secret_scope_jenkins.holders,
}


def files_of(tree: str, target: str) -> Files:
    """What stands in tests/golden, with what all models of a repository share."""
    found: Files = {}
    for folder in (GOLDEN / tree / target, GOLDEN / ("company" if tree == "company" else "repository") / target):
        found |= {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in _files(folder)}
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def found(tree: str, target: str, files: Files) -> list[str]:
    return list(leaks(ANALYSES[target](files, GUARDED[tree]), GUARDED[tree]))


# ---------------------------------------------------------------- the claim


@pytest.mark.parametrize("tree", GUARDED)
@pytest.mark.parametrize("target", ANALYSES)
def test_what_production_owns_is_held_behind_its_approval_and_never_on_reviews(target: str, tree: str) -> None:
    assert found(tree, target, files_of(tree, target)) == []


@pytest.mark.parametrize("tree", GUARDED)
@pytest.mark.parametrize("target", ANALYSES)
def test_the_pipelines_that_need_it_do_hold_it(target: str, tree: str) -> None:
    held = {pipeline_of(each) for each in ANALYSES[target](files_of(tree, target), GUARDED[tree])}
    assert held == HELD_IN[tree]


def pipeline_of(holder: Holder) -> str:
    """`x.deliver-prod.serving-prod.yml` and `x/deliver-prod.yml` are deliver-prod, as is a job x:deliver-prod:y."""
    if holder.file.startswith(".gitlab/"):
        return holder.job.split(":")[1]
    parts = Path(holder.file).name.split(".")
    return parts[1] if holder.file.startswith(".github/") else parts[0]


def test_every_model_and_target_is_tried() -> None:
    assert {folder.name for folder in GOLDEN.iterdir()} - {"repository", "minimal"} == set(GUARDED)
    assert set(ANALYSES) == set(TARGETS)


@pytest.mark.parametrize("target", ANALYSES)
def test_a_model_without_secrets_holds_none_but_the_token_of_the_ledger(target: str) -> None:
    text = _LEDGER.sub("", "".join(files_of("minimal", target).values()))
    assert not [
        word
        for word in ("secrets.", "- group:", "credentialsId", "id-token", "id_tokens", "secureFile")
        if word in text
    ]


_LEDGER = re.compile(
    r"secrets\.PIPEGEN_LEDGER_TOKEN|credentialsId: '(dev|prod|archive)-pipegen-ledger-token'"
    r"|- group: pipegen-(dev|prod|archive)\n"
)
"""By its name on each CI system; Azure's groups of these environments hold nothing else."""


@pytest.mark.parametrize("tree", sorted(GUARDED.keys() - {"company"}))
def test_on_azure_the_settings_ask_people_where_the_files_say_that_they_are_asked(tree: str) -> None:
    environments = project_of(DELIVERIES[tree], {}).environments
    asked = {name for name, each in environments.items() if each.approval}
    assert asked >= GUARDED[tree].gates


# ---------------------------------------------------------------- that a leak would be found


@dataclass(frozen=True)
class Leak:
    """A change of one generated file, and what is said about it."""

    target: str
    tree: str
    file: str
    old: str
    new: str
    says: str

    def __str__(self) -> str:
        return f"{self.target} {Path(self.file).name} {self.says}"


_GITHUB, _AZURE, _GITLAB, _JENKINS = ".github/workflows/", "azure-pipelines/", ".gitlab/pipegen/", "jenkins/"
LEAKS = [
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.review.yml",
         "    environment:\n      name: checks\n", "    environment:\n      name: prod\n", "holds prod on reviews"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.change.yml",
         "    environment:\n      name: checks\n", "    environment:\n      name: prod\n", "holds prod before"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.review.yml",
         "      contents: read\n", "      contents: read\n      id-token: write\n", "guard holds prod on reviews"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.deliver-prod.yml",
         '"on":\n', '"on":\n  pull_request: {}\n', "deploy-prod holds prod on reviews"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.deliver-prod.yml",
         "    needs: [tests, approved_prod]\n", "    needs: []\n", "train holds prod before"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.action-rollback.yml",
         "    if: inputs.environment == 'prod'\n    needs: [approved_prod-rollback]\n",
         "    if: always()\n    needs: [approved_prod-rollback]\n",
         "rollback-prod holds prod before"),
    Leak("github", "demand-forecast", f"{_GITHUB}demand-forecast.deliver-main.yml",
         "    needs: [ask_bundle-prod, approve_bundle-prod_2]\n", "    needs: [ask_bundle-prod]\n",
         "deploy-bundle-prod holds bundle-prod before"),
    Leak("github", "demand-forecast", f"{_GITHUB}demand-forecast.deliver-main.yml",
         "    needs: [approve_bundle-prod_1]\n", "    needs: []\n", "deploy-bundle-prod holds bundle-prod before"),
    Leak("github", "fraud-detection", f"{_GITHUB}fraud-detection.deliver-prod.yml",
         "    needs: [approved_serving-prod, fetch, validate]\n", "    needs: [fetch, validate]\n",
         "deploy-serving-prod-full holds serving-prod before"),
    Leak("azure", "churn-prediction", f"{_AZURE}churn-prediction/review.yml",
         "- group: pipegen-checks\n", "- group: pipegen-prod\n", "tests holds prod on reviews"),
    Leak("azure", "churn-prediction", f"{_AZURE}churn-prediction/deliver-dev.yml",
         "\nvariables:\n", "\nvariables:\n  - group: pipegen-prod\n", "deploy_dev holds prod before"),
    Leak("azure", "churn-prediction", f"{_AZURE}churn-prediction/deliver-prod.yml",
         "        environment: prod\n", "        environment: dev\n", "deploy_prod holds prod before"),
    Leak("azure", "churn-prediction", f"{_AZURE}churn-prediction/action-deploy.yml",
         "pr: none\n", "pr: [prod]\n", "deploy_prod holds prod on reviews"),
    Leak("azure", "demand-forecast", f"{_AZURE}demand-forecast/deliver-main.yml",
         "    jobs:\n", "    variables:\n      - group: pipegen-bundle-prod\n    jobs:\n",
         "backtest holds bundle-prod before"),
    Leak("azure", "company", f"{_AZURE}card-limits/deliver-main.yml",
         "        dependsOn: [prod, build]\n", "        dependsOn: [build]\n", "store holds prod before"),
    Leak("azure", "company", f"{_AZURE}card-limits/deliver-main.yml",
         "        dependsOn: [prod, build]\n", "        dependsOn: [prod]\n        condition: succeededOrFailed()\n",
         "store holds prod before"),
    Leak("azure", "fraud-detection", f"{_AZURE}fraud-detection/deliver-prod.yml",
         "azureSubscription: serving-staging-cluster-token", "azureSubscription: serving-prod-cluster-token",
         "deploy_serving_staging holds serving-prod before"),
    Leak("azure", "fraud-detection", f"{_AZURE}fraud-detection/deliver-prod.yml",
         "                - download: none\n",
         "                - task: DownloadSecureFile@1\n                  inputs:\n"
         "                    secureFile: serving-prod-serving-ca\n",
         "deploy_serving_staging holds serving-prod before"),
    Leak("gitlab", "churn-prediction", f"{_GITLAB}churn-prediction.yml",
         "    name: checks\n", "    name: prod\n", "holds prod before"),
    Leak("gitlab", "churn-prediction", f"{_GITLAB}churn-prediction.yml",
         '    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == "prod"\n',
         '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"\n', "holds prod on reviews"),
    Leak("gitlab", "churn-prediction", f"{_GITLAB}churn-prediction.yml",
         '    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == "prod"\n',
         '    - if: $CI_COMMIT_BRANCH == "prod"\n', "holds prod on reviews"),
    Leak("gitlab", "churn-prediction", f"{_GITLAB}churn-prediction.yml",
         "    name: prod-rollback-approval\n", "    name: dev-approval\n", "rollback-prod holds prod before"),
    Leak("gitlab", "demand-forecast", f"{_GITLAB}demand-forecast.yml",
         "    name: bundle-staging\n", "    name: bundle-prod\n", "checks holds bundle-prod before"),
    Leak("gitlab", "fraud-detection", f"{_GITLAB}fraud-detection.yml",
         "    - job: fraud-detection:deliver-prod:approve_serving-prod\n      artifacts: false\n", "",
         "holds serving-prod before"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/review.groovy",
         "credentialsId: 'checks-snowflake-read-token'", "credentialsId: 'prod-snowflake-token'",
         "holds prod on reviews"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/deliver-dev.Jenkinsfile",
         "credentialsId: 'dev-snowflake-token'", "credentialsId: 'prod-snowflake-token'", "holds prod before"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/deliver-prod.Jenkinsfile",
         "        not { changeRequest() }\n", "", "jobDeployProd holds prod on reviews"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/action-deploy.Jenkinsfile",
         "        triggeredBy 'UserIdCause'\n", "", "jobDeployProd holds prod on reviews"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/deliver-prod.Jenkinsfile",
         "id: 'prod',", "id: 'dev',", "jobTrain holds prod before"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/action-rollback.Jenkinsfile",
         "            stage('Approve: Roll back churn-prediction in prod') {\n",
         "            stage('Approve') {\n when {\n expression { concerned }\n }\n",
         "jobRollbackProd holds prod before"),
    Leak("jenkins", "demand-forecast", f"{_JENKINS}demand-forecast/deliver-main.Jenkinsfile",
         "jobDeployBundleStaging()", "jobDeployBundleProd()", "holds bundle-prod before"),
    Leak("jenkins", "company", f"{_JENKINS}card-limits/deliver-main.Jenkinsfile",
         "jobNotifyFailed()", "closeDeployProd()", "closeDeployProd holds prod before"),
]  # fmt: skip


def changed(leak: Leak) -> Files:
    files = files_of(leak.tree, leak.target)
    assert leak.old in files[leak.file], f"{leak.file} has no {leak.old!r} any more"
    return {**files, leak.file: files[leak.file].replace(leak.old, leak.new, 1)}


@pytest.mark.parametrize("leak", LEAKS, ids=str)
def test_a_leak_is_found(leak: Leak) -> None:
    said = found(leak.tree, leak.target, changed(leak))
    assert [each for each in said if leak.says in each and each.startswith(leak.file.rpartition(".")[0])], said


UNKNOWN = [
    Leak("github", "fraud-detection", f"{_GITHUB}fraud-detection.deliver-prod.yml",
         "    secrets:\n", "    secrets: inherit\n    x:\n", "passes all secrets"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.change.yml",
         "${{ secrets.SNOWFLAKE_READ_TOKEN }}", "${{ toJSON(secrets) }}", "passes all secrets"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.review.yml",
         "  pull_request:\n", "  pull_request_target:\n", "starts on"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.review.yml",
         "      name: checks\n", "      name: ${{ github.base_ref }}\n", "environment"),
    Leak("azure", "churn-prediction", f"{_AZURE}churn-prediction/review.yml",
         "- group: pipegen-checks\n", "- group: pipegen-${{ parameters.target }}\n", "variables from"),
    Leak("gitlab", "churn-prediction", f"{_GITLAB}churn-prediction.yml",
         "    name: checks\n", "    name: $WHERE\n", "environment"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/change.Jenkinsfile",
         "  stages {\n", "  environment {\n    TOKEN = credentials('prod-snowflake-token')\n  }\n  stages {\n",
         "environment"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/change.Jenkinsfile",
         "credentialsId: 'checks-snowflake-read-token'", "credentialsId: params.WHICH", "the credential params.WHICH"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/deliver-prod.Jenkinsfile",
         "timeout(time: 4320, unit: 'MINUTES') {", "catchError {", "catchError"),
]  # fmt: skip


@pytest.mark.parametrize("leak", UNKNOWN, ids=str)
def test_what_the_analysis_does_not_know_it_does_not_pass_over(leak: Leak) -> None:
    with pytest.raises(UnknownConstruct, match=leak.says):
        found(leak.tree, leak.target, changed(leak))
