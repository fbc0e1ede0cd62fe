"""The ledger's command line: finds the command, runs it, answers with an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn, Protocol

from pipegen.ledger.entries import LedgerError
from pipegen.ledger.output import warn
from pipegen.printing import printable

_COMMANDS = {
    "add": "record a deployment, rollback, restore, archive or experiment",
    "at": "what ran at a moment",
    "card": "the card of a model",
    "diff": "what differs between two versions",
    "overview": "all models and what runs where",
    "recover": "mend a folder after a writer was stopped",
    "show": "what runs, who approved it, how to go back; or all of a version",
    "verify": "find whatever was changed, removed or reordered",
}
_EXITS = """\
exit codes:
  0  done
  1  a finding: the ledger is not as it was written
  2  cannot: wrong usage, input that is missing or unusable, a ledger that is out of reach or not there
"""


class Command(Protocol):
    """A module of `pipegen.ledger.commands`."""

    @property
    def DESCRIPTION(self) -> str: ...  # noqa: N802  (a constant of the module)

    @property
    def EXAMPLES(self) -> str: ...  # noqa: N802

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one printable line."""

    def error(self, message: str) -> NoReturn:
        self.exit(LedgerError.exit_code, f"{self.format_usage()}{self.prog}: {printable(message)}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (default: the program's own arguments) names; the exit code, never an exception."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if not words or words[0] not in _COMMANDS:
            _overall().parse_args(words)
        return _run(words[0], words[1:])
    except SystemExit as stop:
        return int(stop.code or 0)
    except LedgerError as error:
        warn(f"pipegen ledger: {printable(str(error))}")
        return error.exit_code
    except KeyboardInterrupt:
        warn("pipegen ledger: interrupted")
        return LedgerError.exit_code


def _run(name: str, words: Sequence[str]) -> int:
    command: Command = import_module(f"pipegen.ledger.commands.{name}")
    parser = _Parser(
        prog=f"pipegen ledger {name}",
        description=command.DESCRIPTION,
        epilog=f"examples:\n{command.EXAMPLES}\n{_EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_options(parser)
    return command.run(parser.parse_args(words))


def _overall() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="pipegen ledger",
        description="What happened to which model version: append-only, verifiable, kept in git.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, words in _COMMANDS.items():
        commands.add_parser(name, help=words)
    return parser


if __name__ == "__main__":
    sys.exit(main())
