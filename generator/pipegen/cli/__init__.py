"""The command line: parse, call, report, exit."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from pipegen import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "completion": "Print what makes a shell complete commands, specs and targets.",
    "eject": "Hand the pipelines of a model over to people.",
    "explain": "What a spec brings about: events, jobs, approvals, capabilities, settings.",
    "gate": "Judge a model by data; this is what pipelines call.",
    "ledger": "Record what happened to which model version, verify it and ask about it.",
    "models": "List the models, or those that a change concerns.",
    "init": "Take up pipegen in a git repository.",
    "new": "Write the spec of a model.",
    "registry": "Register, promote and show versions of a model; this is what pipelines call.",
    "render": "Write the pipelines of specs, or check that they are up to date.",
    "simulate": "What a run would do, before anything is pushed.",
    "schema": "Print the JSON schema of model specs, or of pipegen.toml.",
    "targets": "List the CI systems that pipegen writes for.",
    "validate": "Say what is wrong with specs.",
}


class _Commands(click.Group):
    """Commands that are imported when they are used, because a pre-commit hook pays for every import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"pipegen.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415  (only a wrong word pays for it)

            near = get_close_matches(args[0], _COMMANDS, 1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by the table, so that a shell waits for no import, and the options of the group."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  (only a shell asks)

        names = (name for name in sorted(_COMMANDS) if name.startswith(incomplete))
        found = [CompletionItem(name, help=_COMMANDS[name]) for name in names]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


def _version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001  (click's form)
    if asked:
        click.echo(f"pipegen {__version__}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def main() -> None:
    """One model spec, the same governed ML delivery pipeline on every CI system.

    \b
    Examples:
      pipegen validate                                   all specs of model-specs/
      pipegen render --target azure                      write the pipelines for Azure DevOps
      pipegen render --check                             refuse files that differ from their specs
      pipegen explain model-specs/churn-prediction.yaml  what happens when, and who is asked

    \b
    Exit codes: 0 clean, 1 findings, 2 wrong usage.
    """  # noqa: D301  (click reads a backspace as: keep these lines)
