"""`pipegen ledger card`: the card of a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipegen.ledger.cards import card
from pipegen.ledger.commands.asking import entries_or_refuse
from pipegen.ledger.names import checked_name
from pipegen.ledger.output import say, write
from pipegen.ledger.places import add_place_options, place_of

DESCRIPTION = "Print the card of a model as Markdown: what runs, all of a version, what happened last, experiments."
EXAMPLES = """\
  pipegen ledger card churn
  pipegen ledger card churn --version 1.4.0 --out card.md
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--version", metavar="VERSION", help="the version to tell of (default: the one deployed last)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to a file instead")
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    version = checked_name("version", arguments.version) if arguments.version else None
    entries = entries_or_refuse(place_of(arguments), arguments.model)
    text = card(arguments.model, entries, version)
    if arguments.out:
        write(arguments.out, text)
    else:
        say([text.rstrip("\n")])
    return 0
