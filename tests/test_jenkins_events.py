"""Which runs a Jenkinsfile answers, judged as Jenkins judges the conditions of its outermost stage."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jenkins_samples import blocks, job, phase, pipeline, rendered, write
from pipegen.delivery import Change
from validators.jenkins_file import Jenkinsfile, Node, read


@dataclass(frozen=True)
class Build:
    """What Jenkins knows of a run: the job of a branch, a pull request or a tag, and the class of its cause."""

    cause: str
    branch: str
    target: str | None = None
    tag: bool = False


PUSH, SCAN, PERSON, TIMER = "BranchEventCause", "BranchIndexingCause", "UserIdCause", "TimerTriggerCause"
ACTIONS = {"action-retrain-now", "action-deploy", "action-rollback"}
TIMERS = {"schedule-monitor", "schedule-retrain"}
ANSWERS = {
    Build(PUSH, "feat/a"): {"change"},
    Build(PUSH, "feat/a/b"): {"change"},
    Build(SCAN, "feat/a"): {"change"},
    Build(PUSH, "Feat/a"): set(),
    Build(PUSH, "feature"): set(),
    Build(PUSH, "xfeat/a"): set(),
    Build(PUSH, "dev"): {"deliver-dev"},
    Build(PUSH, "prod"): {"deliver-prod"},
    Build(SCAN, "prod"): {"deliver-prod"},
    Build(PUSH, "Prod"): set(),
    Build(PUSH, "prod2"): set(),
    Build(PUSH, "main"): {"archive-main"},
    Build(TIMER, "prod"): TIMERS,
    Build(TIMER, "dev"): set(),
    Build(PERSON, "prod"): {"deliver-prod", *TIMERS, *ACTIONS},
    Build(PERSON, "feat/a"): {"change", *ACTIONS},
    Build(PUSH, "PR-7", target="prod"): set(),
    Build(PUSH, "prod", target="prod"): set(),
    Build(PUSH, "PR-7", target="feat/a"): set(),
    Build(PUSH, "prod", tag=True): set(),
}


def test_each_run_is_answered_by_the_files_of_its_event_alone(tmp_path: Path) -> None:
    """Every file is asked about every run, as if one job built them all; the first scan of a job starts no action."""
    files = rendered(tmp_path, "fraud-detection")
    assert files.pop("review").suffix == ".groovy"
    guards = {name: _guard(found) for name, found in zip(files, read(list(files.values())), strict=True)}
    assert {build: {name for name, when in guards.items() if _holds(when, build)} for build in ANSWERS} == ANSWERS


def test_a_tag_is_delivered_by_its_pattern_alone(tmp_path: Path) -> None:
    when = _guard(*read([rendered(tmp_path, "price-elasticity")["deliver-tag-elasticity-v"]]))
    tags = ("elasticity-v1", "elasticity-v", "elasticity_v1", "xelasticity-v1", "Elasticity-v1")
    assert [tag for tag in tags if _holds(when, Build(PUSH, tag, tag=True))] == ["elasticity-v1", "elasticity-v"]
    assert not _holds(when, Build(PUSH, "elasticity-v1"))


def test_a_dot_in_a_pattern_is_a_dot(tmp_path: Path) -> None:
    when = _guard(*read([write(tmp_path, pipeline(phase("p", [job("a")]), event=Change(("v1.*",))))]))
    assert _holds(when, Build(PUSH, "v1.0"))
    assert not _holds(when, Build(PUSH, "v1x0"))


def _guard(file: Jenkinsfile) -> tuple[Node, ...]:
    """The conditions of the outermost stage."""
    assert file.pipeline
    when = next(blocks(next(blocks(file.pipeline, "stage")), "when"))
    return tuple(each for each in when.body or () if not each.name.startswith("before"))


def _holds(conditions: tuple[Node, ...], build: Build) -> bool:
    """As the Declarative plugin judges: all of them, with its three ways to compare."""
    return all(_condition(each, build) for each in conditions)


def _condition(node: Node, build: Build) -> bool:
    judged: dict[str, Callable[[], bool]] = {
        "anyOf": lambda: any(_condition(each, build) for each in node.body or ()),
        "not": lambda: not _holds(node.body or (), build),
        "branch": lambda: _compares(node, build.branch),
        "tag": lambda: build.tag and _compares(node, build.branch),
        "buildingTag": lambda: build.tag,
        "changeRequest": lambda: build.target is not None and _targets(node) in (None, build.target),
        "triggeredBy": lambda: _caused(str(node.text), build.cause),
    }
    return judged[node.name]()


def _targets(node: Node) -> object:
    return node.named["target"].value if "target" in node.named else None


def _caused(named: str, cause: str) -> bool:
    """A person's cause is compared as a whole, any other by a part of its name."""
    return named == cause if cause == PERSON else named.lower() in cause.lower()


def _compares(node: Node, actual: str) -> bool:
    pattern, comparator = str(node.named["pattern"].value), node.named["comparator"].value
    return {"EQUALS": pattern == actual, "REGEXP": re.fullmatch(pattern, actual) is not None}[str(comparator)]
