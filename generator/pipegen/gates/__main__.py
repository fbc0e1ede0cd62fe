"""The gates' command line: reads files, judges, prints a table, writes reports, answers with an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from pipegen.gates.metrics import (
    LARGEST_FILE,
    Bound,
    CannotJudgeError,
    Side,
    judge,
    parse_bound,
    parse_metrics,
    unjudged,
)
from pipegen.gates.report import (
    EXIT_CODES,
    GateResult,
    Judgement,
    Verdict,
    as_json,
    as_junit,
    as_markdown,
    as_text,
    printable,
)

_CANNOT_JUDGE = EXIT_CODES[Verdict.CANNOT_JUDGE]

_EXITS = """\
exit codes:
  0  every bound is met
  1  at least one bound is not met
  2  cannot judge: a metric or the file is missing or unusable, a report could not be written, or wrong usage;
     outweighs 1, because missing input is never a pass and half a judgement is none
"""

_METRICS_HELP = f"""\
examples:
  pipegen gate metrics --file metrics.json --min auc=0.8 --max latency.p95_ms=50
  pipegen gate metrics --file metrics.json --min psi=0 --max psi=0.25 --name drift --junit gate.xml --json gate.json
  python -m pipegen.gates metrics --file metrics.json --min auc=0.8      (the same, with nothing else installed)

A metric is a key of the file's root object, or a path of keys joined by dots. Meeting a bound exactly is enough;
numbers are compared as the decimals that are written, so 0.8 meets --min auc=0.8.

{_EXITS}"""


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one printable line, with the exit code of a gate that cannot judge."""

    def error(self, message: str) -> NoReturn:
        self.exit(_CANNOT_JUDGE, f"{self.format_usage()}{self.prog}: {printable(message)}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the gate that `argv` (default: the program's own arguments) names; the exit code, never an exception."""
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
        _refuse_slips(parser, arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    result = GateResult("metrics", arguments.name, "metric", str(arguments.file), _judgements(arguments))
    # Reports come first, so that they are there even when nobody reads the output to its end.
    unwritten = list(_write_reports(result, arguments))
    shown = _show(as_text(result), sys.stdout), _show("".join(unwritten), sys.stderr)
    return EXIT_CODES[result.verdict] if all(shown) and not unwritten else _CANNOT_JUDGE


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="pipegen gate",
        description="Judge a model by data.",
        epilog=_EXITS,
        formatter_class=layout,
        allow_abbrev=False,
    )
    gates = parser.add_subparsers(title="gates", metavar="GATE", required=True)
    metrics = gates.add_parser(
        "metrics",
        help="minimum and maximum for the numbers of a JSON file",
        description="Judge the numbers of a JSON file by minimum and maximum.",
        epilog=_METRICS_HELP,
        formatter_class=layout,
        allow_abbrev=False,
    )
    _add_metrics_options(metrics)
    _add_report_options(metrics)
    return parser


def _add_metrics_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, required=True, help="the JSON file with the metrics, at most 16 MiB")
    for side, words in ((Side.MIN, "at least"), (Side.MAX, "at most")):
        parser.add_argument(
            f"--{side}",
            action="append",
            dest="bounds",
            default=[],
            type=_bound(side),
            metavar="NAME=VALUE",
            help=f"NAME is {words} VALUE; may be repeated",
        )


def _add_report_options(parser: argparse.ArgumentParser) -> None:
    summary = os.environ.get("PIPEGEN_SUMMARY")
    parser.add_argument("--name", default="metrics", help="the gate's name in the reports (default: metrics)")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML, one test case a bound")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write JSON for programs")
    parser.add_argument(
        "--summary",
        type=Path,
        metavar="FILE",
        default=Path(summary) if summary else None,
        help="append Markdown (default: the file that PIPEGEN_SUMMARY names, if it is set)",
    )


def _bound(side: Side) -> Callable[[str], Bound]:
    def parse(text: str) -> Bound:
        try:
            return parse_bound(side, text)
        except CannotJudgeError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


def _refuse_slips(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """What is given twice is a slip of the pen: one of the two would be lost or never looked at."""
    if not arguments.bounds:
        parser.error("give at least one --min or --max")
    sides = [(bound.metric, bound.side) for bound in arguments.bounds]
    for metric, side in sides:
        if sides.count((metric, side)) > 1:
            parser.error(f"--{side} is given more than once for {metric!r}")
    named = [path for path in (arguments.file, arguments.junit, arguments.json, arguments.summary) if path]
    if len(set(named)) < len(named):
        parser.error("--file, --junit, --json and --summary must name different files")


def _judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    try:
        return judge(parse_metrics(_content(arguments.file)), arguments.bounds)
    except CannotJudgeError as error:
        return tuple(unjudged(bound, f"{arguments.file}: {error}") for bound in arguments.bounds)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CannotJudgeError(error.strerror or "cannot be read") from error
    except ValueError as error:
        raise CannotJudgeError(f"not the name of a file: {error}") from error


def _write_reports(result: GateResult, arguments: argparse.Namespace) -> Iterator[str]:
    """Write every report that is asked for, and yield a line for each that could not be written."""
    reports = (
        (arguments.junit, as_junit, _replace),
        (arguments.json, as_json, _replace),
        (arguments.summary, as_markdown, _append),
    )
    for path, form, write in reports:
        if path is None:
            continue
        try:
            write(path, form(result))
        except (OSError, ValueError) as error:
            yield printable(f"{path}: the report could not be written: {error}") + "\n"


def _replace(path: Path, text: str) -> None:
    """Put `text` at `path` as a whole or not at all."""
    if path.exists() and not path.is_file():
        # A pipe or a device is written to: replacing it would take it away from everybody.
        path.write_text(text, "utf-8")
        return
    whole = Path(os.path.realpath(path))
    whole.parent.mkdir(parents=True, exist_ok=True)
    part = whole.with_name(f".{whole.name}.{os.getpid()}.part")
    try:
        part.write_text(text, "utf-8", newline="\n")
        part.replace(whole)
    finally:
        part.unlink(missing_ok=True)


def _append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def _show(text: str, stream: TextIO | None) -> bool:
    """Print `text` with what the stream cannot encode escaped; whether it got through. A closed stream wants none."""
    if stream is None:
        return True
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError:
        # Python flushes once more at its end, and a second failure there would exit with a code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
