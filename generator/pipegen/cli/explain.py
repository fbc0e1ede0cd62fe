"""`pipegen explain`: what a spec brings about, for people and programs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from pipegen.cli.console import chosen, colored, complete_specs, finish, named_targets, report, target_option
from pipegen.compiler import Compiled, load_spec
from pipegen.config import Config
from pipegen.delivery import Delivery
from pipegen.explanation import as_json, as_text, explanation
from pipegen.explanation.picture import as_mermaid, as_svg, picture
from pipegen.targets import target_of

_PICTURES = {"mermaid": as_mermaid, "svg": as_svg}


@click.command("explain")
@click.argument("spec", type=click.Path(path_type=Path), shell_complete=complete_specs)
@target_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "mermaid", "svg"]),
    default="text",
    help="For people, for programs, or a picture.",
)
def command(spec: Path, targets: tuple[str, ...], form: str) -> None:
    """What SPEC brings about: which event runs which jobs in which environment, and who is asked.

    It also tells how many prompts a human sees, which built-in actions there are, what each target keeps of the spec,
    and what must be set on a platform before the first run. A picture (mermaid, svg) shows the way of a change to
    production, with its gates and approvals, and names no target.

    \b
    Examples:
      pipegen explain model-specs/churn-prediction.yaml
      pipegen explain model-specs/churn-prediction.yaml --target azure --format json
      pipegen explain model-specs/churn-prediction.yaml --format svg > churn.svg
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    work = chosen((spec,))
    if len(work.paths) != 1:
        raise click.UsageError(f"{spec} holds {len(work.paths)} specs: name one")
    loaded = load_spec(work.repository, work.paths[0], named_targets(targets))
    if loaded.delivery is not None:
        click.echo(_told(loaded.delivery, loaded, work.repository.config, form), nl=False)
    diagnostics = (*work.repository.diagnostics, *loaded.diagnostics)
    report(diagnostics)
    finish(diagnostics)


def _told(delivery: Delivery, loaded: Compiled, config: Config, form: str) -> str:
    if form in _PICTURES:
        return _PICTURES[form](picture(delivery))
    kept = {name: tuple(target_of(name).capabilities(delivery, config)) for name in loaded.targets}
    explained = explanation(delivery, kept)
    if form == "json":
        return as_json(explained)
    return as_text(explained, width=shutil.get_terminal_size().columns, color=colored(sys.stdout))
