"""`pipegen completion`: what makes a shell complete commands, specs and targets."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion of SHELL, for its start-up file.

    \b
    Examples:
      pipegen completion bash >> ~/.bashrc
      pipegen completion zsh >> ~/.zshrc
      pipegen completion fish > ~/.config/fish/completions/pipegen.fish
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"this click knows no completion for {shell}")
    click.echo(kind(ctx.find_root().command, {}, "pipegen", "_PIPEGEN_COMPLETE").source())
