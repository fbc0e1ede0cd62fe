"""What the entries say about a model, as rows of text: what runs, all of a version, what happened last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipegen.ledger.entries import Entry
from pipegen.ledger.state import STARTING, State, environments_of, recorded, state_of
from pipegen.ledger.tables import Row

RUNS = ("environment", "version", "since", "approved by", "commit", "to go back")
"""The heading of `runs`."""
EVENTS = ("number", "time", "what", "version", "environment", "by", "approved by")
"""The heading of `events`."""
METRICS = ("metric", "value", "bound", "verdict", "gate")
"""The heading of `metrics`."""

_EVENTS = {"deployment": "released", "rollback": "rolled back to", "restore": "undone"}
UNKNOWN = "unknown"
_COMMIT = 12


def runs(entries: Sequence[Entry]) -> list[Row]:
    """One row an environment: what it runs, since when, by whose approval, and what to roll back to."""
    return [_run(entries, environment, state_of(entries, environment)) for environment in environments_of(entries)]


def way_back(entries: Sequence[Entry], environment: str, state: State) -> str:
    """The version that ran before and that a rollback takes; empty if there is none."""
    before = state.before
    while before is not None:
        version = before.version
        if version and version != state.version and recorded(entries, environment, version):
            return version
        before = before.before
    return ""


def events(entries: Iterable[Entry]) -> list[Row]:
    """What happened, one row an entry."""
    return [
        (
            str(entry.number),
            entry.time,
            _what(entry),
            entry.version or entry.text("experiment"),
            entry.environment,
            entry.text("actor"),
            _people(entry),
        )
        for entry in entries
    ]


def of_version(entries: Sequence[Entry], version: str) -> list[Entry]:
    """The deployments and rollbacks of a version and the ways back from it, oldest first; none if it never ran."""
    told = {"restore": "undone", **dict.fromkeys(STARTING, "version")}
    found = [entry for entry in entries if entry.text(told.get(entry.kind, "")) == version]
    return found if any(entry.kind in STARTING for entry in found) else []


def telling(found: Sequence[Entry]) -> Entry:
    """Of the entries about a version the one that tells of it: its newest deployment, if there is one."""
    return next((entry for entry in reversed(found) if entry.kind == "deployment"), found[-1])


def facts(found: Sequence[Entry]) -> list[Row]:
    """Everything that is known about a version, by its deployments and rollbacks."""
    newest = telling(found)
    rows = [
        ("owner", newest.text("owner")),
        *((_EVENTS[entry.kind], _release(entry)) for entry in found),
        ("commit", newest.commit),
        ("source tree", newest.source),
        ("specification", newest.text("spec_digest")),
        *((f"artifact {name}", str(digest)) for name, digest in newest.table("artifacts").items()),
        ("data version", newest.text("data_version")),
        ("training window", _window(newest)),
        ("training time", _duration(newest)),
        ("algorithm", str(newest.lineage.get("algorithm", ""))),
        ("feature code", str(newest.lineage.get("feature_code", ""))),
        ("experiments", _joined(newest.lineage.get("experiments"))),
        ("asked to approve", newest.text("asked")),
        ("run", newest.text("run")),
    ]
    return [row for row in rows if row[1]]


def metrics(entry: Entry) -> list[Row]:
    """The metrics of a version with what gates said about them, and what gates said about anything else."""
    judged = [gate for gate in entry.rows("gates") if isinstance(gate, dict)]
    bare = entry.metrics.keys() - {gate.get("subject") for gate in judged}
    rows: list[Row] = [(name, value, "", "", "") for name, value in entry.metrics.items() if name in bare]
    for gate in judged:
        subject = str(gate.get("subject", ""))
        value = str(gate.get("value", "")) or entry.metrics.get(subject, "")
        rows.append((subject, value, *(str(gate.get(key, "")) for key in ("bound", "verdict", "gate"))))
    return sorted(rows, key=tuple)


def _run(entries: Sequence[Entry], environment: str, state: State) -> Row:
    if state.failed:
        failed = state.failed
        note = f"the way back from {failed.text('undone')} failed: see to it"
        return (environment, UNKNOWN, failed.time, "", "", note)
    entry = state.entry
    if entry is None:
        return (environment, "nothing", "", "", "", "")
    back = way_back(entries, environment, state)
    return (environment, entry.version, entry.time, _people(entry), entry.commit[:_COMMIT], back and f"rollback {back}")


def _what(entry: Entry) -> str:
    if entry.kind == "restore":
        outcome = "restored" if entry.fields.get("restored") is True else "restore failed"
        return f"{outcome}, undone {entry.text('undone')}"
    return f"{entry.kind} from {entry.text('from_version')}" if entry.text("from_version") else entry.kind


def _people(entry: Entry) -> str:
    """Who approved it, or of whom how many were asked where the CI system tells no names."""
    asked = entry.text("asked")
    return _joined(entry.fields.get("approvers")) or (f"{asked} (no names)" if asked else "")


def _joined(names: object) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list) else ""


def _release(entry: Entry) -> str:
    if entry.kind == "restore":
        outcome = "" if entry.fields.get("restored") is True else ", but the way back failed"
        return f"{entry.time} in {entry.environment}{outcome}"
    approved = f", approved by {_people(entry)}" if _people(entry) else ", no approval recorded"
    return f"{entry.time} in {entry.environment}{approved}"


def _window(entry: Entry) -> str:
    window = entry.table("training_window")
    return f"{window.get('from', '?')} to {window.get('to', '?')}" if window else ""


def _duration(entry: Entry) -> str:
    seconds = entry.fields.get("training_seconds")
    return f"{seconds:g} s" if isinstance(seconds, int | float) else ""
