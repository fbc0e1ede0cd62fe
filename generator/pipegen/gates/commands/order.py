"""`gate order`: whether the record allows that this is deployed to an environment now."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipegen.gates.history import (
    add_identity_options,
    add_ledger_options,
    empty_slips,
    entries_of,
    from_environment,
    identity_slips,
)
from pipegen.gates.order import (
    Candidate,
    find_recorded,
    judge_descent,
    judge_order,
    judge_recorded,
    judge_rollback,
)
from pipegen.gates.report import Judgement
from pipegen.gates.version_record import Identity, judge_record
from pipegen.ledger.entries import Entry

HEADING = "admission"
DESCRIPTION = "Judge by the ledger and the history whether this may be deployed to an environment now."
EPILOG = """\
examples:
  pipegen gate order --environment staging --after dev --commit "$PIPEGEN_COMMIT" --source "$source" --version 1.5.0
  pipegen gate order --environment prod --after staging --deploy-recorded --version 1.5.0
  pipegen gate order --environment prod --rollback --version 1.4.0

order:   the same sources were deployed to the environment before this one, and not undone there
descent: the commit is the one that the environment runs, or came out of it; not asked of a rollback
record:  a version to go back to, or to deploy once more, is one that was deployed
version: a version means one thing for ever: it is not recorded with other sources or artifacts
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--environment",
        default=from_environment("PIPEGEN_ENVIRONMENT"),
        help="where it is to be deployed (default: $PIPEGEN_ENVIRONMENT)",
    )
    parser.add_argument("--after", metavar="ENVIRONMENT", help="the environment that it has to have been in before")
    parser.add_argument(
        "--version",
        default=from_environment("PIPEGEN_VERSION"),
        help="its version (default: $PIPEGEN_VERSION); a model without versions gives none",
    )
    add_identity_options(parser)
    parser.add_argument(
        "--repository",
        type=Path,
        metavar="DIR",
        default=Path(),
        help="the repository that knows the history (default: the one around this folder)",
    )
    recorded = parser.add_mutually_exclusive_group()
    recorded.add_argument("--rollback", action="store_true", help="go back to a version that was recorded there")
    recorded.add_argument(
        "--deploy-recorded",
        action="store_true",
        help="deploy a recorded version once more; its commit is the recorded one",
    )
    add_ledger_options(parser)


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    yield from empty_slips(arguments, "after", "version")
    for name in ("environment", "model"):
        if not getattr(arguments, name):
            yield f"give --{name}, or set PIPEGEN_{name.upper()}"
    yield from identity_slips(arguments)
    if arguments.after == arguments.environment:
        yield f"{arguments.after!r} does not come before itself"
    if arguments.rollback or arguments.deploy_recorded:
        if not arguments.version:
            yield "give --version, or set PIPEGEN_VERSION: the recorded version that is meant"
    elif not arguments.commit:
        yield "give --commit, or set PIPEGEN_COMMIT"
    elif arguments.after and not arguments.source:
        yield "--after needs --source, the digest of the source tree"


def source(arguments: argparse.Namespace) -> str:
    return f"the ledger of {arguments.model}, for {arguments.environment}"


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """One for each of what applies: order, record, descent, version."""
    entries = entries_of(arguments)
    return (*_admission(entries, arguments), *_one_meaning(entries, arguments))


def _admission(entries: Sequence[Entry], arguments: argparse.Namespace) -> Iterator[Judgement]:
    if arguments.rollback:
        yield judge_rollback(entries, arguments.environment, arguments.version)
    elif arguments.deploy_recorded:
        yield from _once_more(entries, arguments)
    else:
        yield from _new(entries, arguments)


def _new(entries: Sequence[Entry], arguments: argparse.Namespace) -> Iterator[Judgement]:
    if arguments.after:
        yield judge_order(entries, arguments.after, arguments.source)
    candidate = Candidate(arguments.commit, arguments.version or "")
    yield judge_descent(entries, arguments.environment, candidate, arguments.repository)


def _once_more(entries: Sequence[Entry], arguments: argparse.Namespace) -> Iterator[Judgement]:
    environments = [each for each in (arguments.environment, arguments.after) if each]
    yield judge_recorded(entries, environments, arguments.version)
    entry = find_recorded(entries, environments, arguments.version)
    if entry is not None:
        candidate = Candidate(entry.commit, entry.version)
        yield judge_descent(entries, arguments.environment, candidate, arguments.repository)


def _one_meaning(entries: Sequence[Entry], arguments: argparse.Namespace) -> Iterator[Judgement]:
    if arguments.version:
        identity = Identity(arguments.commit, arguments.source, dict(arguments.artifact))
        if arguments.rollback or arguments.deploy_recorded:
            # What is recorded brings its own sources; those of the run are whatever its pipeline was started on.
            identity = Identity(artifacts=identity.artifacts)
        yield judge_record(entries, arguments.version, identity, "version")
