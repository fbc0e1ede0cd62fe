"""`pipegen ledger`: the ledger of the run-time side, which knows nothing of click."""

from __future__ import annotations

import sys

import click


@click.command(
    "ledger",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Record what happened to which model version, verify it and ask about it."""
    from pipegen.ledger.__main__ import main  # noqa: PLC0415  (the run-time side stays out of the compiler)

    sys.exit(main(list(arguments)))
