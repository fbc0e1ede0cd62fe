"""`pipegen ledger at`: what ran at a moment."""

from __future__ import annotations

import argparse
import re

from pipegen.ledger.clock import moment, written
from pipegen.ledger.commands.asking import all_or_refuse
from pipegen.ledger.facts import RUNS, runs
from pipegen.ledger.output import say
from pipegen.ledger.places import add_place_options, place_of
from pipegen.ledger.tables import Row, table_in_text

DESCRIPTION = "What each environment ran at a moment: by the entries of that time, whatever happened since."
EXAMPLES = """\
  pipegen ledger at 2026-03-31                     at the end of that day, UTC
  pipegen ledger at 2026-03-31T09:30:00+02:00 churn --environment prod
"""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "date", metavar="DATE", help="a day, of which the end is meant, or a time; UTC if none is named"
    )
    parser.add_argument("model", nargs="?", metavar="MODEL", help="one model alone")
    parser.add_argument("--environment", metavar="ENVIRONMENT", help="one environment alone")
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    date = arguments.date
    until = written(moment(f"{date}T23:59:59" if _DAY.fullmatch(date) else date))
    rows: list[Row] = []
    for model, entries in all_or_refuse(place_of(arguments), arguments.model).items():
        found = runs([entry for entry in entries if entry.time <= until])
        rows += ((model, *row) for row in found if arguments.environment in (None, row[0]))
    nothing = [f"nothing is recorded until {until}"]
    say([f"at {until}", "", *table_in_text(("model", *RUNS), rows)] if rows else nothing)
    return 0
