"""A small history of a model on each CI system, from its generated files, with real gates and a real ledger.

What the model's own programs do is made up; what judges it and what is recorded is not.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from conformance.cases import Case
from conformance.observing import Observed, Script, differences
from conformance.real_record import MODEL, PLACES, Place
from conformance.table import all_agree
from deliveries import ROOT
from local_models import DELIVERIES, lineage, metrics, publish
from local_world import World
from pipegen.ledger.entries import Entry
from pipegen.ledger.places import GitPlace
from pipegen.ledger.reading import read
from pipegen.simulation import ActionStarted, Ending, Fault, Pushed
from pipegen.targets import TARGETS

BRANCH = "pipegen-ledger"
OK = all_agree(DELIVERIES[MODEL])
SOURCE = f"git ls-files --stage -- {DELIVERIES[MODEL].path} ':(glob)libs/features/**' | sha256sum"
NAMED = {"github": ["alice"], "jenkins": ["alice"]}
"""Who approved, where the CI system tells."""
NOT_COMPARED = {"time", "commit", "run", "run_id", "approvers", "actor", "source", "spec_digest", "gates", "lineage"}
"""What differs between repositories and runs, and what is looked at by itself."""


def trained(version: str, auc: float, algorithm: str) -> str:
    """What a training leaves: the same bytes for the same version."""
    model = f'mkdir -p "$PIPEGEN_ARTIFACTS/model"; echo "weights {version}" > "$PIPEGEN_ARTIFACTS/model/weights"\n'
    values = publish(PIPEGEN_VERSION=version, PREV_MONTH_PREDS="db.prev", CURR_MONTH_PREDS="db.curr")
    measured = metrics(auc=auc, psi_max=0.1, score_mean_shift=0.01)
    return model + measured + values + lineage(version, algorithm=algorithm)


def deployment(environment: str, version: str, auc: str, digest: str, **more: object) -> Mapping[str, object]:
    return {
        "kind": "deployment",
        "environment": environment,
        "version": version,
        "metrics": {"auc": auc, "psi_max": "0.1", "score_mean_shift": "0.01"},
        "artifacts": {"model": digest},
        "data_version": "dvc:1",
        "owner": "retention-analytics",
        "training_seconds": 12.5,
        "training_window": {"from": "2026-01-01", "to": "2026-06-30"},
        **more,
    }


SEVEN = "a41d1a76f11c37e220729aa0c96032182b6ec38c67bf1dac9083c18d492aa6cb"
EIGHT = "321ba694a0a27eed8f4650554afbbd354f73deed0169c50b2e90a56a43a98728"
"""The digests of the packed models, which are the same bytes wherever they are packed."""


@dataclass(frozen=True)
class Chapter:
    """Something happens: what the reference takes for a fault has real reasons here, and leaves an entry, or none.

    `holds` is the content of the branch, `refused` the gate that stops it and words of its report.
    """

    title: str
    occurrence: Pushed | ActionStarted
    train: str = ""
    holds: str = ""
    fault: tuple[str, str] | None = None
    refused: str = ""
    entry: Mapping[str, object] = field(default_factory=dict)

    def expected(self) -> Case:
        """The case as the reference sees it."""
        faults = {self.fault[0]: Fault(Ending.FAILED, self.fault[1])} if self.fault else {}
        return Case(MODEL, self.occurrence, replace(OK, faults=faults))


def rollback(version: str) -> ActionStarted:
    return ActionStarted("rollback", "dev", {"version": version, "environment": "dev"})


HISTORY = (
    Chapter(
        "a good model",
        Pushed("dev"),
        trained("7.0.0", 0.85, "trees"),
        "1",
        entry=deployment("dev", "7.0.0", "0.85", SEVEN),
    ),
    Chapter(
        "a worse model",
        Pushed("dev"),
        trained("7.0.1", 0.82, "trees"),
        "2",
        fault=("deploy-dev", "gate-deploy-champion"),
        refused="&gt;= 0.845 (champion 7.0.0: 0.85, tolerance 0.005): value 0.82",
    ),
    Chapter(
        "a version that is too low",
        Pushed("dev"),
        trained("7.0.1", 0.86, "forest"),
        "3",
        fault=("deploy-dev", "gate-deploy-version"),
        refused="MAJOR after 7.0.0 is 8.0.0 or higher, and 7.0.1 is claimed",
    ),
    Chapter(
        "a better model",
        Pushed("dev"),
        trained("8.0.0", 0.88, "forest"),
        "4",
        entry=deployment("dev", "8.0.0", "0.88", EIGHT),
    ),
    Chapter(
        "the same in prod",
        Pushed("prod"),
        trained("8.0.0", 0.88, "forest"),
        "4",
        entry=deployment("prod", "8.0.0", "0.88", EIGHT, asked="1 of ml-release"),
    ),
    Chapter(
        "a deployment that breaks",
        Pushed("dev"),
        trained("8.0.1", 0.88, "forest"),
        "5",
        fault=("deploy-dev", "rollout"),
        entry={"kind": "restore", "environment": "dev", "undone": "8.0.1", "version": "8.0.0", "restored": True},
    ),
    Chapter(
        "back to what was recorded",
        rollback("7.0.0"),
        entry={
            "kind": "rollback",
            "environment": "dev",
            "version": "7.0.0",
            "from_version": "8.0.0",
            "owner": "retention-analytics",
        },
    ),
    Chapter(
        "back to what was not",
        rollback("9.9.9"),
        fault=("rollback-dev", "gate-deploy-order"),
        refused="9.9.9 was never deployed to dev, or was undone; recorded in dev: 8.0.0, 7.0.0",
    ),
)


@pytest.mark.parametrize("target", TARGETS)
def test_the_real_gates_decide_and_the_real_ledger_says_the_same_on_every_ci_system(
    target: str, tmp_path: Path
) -> None:
    with PLACES[target](tmp_path) as place:
        for chapter in HISTORY:
            before = entries(place.world)
            observed = happened(chapter, place)
            assert differences(chapter.expected().expected, observed) == [], chapter.title
            assert judged(chapter, place) == chapter.refused
            added = entries(place.world)[len(before) :]
            assert [compared(each) for each in added] == ([chapter.entry] if chapter.entry else [])
            for entry in added:
                assert provenance(entry) == observed_provenance(chapter, place.world, observed)
                assert entry.fields.get("approvers") == (NAMED.get(target) if entry.environment == "prod" else None)
        assert verified(place.world) == 0


def happened(chapter: Chapter, place: Place) -> Sequence[Observed]:
    world = place.world
    if chapter.holds:
        world.commit(chapter.occurrence.branch, {f"{DELIVERIES[MODEL].path}/CHANGES.md": chapter.holds})
        world.behave({"train": chapter.train})
    breaks = chapter.fault is not None and chapter.fault[1] == "rollout"
    world.behave({"deploy-dev.rollout": f"exit {int(breaks)}\n"})
    return place.runs(Case(MODEL, chapter.occurrence, OK))


def judged(chapter: Chapter, place: Place) -> str:
    """The words of the refusal, if the report of the gate has them."""
    if not chapter.refused or chapter.fault is None:
        return ""
    text = place.judged(*chapter.fault)
    return chapter.refused if chapter.refused in text and "<failure" in text else text


# ---------------------------------------------------------------- entries


def entries(world: World) -> Sequence[Entry]:
    return read(GitPlace(f"file://{world.repository}", BRANCH), MODEL)


def compared(entry: Entry) -> Mapping[str, object]:
    fields = {name: value for name, value in entry.fields.items() if name not in NOT_COMPARED}
    return {"kind": entry.kind, **fields}


def provenance(entry: Entry) -> Mapping[str, object]:
    """Of what, by whom and by which run the entry was made, and how its gates judged."""
    names = ("commit", "run", "run_id", "actor", "source", "spec_digest")
    found = {name: entry.fields[name] for name in names if name in entry.fields}
    gates = entry.fields.get("gates", [])
    assert isinstance(gates, list)
    return {**found, "passed": {each["title"] for each in gates if each["verdict"] == "pass"} if gates else set()}


def observed_provenance(chapter: Chapter, world: World, observed: Sequence[Observed]) -> Mapping[str, object]:
    script = _entering(observed)
    names = {"run": "PIPEGEN_RUN_URL", "run_id": "PIPEGEN_RUN_ID", "actor": "PIPEGEN_ACTOR"}
    found: dict[str, object] = {
        name: script.variables[each] for name, each in names.items() if each in script.variables
    }
    found["commit"] = world.commit_of(chapter.occurrence.branch)
    if chapter.entry["kind"] != "deployment":
        return {**found, "passed": set()}
    assert script.variables["PIPEGEN_DIGEST_MODEL"] in {SEVEN, EIGHT}
    spec = (world.repository / DELIVERIES[MODEL].spec).read_bytes()
    gates = {"gate-validate", "gate-deploy-order", "gate-deploy-champion", "gate-deploy-version"}
    return {**found, "source": _source(world), "spec_digest": hashlib.sha256(spec).hexdigest(), "passed": gates}


def _entering(observed: Sequence[Observed]) -> Script:
    scripts = [script for run in observed for job in run.jobs for script in job.scripts]
    (found,) = (each for each in scripts if each.id in {"ledger", "ledger-restore"})
    return found


def _source(world: World) -> str:
    done = subprocess.run(["bash", "-c", SOURCE], cwd=world.repository, check=True, capture_output=True, text=True)
    return done.stdout.split()[0]


def verified(world: World) -> int:
    command = [sys.executable, "-m", "pipegen.ledger", "verify", MODEL, "--remote", f"file://{world.repository}"]
    return subprocess.run(command, cwd=ROOT / "generator", check=False, capture_output=True).returncode
