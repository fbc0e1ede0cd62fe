"""`gate version`: the smallest version that a candidate's changes allow, and whether the claimed one is enough."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pipegen.gates.champion import numbers
from pipegen.gates.history import (
    add_identity_options,
    add_ledger_options,
    digest_by_name,
    empty_slips,
    entries_of,
    given_twice,
    identity_slips,
    standing,
)
from pipegen.gates.lineage import Lineage, lineage_in, recorded_lineage
from pipegen.gates.metrics import Bound, Side, metric_value, parse_bound
from pipegen.gates.reading import CannotJudgeError, JsonObject, object_in
from pipegen.gates.report import Judgement, Verdict
from pipegen.gates.version import Change, changes, differences, gain
from pipegen.gates.version_judging import COMPARED, Before, judge_changes, judge_claim, judge_first, judge_knowledge
from pipegen.gates.version_numbers import Bump, parse_semver
from pipegen.gates.version_record import Identity, judge_record, short
from pipegen.ledger.entries import Entry

HEADING = "change"
DESCRIPTION = "Work out how far a model's changes ask its version to be raised, and refuse one that is too low."
EPILOG = """\
examples:
  pipegen gate version --lineage lineage.json --environment prod
  pipegen gate version --lineage lineage.json --anywhere --claimed 1.5.0
  pipegen gate version --lineage lineage.json --metrics metrics.json --gain auc=0.01 --environment prod --claimed 1.5.0
  pipegen gate version --lineage lineage.json --before earlier/lineage.json --claimed 2.0.0

MAJOR: inputs or outputs were added, removed, renamed or got another type; the algorithm or the code of the features is
another. MINOR: other data or another window, other parameters, a metric better by at least its gain. PATCH: anything
else. Higher than asked is allowed. Without --claimed, the version in the lineage is the one claimed; if there is none,
the gate says which is the smallest that is enough. The form of a lineage is in docs/lineage.md.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lineage", type=Path, required=True, help="the JSON file that says what it was made from")
    parser.add_argument("--claimed", metavar="VERSION", help="the version that it is to have (default: the lineage's)")
    before = parser.add_mutually_exclusive_group(required=True)
    before.add_argument("--before", type=Path, metavar="FILE", help="compare with this lineage, which has a version")
    before.add_argument("--environment", help="compare with the newest version deployed there, by the ledger")
    before.add_argument("--anywhere", action="store_true", help="compare with the newest version deployed, wherever")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=COMPARED,
        metavar="KEY",
        help=f"the model has no such thing, so the lineage need not state it: {', '.join(COMPARED)}; may be repeated",
    )
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="the candidate's metrics, for --gain")
    parser.add_argument(
        "--before-metrics", type=Path, metavar="FILE", help="with --before: the metrics of that version"
    )
    parser.add_argument(
        "--gain",
        action="append",
        default=[],
        type=_gain,
        metavar="NAME=NUMBER",
        help="NAME higher by this asks for MINOR; a negative number where lower is better; may be repeated",
    )
    add_identity_options(parser)
    add_ledger_options(parser)


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    yield from empty_slips(arguments, "environment")
    if arguments.gain and not arguments.metrics:
        yield "--gain needs --metrics"
    if arguments.gain and arguments.before and not arguments.before_metrics:
        yield "--gain with --before needs --before-metrics"
    if arguments.before_metrics and not arguments.before:
        yield "--before-metrics belongs to --before: the ledger has metrics of its own"
    if arguments.before and (arguments.artifact or arguments.source):
        yield "--artifact and --source are compared with the ledger, and --before reads none"
    yield from given_twice("--gain", [bound.metric for bound in arguments.gain])
    yield from identity_slips(arguments)
    if not arguments.before and not arguments.model:
        yield "give --model, or set PIPEGEN_MODEL"
    if not arguments.before and not arguments.commit:
        yield "give --commit, or set PIPEGEN_COMMIT"


def source(arguments: argparse.Namespace) -> str:
    before = arguments.before or f"the ledger{f', {arguments.environment}' if arguments.environment else ''}"
    return f"{arguments.lineage} against {before}"


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """What is not known, one a change, the claimed version, and whether the ledger has it as something else."""
    after = _lineage_of(arguments.lineage)
    entries = () if arguments.before else entries_of(arguments)
    before = _before_in_files(arguments) if arguments.before else _newest(entries, arguments.environment)
    claimed = after.version if arguments.claimed is None else arguments.claimed
    return (
        *_contradiction(after.version, arguments.claimed),
        *judge_knowledge(before.lineage if before else None, after, arguments.without),
        *_judged(before, after, claimed, arguments),
        *_record(entries, claimed, arguments),
    )


