"""The registry's command line: one command, its lines, an exit code, and how to go on if it was stopped."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import NoReturn, Protocol, cast

from pipegen.ledger.entries import LedgerError
from pipegen.ledger.output import say, warn
from pipegen.printing import printable
from pipegen.registry.addresses import address
from pipegen.registry.errors import RegistryError, StoppedError

_CANNOT = RegistryError.exit_code

_EXITS = """\
exit codes:
  0  done, or it was so already
  1  refused or found: other content under the same name, nothing there, the ledger says otherwise
  2  cannot: wrong usage, unreadable input, or a registry or ledger that does not answer
"""

COMMANDS: Mapping[str, str] = {
    "register": "register a version with its files, metrics and lineage",
    "promote": "let a version be the champion of an environment",
    "rollback": "let an earlier version be the champion again",
    "restore": "let the champion be what the ledger says that runs",
    "check": "compare the champions with the ledger",
    "show": "the versions and their aliases",
    "history": "what was the champion of which environment, and when",
    "download": "get the files of a version",
    "keep": "keep a file under a key, for another branch",
    "fetch": "get a file that was kept under a key",
}
"""Each command is the module of that name in `pipegen.registry.commands`, imported only when it is asked for."""

RESUMABLE = ("register", "promote", "rollback", "restore", "keep")
"""Commands that change something, and that find what is left to do when they are run again."""


class Command(Protocol):
    """A module of `pipegen.registry.commands`."""

    @property
    def DESCRIPTION(self) -> str: ...  # noqa: N802
    @property
    def EPILOG(self) -> str: ...  # noqa: N802
    def add_options(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, arguments: argparse.Namespace) -> Iterator[str]:
        """Do it and yield what was done; raises RegistryError or LedgerError."""


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one printable line."""

    def error(self, message: str) -> NoReturn:
        self.exit(_CANNOT, f"{self.format_usage()}{self.prog}: {printable(message)}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (default: the program's own arguments) names; the exit code, never an exception."""
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        name = _named(given)
        command = cast("Command", import_module(f"pipegen.registry.commands.{name}"))
        arguments = _parser(name, command).parse_args(given[1:])
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        for line in command.run(arguments):
            say([line if getattr(arguments, "json", False) else printable(line)])
    except (RegistryError, LedgerError) as error:
        warn(f"pipegen registry {name}: {printable(str(error))}")
        if name in RESUMABLE and isinstance(error, StoppedError):
            warn(f"nothing is lost; to go on, run it again:\n  {_as_given(given)}")
        return error.exit_code
    except KeyboardInterrupt:
        warn(f"pipegen registry {name}: interrupted; to go on, run it again:\n  {_as_given(given)}")
        return _CANNOT
    return 0


def _as_given(given: Sequence[str]) -> str:
    words = " ".join(shlex.quote(printable(address(word))) for word in given)
    return f"pipegen registry {words}"


def _named(given: Sequence[str]) -> str:
    """The command that the first argument names; the list of commands for anything else."""
    parser = _Parser(
        prog="pipegen registry",
        description="Versions of a model in a registry: register, promote, roll back, show.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    listed = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, words in COMMANDS.items():
        listed.add_parser(name, help=words, add_help=False)
    return str(parser.parse_args(given[:1]).command)


def _parser(name: str, command: Command) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"pipegen registry {name}",
        description=command.DESCRIPTION,
        epilog=f"{command.EPILOG}\n{_EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
