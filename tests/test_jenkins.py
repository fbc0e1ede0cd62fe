"""The structure of Jenkinsfiles: what Jenkins is told, and in which order stages stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from deliveries import SPECS
from jenkins_samples import (
    APPROVAL,
    CLEAN_UP,
    RESTORE,
    block,
    blocks,
    canary,
    deployed,
    job,
    phase,
    pipeline,
    rendered,
    section,
    write,
)
from pipegen.delivery import (
    Action,
    Change,
    Event,
    Lock,
    Merged,
    Parameter,
    Upload,
)
from validators import hardening
from validators import jenkins as validators
from validators.jenkins_file import Node, read

# ---------------------------------------------------------------- what the validators say


@pytest.mark.parametrize("spec", [path.stem for path in SPECS])
def test_validators_accept_the_files_of_the_shipped_specs(tmp_path: Path, spec: str) -> None:
    files = list(rendered(tmp_path, spec).values())
    reports = [*validators.groovy(files), *validators.structure(files), *hardening.jenkins(files)]
    assert [str(each) for each in reports] == []


# ---------------------------------------------------------------- options, timer and form


@pytest.mark.parametrize(
    ("event", "superseded"),
    [(Change(("feat/*",)), True), (Merged("prod"), False), (Action("go", (), ("prod",)), False)],
)
def test_a_newer_run_ends_an_older_check_and_never_a_delivery(
    tmp_path: Path, event: Event, *, superseded: bool
) -> None:
    options = section(block(write(tmp_path, pipeline(phase("p", [job("a")]), event=event))), "options")
    assert options is not None
    concurrent = [each.named for each in options.body or () if each.name == "disableConcurrentBuilds"]
    assert [named["abortPrevious"].value for named in concurrent] == ([True] if superseded else [])


def test_the_timer_is_in_utc_and_on_its_branch_alone(tmp_path: Path) -> None:
    file = rendered(tmp_path, "fraud-detection")["schedule-monitor"]
    assert "cron(env.BRANCH_NAME == 'prod' ? 'TZ=UTC\\n' + '0 6 * * 1' : '')" in file.read_text("utf-8")


def test_the_form_asks_for_the_variables_of_the_scripts_and_offers_their_defaults(tmp_path: Path) -> None:
    parameters = (
        Parameter("why", "string", "It's why", "x", (), "", "", "", ()),
        Parameter("months", "integer", "", "12", (), "", "1", "36", ()),
        Parameter("strict", "boolean", "", "true", (), "", "", "", ()),
        Parameter("place", "choice", "", "prod", ("dev", "prod"), "", "", "", ()),
    )
    file = write(tmp_path, pipeline(phase("p", [job("a")]), event=Action("go", parameters, ("prod",))))
    assert [line.strip() for line in file.read_text("utf-8").splitlines() if "PIPEGEN_PARAM_" in line][:4] == [
        "string(name: 'PIPEGEN_PARAM_WHY', defaultValue: 'x', description: 'It\\'s why', trim: true)",
        "string(name: 'PIPEGEN_PARAM_MONTHS', defaultValue: '12', description: '', trim: true)",
        "booleanParam(name: 'PIPEGEN_PARAM_STRICT', defaultValue: true, description: '')",
        "choice(name: 'PIPEGEN_PARAM_PLACE', choices: ['prod', 'dev'], description: '')",
    ]


def test_artifacts_are_kept_as_long_as_the_longest_asks_for(tmp_path: Path) -> None:
    uploads = (Upload("a", ".pipegen/packed/a.tar", 30), Upload("b", ".pipegen/packed/b.tar", 90))
    text = write(tmp_path, pipeline(phase("p", [job("a", *uploads)]))).read_text("utf-8")
    assert "logRotator(numToKeepStr: '300', artifactDaysToKeepStr: '90')" in text


# ---------------------------------------------------------------- stages


def test_a_wave_of_several_jobs_runs_side_by_side_and_waves_in_order(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("p", [job("a")], [job("b"), job("c")], [job("d")])))
    outer = next(blocks(block(file), "stage"))
    (first, second, third) = section(outer, "stages").body or ()  # type: ignore[union-attr]
    assert [first.text, second.text, third.text] == ["A", "B | C", "D"]
    assert [each.text for each in section(second, "parallel").body or ()] == ["B", "C"]  # type: ignore[union-attr]
    assert section(second, "failFast") is None


def test_the_approval_comes_first_the_lock_after_it_and_the_restore_under_it(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("prod", [job("a")], approval=APPROVAL, deployment=canary(RESTORE, CLEAN_UP))))
    outer = next(blocks(block(file), "stage"))
    (asked, work, unit) = section(outer, "stages").body or ()  # type: ignore[union-attr]
    assert [each.text for each in (asked, work, unit)] == ["Approve: Deploy to prod", "A", "Deployment to prod"]
    assert {each.name for each in asked.body or ()} == {"steps"}
    assert [each.named["resource"].value for each in _locks(file)] == ["prod"]
    assert _calls(unit, "options") == ["lock"]
    assert _calls(unit, "post") == ["always"]
    assert [each.text for each in section(unit, "stages").body or ()] == ["Tenth", "Approve: Go on", "All"]  # type: ignore[union-attr]


def test_teams_that_must_all_approve_are_asked_one_by_one_without_the_sign_of_a_person(tmp_path: Path) -> None:
    text = write(tmp_path, pipeline(phase("prod", [job("a")], approval=APPROVAL))).read_text("utf-8")
    assert "approvers: ['release', 'risk']" in text
    assert re.search(r"timeout\(time: 60, unit: 'MINUTES'\) \{\n +askForApproval\(", text)


def test_the_newest_waiting_deployment_goes_first_and_ends_the_older_ones(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("prod", deployment=deployed(waiting="newest"))))
    assert [sorted(each.named) for each in _locks(file)] == [["inversePrecedence", "resource"]]
    assert [each.named["ordinal"].value for each in _named(file, "milestone")] == [1]


def test_runs_that_go_different_ways_never_end_each_other(tmp_path: Path) -> None:
    ways = (
        phase(name, deployment=deployed(waiting="newest", to=name), only=("environment", name))
        for name in ("dev", "prod")
    )
    file = write(tmp_path, pipeline(*ways, event=Action("rollback", (), ("prod",))))
    assert [sorted(each.named) for each in _locks(file)] == [["resource"], ["resource"]]
    assert list(_named(file, "milestone")) == []


@pytest.mark.parametrize(
    ("first", "second", "milestones"),
    [("newest", "newest", [1, 2]), ("all", "newest", [1]), ("newest", "all", []), ("all", "all", [])],
)
def test_a_run_never_ends_an_older_one_that_is_at_work_further_on(
    tmp_path: Path, first: Literal["all", "newest"], second: Literal["all", "newest"], milestones: list[int]
) -> None:
    stations = (
        phase(name, deployment=deployed(waiting=waiting, to=name))
        for name, waiting in (("staging", first), ("prod", second))
    )
    file = write(tmp_path, pipeline(*stations))
    assert [each.named["ordinal"].value for each in _named(file, "milestone")] == milestones
    assert len([each for each in _locks(file) if "inversePrecedence" in each.named]) == len(milestones)


def test_a_lock_says_who_waits_for_it(tmp_path: Path) -> None:
    back = replace(deployed(), lock=Lock("prod-rollback", "all"))
    said = {
        "deployment": phase("prod", deployment=deployed(RESTORE), approval=APPROVAL),
        "canary": phase("prod", deployment=canary(RESTORE), approval=APPROVAL),
        "rollback": phase("prod", deployment=back),
    }
    lines = {
        claim: re.findall(r"// ((?:One|Taken|Kept|However).*)", write(tmp_path, pipeline(each)).read_text("utf-8"))
        for claim, each in said.items()
    }
    holder = "One holder at a time among all models, until the deployment is complete or undone."
    assert lines == {
        "deployment": [
            holder,
            "Taken after the approval: a prompt that nobody answers stops no other model.",
            "However the stage ended, an abort included, and still under the lock.",
        ],
        "canary": [
            holder,
            "Kept while people are asked whether to go on: other runs wait until they answer or their time is up.",
            "However the stage ended, an abort and an unanswered prompt included, and still under the lock.",
        ],
        "rollback": ["One rollback at a time among all models. It does not wait for a deployment that is under way."],
    }


def test_an_action_takes_place_in_the_environment_that_was_chosen(tmp_path: Path) -> None:
    ways = (phase(name, deployment=deployed(to=name), only=("environment", name)) for name in ("dev", "prod"))
    text = write(tmp_path, pipeline(*ways, event=Action("rollback", (), ("prod",)))).read_text("utf-8")
    places = re.findall(r"beforeOptions true\n +expression \{ (params[^}]*) }", text)
    assert places == [f"params.PIPEGEN_PARAM_ENVIRONMENT == '{name}'" for name in ("dev", "prod")]


def _calls(stage: Node, name: str) -> list[str]:
    found = section(stage, name)
    return [each.name for each in (found.body if found else None) or ()]


def _locks(file: Path) -> list[Node]:
    return list(_named(file, "lock"))


def _named(file: Path, name: str) -> Iterator[Node]:
    (found,) = read([file])
    yield from (each for each in found.walk() if each.name == name and each.kind == "Call")
