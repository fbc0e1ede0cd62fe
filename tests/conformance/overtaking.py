"""Runs that come to an environment while another deploys to it: who is next, and who gives way.

An approval is asked before the lock is taken, so that a newer run whose people are faster goes before an older one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import yaml

from deliveries import CONFIG
from local_models import DELIVERIES
from pipegen.delivery import Delivery, Lock, Pipeline
from pipegen.targets import TARGETS

Served = tuple[int, ...]
"""The runs that get the lock, in order. Runs are numbered by age, the oldest first."""
Queue = Callable[[Sequence[int]], Served]
"""Whom of these runs, which come in this order while the first of them deploys, a CI system serves."""

COMINGS = ((0, 1), (1, 0), (0, 1, 2), (0, 2, 1), (2, 1, 0))
"""A second run after the first or overtaking it; a third one, in order and not."""


def reference(waiting: str, runs: Sequence[int]) -> Served:
    holder, *others = runs
    return (holder, *(others if waiting == "all" else [max(others)]))


def report(target: str, delivery: Delivery, lock: Lock) -> str:
    found = TARGETS[target].capabilities(delivery, CONFIG)
    return " ".join(each.detail for each in found if each.subject == f"lock {lock.name}")


# ---------------------------------------------------------------- what each CI system does, by its vendor's words


def on_github(pipeline: Pipeline, lock: Lock, files: Mapping[str, str]) -> Queue:
    """docs.github.com/actions/using-jobs/using-concurrency: one waits, and a later one takes its place; or `queue`."""
    named = f".{pipeline.id}."
    documents = [yaml.safe_load(text) for path, text in files.items() if named in path]
    held = [each for document in documents for each in _groups(document) if each["group"] == f"pipegen-{lock.name}"]
    assert held
    assert all(each == held[0] and each["cancel-in-progress"] is False for each in held)
    keeps_all = held[0].get("queue") == "max"
    return lambda runs: (runs[0], *(runs[1:] if keeps_all else runs[-1:]))


def _groups(document: Mapping[str, Mapping[str, Mapping[str, object]]]) -> Iterator[Mapping[str, object]]:
    for part in (document, *document["jobs"].values()):
        if "concurrency" in part:
            yield part["concurrency"]  # type: ignore[misc]


def on_azure(pipeline: Pipeline, lock: Lock, files: Mapping[str, str]) -> Queue:
    """learn.microsoft.com/azure/devops/pipelines/process/approvals, exclusive lock: in order, or the latest run."""
    (text,) = (text for path, text in files.items() if path.endswith(f"/{pipeline.id}.yml"))
    stages = re.split(r"\n  - stage: ", text)[1:]
    (behavior,) = {
        re.findall(r"\n    lockBehavior: (\w+)", stage)[0]
        for stage in stages
        if re.search(rf"\n +environment: {lock.name}\n", stage)
    }
    return lambda runs: (runs[0], *(runs[1:] if behavior == "sequential" else [max(runs[1:])]))


def on_jenkins(pipeline: Pipeline, lock: Lock, files: Mapping[str, str]) -> Queue:
    """plugins.jenkins.io/lockable-resources and /pipeline-milestone-step.

    Runs go in the order of asking, or with `inversePrecedence` the last that asked goes first. A run that comes to a
    milestone which a newer one has passed ends there.
    """
    (text,) = (text for path, text in files.items() if path.endswith(f"/{pipeline.id}.Jenkinsfile"))
    (taken,) = set(re.findall(rf"lock\(resource: '{lock.name}'(.*?)\)", text))
    is_inverse = taken == ", inversePrecedence: true"
    assert is_inverse or taken == ""
    assert ("milestone(ordinal:" in text) or not is_inverse

    def served(runs: Sequence[int]) -> Served:
        turns = (runs[0], *(reversed(runs[1:]) if is_inverse else runs[1:]))
        return tuple(run for place, run in enumerate(turns) if not is_inverse or run >= max(turns[: place + 1]))

    return served


def on_gitlab(pipeline: Pipeline, lock: Lock, files: Mapping[str, str]) -> Queue:
    """docs.gitlab.com/ci/resource_groups: the process mode is a setting of the group, which the report names.

    Every job that deploys is in the group, and the jobs that wait go one after the other: by the age of their
    pipelines with `oldest_first`, and with `newest_first` the other way round.
    """
    documents = [yaml.safe_load(text) for path, text in files.items() if not path.endswith("/_job.yml")]
    jobs = [each for document in documents for each in document.values() if isinstance(each, dict)]
    assert [each for each in jobs if each.get("resource_group") == f"pipegen-{lock.name}"]
    (delivery,) = (each for each in DELIVERIES.values() if pipeline in each.pipelines)
    (mode,) = re.findall(r"set process_mode (\w+)", report("gitlab", delivery, lock))
    return lambda runs: (runs[0], *sorted(runs[1:], reverse={"oldest_first": False, "newest_first": True}[mode]))


QUEUES = {"github": on_github, "azure": on_azure, "gitlab": on_gitlab, "jenkins": on_jenkins}

# ---------------------------------------------------------------- where they differ, and say so

LATE = "one that comes later takes its place, also an older run"
OLDER = "an older one that waits ends as soon as its turn comes"
STAYS = "older ones wait on, and run after the newest"
AGE = "process_mode oldest_first"
DIFFERENT: Mapping[tuple[str, str, tuple[int, ...]], tuple[Served, str]] = {
    ("github", "newest", (0, 2, 1)): ((0, 1), LATE),
    ("github", "newest", (2, 1, 0)): ((2, 0), LATE),
    ("gitlab", "all", (0, 2, 1)): ((0, 1, 2), AGE),
    ("gitlab", "all", (2, 1, 0)): ((2, 0, 1), AGE),
    ("gitlab", "newest", (0, 1, 2)): ((0, 2, 1), STAYS),
    ("gitlab", "newest", (0, 2, 1)): ((0, 2, 1), STAYS),
    ("gitlab", "newest", (2, 1, 0)): ((2, 1, 0), STAYS),
    ("jenkins", "newest", (1, 0)): ((1,), OLDER),
    ("jenkins", "newest", (0, 2, 1)): ((0, 1, 2), "a newer run of"),
    ("jenkins", "newest", (2, 1, 0)): ((2,), OLDER),
}
"""(target, who is kept, the order of coming) -> whom it serves instead, and what its report says of it."""
