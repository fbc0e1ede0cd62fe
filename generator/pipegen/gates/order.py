"""The gate on order: what the ledger says against bringing a commit or a recorded version to an environment now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipegen.gates.history import served_by, standing
from pipegen.gates.order_descent import descends
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.report import Judgement, Verdict
from pipegen.gates.version_record import short
from pipegen.ledger.entries import Entry
from pipegen.ledger.state import UnknownStateError, recorded, running

_VERSIONS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to be deployed; `version` is empty where a model has none."""

    commit: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.version} ({short(self.commit)})" if self.version else short(self.commit)


def judge_order(entries: Sequence[Entry], earlier: str, source: str) -> Judgement:
    """Whether these very sources were deployed to the environment that comes before, and not undone there."""
    bound = f"deployed to {earlier} before"
    newest: Entry | None = None
    for entry in standing(entries, earlier):
        if entry.source == source:
            return Judgement("order", bound, Verdict.PASS, f"{entry.version} (entry {entry.number})")
        newest = newest or entry
    there = f"the newest there is {_named(newest)}" if newest else "nothing was"
    reason = f"these sources (digest {short(source)}) were never deployed to {earlier}, or were undone; {there}"
    return Judgement("order", bound, Verdict.FAIL, short(source), reason=f"{reason}; deploy them to {earlier} first")


def judge_descent(entries: Sequence[Entry], environment: str, candidate: Candidate, repository: Path) -> Judgement:
    """Whether the candidate's commit is the one that the environment runs, or came out of it."""
    bound = f"descends from what {environment} runs"
    try:
        serving = served_by(entries, environment)
        if serving is None:
            return Judgement("descent", bound, Verdict.PASS, f"first deployment to {environment}")
        is_later = descends(repository, candidate.commit, serving.commit)
    except UnknownStateError as error:
        return Judgement("descent", bound, Verdict.CANNOT_JUDGE, reason=f"{error}; only a rollback is admitted now")
    except CannotJudgeError as error:
        return Judgement("descent", bound, Verdict.CANNOT_JUDGE, str(candidate), reason=str(error))
    bound = f"{bound}: {_named(serving)}"
    if is_later:
        return Judgement("descent", bound, Verdict.PASS, str(candidate))
    reason = f"{candidate} does not descend from {_named(serving)}, which {environment} runs, so work would be lost"
    advice = "merge that commit first, or go back to a recorded version with the action rollback"
    return Judgement("descent", bound, Verdict.FAIL, str(candidate), reason=f"{reason}; {advice}")


def judge_rollback(entries: Sequence[Entry], environment: str, version: str) -> Judgement:
    """Whether the environment ran a version before and can go back to it; also where nobody knows what it runs."""
    bound = f"recorded in {environment}, and not what it runs"
    if recorded(entries, environment, version) is None:
        reason = (
            f"{version} was never deployed to {environment}, or was undone; {_recorded_there(entries, environment)}"
        )
        return Judgement("record", bound, Verdict.FAIL, version, reason=reason)
    if _is_running(entries, environment, version):
        reason = f"{environment} runs {version} already, so there is nothing to go back to"
        reason = f"{reason}; {_recorded_there(entries, environment)}"
        return Judgement("record", bound, Verdict.FAIL, version, reason=reason)
    return Judgement("record", bound, Verdict.PASS, version)


def _is_running(entries: Sequence[Entry], environment: str, version: str) -> bool:
    """Whether it is known to run there; after a failed way back nothing is known, and going back is the way out."""
    try:
        entry = running(entries, environment)
    except UnknownStateError:
        return False
    return entry is not None and entry.version == version


def find_recorded(entries: Sequence[Entry], environments: Sequence[str], version: str) -> Entry | None:
    """The deployment of a version to one of the environments, the first of them that has one."""
    found = (recorded(entries, environment, version) for environment in environments)
    return next((entry for entry in found if entry), None)


def judge_recorded(entries: Sequence[Entry], environments: Sequence[str], version: str) -> Judgement:
    """Whether a version is there to be deployed once more: recorded in one of the environments."""
    bound = f"recorded in {' or '.join(environments)}"
    entry = find_recorded(entries, environments, version)
    if entry is not None:
        return Judgement("record", bound, Verdict.PASS, f"{_named(entry)} in {entry.environment}")
    there = "; ".join(_recorded_there(entries, environment) for environment in environments)
    reason = f"{version} was never deployed to {' or '.join(environments)}, or was undone; {there}"
    return Judgement("record", bound, Verdict.FAIL, version, reason=reason)


def _named(entry: Entry) -> str:
    return f"{entry.version} ({short(entry.commit)})"


def _recorded_there(entries: Sequence[Entry], environment: str) -> str:
    versions = list(dict.fromkeys(entry.version for entry in standing(entries, environment)))
    if not versions:
        return f"nothing is recorded in {environment}"
    more = ", ..." if len(versions) > _VERSIONS_SHOWN else ""
    return f"recorded in {environment}: {', '.join(versions[:_VERSIONS_SHOWN])}{more}"
