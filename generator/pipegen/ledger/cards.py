"""The pages made from entries: a card for each model, and one overview of all models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipegen.ledger.entries import Entry, LedgerError
from pipegen.ledger.facts import EVENTS, METRICS, RUNS, events, facts, metrics, of_version, runs, telling
from pipegen.ledger.reading import Chain
from pipegen.ledger.tables import Row, in_markdown, prose_in_markdown, table_in_markdown

_LATEST = 20
_MADE = "Made from the ledger by `pipegen ledger add`; what is written here by hand is lost."


def card(model: str, entries: Sequence[Entry], version: str | None = None) -> str:
    """The model card as Markdown: of `version`, or of the one deployed last. Raises LedgerError if there is none."""
    lines = [f"# {model}", "", _MADE, "", "## What runs", *table_in_markdown(RUNS, runs(entries))]
    found = next((entry.version for entry in reversed(entries) if entry.kind == "deployment"), None)
    shown = version or found
    if shown:
        lines += _version_lines(model, entries, shown)
    latest = [entry for entry in entries if entry.kind != "experiment"][-_LATEST:]
    lines += ["## What happened last", *table_in_markdown(EVENTS, events(reversed(latest)))]
    lines += _experiment_lines([entry for entry in entries if entry.kind == "experiment"][-_LATEST:])
    return "\n".join(lines).rstrip() + "\n"


def overview(chains: Mapping[str, Chain]) -> str:
    """All models of a ledger as Markdown: what runs where."""
    models = [model for model, chain in sorted(chains.items()) if chain.entries or chain.faults]
    rows: list[Row] = []
    for model in models:
        if chains[model].faults:
            rows.append((model, "does not verify", *[""] * (len(RUNS) - 1)))
        else:
            rows += ((model, *row) for row in runs(chains[model].entries))
    lines = ["# Models", "", _MADE, *table_in_markdown(("model", *RUNS), rows), "Cards:", ""]
    return "\n".join([*lines, *(f"- [{model}](cards/{model}.md)" for model in models)]) + "\n"


def _version_lines(model: str, entries: Sequence[Entry], version: str) -> list[str]:
    found = of_version(entries, version)
    if not found:
        raise LedgerError(f"{model} has no version {version} in the ledger")
    newest = telling(found)
    lines = [f"## Version {in_markdown(version)}", *table_in_markdown(("", ""), facts(found))]
    if metrics(newest):
        lines += ["### Metrics", *table_in_markdown(METRICS, metrics(newest))]
    for field, heading in (("feature_changes", "### Feature changes"), ("release_notes", "### Release notes")):
        if newest.text(field):
            lines += [heading, "", *prose_in_markdown(newest.text(field)), ""]
    return lines


def _experiment_lines(entries: Sequence[Entry]) -> list[str]:
    if not entries:
        return []
    heading = ("experiment", "time", "hypothesis", "result", "decision")
    rows = [
        (entry.text("experiment"), entry.time, *(entry.text(name) for name in heading[2:]))
        for entry in reversed(entries)
    ]
    return ["## Experiments", *table_in_markdown(heading, rows)]
