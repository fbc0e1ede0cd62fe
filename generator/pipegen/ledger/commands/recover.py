"""`pipegen ledger recover`: mend a folder after a writer was stopped."""

from __future__ import annotations

import argparse

from pipegen.ledger import folder_place
from pipegen.ledger.entries import LedgerError
from pipegen.ledger.files import heads_in, models_in
from pipegen.ledger.output import say
from pipegen.ledger.places import FolderPlace, add_place_options, place_of
from pipegen.ledger.recovering import recovered
from pipegen.printing import printable

DESCRIPTION = """\
Put a torn last line aside, name a whole one in the heads, and make the cards and the overview anew. Only a ledger in a
folder can need it: a branch changes as a whole. The next `pipegen ledger add` does the same for its model."""
EXAMPLES = """\
  pipegen ledger recover --folder /shared/ledger
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    place = place_of(arguments)
    if not isinstance(place, FolderPlace):
        raise LedgerError("a branch changes as a whole and needs no recovery; name a folder with --folder DIR")
    if not (place.folder / "ledger").is_dir():
        raise LedgerError(f"there is no ledger in {place.folder}")
    with folder_place.locked(place):
        files = folder_place.files(place)
        models = sorted({*models_in(files), *heads_in(files)})
        notices = [notice for model in models for notice in recovered(place, model)]
    say([*map(printable, notices)] or ["nothing to recover"])
    return 0
