"""What the ledger tells a gate of one model: its verified entries, or the reason why nothing can be judged."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Mapping, Sequence

from pipegen.gates.reading import CannotJudgeError
from pipegen.ledger.entries import Entry, LedgerError
from pipegen.ledger.places import add_place_options, place_of
from pipegen.ledger.reading import read
from pipegen.ledger.state import deployed, running, undoes

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def from_environment(name: str) -> str | None:
    """The variable of the pipeline; one that is empty is not set."""
    return os.environ.get(name) or None


def add_ledger_options(parser: argparse.ArgumentParser) -> None:
    """The options that say where the ledger is, and whose entries are meant."""
    parser.add_argument(
        "--model", default=from_environment("PIPEGEN_MODEL"), help="the model in the ledger (default: $PIPEGEN_MODEL)"
    )
    add_place_options(parser)


def entries_of(arguments: argparse.Namespace) -> tuple[Entry, ...]:
    """All entries of the model; none if nothing was ever recorded."""
    try:
        return read(place_of(arguments), arguments.model)
    except LedgerError as error:
        raise CannotJudgeError(f"the ledger: {error}") from error


def served_by(entries: Sequence[Entry], environment: str) -> Entry | None:
    """The deployment entry of what the environment runs; of a version rolled back to, that which recorded it.

    CannotJudgeError where it runs something that nobody recorded; UnknownStateError after a failed way back.
    """
    entry = running(entries, environment)
    if entry is None or entry.kind == "deployment":
        return entry
    found = deployed(entries, entry.version)
    if found is None:
        raise CannotJudgeError(f"{environment} was rolled back to {entry.version}, of which there is no deployment")
    return found


def standing(entries: Sequence[Entry], environment: str | None = None) -> Iterator[Entry]:
    """Deployments, the newest first, that their own runs did not undo; in one environment or in all."""
    ways_back: list[Entry] = []
    for entry in reversed(entries):
        if environment not in (None, entry.environment):
            continue
        if entry.kind == "restore":
            ways_back.append(entry)
        elif entry.kind == "deployment" and not any(_undid(each, entry) for each in ways_back):
            yield entry


def _undid(restore: Entry, entry: Entry) -> bool:
    return restore.environment == entry.environment and undoes(restore, entry)


def digest_by_name(entry: Entry) -> Mapping[str, str]:
    """The artifacts of a deployment: sha256 in hex."""
    return {name: str(digest) for name, digest in entry.table("artifacts").items()}


def add_identity_options(parser: argparse.ArgumentParser) -> None:
    """What tells a version from another one of the same name."""
    parser.add_argument(
        "--commit",
        default=from_environment("PIPEGEN_COMMIT"),
        help="the commit, with all its digits (default: $PIPEGEN_COMMIT)",
    )
    parser.add_argument(
        "--source",
        metavar="SHA256",
        help="the digest of the source tree, by which the same sources are known under another commit",
    )
    parser.add_argument(
        "--artifact",
        action="append",
        default=[],
        type=_artifact,
        metavar="NAME=SHA256",
        help="the digest of an artifact, compared with the recorded one; may be repeated",
    )


def identity_slips(arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.source is not None and not _SHA256.fullmatch(arguments.source):
        yield f"--source {arguments.source!r} is not a digest of 64 hexadecimal digits"
    if arguments.commit and not _COMMIT.fullmatch(arguments.commit):
        yield f"--commit {arguments.commit!r} is not a commit with all its 40 or 64 hexadecimal digits"
    yield from given_twice("--artifact", [name for name, _ in arguments.artifact])


def empty_slips(arguments: argparse.Namespace, *names: str) -> Iterator[str]:
    """An empty name is a variable that was not set, and never the wish to leave something out."""
    yield from (f"--{name.replace('_', '-')} is empty" for name in names if getattr(arguments, name) == "")


def given_twice(option: str, names: Sequence[str]) -> Iterator[str]:
    """The slip of naming one thing more than once."""
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    yield from (f"{option} is given more than once for {name!r}" for name in repeated)


def _artifact(text: str) -> tuple[str, str]:
    name, _, digest = text.rpartition("=")
    digits = digest.removeprefix("sha256:")
    if not name or not _SHA256.fullmatch(digits):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SHA256, with the digest in 64 hexadecimal digits")
    return name, digits
