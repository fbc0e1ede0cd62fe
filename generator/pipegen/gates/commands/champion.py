"""`gate champion`: a candidate's metrics against the model that serves an environment."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from pipegen.gates.champion import Champion, Rule, champion_in, judge, numbers, unjudged
from pipegen.gates.history import add_ledger_options, empty_slips, entries_of, from_environment, given_twice, served_by
from pipegen.gates.metrics import Side, parse_bound
from pipegen.gates.reading import CannotJudgeError, JsonObject, object_in
from pipegen.gates.report import Judgement
from pipegen.ledger.entries import Entry, LedgerError
from pipegen.ledger.state import deployed

HEADING = "metric"
DESCRIPTION = "Compare a candidate's metrics with those of the model that serves an environment."
EPILOG = """\
examples:
  pipegen gate champion --file metrics.json --environment prod --higher auc --tolerance auc=0.005
  pipegen gate champion --file metrics.json --environment prod --lower latency_p95_ms --relative latency_p95_ms=0.1
  pipegen gate champion --recorded 1.4.0 --environment prod --higher auc      (a recorded version once more)
  pipegen registry show churn --alias champion-prod --json >champion.json
  pipegen gate champion --file metrics.json --champion champion.json --higher auc

The champion is what the ledger says the environment runs, with the metrics of its deployment. A candidate has to be at
least as good; a tolerance lets it be worse by so much, and exactly so much is enough. Where nothing was ever deployed,
or what ran was undone, there is no champion yet and any number passes. Numbers are compared as the decimals written.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    candidate = parser.add_mutually_exclusive_group(required=True)
    candidate.add_argument("--file", type=Path, help="the JSON file with the candidate's metrics, at most 16 MiB")
    candidate.add_argument("--recorded", metavar="VERSION", help="the candidate is this version that the ledger has")
    for option, side, words in (("--higher", Side.MIN, "more"), ("--lower", Side.MAX, "less")):
        parser.add_argument(
            option,
            action="append",
            dest="rules",
            default=[],
            type=_rule(side),
            metavar="NAME",
            help=f"compare NAME, of which {words} is better; may be repeated",
        )
    parser.add_argument(
        "--tolerance",
        action="append",
        default=[],
        type=_tolerance,
        metavar="NAME=NUMBER",
        help="NAME may be worse by NUMBER (default: 0)",
    )
    parser.add_argument(
        "--relative",
        action="append",
        default=[],
        type=_tolerance,
        metavar="NAME=PART",
        help="or by this part of the champion's value: 0.01 is one per cent",
    )
    parser.add_argument(
        "--environment",
        default=from_environment("PIPEGEN_ENVIRONMENT"),
        help="where the champion serves (default: $PIPEGEN_ENVIRONMENT)",
    )
    champion = parser.add_mutually_exclusive_group()
    champion.add_argument(
        "--champion",
        type=Path,
        metavar="FILE",
        help="take the champion's metrics from this file instead of the ledger: metrics, or what registry show prints",
    )
    champion.add_argument("--no-champion-yet", action="store_true", help="say that there is none, without the ledger")
    add_ledger_options(parser)


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    yield from empty_slips(arguments, "environment", "recorded")
    names = [rule.metric for rule in arguments.rules]
    if not names:
        yield "give at least one --higher or --lower"
    yield from given_twice("--higher or --lower", names)
    for option, given in (("--tolerance", arguments.tolerance), ("--relative", arguments.relative)):
        tolerated = [name for name, _ in given]
        yield from given_twice(option, tolerated)
        for name in tolerated:
            if name not in names:
                yield f"{option} is given for {name!r}, which is not compared: add --higher or --lower"
    if not arguments.environment:
        yield "give --environment, or set PIPEGEN_ENVIRONMENT"
    if not arguments.model and (arguments.recorded or not _is_told(arguments)):
        yield "give --model, or set PIPEGEN_MODEL"


def source(arguments: argparse.Namespace) -> str:
    candidate = arguments.file or f"version {arguments.recorded}"
    champion = arguments.champion or ("no champion yet" if arguments.no_champion_yet else "the ledger")
    return f"{candidate} against {champion}"


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """One a metric, in their order; also where nothing can be read."""
    rules = _rules(arguments)
    try:
        entries = entries_of(arguments) if arguments.recorded or not _is_told(arguments) else ()
        candidate = _recorded(entries, arguments.recorded) if arguments.recorded else object_in(arguments.file)
        champion = _told(arguments) if _is_told(arguments) else _serving(entries, arguments.environment)
    except (CannotJudgeError, LedgerError) as error:
        return tuple(unjudged(rule, str(error)) for rule in rules)
    return judge(candidate, champion, rules, arguments.environment)


def _is_told(arguments: argparse.Namespace) -> bool:
    """Whether the champion comes from the command line and not from the ledger."""
    return arguments.champion is not None or arguments.no_champion_yet


def _told(arguments: argparse.Namespace) -> Champion | None:
    if arguments.champion is None:
        return None
    return champion_in(object_in(arguments.champion), str(arguments.champion))


def _serving(entries: Sequence[Entry], environment: str) -> Champion | None:
    entry = served_by(entries, environment)
    return None if entry is None else Champion(entry.version, numbers(entry.metrics))


def _recorded(entries: Sequence[Entry], version: str) -> JsonObject:
    entry = deployed(entries, version)
    if entry is None:
        raise CannotJudgeError(f"the ledger has no deployment of version {version}")
    return numbers(entry.metrics)


def _rules(arguments: argparse.Namespace) -> tuple[Rule, ...]:
    absolute, relative = dict(arguments.tolerance), dict(arguments.relative)
    none = Decimal(0)
    return tuple(
        Rule(rule.metric, rule.side, absolute.get(rule.metric, none), relative.get(rule.metric, none))
        for rule in arguments.rules
    )


def _rule(side: Side) -> Callable[[str], Rule]:
    def named(metric: str) -> Rule:
        if not metric:
            raise argparse.ArgumentTypeError("the name of a metric is not empty")
        return Rule(metric, side)

    return named


def _tolerance(text: str) -> tuple[str, Decimal]:
    try:
        bound = parse_bound(Side.MAX, text)
    except CannotJudgeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if bound.limit < 0:
        raise argparse.ArgumentTypeError(f"{text!r}: a tolerance is not negative")
    return bound.metric, bound.limit
