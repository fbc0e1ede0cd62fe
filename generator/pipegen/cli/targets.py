"""`pipegen targets`: the CI systems that there are."""

from __future__ import annotations

import click

from pipegen.targets import TARGETS


@click.command("targets")
def command() -> None:
    """List the CI systems that pipegen writes for, and where their files go."""
    for name, target in sorted(TARGETS.items()):
        click.echo(f"{name:<10}{target.TITLE:<24}{', '.join(target.FOLDERS)}/")
