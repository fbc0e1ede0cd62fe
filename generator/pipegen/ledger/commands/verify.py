"""`pipegen ledger verify`: find whatever was changed, removed or reordered."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipegen.ledger.entries import LedgerError
from pipegen.ledger.files import Files
from pipegen.ledger.names import checked_name
from pipegen.ledger.output import say
from pipegen.ledger.places import FolderPlace, GitPlace, add_place_options, place_of
from pipegen.ledger.reading import files_of
from pipegen.ledger.tables import table_in_text
from pipegen.ledger.verifying import Report, rewritten, unexpected, verified
from pipegen.printing import printable

DESCRIPTION = """\
Find whatever differs from what `pipegen ledger add` wrote: any byte of any file, an entry removed, reordered or copied.
Somebody who writes all entries and heads anew is found by --expect with a digest that was noted elsewhere, and by
--history as long as the branch was not pushed with force."""
EXAMPLES = """\
  pipegen ledger verify
  pipegen ledger verify churn --history
  pipegen ledger verify --expect sha256:7d0c... --remote https://git.example/models.git
"""
_MOST_SHOWN = 50


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", metavar="MODEL", help="one model alone")
    parser.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="DIGEST",
        help="the digest of an entry that must be there; may be repeated",
    )
    parser.add_argument("--history", action="store_true", help="every commit of the branch may only have added lines")
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    place = place_of(arguments)
    model = checked_name("model", arguments.model) if arguments.model else None
    if arguments.history and isinstance(place, FolderPlace):
        raise LedgerError("a folder has no history; --history is for a branch")
    files, rewritings = (
        _with_history(place) if arguments.history and isinstance(place, GitPlace) else (files_of(place), [])
    )
    if not files and not rewritings:
        raise LedgerError("there is no ledger here yet; `pipegen ledger add` makes it")
    report = verified(files, model)
    if model and not report.chains and not report.findings:
        raise LedgerError(f"the ledger has no model {model}")
    findings = [*report.findings, *rewritings, *unexpected(report.chains, arguments.expect)]
    say(_told(report, findings))
    return 1 if findings else 0


def _with_history(place: GitPlace) -> tuple[Files, list[str]]:
    from pipegen.ledger.git_place import opened  # noqa: PLC0415  (a ledger in a folder needs no git)

    with opened(place) as branch:
        if not branch.tip:
            return {}, []
        files = branch.files()
        findings = list(rewritten(branch.history(), files))
        merges = [f"commit {commit[:12]} merges another history into the branch" for commit in branch.merges()]
        return files, [*findings, *merges]


def _told(report: Report, findings: list[str]) -> Iterator[str]:
    entries = sum(len(chain.entries) for chain in report.chains.values())
    outcome = f"not as it was written; findings: {len(findings)}" if findings else "verified"
    yield f"{outcome}; models: {len(report.chains)}, entries: {entries}"
    yield from (f"finding: {printable(finding)}" for finding in findings[:_MOST_SHOWN])
    if len(findings) > _MOST_SHOWN:
        yield f"... and {len(findings) - _MOST_SHOWN} more"
    rows = [
        (model, str(len(chain.entries)), chain.entries[-1].digest)
        for model, chain in report.chains.items()
        if chain.entries
    ]
    if rows and not findings:
        yield ""
        yield from table_in_text(("model", "entries", "digest of the last, for --expect"), rows)
