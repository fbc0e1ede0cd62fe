"""`pipegen registry`: the versions of models, by the run-time side, which knows nothing of click."""

from __future__ import annotations

import sys

import click


@click.command(
    "registry",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Register, promote and show versions of a model."""
    from pipegen.registry.__main__ import main  # noqa: PLC0415  (the run-time side stays out of the compiler)

    sys.exit(main(list(arguments)))
