"""`pipegen ledger add`: record what happened to a model."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from pipegen.ledger.adding import PATIENCE, Added, record
from pipegen.ledger.commands.add_options import add_field_options
from pipegen.ledger.commands.given import given_fields, with_recorded
from pipegen.ledger.entries import KINDS, Entry, LedgerError, line_of
from pipegen.ledger.facts import EVENTS, METRICS, events, metrics
from pipegen.ledger.output import extend, say, say_json, warn
from pipegen.ledger.places import add_place_options, place_of
from pipegen.ledger.reading import read
from pipegen.ledger.tables import in_markdown, table_in_markdown
from pipegen.printing import printable

DESCRIPTION = """\
Record what happened to a model. The entry is safe once this command has succeeded; the same entry of the same run is
never added twice, so a step that failed can be tried again."""
EXAMPLES = """\
  pipegen ledger add deployment --metrics metrics.json --gates gate.json --lineage lineage.json --approver ana
  pipegen ledger add restore                       the deployment of this run was undone
  pipegen ledger add rollback --model churn --environment prod --version 1.3.0 --reason "scores drifted"
  pipegen ledger add archive --branch-name main --record record.json --tree 4b825dc...
  pipegen ledger add experiment --experiment EXP-12 --hypothesis "..." --result "..." --decision "..."
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=f"one of {', '.join(KINDS)}")
    add_field_options(parser)
    summary = os.environ.get("PIPEGEN_SUMMARY")
    parser.add_argument("--json", action="store_true", help="print the entry as JSON")
    parser.add_argument("--time", metavar="TIME", help="when it happened, for imports (default: now)")
    parser.add_argument(
        "--patience",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help=f"how long to try again while others add entries (default: {PATIENCE:g})",
    )
    parser.add_argument(
        "--summary",
        type=Path,
        default=Path(summary) if summary else None,
        metavar="FILE",
        help="append Markdown (default: the file that PIPEGEN_SUMMARY names, if it is set)",
    )
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    if not arguments.model:
        raise LedgerError("no model is named; give --model or set PIPEGEN_MODEL")
    fields, remarks = given_fields(arguments)
    place = place_of(arguments)
    if arguments.as_recorded:
        if arguments.kind != "deployment":
            raise LedgerError("--as-recorded is for a deployment alone")
        fields = with_recorded(fields, read(place, arguments.model))
    added = record(place, arguments.kind, arguments.model, fields, time=arguments.time, patience=arguments.patience)
    for remark in (*remarks, *added.notices):
        warn(printable(remark))
    if arguments.json:
        say_json(line_of(added.entry))
    else:
        say(_told(added))
    if arguments.summary:
        _summarise(arguments.summary, added)
    return 0


def _told(added: Added) -> Iterator[str]:
    entry = added.entry
    done = "recorded" if added.changes else "already recorded"
    yield printable(f"{done}: {entry}, entry {entry.number}, {entry.time}, {entry.digest}")
    if entry.kind == "restore":
        yield _running_again(entry)


def _running_again(entry: Entry) -> str:
    if entry.fields.get("restored") is not True:
        return f"what {entry.environment} runs is not known: the way back failed"
    return f"{entry.environment} runs {entry.version or 'nothing'} again"


def _summarise(path: Path, added: Added) -> None:
    entry = added.entry
    lines = ["", f"### Ledger: {in_markdown(str(entry))}", *table_in_markdown(EVENTS, events([entry]))]
    if metrics(entry):
        lines += table_in_markdown(METRICS, metrics(entry))
    try:
        extend(path, [*lines, f"Entry {entry.number}, `{entry.digest}`.", ""])
    except LedgerError as error:
        # The entry is safe; a page that could not be written does not make it fail.
        warn(printable(f"{error}; the entry is recorded all the same"))
