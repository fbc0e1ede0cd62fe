"""`pipegen validate`: what is wrong with specs, without writing anything."""

from __future__ import annotations

from pathlib import Path

import click

from pipegen.cli.console import (
    chosen,
    count,
    finish,
    loudness_options,
    named_targets,
    plural,
    report,
    spec_arguments,
    target_option,
)
from pipegen.compiler import load_spec
from pipegen.diagnostics import Diagnostic
from pipegen.repository import check_repository, summary


@click.command("validate")
@spec_arguments
@target_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or programs.")
@loudness_options
def command(specs: tuple[Path, ...], targets: tuple[str, ...], form: str, quiet: bool, verbose: bool) -> None:  # noqa: FBT001
    """Say what is wrong with each SPEC: shape, meaning, and what a target cannot hold.

    \b
    Examples:
      pipegen validate
      pipegen validate model-specs/churn-prediction.yaml --format json
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    work = chosen(specs)
    loaded = [load_spec(work.repository, path, named_targets(targets)) for path in work.paths]
    across = tuple(
        check_repository(tuple(summary(each.source, each.spec) for each in loaded if each.spec and each.source))
    )
    diagnostics = (*work.repository.diagnostics, *(found for each in loaded for found in each.diagnostics), *across)
    if form == "json":
        _print_json(diagnostics)
    else:
        report(diagnostics)
        if verbose:
            for each in loaded:
                click.echo(f"{each.path}: {count(each.diagnostics)}")
        if not quiet:
            click.echo(f"{plural(len(loaded), 'spec')}: {count(diagnostics)}")
    finish(diagnostics)


def _print_json(diagnostics: tuple[Diagnostic, ...]) -> None:
    from pipegen.reporting import as_json  # noqa: PLC0415  (only this format needs it)

    click.echo(as_json(diagnostics).rstrip("\n"))
