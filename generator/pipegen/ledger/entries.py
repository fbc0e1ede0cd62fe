"""An entry of the ledger: one line of canonical JSON that carries its own digest and that of the entry before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from pipegen.ledger.canonical import DIGEST_LENGTH, PREFIX, canonical, digest_of, parsed

FORMAT = "pipegen-ledger/1"
KINDS = ("deployment", "rollback", "restore", "archive", "experiment")
FRAME = frozenset({"format", "model", "number", "kind", "time", "previous", "digest"})
"""What every entry has; the rest are the fields of its kind."""

_TIME_LENGTH = len("2026-11-21T09:30:00Z")
_OBJECTS = ("artifacts", "lineage", "metrics", "training_window")
_LISTS = ("approvers", "gates")
_OTHERS: dict[str, type | tuple[type, ...]] = {"restored": bool, "training_seconds": (int, float)}
_TYPES = {**_OTHERS, **dict.fromkeys(_OBJECTS, dict), **dict.fromkeys(_LISTS, list)}
"""The types of the fields that are no texts."""


class LedgerError(Exception):
    """What cannot be done, for people: what is wrong and what to do."""

    exit_code = 2


class DamagedError(LedgerError):
    """The ledger is not as `add` wrote it."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened once to a model; `time` is UTC as `2026-11-21T09:30:00Z`."""

    number: int
    kind: str
    model: str
    time: str
    digest: str
    previous: str
    fields: Mapping[str, object]

    @property
    def version(self) -> str:
        """The version it is about; of a restore the one that runs again. Empty if there is none."""
        return self.text("version")

    @property
    def environment(self) -> str:
        return self.text("environment")

    @property
    def commit(self) -> str:
        return self.text("commit")

    @property
    def source(self) -> str:
        """The digest of the source tree, in hex."""
        return self.text("source")

    @property
    def run_id(self) -> str:
        return self.text("run_id")

    @property
    def metrics(self) -> Mapping[str, str]:
        """Exact decimal text by name."""
        return {name: str(value) for name, value in self.table("metrics").items()}

    @property
    def lineage(self) -> Mapping[str, object]:
        """What the model was made from, as the lineage file said; empty if none was given."""
        return self.table("lineage")

    def text(self, name: str) -> str:
        """A field as text; empty if it is not there."""
        return str(self.fields.get(name, ""))

    def table(self, name: str) -> Mapping[str, object]:
        """A field that is an object; empty if it is not there."""
        value = self.fields.get(name)
        return MappingProxyType(value) if isinstance(value, dict) else {}

    def rows(self, name: str) -> list[object]:
        """A field that is a list; empty if it is not there."""
        value = self.fields.get(name)
        return list(value) if isinstance(value, list) else []

    def __str__(self) -> str:
        version = self.text("undone" if self.kind == "restore" else "version") or self.text("experiment")
        where = f" in {self.environment}" if self.environment else ""
        return f"{self.kind} of {self.model}{f' {version}' if version else ''}{where}"


def line_of(entry: Entry) -> str:
    """The entry's line, without the line end."""
    return canonical({**_body(entry), "digest": entry.digest})


def sealed(entry: Entry) -> Entry:
    """The entry with the digest of what it says."""
    return replace(entry, digest=digest_of(canonical(_body(entry))))


def entry_in(line: bytes) -> Entry:
    """The entry that a line holds; the text of DamagedError says what is wrong with the line."""
    try:
        text = line.decode("ascii")
        node = parsed(text)
    except UnicodeDecodeError as error:
        raise DamagedError("holds bytes that no entry has") from error
    except ValueError as error:
        raise DamagedError("is not JSON") from error
    if not isinstance(node, dict):
        raise DamagedError("is not an entry")
    _refuse_fault(node, text)
    fields = {name: value for name, value in node.items() if name not in FRAME}
    return Entry(node["number"], node["kind"], node["model"], node["time"], node["digest"], node["previous"], fields)


def _body(entry: Entry) -> dict[str, object]:
    frame = {"format": FORMAT, "model": entry.model, "number": entry.number, "kind": entry.kind, "time": entry.time}
    return {**entry.fields, **frame, "previous": entry.previous}


def _refuse_fault(node: dict[str, object], text: str) -> None:
    if node.get("format") != FORMAT:
        raise DamagedError(f"is not an entry of format {FORMAT}; a newer pipegen may have written it")
    digest = node.get("digest")
    if not isinstance(digest, str) or len(digest) != DIGEST_LENGTH or not digest.startswith(PREFIX):
        raise DamagedError("carries no digest")
    before, found, after = text.partition(_member(digest))
    if not found or digest_of(before + after) != digest:
        raise DamagedError("was changed: its text does not match its digest")
    if canonical(node) != text:
        raise DamagedError("was changed: it is not written as entries are")
    if not _is_shaped(node):
        raise DamagedError("lacks what every entry has, or has a field of another type")


def _member(digest: str) -> str:
    return f'"digest":"{digest}",'


def _is_shaped(node: dict[str, object]) -> bool:
    if not (type(node.get("number")) is int and node.get("kind") in KINDS):
        return False
    for name, value in node.items():
        if isinstance(value, str):
            if name in _TYPES:
                return False
        elif name != "number" and not isinstance(value, _TYPES.get(name, ())):
            return False
    time = str(node.get("time"))
    return node.keys() >= FRAME and len(time) == _TIME_LENGTH and time.endswith("Z")
