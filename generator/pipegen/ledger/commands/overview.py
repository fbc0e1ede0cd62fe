"""`pipegen ledger overview`: all models and what runs where."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipegen.ledger.cards import overview
from pipegen.ledger.commands.asking import all_or_refuse
from pipegen.ledger.output import say, write
from pipegen.ledger.places import add_place_options, place_of
from pipegen.ledger.reading import Chain

DESCRIPTION = "Print all models as Markdown: what runs where, since when, by whose approval, and how to go back."
EXAMPLES = """\
  pipegen ledger overview
  pipegen ledger overview --out MODELS.md
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to a file instead")
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    found = all_or_refuse(place_of(arguments))
    text = overview({model: Chain(entries) for model, entries in found.items()})
    if arguments.out:
        write(arguments.out, text)
    else:
        say([text.rstrip("\n")])
    return 0
