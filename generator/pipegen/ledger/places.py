"""Where a ledger is kept: a branch of a git repository, or a folder; and the options that say so."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from pipegen.ledger.entries import LedgerError
from pipegen.ledger.names import checked_name

BRANCH = "pipegen-ledger"


@dataclass(frozen=True, slots=True)
class GitPlace:
    """A branch of the repository at `remote`, a URL or a path as git takes them."""

    remote: str
    branch: str = BRANCH


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder that all writers share; it must be on a file system with working locks."""

    folder: Path


Place = GitPlace | FolderPlace


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """The options by which `place_of` finds the ledger."""
    group = parser.add_argument_group(
        "where the ledger is",
        "PIPEGEN_LEDGER_TOKEN, with PIPEGEN_LEDGER_USERNAME where the host asks for a name, opens it over http(s).",
    )
    group.add_argument(
        "--remote",
        metavar="URL",
        default=os.environ.get("PIPEGEN_LEDGER_URL") or None,
        help="the git repository (default: $PIPEGEN_LEDGER_URL, else the origin of the repository around this folder)",
    )
    group.add_argument(
        "--branch",
        metavar="NAME",
        default=os.environ.get("PIPEGEN_LEDGER_BRANCH") or BRANCH,
        help=f"the branch (default: $PIPEGEN_LEDGER_BRANCH, else {BRANCH})",
    )
    group.add_argument("--folder", type=Path, metavar="DIR", help="a folder instead of a branch")


def place_of(arguments: argparse.Namespace) -> Place:
    """The place that the options name; raises LedgerError if there is none."""
    if arguments.folder is not None:
        return FolderPlace(arguments.folder)
    branch = checked_name("branch", arguments.branch)
    if arguments.remote:
        return GitPlace(_absolute(arguments.remote, Path.cwd()), branch)
    return GitPlace(_origin(), branch)


def _origin() -> str:
    from pipegen.ledger.git import Git  # noqa: PLC0415  (only a run without --remote asks for it)

    here = Git()
    top = here.answer("rev-parse", "--show-toplevel") or here.answer("rev-parse", "--absolute-git-dir")
    url = here.answer("remote", "get-url", "origin")
    if top is None:
        raise LedgerError("this folder is in no git repository; name the ledger with --remote URL or --folder DIR")
    if url is None:
        raise LedgerError("the repository has no remote 'origin'; name the ledger with --remote URL or --folder DIR")
    return _absolute(url, Path(top))


def _absolute(remote: str, base: Path) -> str:
    """Paths are made absolute, because git works in another folder."""
    if not remote.strip() or any(not mark.isprintable() for mark in remote):
        raise LedgerError(f"{remote!r} is not the URL of a repository")
    # As git does: what has a colon before the first slash is a URL or a host.
    return remote if ":" in remote.split("/", 1)[0] else str((base / remote).absolute())
