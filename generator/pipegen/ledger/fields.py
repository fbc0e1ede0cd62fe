"""What an entry of each kind may say: the fields, their form, and what a deployment takes over from its lineage."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from pipegen.ledger.canonical import PREFIX
from pipegen.ledger.entries import LedgerError
from pipegen.ledger.lineage import checked_lineage, taken_over
from pipegen.ledger.names import checked_name

LONGEST_LINE = 1_000
LONGEST_TEXT = 20_000
_MOST_NAMES = 1_000
_LONGEST_TRAINING = 1e12

_RUN = frozenset({"actor", "run", "run_id", "owner"})
_ABOUT_DATA = {"data_version", "feature_changes", "training_window", "training_seconds", "release_notes"}
WHAT_IT_IS = frozenset({"commit", "source", "spec_digest", "artifacts", "lineage", "metrics", "gates", *_ABOUT_DATA})
"""What an entry says about a version, whenever and wherever it is deployed."""

_REQUIRED = {
    "deployment": frozenset({"version", "environment", "commit"}),
    "rollback": frozenset({"version", "environment"}),
    "restore": frozenset({"environment", "undone", "restored"}),
    "archive": frozenset({"branch", "commit"}),
    "experiment": frozenset({"experiment", "hypothesis"}),
}
_OPTIONAL = {
    "deployment": {
        *("source", "spec_digest", "artifacts", "lineage", "metrics", "gates", "approvers", "asked"),
        *_ABOUT_DATA,
    },
    "rollback": {"commit", "from_version", "approvers", "asked", "reason"},
    "restore": {"version", "commit"},
    "archive": {"version", "tree", "record"},
    "experiment": {"result", "decision", "commit", "metrics"},
}
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ARTIFACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_JUDGEMENT = ("gate", "title", "subject", "bound", "value", "verdict")


def allowed(kind: str) -> frozenset[str]:
    """The fields that an entry of a kind may have."""
    if kind not in _REQUIRED:
        raise LedgerError(f"{kind!r} is no kind of entry; there are {', '.join(_REQUIRED)}")
    return _REQUIRED[kind] | _OPTIONAL[kind] | _RUN


def checked_fields(kind: str, fields: Mapping[str, object]) -> dict[str, object]:
    """The fields as an entry keeps them, without those that say nothing. Raises LedgerError."""
    said = {name: value for name, value in fields.items() if value not in (None, "", (), [], {})}
    strange = sorted(said.keys() - allowed(kind))
    if strange:
        raise LedgerError(f"an entry of kind {kind} has no {strange[0]!r}")
    if kind == "deployment" and "lineage" in said:
        said = {**taken_over(checked_lineage(said["lineage"])), **said}
    missing = sorted(_REQUIRED[kind] - said.keys())
    if missing:
        raise LedgerError(f"an entry of kind {kind} needs {', '.join(map(repr, missing))}")
    kept = {name: _FORMS[name](name, value) for name, value in said.items()}
    _refuse_other_version(kept)
    return kept


def _refuse_other_version(fields: Mapping[str, object]) -> None:
    lineage = fields.get("lineage")
    claimed = lineage.get("version") if isinstance(lineage, dict) else None
    if claimed and claimed != fields["version"]:
        raise LedgerError(f"the lineage is that of version {claimed}, and the entry is of {fields['version']}")


def _line(name: str, value: object) -> str:
    text = _text(name, value, LONGEST_LINE)
    if any(not mark.isprintable() for mark in text):
        raise LedgerError(f"{name} has to be one line without control characters")
    return text


def _prose(name: str, value: object) -> str:
    text = _text(name, value, LONGEST_TEXT).replace("\r\n", "\n")
    if any((ord(mark) < ord(" ") and mark not in "\n\t") or "\x7f" <= mark <= "\x9f" for mark in text):
        raise LedgerError(f"{name} holds control characters")
    return text


def _text(name: str, value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise LedgerError(f"{name} has to be text")
    if len(value) > longest:
        raise LedgerError(f"{name} has {len(value)} characters; at most {longest} are kept")
    return value


def _named(what: str, name: str, value: object) -> str:
    return checked_name(what, _text(name, value, LONGEST_LINE))


def _hex(lengths: tuple[int, ...], name: str, value: object) -> str:
    text = _text(name, value, LONGEST_LINE).removeprefix(PREFIX)
    if len(text) not in lengths or not re.fullmatch("[0-9a-f]+", text):
        wanted = " or ".join(map(str, lengths))
        raise LedgerError(f"{name} has to be {wanted} hexadecimal digits, not {value!r}")
    return text


def _digests(name: str, value: object) -> dict[str, str]:
    table = _table(name, value)
    for artifact in table:
        if not _ARTIFACT.fullmatch(artifact):
            raise LedgerError(f"{artifact!r} is not the name of an artifact: letters, digits and . _ -")
    return {artifact: _hex((64,), f"the digest of {artifact}", digest) for artifact, digest in table.items()}


def _decimals(name: str, value: object) -> dict[str, str]:
    table = {_line(f"a name in {name}", metric): number for metric, number in _table(name, value).items()}
    for metric, number in table.items():
        if not isinstance(number, str) or not _DECIMAL.fullmatch(number) or len(number) > LONGEST_LINE:
            raise LedgerError(f"the metric {metric!r} is {number!r}, not the text of a finite number")
    return {metric: str(number) for metric, number in table.items()}


def _judgements(name: str, value: object) -> list[dict[str, str]]:
    kept = []
    for row in _list(name, value):
        table = _table("a judgement of a gate", row)
        said = {key: table[key] for key in _JUDGEMENT if table.get(key) is not None}
        kept.append({key: _line(f"{key} of a gate", text) for key, text in said.items()})
    return kept


def _names(name: str, value: object) -> list[str]:
    return [_line(name, each) for each in _list(name, value)]


def _window(name: str, value: object) -> dict[str, str]:
    table = _table(name, value)
    if table.keys() - {"from", "to"}:
        raise LedgerError(f"{name} has 'from' and 'to' alone")
    return {key: _line(f"{name} {key}", text) for key, text in table.items()}


def _list(name: str, value: object) -> list[object]:
    if not isinstance(value, list | tuple) or len(value) > _MOST_NAMES:
        raise LedgerError(f"{name} has to be a list of at most {_MOST_NAMES}")
    return list(value)


def _table(name: str, value: object) -> dict[str, object]:
    if not isinstance(value, Mapping) or len(value) > _MOST_NAMES or not all(isinstance(key, str) for key in value):
        raise LedgerError(f"{name} has to be an object of at most {_MOST_NAMES} keys")
    return dict(value)


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise LedgerError(f"{name} has to be true or false")
    return value


def _seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LONGEST_TRAINING:
        raise LedgerError(f"{name} has to be a number of seconds")
    return value


_commit = partial(_hex, (40, 64))
_sha256 = partial(_hex, (64,))

_FORMS: dict[str, Callable[[str, object], object]] = {
    **dict.fromkeys(("actor", "run", "run_id", "owner", "asked", "data_version", "experiment", "branch"), _line),
    **dict.fromkeys(("feature_changes", "release_notes", "reason", "hypothesis", "result", "decision"), _prose),
    **dict.fromkeys(("version", "undone", "from_version"), partial(_named, "version")),
    **dict.fromkeys(("source", "spec_digest", "record"), _sha256),
    **dict.fromkeys(("commit", "tree"), _commit),
    "environment": partial(_named, "environment"),
    "artifacts": _digests,
    "lineage": lambda _name, value: checked_lineage(value),
    "metrics": _decimals,
    "gates": _judgements,
    "approvers": _names,
    "training_window": _window,
    "training_seconds": _seconds,
    "restored": _boolean,
}
