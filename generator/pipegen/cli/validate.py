"""`pipegen validate`: what is wrong with specs, without writing anything."""

from __future__ import annotations

from pathlib import Path

import click

from pipegen.cli.console import (
    chosen,
    count,
    finish,
    format_option,
    loudness_options,
    named_targets,
    plural,
    report,
    say,
    spec_arguments,
    target_option,
)
from pipegen.cli.made import made
from pipegen.cli.progress import watched
from pipegen.compiler import load_spec
from pipegen.repository import check_number, check_repository
from pipegen.targets import most_models


@click.command("validate")
@spec_arguments
@target_option
@format_option
@loudness_options
def command(specs: tuple[Path, ...], targets: tuple[str, ...], form: str, quiet: bool, verbose: bool) -> None:  # noqa: FBT001
    """Say what is wrong with each SPEC: shape, meaning, and what a target cannot hold.

    \b
    Examples:
      pipegen validate
      pipegen validate model-specs/churn-prediction.yaml --format json
      pipegen validate --format sarif > pipegen.sarif
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    work = chosen(specs, form)
    with watched(work.paths, quiet=quiet) as paths:
        loaded = [made(load_spec(work.repository, path, named_targets(targets))) for path in paths]
    across = tuple(check_repository(each.summary for each in loaded if each.summary))
    read = most_models(named_targets(targets) or work.repository.config.targets)
    across = (*across, *check_number(len(work.paths), read))
    found = (*work.repository.diagnostics, *(found for each in loaded for found in each.diagnostics), *across)
    # What is wrong in a base is found for every spec that extends it.
    diagnostics = tuple(dict.fromkeys(found))
    report(diagnostics, form)
    if verbose:
        for each in loaded:
            say(f"{each.path}: {count(each.diagnostics)}", form)
    if not quiet:
        say(f"{plural(len(loaded), 'spec')}: {count(diagnostics)}", form)
    finish(diagnostics)
