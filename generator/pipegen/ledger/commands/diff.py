"""`pipegen ledger diff`: what differs between two versions."""

from __future__ import annotations

import argparse

from pipegen.ledger.commands.asking import Entries, entries_or_refuse
from pipegen.ledger.differences import HEADING, differences
from pipegen.ledger.entries import Entry, LedgerError
from pipegen.ledger.names import checked_name
from pipegen.ledger.output import say
from pipegen.ledger.places import add_place_options, place_of
from pipegen.ledger.state import deployed
from pipegen.ledger.tables import table_in_text

DESCRIPTION = """\
What differs between two versions, by the newest deployment of each: features, algorithm, feature code, data,
parameters, metrics, commit, artifacts. What was not recorded of either is not compared."""
EXAMPLES = """\
  pipegen ledger diff churn 1.3.0 1.4.0
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("before", metavar="V1", help="the version to start from")
    parser.add_argument("after", metavar="V2", help="the version to compare with it")
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    versions = [checked_name("version", version) for version in (arguments.before, arguments.after)]
    entries = entries_or_refuse(place_of(arguments), arguments.model)
    before, after = (_deployment(entries, version) for version in versions)
    rows = differences(before, after)
    title = f"{arguments.model} {before.version} -> {after.version}"
    unknown = [
        f"no lineage was recorded of {entry.version}: its features and parameters are not compared"
        for entry in (before, after)
        if not entry.lineage
    ]
    told = table_in_text(HEADING, rows) if rows else ["nothing that was recorded differs"]
    say([title, *unknown, "", *told])
    return 0


def _deployment(entries: Entries, version: str) -> Entry:
    found = deployed(entries, version)
    if found is None:
        raise LedgerError(f"{entries[0].model} has no deployment of version {version} in the ledger")
    return found
