"""`pipegen init`: take up pipegen in a git repository."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from pipegen import __version__
from pipegen import config as configuration
from pipegen.cli.console import FINDINGS, TargetName, refusals_reported
from pipegen.config import CONFIG_FILE, HOSTS, Config, Host
from pipegen.diagnostics import Refused
from pipegen.onboarding import adoption, detection, disk, pins
from pipegen.onboarding.git import toplevel
from pipegen.target_names import BUILT_IN, is_known


@click.command("init")
@click.option("--host", type=click.Choice(HOSTS), help="Where merges are approved; detected from the remote.")
@click.option("--default-branch", metavar="NAME", help="Detected from the remote, else the current branch.")
@click.option("--target", "-t", "targets", multiple=True, type=TargetName(all_allowed=False), help="Can be repeated.")
@click.option("--pipegen-version", metavar="VERSION", help="The version that pipelines install; by default this one.")
@click.option("--sha256", metavar="DIGEST", help="The SHA-256 of its wheel.")
@click.option("--index", metavar="URL", help="The package index that has it.")
@click.option("--wheel", metavar="FILE|URL", help="The wheel itself: a file of the repository, or an https address.")
@click.option("--hooks-from", metavar="URL", help="The git repository that pre-commit gets the hook from.")
@click.option("--no-hook", is_flag=True, help="Leave .pre-commit-config.yaml alone.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: what is not said is detected.")
def command(
    host: Host | None,
    default_branch: str | None,
    targets: tuple[str, ...],
    pipegen_version: str | None,
    sha256: str | None,
    index: str | None,
    wheel: str | None,
    hooks_from: str | None,
    no_hook: bool,  # noqa: FBT001  (click's form)
    yes: bool,  # noqa: FBT001
) -> None:
    """Take up pipegen in this git repository: its configuration, the schema for editors, a hook, attributes.

    Files that exist stay as they are; only lines that are missing are added to .pre-commit-config.yaml and
    .gitattributes.

    \b
    Examples:
      pipegen init
      pipegen init --yes --host github --target github --target azure
      pipegen init --yes --wheel vendor/mlops_pipegen-0.1.0-py3-none-any.whl
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    root = toplevel(Path.cwd())
    if root is None:
        raise click.UsageError("this is not a git repository: run `git init` first, or change into one")
    said = pins.Said(__version__, pipegen_version, sha256, index, wheel)
    asking = not yes and sys.stdin.isatty() and sys.stdout.isatty()
    if (root / CONFIG_FILE).exists():
        _refuse_answers(host, default_branch, targets, said)
        config = _present(root)
    else:
        config = _asked(root, host, default_branch, targets, asking=asking)
        config = replace(config, pin=_pin(root, _asked_pin(said) if asking and said.nothing else said))
    _adopt(root, adoption.Adoption(config, said.running, not no_hook, hooks_from))


def _refuse_answers(host: str | None, branch: str | None, targets: tuple[str, ...], said: pins.Said) -> None:
    if host or branch or targets or not said.nothing:
        raise click.UsageError(f"{CONFIG_FILE} is there already and stays as it is: change it there")


def _present(root: Path) -> Config:
    with refusals_reported():
        text = disk.texts(root, [CONFIG_FILE])[CONFIG_FILE]
        return configuration.read(text or "", CONFIG_FILE)


def _asked(root: Path, host: Host | None, branch: str | None, targets: tuple[str, ...], *, asking: bool) -> Config:
    host = host or _host(detection.detected_host(root), asking=asking)
    branch = branch or _answer("Default branch", detection.detected_branch(root), asking=asking)
    if not targets:
        found = " ".join(detection.detected_targets(root, host))
        answer = _answer(f"CI systems, out of {', '.join(BUILT_IN)}", found, asking=asking, check=_target_names)
        targets = tuple(answer.split())
    return Config(host, branch, tuple(dict.fromkeys(targets)))


def _host(found: Host | None, *, asking: bool) -> Host:
    if asking:
        kind = click.Choice(HOSTS)
        return click.prompt("Host of the repository, where merges are approved", found, type=kind)
    if found is None:
        raise click.UsageError(f"the remote does not say who hosts this repository: give --host {'|'.join(HOSTS)}")
    return found


def _answer(question: str, default: str, *, asking: bool, check: Callable[[str], str] = str) -> str:
    return str(click.prompt(question, default, value_proc=check)) if asking else default


def _target_names(answer: str) -> str:
    names = answer.replace(",", " ").split()
    unknown = [name for name in names if not is_known(name)]
    if unknown or not names:
        raise click.UsageError(f"{' '.join(unknown) or 'nothing'} is not among {', '.join(BUILT_IN)}")
    return " ".join(names)


def _asked_pin(said: pins.Said) -> pins.Said:
    click.echo("Gates are judged by pipegen, which pipelines install from one exact wheel. Empty: decide later.")
    place = str(
        click.prompt("Wheel (a file of this repository or an https address), or package index", "", show_default=False)
    )
    if not place:
        return said
    if place.startswith("https://") and not place.endswith(".whl"):
        version = str(click.prompt("Version", said.running))
        return replace(said, index=place, version=version, sha256=str(click.prompt("SHA-256 of its wheel")))
    sha256 = str(click.prompt("SHA-256 of the wheel")) if place.startswith("https://") else None
    return replace(said, wheel=place, sha256=sha256)


def _pin(root: Path, said: pins.Said) -> configuration.Pin | None:
    wheel = pins.from_root(root, Path.cwd().resolve(), said.wheel) if said.wheel else None
    try:
        return pins.pin(root, replace(said, wheel=wheel))
    except pins.Unpinned as error:
        raise click.UsageError(str(error)) from None


def _adopt(root: Path, wanted: adoption.Adoption) -> None:
    try:
        configuration.read(adoption.config_text(wanted), CONFIG_FILE)
    except Refused as refused:
        raise click.UsageError("; ".join(f"{each.message}: {each.hint}" for each in refused.diagnostics)) from None
    with refusals_reported():
        steps = tuple(adoption.steps(wanted, disk.texts(root, adoption.files_to_read(wanted))))
        disk.write(root, {step.path: step.text for step in steps if step.text is not None})
    for step in steps:
        click.echo(f"{step.verb:<14}{step.path}" + (f": {step.remedy}" if step.remedy else ""))
    _say_what_is_next(wanted)
    if any(step.verb == "left alone" for step in steps):
        sys.exit(FINDINGS)


def _say_what_is_next(wanted: adoption.Adoption) -> None:
    click.echo("\nNext:")
    if wanted.hook:
        click.echo("  pre-commit install      runs the hook before each commit of this clone")
    click.echo("  pipegen new NAME        writes the spec of a model")
