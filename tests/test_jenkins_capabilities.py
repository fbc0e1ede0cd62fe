"""What the Jenkins target says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deliveries import CONFIG, SPECS, delivery_of
from jenkins_samples import APPROVAL, REVIEW, delivery, job, phase, pipeline, write
from pipegen.config import Config
from pipegen.delivery import Capability, EnvironmentSettings, Fidelity, Review
from pipegen.targets import jenkins
from pipegen.targets.jenkins.files import file_view, review_view
from pipegen.targets.jenkins.size import LIMIT, model_bytes
from validators.jenkins_file import read

CAPABILITIES: Mapping[str, tuple[Fidelity, str]] = {
    "event change": (
        Fidelity.WITH_SETTINGS,
        "jenkins/fraud-detection/change.Jenkinsfile: discover branches named feat/*",
    ),
    "event deliver-prod": (Fidelity.WITH_SETTINGS, "multibranch job fraud-detection-deliver-prod"),
    "merge approvals prod": (Fidelity.WITH_SETTINGS, "branch prod"),
    "approval serving-prod": (Fidelity.WITH_SETTINGS, "one of each of fraud-release, model-risk"),
    "expiry of approval serving-prod": (Fidelity.EXACT, "after 4320 minutes"),
    "initiator of approval serving-prod": (Fidelity.APPROXIMATED, "may approve in deliver-prod"),
    "initiator of approval serving-prod-rollback": (Fidelity.EXACT, "does not count"),
    "lock serving-prod": (Fidelity.WITH_SETTINGS, "resources serving-prod, serving-prod-rollback"),
    "secret serving-prod/SERVING_CA": (Fidelity.WITH_SETTINGS, "serving-prod-serving-ca (secret file), in a folder"),
    "token serving-prod/CLUSTER_TOKEN": (Fidelity.WITH_SETTINGS, "serving-prod.example.com"),
    "secret shared/NEXUS_CREDENTIALS": (Fidelity.WITH_SETTINGS, "credential nexus-credentials"),
    "schedule monitor": (Fidelity.EXACT, "0 6 * * 1 with TZ=UTC"),
    "action retrain-now": (Fidelity.WITH_SETTINGS, "PIPEGEN_PARAM_WINDOW_MONTHS"),
    "restore serving-prod": (Fidelity.APPROXIMATED, "an abort of the run"),
    "test results": (Fidelity.EXACT, "exit code"),
    "summaries": (Fidelity.APPROXIMATED, "summary-<job>.md"),
    "cache pip": (Fidelity.APPROXIMATED, "keeps nothing between runs"),
    "runner gpu": (Fidelity.WITH_SETTINGS, "python3.11"),
    "path filter deliver-prod": (Fidelity.APPROXIMATED, "every push starts a run"),
}


def _capabilities(spec: str) -> dict[str, Capability]:
    (source,) = (path for path in SPECS if path.stem == spec)
    return {each.subject: each for each in jenkins.capabilities(delivery_of(source), CONFIG)}


def test_every_item_says_what_jenkins_makes_of_it_and_what_to_set() -> None:
    found = _capabilities("fraud-detection")
    told = {
        subject: (found[subject].fidelity, part in found[subject].detail) for subject, (_, part) in CAPABILITIES.items()
    }
    assert told == {subject: (fidelity, True) for subject, (fidelity, _) in CAPABILITIES.items()}


def test_an_action_is_offered_on_the_branches_and_tags_that_it_is_for_and_on_no_tag_named_like_a_branch() -> None:
    assert (
        "discover branches named dev prod and nothing else"
        in _capabilities("fraud-detection")["event action-rollback"].detail
    )
    found = _capabilities("price-elasticity")["event action-rollback"].detail
    assert "discover branches named main and tags named elasticity-v* and nothing else" in found


def test_the_branch_of_a_tag_is_fetched_only_if_the_job_is_set_to() -> None:
    found = _capabilities("price-elasticity")["checkout"]
    assert (found.fidelity, "`Advanced clone behaviours`" in found.detail) == (Fidelity.WITH_SETTINGS, True)


def test_only_the_initiator_of_a_push_weakens_a_control() -> None:
    weaker = {
        each.subject for path in SPECS for each in jenkins.capabilities(delivery_of(path), CONFIG) if each.weakens
    }
    assert weaker
    assert {subject.rpartition(" ")[0] for subject in weaker} == {"initiator of approval"}
    assert not {subject for subject in weaker if subject.endswith("-rollback")}


@pytest.mark.parametrize(("approvers", "weakens"), [(("a",), False), (("a", "b"), False), (("a", "b", "c"), True)])
def test_people_of_one_team_may_stand_for_two_only_where_jenkins_is_asked_for_some_of_the_teams(
    approvers: tuple[str, ...], *, weakens: bool
) -> None:
    asked = replace(APPROVAL, approvers=approvers, count=min(2, len(approvers)))
    settings = EnvironmentSettings("prod", "prod", (), (), (asked,), (), (), "all", deployed_to=True, origin=())
    planned = replace(delivery(pipeline(phase("prod", [job("a")], approval=asked))), environments=(settings,))
    found = {each.subject: each.weakens for each in jenkins.capabilities(planned, Config())}
    assert found["approval prod"] is weakens


def test_the_newest_run_goes_first_where_the_lock_says_so_and_nowhere_else() -> None:
    found = _capabilities("demand-forecast")["lock bundle-prod"]
    assert found.fidelity is Fidelity.APPROXIMATED
    assert "a newer run of deliver-main goes first" in found.detail
    assert "runs of action-rollback wait in the order of asking" in found.detail


# ---------------------------------------------------------------- size


def test_the_size_of_a_model_is_estimated_closely_and_never_too_low(tmp_path: Path) -> None:
    planned = [each for path in SPECS for each in delivery_of(path).pipelines]
    planned.append(pipeline(phase("p", *([job(f"j{number}")] for number in range(60)))))
    planned.append(pipeline(phase("p", *([job(f"j{number}")] for number in range(60))), event=REVIEW))
    planned.append(pipeline(phase("p", [job(f"j{number}") for number in range(60)]), event=REVIEW))
    files = []
    for number, each in enumerate(planned):
        (tmp_path / str(number)).mkdir()
        files.append(write(tmp_path / str(number), each))
    for each, found in zip(planned, read(files), strict=True):
        review = isinstance(each.event, Review)
        size = found.size["review" if review else "pipeline"]
        estimate = model_bytes(review_view(delivery(each), each, CONFIG) if review else file_view(each, CONFIG))
        assert size <= estimate <= size * 1.25


def test_forty_stages_are_no_difficulty_and_a_file_that_jenkins_cannot_compile_is_refused() -> None:
    forty = pipeline(phase("p", *([job(f"j{number}")] for number in range(40))))
    hundred = pipeline(phase("p", *([job(f"j{number}")] for number in range(100))))
    assert model_bytes(file_view(forty, CONFIG)) < LIMIT
    found = {each.subject: each.fidelity for each in jenkins.capabilities(delivery(hundred), Config())}
    assert found["size of deliver-prod"] is Fidelity.UNSUPPORTED
