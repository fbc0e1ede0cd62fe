"""The ledger's token is where the ledger is read and written, and nowhere else: shown from the generated files alone.

That scripts find it there when they run, and no other script does, every case of the tables checks as well.
"""

from __future__ import annotations

import pytest

from conformance.secret_scope import UnknownConstruct
from conformance.test_secret_scope import Leak, changed, files_of
from conformance.token_scope import READERS, misplaced
from local_models import DELIVERIES
from pipegen.delivery import Delivery, Run, SecretValue
from pipegen.plan.recording import ARCHIVE
from pipegen.plan.variables import LEDGER_TOKEN


def writing(delivery: Delivery) -> frozenset[str]:
    """The environments that are deployed to, and that of the archive."""
    phases = [phase for each in delivery.pipelines for phase in each.phases]
    return frozenset({ARCHIVE, *(phase.environment or "" for phase in phases if phase.deployment)})


def planned(delivery: Delivery) -> set[str]:
    """The pipelines with a script that needs the token."""
    return {
        each.id
        for each in delivery.pipelines
        for job in each.jobs
        for step in job.steps
        if isinstance(step, Run)
        and any(isinstance(it.value, SecretValue) and it.name == LEDGER_TOKEN for it in step.variables)
    }


@pytest.mark.parametrize("model", DELIVERIES)
@pytest.mark.parametrize("target", READERS)
def test_only_what_reads_or_writes_the_ledger_gets_its_token_and_no_review_does(target: str, model: str) -> None:
    files = files_of(model, target)
    assert list(misplaced(READERS[target](files), writing(DELIVERIES[model]))) == []
    assert {each.pipeline for each in READERS[target](files)} == planned(DELIVERIES[model])


@pytest.mark.parametrize("target", READERS)
def test_without_a_ledger_there_is_no_token(target: str) -> None:
    assert not [path for path, text in files_of("company", target).items() if LEDGER_TOKEN in text]


# ---------------------------------------------------------------- that a token astray would be found

_GITHUB, _AZURE, _GITLAB, _JENKINS = ".github/workflows/", "azure-pipelines/", ".gitlab/pipegen/", "jenkins/"
ASTRAY = [
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.deliver-dev.yml",
         "          SNOWFLAKE_TOKEN: ${{ secrets.SNOWFLAKE_TOKEN }}\n",
         "          SNOWFLAKE_TOKEN: ${{ secrets.PIPEGEN_LEDGER_TOKEN }}\n",
         "deliver-dev: a script for something else"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.deliver-dev.yml",
         "    environment: dev\n", "    environment: monitoring\n",
         "deliver-dev: a job of the environment 'monitoring'"),
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.review.yml",
         "${{ secrets.SNOWFLAKE_READ_TOKEN }}", "${{ secrets.PIPEGEN_LEDGER_TOKEN }}", "review: a review"),
    Leak("azure", "churn-prediction", f"{_AZURE}churn-prediction/deliver-dev.yml",
         "settableVariables: none\n                  env:\n                    SNOWFLAKE_TOKEN: $(SNOWFLAKE_TOKEN)\n",
         "settableVariables: none\n                  env:\n                    OTHER: $(PIPEGEN_LEDGER_TOKEN)\n",
         "deliver-dev: a script for something else"),
    Leak("azure", "churn-prediction", f"{_AZURE}churn-prediction/archive-main.yml",
         "- group: pipegen-archive\n", "- group: pipegen-monitoring\n", "a job of the environment 'monitoring'"),
    Leak("gitlab", "churn-prediction", f"{_GITLAB}churn-prediction.yml",
         '      SNOWFLAKE_READ_TOKEN="$SNOWFLAKE_READ_TOKEN" \\\n',
         '      PIPEGEN_LEDGER_TOKEN="$PIPEGEN_LEDGER_TOKEN" \\\n', "gets it"),
    Leak("gitlab", "churn-prediction", f"{_GITLAB}churn-prediction.yml",
         "    name: archive\n", "    name: monitoring\n", "archive-main: a job of the environment 'monitoring'"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/deliver-dev.Jenkinsfile",
         "credentialsId: 'dev-snowflake-token', variable: 'SNOWFLAKE_TOKEN'",
         "credentialsId: 'dev-pipegen-ledger-token', variable: 'PIPEGEN_LEDGER_TOKEN'",
         "deliver-dev: a script for something else"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/review.groovy",
         "credentialsId: 'checks-snowflake-read-token', variable: 'SNOWFLAKE_READ_TOKEN'",
         "credentialsId: 'prod-pipegen-ledger-token', variable: 'PIPEGEN_LEDGER_TOKEN'", "review: a review"),
]  # fmt: skip


@pytest.mark.parametrize("leak", ASTRAY, ids=str)
def test_a_token_astray_is_found(leak: Leak) -> None:
    found = list(misplaced(READERS[leak.target](changed(leak)), writing(DELIVERIES[leak.tree])))
    assert [each for each in found if leak.says in each], found


UNKNOWN = [
    Leak("github", "churn-prediction", f"{_GITHUB}churn-prediction.deliver-dev.yml",
         "\njobs:\n", "\nenv: {OTHER: '${{ secrets.PIPEGEN_LEDGER_TOKEN }}'}\njobs:\n", "secrets"),
    Leak("azure", "churn-prediction", f"{_AZURE}churn-prediction/deliver-dev.yml",
         "\nvariables:\n", "\nvariables:\n  - name: OTHER\n    value: $(PIPEGEN_LEDGER_TOKEN)\n", "PIPEGEN"),
    Leak("jenkins", "churn-prediction", f"{_JENKINS}churn-prediction/deliver-dev.Jenkinsfile",
         "pipeline {\n", "def other = 'PIPEGEN_LEDGER_TOKEN'\npipeline {\n", "PIPEGEN"),
]  # fmt: skip


@pytest.mark.parametrize("leak", UNKNOWN, ids=str)
def test_a_token_in_an_unknown_place_is_not_passed_over(leak: Leak) -> None:
    with pytest.raises(UnknownConstruct, match=leak.says):
        list(READERS[leak.target](changed(leak)))
