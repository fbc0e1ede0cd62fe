"""`pipegen explain`: what a spec brings about, for people and programs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from pipegen.cli.console import chosen, colored, finish, named_targets, report, target_option
from pipegen.compiler import load_spec
from pipegen.explanation import as_json, as_text, explanation
from pipegen.targets import TARGETS


@click.command("explain")
@click.argument("spec", type=click.Path(path_type=Path))
@target_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or programs.")
def command(spec: Path, targets: tuple[str, ...], form: str) -> None:
    """What SPEC brings about: which event runs which jobs in which environment, and who is asked.

    It also tells how many prompts a human sees, which built-in actions there are, what each target keeps of the spec,
    and what must be set on a platform before the first run.

    \b
    Examples:
      pipegen explain model-specs/churn-prediction.yaml
      pipegen explain model-specs/churn-prediction.yaml --target azure --format json
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    work = chosen((spec,))
    if len(work.paths) != 1:
        raise click.UsageError(f"{spec} holds {len(work.paths)} specs: name one")
    loaded = load_spec(work.repository, work.paths[0], named_targets(targets))
    if loaded.delivery is not None:
        kept = {
            name: tuple(TARGETS[name].capabilities(loaded.delivery, work.repository.config)) for name in loaded.targets
        }
        explained = explanation(loaded.delivery, kept)
        width = shutil.get_terminal_size().columns
        told = as_json(explained) if form == "json" else as_text(explained, width=width, color=colored(sys.stdout))
        click.echo(told, nl=False)
    diagnostics = (*work.repository.diagnostics, *loaded.diagnostics)
    report(diagnostics)
    finish(diagnostics)
