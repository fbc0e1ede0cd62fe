"""The gates' command line: reads files, judges, prints a table, writes reports, answers with an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn, Protocol, cast

from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.report import EXIT_CODES, GateResult, Judgement, Verdict, as_text
from pipegen.gates.writing import write_reports
from pipegen.printing import printable, show

_CANNOT_JUDGE = EXIT_CODES[Verdict.CANNOT_JUDGE]

_EXITS = """\
exit codes:
  0  everything that was asked for holds
  1  at least one thing does not hold
  2  cannot judge: input is missing or unusable, a report could not be written, or wrong usage; outweighs 1, because
     missing input is never a pass and half a judgement is none
"""


class Gate(Protocol):
    """A module of `pipegen.gates.commands`: what it reads, and what it makes of it."""

    @property
    def HEADING(self) -> str: ...  # noqa: N802
    @property
    def DESCRIPTION(self) -> str: ...  # noqa: N802
    @property
    def EPILOG(self) -> str: ...  # noqa: N802
    def add_options(self, parser: argparse.ArgumentParser) -> None: ...
    def slips(self, arguments: argparse.Namespace) -> Iterator[str]:
        """What is wrong with the usage, beyond what the parser can say."""

    def source(self, arguments: argparse.Namespace) -> str:
        """What it reads, for the reports."""

    def judgements(self, arguments: argparse.Namespace) -> tuple[Judgement, ...]:
        """May raise CannotJudgeError: then nothing could be judged at all."""


GATES: Mapping[str, str] = {
    "metrics": "minimum and maximum for the numbers of a JSON file",
    "champion": "a candidate's metrics against the model that serves an environment",
    "order": "whether the ledger and the history allow a deployment now",
    "version": "how far the changes of a model ask its version to be raised",
    "config": "the configuration of all environments, and what uses it",
    "dependencies": "a lock with hashes, what is declared, and what is installed",
    "artifact": "a file by its digest, and a folder by the sums of its files",
    "reproducible": "two trainings give the same bytes, or metrics within a tolerance",
    "latency": "how fast, how rightly and in how much memory a server answers",
}
"""Each gate is the module of that name in `pipegen.gates.commands`, imported only when it is asked for."""


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one printable line, with the exit code of a gate that cannot judge."""

    def error(self, message: str) -> NoReturn:
        self.exit(_CANNOT_JUDGE, f"{self.format_usage()}{self.prog}: {printable(message)}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the gate that `argv` (default: the program's own arguments) names; the exit code, never an exception."""
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        name = _named(given)
        gate = cast("Gate", import_module(f"pipegen.gates.commands.{name}"))
        parser = _parser(name, gate)
        arguments = parser.parse_args(given[1:])
        _refuse_slips(parser, gate, arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    result = GateResult(name, arguments.name, gate.HEADING, gate.source(arguments), _judgements(gate, arguments))
    # Reports come first, so that they are there even when nobody reads the output to its end.
    unwritten = list(write_reports(result, arguments))
    shown = show(as_text(result), sys.stdout), show("".join(unwritten), sys.stderr)
    return EXIT_CODES[result.verdict] if all(shown) and not unwritten else _CANNOT_JUDGE


def _named(given: Sequence[str]) -> str:
    """The gate that the first argument names; the list of gates for anything else."""
    parser = _Parser(
        prog="pipegen gate",
        description="Judge a model by data.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    listed = parser.add_subparsers(title="gates", metavar="GATE", dest="gate", required=True)
    for name, words in GATES.items():
        listed.add_parser(name, help=words, add_help=False)
    return str(parser.parse_args(given[:1]).gate)


def _parser(name: str, gate: Gate) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"pipegen gate {name}",
        description=gate.DESCRIPTION,
        epilog=f"{gate.EPILOG}\n{_EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    gate.add_options(parser)
    _add_report_options(parser, name)
    return parser


def _add_report_options(parser: argparse.ArgumentParser, name: str) -> None:
    summary = os.environ.get("PIPEGEN_SUMMARY")
    parser.add_argument("--name", default=name, help="the gate's name in the reports (default: %(default)s)")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML, one test case a judgement")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write JSON for programs")
    parser.add_argument(
        "--summary",
        type=Path,
        metavar="FILE",
        default=Path(summary) if summary else None,
        help="append Markdown (default: the file that PIPEGEN_SUMMARY names, if it is set)",
    )


def _refuse_slips(parser: argparse.ArgumentParser, gate: Gate, arguments: argparse.Namespace) -> None:
    """What is given twice is a slip of the pen: one of the two would be lost or never looked at."""
    for slip in gate.slips(arguments):
        parser.error(slip)
    named = [path for path in vars(arguments).values() if isinstance(path, Path)]
    if len(set(named)) < len(named):
        parser.error("options that name files must name different files")


def _judgements(gate: Gate, arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    try:
        return gate.judgements(arguments)
    except CannotJudgeError as error:
        return (Judgement(arguments.name, "can be judged", Verdict.CANNOT_JUDGE, reason=str(error)),)


if __name__ == "__main__":
    sys.exit(main())
