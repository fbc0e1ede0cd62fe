"""The options of `pipegen ledger add` that say what an entry holds."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

LINES = {
    "environment": ("NAME", "PIPEGEN_ENVIRONMENT", "the environment it happened in"),
    "version": ("VERSION", None, "the version; of a restore the one that runs again (default: by the ledger)"),
    "commit": ("SHA", "PIPEGEN_COMMIT", "the commit"),
    "actor": ("NAME", "PIPEGEN_ACTOR", "who started the run"),
    "run": ("URL", "PIPEGEN_RUN_URL", "the address of the run"),
    "run_id": ("ID", "PIPEGEN_RUN_ID", "the run, by which a step that is tried again is known"),
    "owner": ("NAME", None, "who owns the model"),
    "asked": ("TEXT", None, "of whom how many had to approve, for example 2 of release, risk"),
    "source": ("SHA256", None, "the digest of the source tree"),
    "spec_digest": ("SHA256", None, "the digest of the specification, instead of --spec"),
    "data_version": ("TEXT", None, "the version of the training data (default: by the lineage)"),
    "from_version": ("VERSION", None, "what ran before a rollback (default: by the ledger)"),
    "undone": ("VERSION", None, "what a restore undid (default: the version of this run)"),
    "reason": ("TEXT", None, "why it was rolled back"),
    "tree": ("SHA", None, "the tree of the archived commit"),
    "experiment": ("ID", None, "the experiment"),
    "hypothesis": ("TEXT", None, "what the experiment was to show"),
    "result": ("TEXT", None, "what came out"),
    "decision": ("TEXT", None, "what was decided"),
}
"""Options of one text: what stands for it in the help, the variable it defaults to, and the words about it."""

FILES = {
    "spec": "the specification, of which the digest is recorded",
    "lineage": "what the model was made from: JSON in the format pipegen-lineage/1",
    "record": "the record of an archive, of which the digest is recorded",
    "notes": "the release notes (default: by the lineage)",
}


def add_field_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="NAME",
        default=os.environ.get("PIPEGEN_MODEL"),
        help="the model (default: $PIPEGEN_MODEL)",
    )
    for name, (shown, variable, words) in LINES.items():
        default = f" (default: ${variable})" if variable else ""
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=shown, help=f"{words}{default}")
    for name, words in FILES.items():
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=words)
    parser.add_argument("--notes-text", metavar="TEXT", help="the release notes, instead of --notes")
    parser.add_argument("--branch-name", metavar="NAME", help="the archived branch")
    parser.add_argument(
        "--as-recorded",
        action="store_true",
        help="a recorded version is deployed again: what it is comes from its newest deployment",
    )
    parser.add_argument("--failed", action="store_true", help="the way back failed as well")
    _add_repeatable(parser)


def _add_repeatable(parser: argparse.ArgumentParser) -> None:
    for name, words in {
        "metrics": "a JSON file of numbers; may be repeated",
        "gates": "the JSON report of a gate; may be repeated",
    }.items():
        parser.add_argument(f"--{name}", type=Path, action="append", default=[], metavar="FILE", help=words)
    for name, shown, words in (
        ("artifact", "NAME=SHA256", "an artifact and its digest; may be repeated"),
        ("approver", "NAME", "who approved it; may be repeated (default: $PIPEGEN_APPROVERS, names joined by commas)"),
    ):
        parser.add_argument(f"--{name}", action="append", default=[], metavar=shown, help=words)
