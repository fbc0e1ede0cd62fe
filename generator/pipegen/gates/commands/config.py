"""`gate config`: every environment is configured for what uses it, and for nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from pipegen.gates.config import Environment, judge_each, judge_leftovers, judge_same, judge_used
from pipegen.gates.config_files import environment_in
from pipegen.gates.config_table import judge_table
from pipegen.gates.config_use import names_in, not_mentioned
from pipegen.gates.reading import CannotJudgeError, object_in
from pipegen.gates.report import Judgement

HEADING = "configuration"
DESCRIPTION = "Judge the configuration of all environments against each other and against what is used."
EPILOG = """\
examples:
  pipegen gate config --environment dev=conf/dev.toml --environment prod=conf/prod.toml --scan src
  pipegen gate config --environment dev=dev.env --environment prod=prod.env --used names.txt --may-differ DEBUG
  pipegen gate config model-specs/churn.yaml       (what its environments define, and what its stages use)
  pipegen gate config --spec-table table.json

Files are JSON, TOML or lines of NAME=value (.env). Every environment defines the same names with values of the same
kind: an integer, a number, a boolean, a URL, text, a date, a list. No value is empty, none is left over, and no name
that ends in PASSWORD, TOKEN or SECRET has a literal text as its value; ${NAME}, vault:... and the like only say where
the secret is. Values are never shown.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        dest="environments",
        type=_named_file,
        metavar="NAME=FILE",
        help="an environment and the file that configures it; given for each",
    )
    parser.add_argument("--used", type=Path, metavar="FILE", help="the names that are used, one a line")
    parser.add_argument(
        "--scan",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="a name that stands in no text file of these folders is left over; may be repeated",
    )
    parser.add_argument(
        "--may-differ",
        action="append",
        default=[],
        metavar="NAME",
        help="a name, or a table of names, that only some environments define; may be repeated",
    )
    parser.add_argument(
        "--no-secret",
        action="append",
        default=[],
        dest="no_secrets",
        metavar="NAME",
        help="a name that only sounds like a secret, for example max_token; may be repeated",
    )
    parser.add_argument("--spec-table", type=Path, metavar="FILE", help="a spec's environments and uses, as JSON")
    parser.add_argument("--table-of", metavar="SPEC", help="the spec that the table was made from, for the reports")


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    names = [name for name, _ in arguments.environments]
    if (arguments.spec_table is None) == (not names):
        yield "give either --spec-table or --environment"
    if arguments.spec_table is not None and (arguments.used or arguments.scan or arguments.may_differ):
        yield "--used, --scan and --may-differ go with --environment"
    if len(set(names)) < len(names):
        yield "each --environment has a name of its own"
    if len(names) == 1 and not (arguments.used or arguments.scan):
        yield "one environment alone is judged by --used or --scan"
    if arguments.used and arguments.scan:
        yield "give --used or --scan, not both"


def source(arguments: argparse.Namespace) -> str:
    return str(arguments.table_of or arguments.spec_table or ", ".join(str(file) for _, file in arguments.environments))


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """Each check as a whole, and after it what is wrong."""
    if arguments.spec_table is not None:
        return _of_table(arguments.spec_table, arguments.no_secrets)
    environments = [environment_in(name, file) for name, file in arguments.environments]
    return (
        *judge_same(environments, arguments.may_differ),
        *judge_each(environments, arguments.no_secrets),
        *_of_use(environments, arguments),
    )


def _of_table(file: Path, no_secrets: list[str]) -> tuple[Judgement, ...]:
    document = object_in(file)
    try:
        return judge_table(document, no_secrets)
    except CannotJudgeError as error:
        raise CannotJudgeError(f"{file}: {error}") from error


def _of_use(environments: list[Environment], arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    if arguments.used is not None:
        return judge_used(environments, names_in(arguments.used))
    if not arguments.scan:
        return ()
    names = {name for each in environments for name in each.settings}
    own = [file for _, file in arguments.environments]
    return judge_leftovers(environments, not_mentioned(names, arguments.scan, own))


def _named_file(text: str) -> tuple[str, Path]:
    name, equals, file = text.partition("=")
    if not name or not equals or not file:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE, for example prod=conf/prod.toml")
    return name, Path(file)
