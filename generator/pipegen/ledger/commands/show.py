"""`pipegen ledger show`: what runs, who approved it and how to go back; or all of a version."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping

from pipegen.ledger.canonical import parsed
from pipegen.ledger.commands.asking import Entries, all_or_refuse
from pipegen.ledger.entries import Entry, LedgerError, line_of
from pipegen.ledger.facts import EVENTS, METRICS, RUNS, events, facts, metrics, of_version, runs, telling, way_back
from pipegen.ledger.names import checked_name
from pipegen.ledger.output import say, say_json
from pipegen.ledger.places import add_place_options, place_of
from pipegen.ledger.state import environments_of, state_of
from pipegen.ledger.tables import Row, table_in_text
from pipegen.printing import printable

DESCRIPTION = """\
Which version runs in each environment, since when, who approved it, from which commit, and how to go back; then the
latest entries. With --version all that is known about one version."""
EXAMPLES = """\
  pipegen ledger show
  pipegen ledger show churn --environment prod
  pipegen ledger show churn --version 1.4.0
  pipegen ledger show churn --json
"""
_LATEST = 10


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", metavar="MODEL", help="one model alone")
    parser.add_argument("--environment", metavar="ENVIRONMENT", help="one environment alone")
    parser.add_argument("--version", metavar="VERSION", help="all of this version; needs MODEL")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.version and not arguments.model:
        raise LedgerError("--version needs MODEL: versions are counted for each model")
    if arguments.environment:
        checked_name("environment", arguments.environment)
    found = all_or_refuse(place_of(arguments), arguments.model)
    here = {model: _in_environment(entries, arguments.environment) for model, entries in found.items()}
    if arguments.environment and not any(here.values()):
        raise LedgerError(f"nothing is recorded in {arguments.environment}")
    if arguments.version:
        _say_version(arguments.model, here[arguments.model], arguments.version, as_json=arguments.json)
    elif arguments.json:
        say_json(json.dumps({"models": {model: _document(entries) for model, entries in here.items()}}, indent=2))
    else:
        say(_overall(here))
    return 0


def _in_environment(entries: Entries, environment: str | None) -> Entries:
    return tuple(entry for entry in entries if environment in (None, entry.environment))


def _overall(found: Mapping[str, Entries]) -> Iterator[str]:
    rows: list[Row] = [(model, *row) for model, entries in found.items() for row in runs(entries)]
    if rows:
        yield from table_in_text(("model", *RUNS), rows)
        yield ""
    latest = sorted((entry for entries in found.values() for entry in entries), key=lambda entry: entry.time)[-_LATEST:]
    latest.reverse()
    yield "latest entries"
    told = [(entry.model, *row) for entry, row in zip(latest, events(latest), strict=True)]
    yield from table_in_text(("model", *EVENTS), told, indent="  ")


def _say_version(model: str, entries: Entries, version: str, *, as_json: bool) -> None:
    found = of_version(entries, version)
    if not found:
        known = dict.fromkeys(entry.version for entry in reversed(entries) if entry.kind == "deployment")
        raise LedgerError(f"{model} has no version {version} here; recorded last: {', '.join([*known][:5]) or 'none'}")
    if as_json:
        document = {"model": model, "version": version, "entries": [parsed(line_of(entry)) for entry in found]}
        say_json(json.dumps(document, indent=2))
    else:
        say([f"{model} {version}", *_version(found)])


def _version(found: list[Entry]) -> Iterator[str]:
    newest = telling(found)
    yield from table_in_text(("", ""), facts(found), indent="  ")[1:]
    if metrics(newest):
        yield from ["", *table_in_text(METRICS, metrics(newest), indent="  ")]
    for field, heading in (("feature_changes", "feature changes"), ("release_notes", "release notes")):
        if newest.text(field):
            yield from ["", heading, *(f"  {printable(line)}".rstrip() for line in newest.text(field).splitlines())]


def _document(entries: Entries) -> dict[str, object]:
    environments = {}
    for name in environments_of(entries):
        state = state_of(entries, name)
        environments[name] = {
            "state": "unknown" if state.failed else "running" if state.entry else "nothing",
            "entry": parsed(line_of(state.entry)) if state.entry and not state.failed else None,
            "back_to": way_back(entries, name, state) or None,
        }
    return {"environments": environments, "latest": [parsed(line_of(entry)) for entry in entries[-_LATEST:]]}
