"""From the options and the variables of a pipeline to the fields of an entry."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from pipegen.ledger import inputs
from pipegen.ledger.commands.add_options import LINES
from pipegen.ledger.entries import Entry, LedgerError
from pipegen.ledger.fields import WHAT_IT_IS, allowed
from pipegen.ledger.state import deployed

_OF_A_COMMIT = 12


def given_fields(arguments: argparse.Namespace) -> tuple[dict[str, object], list[str]]:
    """The fields that options and variables give, and remarks about what is not recorded. Raises LedgerError."""
    known = allowed(arguments.kind)
    fields: dict[str, object] = {name: getattr(arguments, name) for name in LINES}
    for name, (_, variable, _) in LINES.items():
        if variable and name in known and fields[name] is None:
            fields[name] = os.environ.get(variable)
    metrics, remarks = _metrics(arguments.metrics)
    fields |= _from_files(arguments) | {
        "metrics": metrics,
        "gates": [judgement for file in arguments.gates for judgement in inputs.judgements(file)],
        "artifacts": _artifacts(arguments.artifact),
        "approvers": _approvers(arguments),
        "branch": arguments.branch_name,
    }
    return fields | _versions(arguments, fields), remarks


def _approvers(arguments: argparse.Namespace) -> list[str]:
    """Who approved; only deployments and rollbacks are approved."""
    if "approvers" not in allowed(arguments.kind):
        return list(arguments.approver)
    named = (name.strip() for name in os.environ.get("PIPEGEN_APPROVERS", "").split(","))
    return list(dict.fromkeys(arguments.approver or (name for name in named if name)))


def with_recorded(fields: Mapping[str, object], entries: Sequence[Entry]) -> dict[str, object]:
    """The fields of a version that is deployed again, with what its newest deployment says that it is."""
    version = str(fields["version"])
    before = deployed(entries, version)
    if before is None:
        raise LedgerError(f"version {version} was never deployed, so nothing is recorded that could be deployed again")
    known = {name: value for name, value in before.fields.items() if name in WHAT_IT_IS}
    now = fields.get("gates")
    return {**fields, **known, "gates": [*before.rows("gates"), *(now if isinstance(now, list) else [])]}


def _from_files(arguments: argparse.Namespace) -> dict[str, object]:
    """The fields whose options name files; one that is named and cannot be read is an error."""
    if arguments.spec and arguments.spec_digest:
        raise LedgerError("give --spec or --spec-digest, not both")
    if arguments.notes and arguments.notes_text:
        raise LedgerError("give --notes or --notes-text, not both")
    return {
        "spec_digest": inputs.digest(arguments.spec) if arguments.spec else arguments.spec_digest,
        "lineage": inputs.lineage(arguments.lineage) if arguments.lineage else None,
        "record": inputs.digest(arguments.record) if arguments.record else None,
        "release_notes": inputs.text(arguments.notes) if arguments.notes else arguments.notes_text,
    }


def _versions(arguments: argparse.Namespace, fields: dict[str, object]) -> dict[str, object]:
    """Which version the entry is about; a model without versions goes by its commit."""
    if arguments.kind == "experiment":
        return {}
    named = os.environ.get("PIPEGEN_VERSION") or None
    if arguments.kind == "archive":
        return {"version": arguments.version or named}
    lineage = fields["lineage"]
    made = lineage.get("version") if isinstance(lineage, dict) else None
    version = named or made or str(fields["commit"] or "")[:_OF_A_COMMIT]
    if arguments.kind == "restore":
        return {"undone": arguments.undone or version, "restored": not arguments.failed}
    if arguments.failed:
        raise LedgerError("--failed is for a restore alone")
    return {"version": arguments.version or version}


def _metrics(files: Sequence[Path]) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    remarks = []
    for file in files:
        numbers, others = inputs.numbers(file)
        for name, value in numbers.items():
            if name in found and Decimal(found[name]) != Decimal(value):
                raise LedgerError(f"{file}: the metric {name!r} is {value}, and {found[name]} in a file before it")
        found |= numbers
        if others:
            remarks.append(f"{file}: not recorded, because it is no number: {', '.join(sorted(others))}")
    return found, remarks


def _artifacts(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, digest = text.rpartition("=")
        if not equals or not name:
            raise LedgerError(f"{text!r} is not NAME=SHA256")
        if found.setdefault(name, digest) != digest:
            raise LedgerError(f"the artifact {name!r} is given twice, with different digests")
    return found
