"""`gate reproducible`: the same training gives the same model, by its bytes or by its metrics."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path

from pipegen.gates.reading import CannotJudgeError, object_in
from pipegen.gates.report import Judgement, Verdict
from pipegen.gates.reproducible import (
    Tolerance,
    digests,
    judge_metrics,
    other_contents,
    parse_tolerance,
    same_contents,
)

HEADING = "result"
DESCRIPTION = "Judge whether two trainings gave the same: the same bytes, or metrics within a tolerance."
EPILOG = """\
examples:
  pipegen gate reproducible --run 'python train.py --rows 1000 --out "$PIPEGEN_OUT"'
  pipegen gate reproducible --run 'python train.py --rows 1000 --out "$PIPEGEN_OUT"' \\
    --metrics metrics.json --tolerance auc=0.001 --relative loss=0.01
  pipegen gate reproducible --first run-1/model.pkl --second run-2/model.pkl

The command is a bash script; it runs twice, each time with PIPEGEN_OUT naming an empty folder, and may write nothing
that counts elsewhere. Names and contents are compared, not times or permissions. If they are the same the gate passes.
If they differ and tolerances are given, the metrics decide, and the gate says that the bytes differ.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--first", type=Path, metavar="PATH", help="the file or folder that one training gave")
    parser.add_argument("--second", type=Path, metavar="PATH", help="what the other training gave")
    parser.add_argument("--run", metavar="COMMAND", help="run this training twice instead")
    parser.add_argument(
        "--timeout", type=_seconds, default=3600.0, metavar="SECONDS", help="for one run (default: %(default)g)"
    )
    parser.add_argument(
        "--metrics", metavar="NAME", help="the JSON file with metrics in both folders; two files are metrics themselves"
    )
    for name, words in (("tolerance", "differ by NUMBER"), ("relative", "differ by NUMBER times its larger size")):
        parser.add_argument(
            f"--{name}",
            action="append",
            dest="tolerances",
            default=[],
            type=_tolerance(relative=name == "relative"),
            metavar="METRIC=NUMBER",
            help=f"METRIC may {words}; may be repeated",
        )


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    if (arguments.first is None) != (arguments.second is None):
        yield "--first goes with --second"
    if (arguments.run is None) == (arguments.first is None):
        yield "give either --run, or --first and --second"
    if arguments.metrics is not None and not arguments.tolerances:
        yield "--metrics goes with --tolerance or --relative"
    metrics = [each.metric for each in arguments.tolerances]
    for metric in dict.fromkeys(metrics):
        if metrics.count(metric) > 1:
            yield f"more than one tolerance is given for {metric!r}"


def source(arguments: argparse.Namespace) -> str:
    return str(arguments.run or f"{arguments.first} and {arguments.second}")


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """The contents, then each tolerance if the contents differ."""
    if arguments.run is None:
        return _compared(arguments.first, arguments.second, arguments)
    from pipegen.gates.reproducible_runs import run_twice  # noqa: PLC0415  (only who runs a training pays for it)

    with run_twice(arguments.run, arguments.timeout) as (first, second):
        return _compared(first, second, arguments)


def _compared(first: Path, second: Path, arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    before, after = digests(first), digests(second)
    _refuse_other_kinds(first, second)
    contents = same_contents(before, after)
    if contents.verdict is Verdict.PASS or not arguments.tolerances:
        return (contents,)
    one, other = (object_in(_metrics(path, arguments.metrics)) for path in (first, second))
    return (other_contents(before, after), *judge_metrics(one, other, arguments.tolerances))


def _refuse_other_kinds(first: Path, second: Path) -> None:
    """A thing is always the same as itself, and a file never the same as a folder: neither says anything."""
    if first.samefile(second):
        raise CannotJudgeError(f"{first} and {second} are one and the same")
    if first.is_dir() != second.is_dir():
        raise CannotJudgeError(f"of {first} and {second} one is a file and the other a folder")


def _metrics(path: Path, name: str | None) -> Path:
    if not path.is_dir():
        return path
    if name is None:
        raise CannotJudgeError("the contents differ, and --metrics does not say which file holds the metrics")
    return path / name


def _tolerance(*, relative: bool) -> Callable[[str], Tolerance]:
    def parse(text: str) -> Tolerance:
        try:
            return parse_tolerance(text, relative=relative)
        except CannotJudgeError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
