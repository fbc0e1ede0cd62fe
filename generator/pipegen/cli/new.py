"""`pipegen new`: the spec of a model, to begin with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from pipegen.cli.console import TargetName, finish, refusals_reported, report
from pipegen.compiler import Repository, load_spec, open_repository
from pipegen.diagnostics import Diagnostic
from pipegen.onboarding import disk, first_spec
from pipegen.onboarding.adoption import SCHEMA_FILE, schema_text
from pipegen.repository import check_repository, summary
from pipegen.workspace.specs import find_root, spec_paths


@click.command("new")
@click.argument("name")
@click.option("--owner", metavar="TEAM", help="The team that answers for the model.")
@click.option("--path", metavar="FOLDER", help="The model's folder; by default models/NAME.")
@click.option("--python", metavar="VERSION", default="3.11", show_default=True, help="The Python of its jobs.")
@click.option("--target", "-t", "targets", multiple=True, type=TargetName(all_allowed=False), help="Can be repeated.")
@click.option("--full", is_flag=True, help="Also show environments, a schedule and an action.")
def command(name: str, owner: str | None, path: str | None, python: str, targets: tuple[str, ...], full: bool) -> None:  # noqa: FBT001
    """Write model-specs/NAME.yaml, a commented spec to begin with.

    On a terminal it asks for what is not said.

    \b
    Examples:
      pipegen new fraud
      pipegen new fraud --owner risk --path models/fraud --target github
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    _require(first_spec.name_fault(name))
    _require(first_spec.fault("python", python))
    asking = sys.stdin.isatty() and sys.stdout.isatty()
    owner = _asked("Team that answers for it", "owner", owner, None, asking=asking)
    path = _asked("Folder of the model", "path", path, f"models/{name}", asking=asking)
    _write(first_spec.Wanted(name, owner, path, python, tuple(dict.fromkeys(targets)), full))


def _require(fault: str) -> None:
    if fault:
        raise click.UsageError(fault)


def _asked(question: str, field: str, value: str | None, default: str | None, *, asking: bool) -> str:
    check = _checked(field)
    if value is None and asking:
        return str(click.prompt(question, default, value_proc=check))
    if value is None and default is None:
        raise click.UsageError(f"give --{field}")
    return check(value or default or "")


def _checked(field: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        _require(first_spec.fault(field, value))
        return value

    return check


def _write(wanted: first_spec.Wanted) -> None:
    root = find_root(Path.cwd())
    with refusals_reported():
        repository = open_repository(root)
        standing = disk.texts(root, (wanted.file, SCHEMA_FILE))
        taken = wanted.file if standing[wanted.file] is not None else disk.spec_of(root, wanted.name)
        if taken:
            raise click.UsageError(f"the model {wanted.name} has a spec already, which stays as it is: {taken}")
        shared = repository.shared.data if repository.shared else {}
        new = {wanted.file: first_spec.spec_text(wanted, repository.config, shared), SCHEMA_FILE: schema_text()}
        written = {path: text for path, text in new.items() if standing[path] is None}
        disk.write(root, written)
    for path in written:
        click.echo(f"wrote         {path}")
    found = _findings(repository, wanted.file)
    report(found)
    click.echo(f"\nNext:\n  pipegen explain {wanted.file}    what it brings about\n  pipegen render")
    finish(found)


def _findings(repository: Repository, file: str) -> tuple[Diagnostic, ...]:
    """What pipegen says of the new spec, alone and beside the others."""
    loaded = [load_spec(repository, path) for path in spec_paths(repository.root, ()).paths]
    across = check_repository([summary(each.source, each.spec) for each in loaded if each.spec and each.source])
    own = (found for each in loaded if each.path == file for found in each.diagnostics)
    return (*own, *(found for found in across if found.file == file))
