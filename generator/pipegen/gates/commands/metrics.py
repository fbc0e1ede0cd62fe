"""`gate metrics`: minimum and maximum for the numbers of a JSON file."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from pipegen.gates.metrics import Bound, Side, judge, parse_bound, unjudged
from pipegen.gates.reading import CannotJudgeError, object_in
from pipegen.gates.report import Judgement

HEADING = "metric"
DESCRIPTION = "Judge the numbers of a JSON file by minimum and maximum."
EPILOG = """\
examples:
  pipegen gate metrics --file metrics.json --min auc=0.8 --max latency.p95_ms=50
  pipegen gate metrics --file metrics.json --min psi=0 --max psi=0.25 --name drift --junit gate.xml --json gate.json
  python -m pipegen.gates metrics --file metrics.json --min auc=0.8      (the same, with nothing else installed)

A metric is a key of the file's root object, or a path of keys joined by dots. Meeting a bound exactly is enough;
numbers are compared as the decimals that are written, so 0.8 meets --min auc=0.8.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
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


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    if not arguments.bounds:
        yield "give at least one --min or --max"
    sides = [(bound.metric, bound.side) for bound in arguments.bounds]
    for metric, side in sides:
        if sides.count((metric, side)) > 1:
            yield f"--{side} is given more than once for {metric!r}"


def source(arguments: argparse.Namespace) -> str:
    return str(arguments.file)


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """One a bound, in their order; also where the file cannot be read."""
    try:
        return judge(object_in(arguments.file), arguments.bounds)
    except CannotJudgeError as error:
        return tuple(unjudged(bound, str(error)) for bound in arguments.bounds)


def _bound(side: Side) -> Callable[[str], Bound]:
    def parse(text: str) -> Bound:
        try:
            return parse_bound(side, text)
        except CannotJudgeError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse
