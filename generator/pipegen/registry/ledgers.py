"""The ledger that belongs to a registered model: options, and reading it."""

from __future__ import annotations

import argparse
import os

from pipegen.ledger.entries import Entry
from pipegen.ledger.places import add_place_options, place_of
from pipegen.ledger.reading import read


def add_ledger_options(parser: argparse.ArgumentParser) -> None:
    """The options by which `entries` finds the ledger."""
    add_place_options(parser)
    parser.add_argument(
        "--model",
        metavar="MODEL",
        default=os.environ.get("PIPEGEN_MODEL") or None,
        help="the model's name in the ledger (default: $PIPEGEN_MODEL, else --name)",
    )


def add_no_ledger_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-ledger", action="store_true", help="ask no ledger; for a laptop, not for a pipeline")


def ledger_model(arguments: argparse.Namespace) -> str:
    return str(arguments.model or arguments.name)


def entries(arguments: argparse.Namespace) -> tuple[Entry, ...]:
    """What the ledger says of the model, verified; raises LedgerError."""
    return read(place_of(arguments), ledger_model(arguments))
