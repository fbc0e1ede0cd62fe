"""`pipegen eject`: hand the pipelines of a model over to people."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipegen.cli.console import (
    complete_specs,
    finish,
    named_targets,
    plural,
    refusals_reported,
    report,
    target_option,
)
from pipegen.compiler import Repository, compile_spec, load_spec, open_repository
from pipegen.diagnostics import Refused
from pipegen.onboarding import disk, leaving
from pipegen.targets import targets_of
from pipegen.workspace.specs import find_root, spec_paths


@click.command("eject")
@click.argument("model", shell_complete=complete_specs)
@target_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def command(model: str, targets: tuple[str, ...], yes: bool) -> None:  # noqa: FBT001  (click's form)
    """Hand over the pipelines of MODEL, a model's name or its spec: the files lose their header and are yours.

    Edits by hand stay. The spec is renamed to *.ejected, so that it makes nothing any more; with --target it loses
    that target and goes on making the others.

    \b
    Examples:
      pipegen eject fraud
      pipegen eject fraud --target jenkins --yes
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    root = find_root(Path.cwd())
    with refusals_reported():
        repository = open_repository(root)
        spec = _spec(root, model)
        handed = _handed(repository, spec, named_targets(targets))
        _warn_of_stale(repository, spec, handed)
        _confirm(handed, yes=yes)
        leaving.eject(root, handed)
    _tell(repository, handed)


def _spec(root: Path, model: str) -> str:
    """The spec's path, also of a spec that is gone and left its files behind."""
    if "/" in model or model.endswith((".yaml", ".yml")):
        found = spec_paths(root, [Path(model)])
        return found.paths[0] if len(found.paths) == 1 else model
    return disk.spec_of(root, model) or f"model-specs/{model}.yaml"


def _handed(repository: Repository, spec: str, targets: tuple[str, ...]) -> leaving.Ejection:
    known = targets_of(repository.config)
    ejected = targets or tuple(known)
    kept = _kept(repository, spec, targets) if targets and (repository.root / spec).exists() else ()
    folders = tuple(folder for target in known.values() for folder in target.FOLDERS)
    handed = leaving.ejection(repository.root, spec, folders, ejected=ejected, kept=kept)
    if not handed.files:
        raise click.ClickException(f"there is nothing to hand over: no file of {', '.join(ejected)} comes from {spec}")
    return handed


def _kept(repository: Repository, spec: str, targets: tuple[str, ...]) -> tuple[str, ...]:
    """The other targets of the spec; `Refused` where mistakes hide them, so that their files are not given up."""
    loaded = load_spec(repository, spec)
    if loaded.spec is None:
        raise Refused(loaded.diagnostics)
    return tuple(name for name in loaded.targets if name not in targets)


def _warn_of_stale(repository: Repository, spec: str, handed: leaving.Ejection) -> None:
    files = compile_spec(repository, spec).files or {} if handed.spec else {}
    expected = {
        path: text for name, texts in files.items() if name not in handed.targets for path, text in texts.items()
    }
    stale = leaving.not_up_to_date(repository.root, expected)
    if stale:
        click.echo(
            f"{plural(len(stale), 'file')} not as {spec} says now; to hand that over, first run: pipegen render",
            err=True,
        )


def _confirm(handed: leaving.Ejection, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: give --yes")
    after = f", and {handed.spec} becomes {handed.renamed}" if handed.renamed else ""
    click.confirm(f"{plural(len(handed.files), 'file')} will be yours for good{after}. Go on?", abort=True)


def _tell(repository: Repository, handed: leaving.Ejection) -> None:
    for path in handed.files:
        click.echo(f"{'ejected':<14}{path}")
    if handed.renamed:
        click.echo(f"{'renamed':<14}{handed.spec} to {handed.renamed}")
    if handed.spec and handed.targets:
        click.echo(f"{'changed':<14}{handed.spec}: its targets are {', '.join(handed.targets)}")
    click.echo("\nNext:\n  pipegen render --prune    brings the other files in line")
    if handed.spec and handed.targets:
        found = load_spec(repository, handed.spec).diagnostics
        report(found)
        finish(found)
