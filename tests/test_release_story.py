"""Three versions of a model, from training to production and back, told by the registry and the ledger."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from registries import Desk, moves
from releases import FEATURES, Model, Team

FIRST = Model("1.0.0", "0.840", FEATURES, "2025-06-30")
RETRAINED = Model("1.1.0", "0.851", FEATURES, "2025-12-31", "Trained on half a year more.")
WITH_CLICKS = Model("2.0.0", "0.872", {**FEATURES, "clicks": "long"}, "2025-12-31", "Counts clicks.")
EVERYWHERE = ("dev", "staging", "prod")


@pytest.fixture
def team(served: Desk) -> Team:
    return Team.begin(served)


def test_the_whole_story_of_three_versions_is_told_and_verifies(team: Team, tmp_path: Path) -> None:
    _deliver_two_versions(team)
    _refuse_what_is_not_good_enough(team)
    _undo_a_release_that_did_not_complete(team)
    _release_and_roll_back(team)
    _tell_what_happened(team)
    _find_any_changed_byte(team, tmp_path)


def _deliver_two_versions(team: Team) -> None:
    team.commit("Train on age and tenure")
    team.train(FIRST)
    team.deliver(FIRST, *EVERYWHERE, run="run-1")
    team.commit("Train on more data")
    team.train(RETRAINED)
    team.deliver(RETRAINED, *EVERYWHERE, run="run-2")
    assert team.desk.aliases() == {f"champion-{each}": "1.1.0" for each in EVERYWHERE}


def _refuse_what_is_not_good_enough(team: Team) -> None:
    """A model that is worse, one that claims too little, and one that skips an environment."""
    team.commit("Count clicks")
    worse = Model("2.0.0-rc.1", "0.830", WITH_CLICKS.features, "2025-12-31")
    team.train(worse)
    assert team.admitted(worse, "dev") == ["champion"]
    modest = Model("1.2.0", "0.872", WITH_CLICKS.features, "2025-12-31")
    team.train(modest)
    assert team.admitted(modest, "dev") == ["version"]
    assert "clicks" in (team.clone / "version.xml").read_text("utf-8")
    team.train(WITH_CLICKS)
    assert team.admitted(WITH_CLICKS, "prod", after="staging") == ["order"]
    assert team.desk.aliases() == {f"champion-{each}": "1.1.0" for each in EVERYWHERE}


def _undo_a_release_that_did_not_complete(team: Team) -> None:
    team.deliver(WITH_CLICKS, "dev", "staging", run="run-3")
    assert team.admitted(WITH_CLICKS, "prod", after="staging") == []
    assert team.enter(WITH_CLICKS, "prod", "run-3").code == 0
    # The deployment fails before the registry is told: its way back says so, and the alias has never moved.
    undone = team.ledger("add", "restore", "--environment", "prod", "--undone", "2.0.0", PIPEGEN_RUN_ID="run-3")
    assert undone.code == 0
    assert "prod runs 1.1.0 again" in undone.out
    refused = team.promote(WITH_CLICKS, "prod")
    assert refused.code == 1
    assert team.registry("restore", "--environment", "prod").code == 0
    assert team.desk.aliases()["champion-prod"] == "1.1.0"


def _release_and_roll_back(team: Team) -> None:
    team.deliver(WITH_CLICKS, "prod", run="run-4")
    assert team.desk.aliases()["champion-prod"] == "2.0.0"
    back = ("--environment", "prod", "--rollback", "--commit", team.head)
    assert team.gate("order", *back, "--version", "0.9.0").code == 1
    assert team.gate("order", *back, "--version", "1.1.0").code == 0
    entered = team.ledger(
        *("add", "rollback", "--environment", "prod", "--version", "1.1.0", "--reason", "scores drifted"),
        *("--approver", "bea", "--commit", team.head),
        PIPEGEN_RUN_ID="run-5",
    )
    assert entered.code == 0
    found = team.registry("check")
    assert found.code == 1
    assert "champion-prod" in found.out
    assert team.registry("rollback", "--environment", "prod", "--version", "1.1.0").code == 0
    assert team.registry("check").code == 0
    assert moves(team.desk, "prod")[-1][0] == "1.1.0"


def _tell_what_happened(team: Team) -> None:
    lines = team.ledger("show", team.desk.model).out.splitlines()
    (shown,) = [line for line in lines if re.match(r"\S+ +prod +1\.1\.0 ", line)]
    assert "1.1.0" in shown
    assert "bea" in shown
    whole = team.ledger("show", team.desk.model, "--version", "1.1.0").out
    for said in ("retention", "ann", "0.851", ">= 0.8", "2025-12-31", "41.5", "Trained on half a year more."):
        assert said in whole
    compared = team.ledger("diff", team.desk.model, "1.1.0", "2.0.0").out
    assert "clicks" in compared
    entries = [json.loads(line) for line in _file(team, f"ledger/{team.desk.model}.jsonl").splitlines()]
    assert [(each["kind"], each["version"], each["environment"]) for each in entries] == [
        *(("deployment", "1.0.0", each) for each in EVERYWHERE),
        *(("deployment", "1.1.0", each) for each in EVERYWHERE),
        *(("deployment", "2.0.0", each) for each in EVERYWHERE),
        ("restore", "1.1.0", "prod"),
        ("deployment", "2.0.0", "prod"),
        ("rollback", "1.1.0", "prod"),
    ]
    assert entries[4]["metrics"]["auc"] == "0.851"
    assert {"metrics", "order", "champion", "version"} <= {each["gate"] for each in entries[4]["gates"]}
    assert "1.1.0" in _file(team, "MODELS.md")
    assert "Counts clicks." in team.ledger("card", team.desk.model, "--version", "2.0.0").out
    verified = team.ledger("verify", "--history")
    assert verified.code == 0, verified


def _find_any_changed_byte(team: Team, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    subprocess.run(["git", "clone", "-q", "-b", "pipegen-ledger", str(team.origin), str(folder)], check=True)
    assert team.ledger("verify", "--folder", str(folder)).code == 0
    for file, place in _places(folder):
        whole = file.read_bytes()
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        found = team.ledger("verify", "--folder", str(folder))
        assert found.code == 1, (file, place, found)
        file.write_bytes(whole)
    assert team.ledger("verify", "--folder", str(folder)).code == 0


def _places(folder: Path) -> Iterator[tuple[Path, int]]:
    """Some bytes of every file, the last ones too; tests/test_ledger_verify.py tries many more."""
    for file in (each for each in sorted(folder.rglob("*")) if each.is_file() and ".git" not in each.parts):
        size = file.stat().st_size
        yield from ((file, place) for place in {0, size // 3, size // 2, size - 2})


def _file(team: Team, name: str) -> str:
    command = ["git", "show", f"pipegen-ledger:{name}"]
    return subprocess.run(command, cwd=team.origin, check=True, capture_output=True, text=True).stdout


def test_a_release_says_what_nobody_can_take_back(team: Team) -> None:
    """A version means one thing for ever: other content under its name is refused by the registry and by the gate."""
    team.commit("Train on age and tenure")
    team.train(FIRST)
    team.deliver(FIRST, "dev", run="run-1")
    team.desk.file("model.tar", "other weights")
    again = team.desk.run("register", "--version", "1.0.0", "--artifact", "model=model.tar", "--commit", team.head)
    assert again.code == 1
    what = ("--commit", team.head, "--source", team.source, "--artifact", f"model={'0' * 64}")
    refused = team.gate("order", "--environment", "dev", "--version", "1.0.0", *what)
    assert refused.code == 1
    assert re.search(r"fail +version", refused.out)