def _judged(
    before: Before | None, after: Lineage, claimed: str | None, arguments: argparse.Namespace
) -> tuple[Judgement, ...]:
    if before is None:
        return (judge_first(claimed),)
    found = _changes(before, after, arguments)
    return (*judge_changes(claimed, before.number, found), judge_claim(claimed, before.number, found))


def _lineage_of(file: Path) -> Lineage:
    document = object_in(file)
    try:
        return lineage_in(document)
    except CannotJudgeError as error:
        raise CannotJudgeError(f"{file}: {error}") from error


def _before_in_files(arguments: argparse.Namespace) -> Before:
    lineage = _lineage_of(arguments.before)
    number = parse_semver(lineage.version or "")
    if number is None:
        raise CannotJudgeError(f"{arguments.before}: its version is {lineage.version!r}, which is no semantic version")
    return Before(number, lineage, object_in(arguments.before_metrics) if arguments.before_metrics else {})


def _newest(entries: Sequence[Entry], environment: str | None) -> Before | None:
    """The newest deployment of a semantic version; None if there is none, so that the first may be any."""
    for entry in standing(entries, environment):
        number = parse_semver(entry.version)
        if number is not None:
            lineage = _recorded_lineage(entry)
            artifacts = digest_by_name(entry)
            return Before(number, lineage, numbers(entry.metrics), entry.commit, entry.source, artifacts)
    return None


def _recorded_lineage(entry: Entry) -> Lineage:
    name = f"version {entry.version} in {entry.environment}"
    if not entry.lineage:
        raise CannotJudgeError(f"{name} was recorded without a lineage; give its lineage with --before")
    try:
        return recorded_lineage(entry.lineage)
    except CannotJudgeError as error:
        raise CannotJudgeError(f"the recorded lineage of {name}: {error}; give its lineage with --before") from error


def _changes(before: Before, after: Lineage, arguments: argparse.Namespace) -> tuple[Change, ...]:
    artifacts = dict(arguments.artifact)
    recorded = {name: digest for name, digest in before.artifacts.items() if name in artifacts}
    sources = _sources(before, arguments)
    return (
        *changes(before.lineage, after),
        *_gains(before, arguments),
        *_shortened(differences(recorded, artifacts, Bump.PATCH, "artifact ")),
        *_shortened(differences(*sources, Bump.PATCH, "")),
    )


def _sources(before: Before, arguments: argparse.Namespace) -> tuple[dict[str, str], dict[str, str]]:
    """The digests of the source trees if both are known, else the commits; nothing for a lineage in a file."""
    if not before.commit:
        return {}, {}
    if before.source and arguments.source:
        return {"source": before.source}, {"source": arguments.source}
    return {"commit": before.commit}, {"commit": arguments.commit}


def _shortened(digests: Iterator[Change]) -> Iterator[Change]:
    """Compared with all digits, shown with as many as people read."""
    for change in digests:
        yield replace(change, before=change.before and short(change.before), after=change.after and short(change.after))


def _gains(before: Before, arguments: argparse.Namespace) -> Iterator[Change]:
    if not arguments.gain:
        return
    metrics = object_in(arguments.metrics)
    for bound in arguments.gain:
        new = _metric(metrics, bound.metric, str(arguments.metrics))
        if before.commit and bound.metric not in before.metrics:
            # Nobody can record it of a version that is out, so it counts as gained, once.
            yield Change(f"metric {bound.metric}", None, str(new), Bump.MINOR)
            continue
        old = _metric(before.metrics, bound.metric, f"version {before.number}")
        yield from gain(bound.metric, old, new, bound.limit)


def _metric(metrics: JsonObject, name: str, place: str) -> Decimal:
    try:
        return metric_value(metrics, name)
    except CannotJudgeError as error:
        raise CannotJudgeError(f"the metric {name!r} of {place}: {error}") from error


def _contradiction(stated: str | None, claimed: str | None) -> Iterator[Judgement]:
    if stated is not None and claimed is not None and stated != claimed:
        reason = f"the lineage is that of {stated}, and {claimed} is claimed; make them agree"
        yield Judgement("version in the lineage", claimed, Verdict.FAIL, stated, reason=reason)


def _record(entries: Sequence[Entry], claimed: str | None, arguments: argparse.Namespace) -> Iterator[Judgement]:
    if claimed is not None and not arguments.before:
        identity = Identity(arguments.commit, arguments.source, dict(arguments.artifact))
        yield judge_record(entries, claimed, identity, "record")


def _gain(text: str) -> Bound:
    try:
        bound = parse_bound(Side.MIN, text)
    except CannotJudgeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not bound.limit:
        raise argparse.ArgumentTypeError(f"{text!r}: a gain of nothing is none")
    return bound
